"""Density of vertebral bodies, and their loss of height.

Density: mean HU in an ellipse of the trabecular part of a body in the axial plane, without its cortex (Pickhardt 2013,
Ann Intern Med 158:588; there of L1, where 160 HU and more spoke against and 110 HU and less for osteoporosis). It
holds at 120 kV without contrast. It is given as a measure of every body that is seen whole, named by its place; no
level is named here and nothing is called osteopenia.

Height: the front, the middle and the back of a body in the middle sagittal plane; what the lowest of them lacks against
the greatest, or against the neighbours, is the loss. Genant 1993 (J Bone Miner Res 8:1137): 20-25 % mild, 25-40 %
moderate, more severe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import find_peaks

from medomni.findings.conditions import CODE, at_120_kv, first, no_contrast, step_mm
from medomni.findings.hit import Hit
from medomni.findings.kernels import kernel_kind
from medomni.findings.needs import untested
from medomni.findings.quantity import Quantity, refusal
from medomni.records import Coverage, Score
from medomni.volume import Segmentation, Volume, among, axis_alignment, reorient

METHOD = "rules:vertebral-bodies 1"
SOURCES = {"vertebral_density_hu": "Pickhardt 2013, Ann Intern Med 158:588",
           "vertebral_height_loss": "Genant 1993, J Bone Miner Res 8:1137"}
MOST_MM = {"density": 5.0, "height": 3.0}
DISC_MM, PROMINENCE_HU = 9.0, 18.0
"""Least distance between two discs, and how much less dense than the bodies beside it a disc is."""
BODY_MM = (9.0, 42.0)
CENTRE_MM, ELLIPSE_MM = 13.0, (7.0, 5.5)
"""From the front wall to the ellipse's centre, and its semi-axes to the sides and to front and back."""
PLACES = (0.16, 0.5, 0.78)
"""Of the body's depth: front, middle and back."""
DEPTH_MM = 27.0
VALLEY_MM = 7.0
EVEN = 1.4
"""How much farther than usual the centres of neighbouring bodies may lie apart."""
MILD, POSSIBLE = 0.20, 0.4
"""Loss from which a fracture is possible, and how sure that is: on synthetic wedges the heights are wrong at times, so
that no fracture is stated and none is denied (``python -m benchmarks.scores vertebrae``)."""
DENSITY_UNCERTAINTY = 10.0


@dataclass(frozen=True)
class Body:
    """One vertebral body: its centre (slice, row, column), density in HU, and heights in mm (front, middle, back)."""

    centre: tuple[float, float, float]
    hu: float
    heights: tuple[float, float, float] | None


def vertebrae(volume: Volume, segmentation: Segmentation) -> Quantity:
    """Density and height loss of the bodies that lie whole in the field of view, or the coded reasons why not."""
    study, step = volume.study, step_mm(volume)
    told = study.acquisition.maker if study.acquisition else None
    thick = f"{CODE}: slices lie {step:.2f} mm apart, at most {MOST_MM['density']:g} mm are needed"
    density = first(at_120_kv(study), no_contrast(study), thick if step > MOST_MM["density"] + 0.01 else None,
                    f"{CODE}: kernel {study.kernel} is sharp, a soft one is needed"
                    if kernel_kind(told, study.kernel) == "sharp" else None)
    low = f"{CODE}: slices lie {step:.2f} mm apart, at most {MOST_MM['height']:g} mm are needed"
    height = low if step > MOST_MM["height"] + 0.01 else None
    if why := untested(segmentation, "spine"):
        return _refused(why, why)
    if density and height:
        return _refused(density, height)
    axial = volume.axial()
    labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
    spine = among(labels, [v for v, row in segmentation.table.items() if row.anatomy_id == "spine"])
    found = bodies(axial.array, spine, axial.spacing_mm)
    if len(found) < 3:
        seen = f"{CODE}: {len(found)} vertebral bodies are told from their discs, 3 are needed"
        return _refused(density or seen, height or seen)
    places = [tuple(round(float(v), 1) for v in axial.to_lps(np.array(b.centre))) for b in found]
    scores = [] if density else [
        Score(score_id="vertebral_density_hu", anatomy_id="vertebra", value=round(b.hu, 1), unit="HU",
              uncertainty=DENSITY_UNCERTAINTY, centroid_mm=place,  # type: ignore[arg-type]
              measured_by=METHOD, source=SOURCES["vertebral_density_hu"])
        for b, place in zip(found, places, strict=True)]
    hits = []
    for body, place, loss in zip(found, places, [] if height else height_losses(found), strict=False):
        if loss is None:
            continue
        scores.append(Score(score_id="vertebral_height_loss", anatomy_id="vertebra", value=round(loss, 3), centroid_mm=place,  # type: ignore[arg-type]  # noqa: E501
                            measured_by=METHOD, source=SOURCES["vertebral_height_loss"]))
        if loss >= MILD:
            hits.append(Hit("vertebral_fracture", "vertebra", "midline", None, POSSIBLE, METHOD,
                            {"ratio": loss, "centroid_mm": place, "hu_mean": body.hu}))
    z = [place[2] for place in places]
    whole = _whole(found, axial.spacing_mm[0])
    why = height or (f"{CODE}: height loss is not measured surely enough to exclude a fracture" if whole else
                     f"{CODE}: a vertebral body could not be told from its neighbours")
    row = Coverage(finding_id="vertebral_fracture", anatomy_id="vertebra", method=METHOD, assessable=False,
                   reason=why, z_range_mm=(min(z), max(z)))
    return Quantity(tuple(hits), tuple(scores), (_density_row(density), row))


def _whole(found: list[Body], step: float) -> bool:
    """Whether no body is missing between the first and the last: a collapsed one is the hardest to tell."""
    apart = np.diff([b.centre[0] for b in found]) * step
    return all(b.heights is not None for b in found) and float(apart.max()) < EVEN * float(np.median(apart))


def _refused(density: str | None, height: str | None) -> Quantity:
    return Quantity(rows=(_density_row(density or CODE),)) + refusal(
        "vertebral_fracture", "vertebra", METHOD, height or CODE)


def _density_row(reason: str | None) -> Coverage:
    """Density alone never states or denies osteopenia."""
    return Coverage(finding_id="osteopenia", anatomy_id="vertebra", method=METHOD, assessable=False,
                    reason=reason or f"{CODE}: density is given as a measure and not judged")


def bodies(hu: NDArray[np.int16], spine: NDArray[np.bool_], spacing: tuple[float, float, float]) -> list[Body]:
    """Vertebral bodies between two discs of an axial volume (slices to the head, rows to the back).

    A small finder of its own, so that a segmenter's levels can take its place: along the front of the spine the density
    of a core in the middle of the bodies is read, whose valleys are the discs.
    """
    n = len(hu)
    column, front = np.full(n, np.nan), np.full(n, np.nan)
    for k in range(n):
        rows = np.flatnonzero(spine[k].sum(axis=1) * spacing[2] > 14.0)
        if rows.size:
            front[k] = rows[0]
            upper = spine[k, rows[0] : rows[0] + max(2, round(18.0 / spacing[1]))]
            column[k] = np.nonzero(upper)[1].mean()
    known = np.flatnonzero(np.isfinite(front))
    if known.size * spacing[0] < 60.0:
        return []
    size = round(30.0 / spacing[0]) | 1
    column, front = (ndimage.median_filter(np.interp(np.arange(n), known, line[known]), size, mode="nearest")
                     for line in (column, front))
    plane = _sagittal(hu, column, front, spacing)
    depth = plane.shape[1]
    core = plane[:, round(0.3 * depth) : round(0.7 * depth)].mean(axis=1)
    profile = ndimage.gaussian_filter1d(core, 2.0 / spacing[0])
    discs = find_peaks(-profile, distance=max(1, round(DISC_MM / spacing[0])), prominence=PROMINENCE_HU)[0]
    discs = discs[(discs >= known[0]) & (discs <= known[-1])]
    out = []
    for below, above in zip(discs[:-1], discs[1:], strict=True):
        if not BODY_MM[0] <= (above - below) * spacing[0] <= BODY_MM[1]:
            continue
        middle = (below + above) / 2
        k = round(middle)
        centre = (middle, float(front[k] + CENTRE_MM / spacing[1]), float(column[k]))
        out.append(Body(centre, _density(hu, centre, spacing), _heights(plane, int(below), int(above), spacing[0])))
    return out


def _sagittal(hu: NDArray[np.int16], column: NDArray[np.float64], front: NDArray[np.float64],
              spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """(slices, millimetres from the front wall): mean over 8 mm about the middle of the bodies."""
    wide = max(1, round(4.0 / spacing[2]))
    away = np.arange(round(DEPTH_MM)) / spacing[1]
    out = np.zeros((len(hu), away.size))
    for k in range(len(hu)):
        c = round(column[k])
        strip = hu[k, :, max(0, c - wide) : c + wide + 1].mean(axis=1)
        out[k] = np.interp(front[k] + away, np.arange(strip.size), strip)
    return out


def _density(hu: NDArray[np.int16], centre: tuple[float, float, float], spacing: tuple[float, float, float]) -> float:
    reach = max(0, int(3.0 / spacing[0]))
    k = round(centre[0])
    y, x = np.ogrid[: hu.shape[1], : hu.shape[2]]
    inside = (((x - centre[2]) * spacing[2] / ELLIPSE_MM[0]) ** 2
              + ((y - centre[1]) * spacing[1] / ELLIPSE_MM[1]) ** 2) < 1
    return float(hu[max(0, k - reach) : k + reach + 1][:, inside].mean())


def _heights(plane: NDArray[np.float64], below: int, above: int, step: float) -> tuple[float, float, float] | None:
    """Front, middle and back height (mm) between two discs, where the plane passes half-way from disc to body."""
    depth = plane.shape[1]
    near = max(1, round(min(VALLEY_MM / step, (above - below) / 3)))
    out = []
    for place in PLACES:
        at = round(place * depth)
        line = ndimage.gaussian_filter1d(plane[:, at - 2 : at + 3].mean(axis=1), 0.6 / step)
        first, last = (_valley(line, disc, near) for disc in (below, above))
        if last - first < 4:
            return None
        part = line[first : last + 1]
        body = float(np.median(part[len(part) // 3 : -(len(part) // 3)]))
        half = (body + (part[0] + part[-1]) / 2) / 2
        if body - half < 8.0:
            return None
        dense = np.flatnonzero(part > half)
        low, high = dense[0], dense[-1]
        first_part = (half - part[low - 1]) / (part[low] - part[low - 1]) if low else 0.0
        last_part = (part[high] - half) / (part[high] - part[high + 1]) if high + 1 < len(part) else 0.0
        out.append((high - low + last_part + 1.0 - first_part) * step)
    return out[0], out[1], out[2]


def _valley(line: NDArray[np.float64], disc: int, near: int) -> int:
    """The disc's place at this depth: discs lie aslant, and above a wedged body more than others."""
    low = max(0, disc - near)
    return low + int(line[low : disc + near + 1].argmin())


def height_losses(found: list[Body]) -> list[float | None]:
    """Share of height that each body lacks: front or middle against its back, and all against its neighbours' backs."""
    out: list[float | None] = []
    for i, body in enumerate(found):
        if body.heights is None:
            out.append(None)
            continue
        back = [b.heights[2] for b in found[max(0, i - 1) : i + 2] if b.heights is not None]
        front, middle, own = body.heights
        whole = max(own, float(np.median(back)))
        out.append(max(0.0, 1.0 - min(front, middle) / own, 1.0 - own / whole))
    return out
