"""Coronary calcium score.

Agatston 1990 (J Am Coll Cardiol 15:827): in each slice every connected area of at least 1 mm2 from 130 HU on counts its
square millimetres times 1, 2, 3 or 4 by its greatest value (130, 200, 300, 400 HU); the sum over slices of 3 mm. Slices
of another step are scaled by it. Calcium in the aorta's wall and deep in the heart (valves, mitral ring) does not
count. It holds for scans that follow the heart's cycle, at 120 kV, without contrast, in slices of 2.5 to 3 mm and a
soft kernel; no other scan is scored here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.conditions import CODE, at_120_kv, first, gated, no_contrast, slices_within, soft_kernel, step_mm
from medomni.findings.heart_scan import HeartScan, heart_scan_of
from medomni.findings.hit import Hit
from medomni.findings.needs import untested
from medomni.findings.quantity import Quantity, refusal
from medomni.records import Coverage, Score
from medomni.volume import Segmentation, Volume, among, axis_alignment, reorient

METHOD = "rules:agatston 1"
SOURCE = "Agatston 1990, J Am Coll Cardiol 15:827"
CALCIUM_HU, LEAST_MM2 = 130.0, 1.0
STEPS_HU, REFERENCE_MM = (200.0, 300.0, 400.0), 3.0
SLICES_MM = (2.5, 3.0)
MOST_ML, MOST_MM = 4.0, 45.0
"""A larger piece in one part is bone."""
DEEP_MM = 9.0
"""Deeper in the heart's muscle and blood lies no coronary artery but a valve or the mitral ring."""
CARTILAGE_HU = 85.0
"""What lies in denser tissue than muscle is calcium of a rib's cartilage."""
WHOLE_MM = 100.0
"""Fewer millimetres of slices do not show a heart from the arteries' origins to its apex (own limit)."""
NOISE_HU = 30.0
"""Above it 130 HU are met by chance in more than a pixel; AHA guidance asks for 20 to 23 HU (own limit above that)."""
LEAST_SCORE, SENSITIVITY = 1.0, 0.84
"""Lower end of the 95 % interval (Wilson) of 20 of 20 synthetic hearts with calcium; none of 5 without was scored:
``python -m benchmarks.scores calcium 25``."""
UNCERTAINTY, UNCERTAINTY_SHARE = 115.0, 0.35
"""Agatston within which 95 % of the synthetic scores lay, and the largest share that one was off."""


@dataclass(frozen=True, eq=False)
class Calcium:
    """What was found: score and volume (mm3) of coronary calcium, its mask, and calcium that was not counted."""

    score: float
    volume_mm3: float
    mask: NDArray[np.bool_]
    elsewhere: float


def coronary_calcium(volume: Volume, segmentation: Segmentation) -> Quantity:
    """The score, or the coded reason why there is none."""
    study, name = volume.study, "coronary_calcification"
    reason = first(gated(study), no_contrast(study), at_120_kv(study), soft_kernel(study),
                   slices_within(volume, *SLICES_MM), _too_short(volume), untested(segmentation, "spine"))
    if reason:
        return refusal(name, "coronary_artery", METHOD, reason)
    axial = volume.axial()
    labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
    spine = among(labels, [v for v, row in segmentation.table.items() if row.anatomy_id == "spine"])
    hu = axial.array.astype(np.float32)
    scan = heart_scan_of(hu, spine, axial.spacing_mm)
    if scan is None:
        return refusal(name, "coronary_artery", METHOD, f"{CODE}: no heart between two lungs is seen")
    noise = noise_of(hu, scan)
    if noise > NOISE_HU:
        return refusal(name, "coronary_artery", METHOD,
                       f"{CODE}: noise of {noise:.0f} HU in the heart, at most {NOISE_HU:.0f} HU")
    found = calcium_in(hu, scan, axial.spacing_mm)
    value = round(found.score, 1)
    more: dict[str, Any] = {"anatomy_id": "coronary_artery", "measured_by": METHOD}
    wide = round(max(UNCERTAINTY, UNCERTAINTY_SHARE * value), 1)
    scores = (Score(score_id="agatston", value=value, unit="Agatston", source=SOURCE,
                    uncertainty=wide, **more),
              Score(score_id="calcium_volume_mm3", value=round(found.volume_mm3, 1), unit="mm3", source=SOURCE, **more))
    hits: tuple[Hit, ...] = ()
    if found.score >= LEAST_SCORE:
        at = np.argwhere(found.mask).mean(axis=0)
        centre = tuple(round(float(v), 1) for v in axial.to_lps(at))
        hits = (Hit("coronary_calcification", "coronary_artery", "midline", None, 0.85 if found.score >= 10 else 0.6,
                    METHOD, {"volume_ml": found.volume_mm3 / 1000.0, "centroid_mm": centre,
                             "attenuation": "calcified"}),)
    row = Coverage(finding_id=name, anatomy_id="coronary_artery", method=METHOD, sensitivity=SENSITIVITY,
                   min_size_mm=2.0)
    return Quantity(hits, scores, (row,))


def _too_short(volume: Volume) -> str | None:
    mm = len(volume.axial().array) * step_mm(volume)
    return None if mm >= WHOLE_MM else f"{CODE}: the slices cover {mm:.0f} mm, a whole heart needs {WHOLE_MM:.0f} mm"


def noise_of(hu: NDArray[np.float32], scan: HeartScan) -> float:
    """Standard deviation (HU) between neighbouring pixels deep in the heart, as of white noise."""
    deep = scan.region & (scan.depth > 12.0)
    large = np.zeros(hu.shape, bool)
    grown = np.repeat(np.repeat(deep, scan.step, axis=1), scan.step, axis=2)
    large[:, : grown.shape[1], : grown.shape[2]] = grown
    inside = np.where(large & (hu < CALCIUM_HU) & (hu > -100.0), hu, np.nan)
    return float(np.nanstd(inside)) if np.isfinite(inside).sum() > 500 else 0.0


def calcium_in(hu: NDArray[np.float32], scan: HeartScan, spacing: tuple[float, float, float]) -> Calcium:
    """Score every candidate of an axial volume; ``spacing`` in millimetres between slices, rows, columns."""
    bright = hu >= CALCIUM_HU
    near = np.zeros_like(bright)
    grown = np.repeat(np.repeat(scan.region, scan.step, axis=1), scan.step, axis=2)
    near[:, : grown.shape[1], : grown.shape[2]] = grown
    labels, _ = ndimage.label(bright, np.ones((3, 3, 3), bool))
    kept, elsewhere = np.zeros_like(bright), np.zeros_like(bright)
    there = set(np.unique(labels[near]).tolist())
    for i, box in enumerate(ndimage.find_objects(labels), start=1):
        if i not in there:
            continue
        part = labels[box] == i
        if 2 * np.count_nonzero(near[box] & part) < np.count_nonzero(part):
            continue
        length = max((b.stop - b.start) * s for b, s in zip(box, spacing, strict=True))
        if part.sum() * np.prod(spacing) / 1000.0 > MOST_ML or length > MOST_MM:
            continue
        if _beside(hu, labels, i, box) > CARTILAGE_HU:
            continue
        z, y, x = (v + b.start for v, b in zip(np.nonzero(part), box, strict=True))
        at = z, np.minimum(y // scan.step, scan.region.shape[1] - 1), np.minimum(x // scan.step,
                                                                              scan.region.shape[2] - 1)
        other = scan.aorta[at].mean() > 0.5 or np.median(scan.depth[at]) > DEEP_MM
        (elsewhere if other else kept)[box] |= part
    score, mask = agatston(hu, kept, spacing)
    return Calcium(score, float(mask.sum() * np.prod(spacing)), mask, agatston(hu, elsewhere, spacing)[0])


def _beside(hu: NDArray[np.float32], labels: NDArray[np.int32], i: int, box: tuple[slice, ...]) -> float:
    """Median HU of the ring of two pixels around a part in its slices: fat or muscle beside an artery."""
    wide = (box[0], *(slice(max(0, b.start - 3), b.stop + 3) for b in box[1:]))
    part = labels[wide] == i
    flat = np.ones((1, 3, 3), bool)
    ring = ndimage.binary_dilation(part, flat, iterations=3) & ~ndimage.binary_dilation(part, flat)
    values = hu[wide][ring & (labels[wide] == 0)]
    return float(np.median(values)) if values.size else 0.0


def agatston(hu: NDArray[np.float32], lesions: NDArray[np.bool_], spacing: tuple[float, float, float],
             ) -> tuple[float, NDArray[np.bool_]]:
    """(score, the pixels that count) of lesions in an axial volume, (slices, rows, columns), HU, millimetres."""
    pixel = spacing[1] * spacing[2]
    total, counted = 0.0, np.zeros_like(lesions)
    for k in np.flatnonzero(lesions.any(axis=(1, 2))):
        labels, n = ndimage.label(lesions[k] & (hu[k] >= CALCIUM_HU), np.ones((3, 3), bool))
        index = np.arange(1, n + 1)
        area = np.bincount(labels.ravel(), minlength=n + 1)[1:] * pixel
        peak = np.atleast_1d(ndimage.maximum(hu[k], labels, index)) if n else np.zeros(0)
        enough = area >= LEAST_MM2
        total += float((area * (1 + np.searchsorted(STEPS_HU, peak, side="right")))[enough].sum())
        counted[k] = np.isin(labels, index[enough])
    return total * spacing[0] / REFERENCE_MM, counted
