"""Width of the aorta from its mask, whoever made it, and when it is dilated.

Only sections that are round enough to be cut across count, and none next to the arch: there, or where a neighbour was
taken for it, the section is oval. The diameter is the short axis of the section, which a slanting course leaves as it
is: what is read on axial slices (ESC 2014, section 4.3: at right angles to the axis of the vessel).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.hit import Hit
from medomni.findings.sensitivity import AORTA
from medomni.records import Calibre, Coverage
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

DILATED_MM = {"ascending_aorta": 40.0, "descending_aorta": 30.0}
"""Above it a part is dilated. Ascending: ESC 2014 (Erbel, Eur Heart J 35:2873: a healthy adult's rarely exceeds 40 mm);
descending: mean and two standard deviations, 24 and 3 mm, of adults without risk (Wolak 2008, JACC Cardiovasc Imaging
1:200)."""
LEAST_SHOWN_MM = {"ascending_aorta": 8.0, "descending_aorta": 40.0}
"""A width is given for a part measured over so much."""
LEAST_LENGTH_MM = {"ascending_aorta": 12.0, "descending_aorta": 80.0}
"""A part must be measured over so much, or nothing is said of its absence."""
ROUND, LEAST_AREA_MM2, OVER_MM = 1.3, 110.0, 12.0
"""Greatest ratio of the axes of a section; the smallest section; sections are averaged over this length."""
OWN_MM = {"ascending_aorta": 4.0, "descending_aorta": 2.0}
"""Standard deviation of the error on phantoms (``python -m benchmarks.aorta_width``): the ascending aorta lies against
the caval vein and the pulmonary trunk."""
THORACIC = 0.3
"""Slices that show at least this share of the greatest lung area."""
ARCH_MM = (15.0, 32.0)
"""So far below the top of the arch a section of the descending, and of the ascending aorta, belongs to the arch."""
LEAST_COURSE_MM, BEFORE_SPINE_MM = 60.0, 30.0
"""A descending aorta is followed over so much at least; it begins no farther before the front of the spine."""
STEP_MM, APART_MM = 14.0, 25.0
"""The descending aorta's centre shifts less than this from section to section; what is farther off is ascending."""


@dataclass(frozen=True)
class _Section:
    z: float
    y: float
    x: float
    ratio: float
    short: float


def calibres(volume: Volume, segmentation: Segmentation) -> tuple[Calibre, ...]:
    """The greatest diameter of the descending and of the ascending aorta; empty where there is no mask of one."""
    mask, affine = reorient(segmentation.mask("aorta"), volume.affine, *axis_alignment(volume.affine))
    if not mask.any():
        return ()
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    lungs, _ = reorient(segmentation.mask("lung"), volume.affine, *axis_alignment(volume.affine))
    area = np.array([np.count_nonzero(plane) for plane in lungs])
    mask = mask & (area > THORACIC * area.max())[:, None, None]  # below, the crura lie against it
    spine, _ = reorient(segmentation.mask("spine"), volume.affine, *axis_alignment(volume.affine))
    down, up = _courses(mask, _front(spine), spacing)
    out = []
    for name, sections in (("descending_aorta", down), ("ascending_aorta", up)):
        found = _widest(sections)
        if found is None or found[2] < LEAST_SHOWN_MM[name]:
            continue
        diameter, at, length = found
        place = affine[:3, :3] @ (np.array([at.z, at.y, at.x]) / spacing) + affine[:3, 3]
        x, y, z = (round(float(v), 1) for v in place)
        out.append(Calibre(anatomy_id=name, diameter_mm=round(diameter, 1), length_mm=round(length, 1),
                           uncertainty_mm=uncertainty_mm(name, spacing), centroid_mm=(x, y, z)))
    return tuple(out)


def uncertainty_mm(anatomy_id: str, spacing: NDArray[np.float64]) -> float:
    """Standard deviation of a diameter: the method's own on phantoms, and what the voxels blur."""
    return round(float(np.hypot(OWN_MM[anatomy_id], np.hypot(0.4 * spacing[1], 0.15 * spacing[0]))), 1)


def dilated(found: tuple[Calibre, ...]) -> list[Hit]:
    """A hit for each part wider than its limit; within the uncertainty of the limit its confidence is below 0.5."""
    hits = []
    for c in found:
        over = (c.diameter_mm - DILATED_MM[c.anatomy_id]) / c.uncertainty_mm
        if over > 0:
            hits.append(Hit(AORTA_FINDING, c.anatomy_id, "midline", None, float(np.clip(0.5 * over, 0.1, 0.95)),
                            AORTA.method, {"longest_mm": c.diameter_mm, "uncertainty_mm": c.uncertainty_mm,
                                           "centroid_mm": c.centroid_mm}))
    return hits


AORTA_FINDING = "aortic_aneurysm"


def aorta_coverage(found: tuple[Calibre, ...], segmentation: Segmentation) -> Coverage:
    """Whether a dilated aorta could be told absent: both its long parts were measured over a sufficient length."""
    reason = segmentation.abstained.get("aorta") or segmentation.abstained.get("lung")
    length = {c.anatomy_id: c.length_mm for c in found}
    for name in ("descending_aorta", "ascending_aorta"):
        if reason is None and length.get(name, 0.0) < LEAST_LENGTH_MM[name]:
            reason = f"MED-S06: {length.get(name, 0.0):.0f} mm of the {name.replace('_', ' ')} could be measured"
    for c in found:
        if reason is None and abs(c.diameter_mm - DILATED_MM[c.anatomy_id]) < 2 * c.uncertainty_mm \
                and c.diameter_mm > DILATED_MM[c.anatomy_id] - c.uncertainty_mm:
            reason = f"MED-S06: {c.diameter_mm:.0f} mm is too near the limit of {DILATED_MM[c.anatomy_id]:.0f} mm"
    if reason is None and "aorta" in segmentation.untested:
        reason = f"MED-S03: untested class: aorta by {segmentation.produced_by}"
    return Coverage(finding_id=AORTA_FINDING, anatomy_id=AORTA.anatomy_id, method=AORTA.method,
                    min_size_mm=AORTA.min_size_mm, sensitivity=AORTA.sensitivity, assessable=reason is None,
                    reason=reason)


def _sections(plane: NDArray[np.bool_], k: int, spacing: NDArray[np.float64]) -> list[_Section]:
    labels, n = ndimage.label(plane)
    out = []
    for i in range(1, n + 1):
        rows, columns = np.nonzero(labels == i)
        area = len(rows) * spacing[1] * spacing[2]
        if area < LEAST_AREA_MM2:
            continue
        points = np.stack([rows * spacing[1], columns * spacing[2]])
        axes = np.linalg.eigvalsh(np.cov(points))
        y, x = (float(v) for v in points.mean(axis=1))
        out.append(_Section(k * spacing[0], y, x, float(np.sqrt(axes[1] / max(axes[0], 1e-6))),
                            float(4.0 * np.sqrt(axes[0]))))
    return out


def _front(spine: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Row of the front of the spine per slice, NaN where there is none."""
    rows = spine.any(axis=2)
    return np.where(rows.any(axis=1), rows.argmax(axis=1), np.nan)


def _courses(mask: NDArray[np.bool_], front: NDArray[np.float64], spacing: NDArray[np.float64],
             ) -> tuple[list[_Section], list[_Section]]:
    """Sections of the descending aorta, from below upwards, and those of the ascending."""
    down: list[_Section] = []
    up: list[_Section] = []
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        found = _sections(mask[k], int(k), spacing)
        if not found:
            continue
        if not down:
            behind = [s for s in found if np.isfinite(front[k]) and s.y > front[k] * spacing[1] - BEFORE_SPINE_MM]
            down = behind[:1]
            continue
        last = down[-1]
        nearest = min(found, key=lambda s: np.hypot(s.y - last.y, s.x - last.x))
        steps = max(1.0, (nearest.z - last.z) / 10.0)
        if np.hypot(nearest.y - last.y, nearest.x - last.x) < STEP_MM * min(steps, 2.0) and nearest.ratio < 2 * ROUND:
            down.append(nearest)
        up += [s for s in found if s is not nearest and s.y < last.y
               and np.hypot(s.y - last.y, s.x - last.x) > APART_MM]
    if not down or down[-1].z - down[0].z < LEAST_COURSE_MM:
        return [], []
    top = down[-1].z
    return [s for s in down if s.z <= top - ARCH_MM[0]], [s for s in up if s.z <= top - ARCH_MM[1]]


def _widest(sections: list[_Section]) -> tuple[float, _Section, float] | None:
    """(greatest diameter, its section, length measured) of the round sections, None where there is none."""
    even = [s for s in sections if s.ratio < ROUND]
    if len(even) < 2:
        return None
    step = float(np.median(np.diff([s.z for s in even])))
    size = max(1, round(OVER_MM / max(step, 0.1))) | 1
    diameters = ndimage.median_filter(np.array([s.short for s in even]), size, mode="nearest")
    best = int(diameters.argmax())
    return float(diameters[best]), even[best], float(len(even) * step)
