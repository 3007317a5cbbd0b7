"""Trachea and main bronchi, followed from slice to slice so that a leak into the lung ends the walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from medomni.segment.grid import Grid, Mask

AREA_MM2 = (45.0, 900.0)
SEED_HU, LUMEN_HU = -400.0, -480.0  # a 16 mm tube in 3 mm pixels and thick slices is no longer -1000


@dataclass(frozen=True, eq=False)
class Airway:
    """The airway and where it divides.

    Attributes:
        mask: (slices, rows, columns) bool, lumen only.
        length_mm: length of the single tube, the trachea, in the field of view.
        carina: slice index of the last single lumen, None where no trachea was found.
        centre: (row, column) of the trachea above the carina.
    """

    mask: Mask
    length_mm: float
    carina: int | None
    centre: tuple[float, float] | None


def find_airway(grid: Grid, body: Mask, midline: float) -> Airway:
    """Follow the trachea downwards from the highest slice that shows one.

    In each slice the air components that overlap the lumen above are taken while together they stay below
    1.8 times the trachea's area each; more than that is lung (a leak through a thin wall), and the walk of that branch
    ends. ``midline`` is the body's middle column.
    """
    out = np.zeros_like(body)
    hu = grid.smooth(grid.hu, 1.0)
    pixel = grid.spacing[1] * grid.spacing[2]
    best: list[tuple[int, Mask]] = []
    top = grid.hu.shape[0] - 1
    for off in (22.0, 45.0):  # a trachea that is pushed aside is looked for only when none is near the midline
        for start in range(top, max(-1, int(top - 110 / grid.spacing[0])), -1):
            seed = _seed(grid, hu[start], body[start], midline, pixel, off)
            if seed is None:
                continue
            walk = _walk(grid, hu, body, start, seed, pixel)
            if len(walk) > len(best):
                best = walk
            if len(best) * grid.spacing[0] >= 50:
                break
        if len(best) * grid.spacing[0] >= 50:
            break
    if len(best) < 2:
        return Airway(out, 0.0, None, None)
    carina = best[-1][0]
    single_area = np.median([m.sum() for _, m in best[: max(1, len(best) // 2)]])
    for k, m in best:
        out[k] |= m
        if ndimage.label(m)[1] > 1 or m.sum() > 1.7 * single_area:
            carina = k + 1
            break
    for k, m in best:
        out[k] |= m
    above = [np.array(ndimage.center_of_mass(m)) for k, m in best if k >= carina]
    centre = np.mean(above, axis=0) if above else np.array(ndimage.center_of_mass(best[0][1]))
    length = (best[0][0] - carina + 1) * grid.spacing[0]
    return Airway(out & body, float(length), int(carina), (float(centre[0]), float(centre[1])))


def _seed(grid: Grid, hu: np.ndarray, body: Mask, midline: float, pixel: float, reach: float) -> Mask | None:
    """The round air component of tracheal size nearest to the midline, within ``reach`` mm of it, or None."""
    labels, n = ndimage.label((hu < SEED_HU) & body)
    rows = np.flatnonzero(body.any(axis=1))
    best, best_mask = reach, None
    for i, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == i
        area = part.sum() * pixel
        height, width = part.shape[0] * grid.spacing[1], part.shape[1] * grid.spacing[2]
        if not AREA_MM2[0] <= area <= 650 or max(height, width) > 2.2 * min(height, width):
            continue
        if hu[box][part].min() > LUMEN_HU:
            continue
        row = box[0].start + part.shape[0] / 2
        if not 0.12 < (row - rows[0]) / max(1, rows[-1] - rows[0]) < 0.8:
            continue
        off = abs(box[1].start + part.shape[1] / 2 - midline) * grid.spacing[2]
        if off < best:
            best, best_mask = off, labels == i
    return best_mask


def _walk(grid: Grid, hu: np.ndarray, body: Mask, start: int, seed: Mask, pixel: float) -> list[tuple[int, Mask]]:
    """(slice, lumen) from ``start`` downwards until every branch has leaked or ended."""
    walk = [(start, seed)]
    reference = seed.sum() * pixel
    current = seed
    grown = ndimage.generate_binary_structure(2, 1)
    for k in range(start - 1, -1, -1):
        accepted = np.zeros_like(seed)
        for limit in (-400, -520, -650, -780, -880):  # a stricter limit may close the wall that leaked
            labels, n = ndimage.label((hu[k] < limit) & body[k] & ~accepted)
            reach = ndimage.binary_dilation(current, grown, iterations=1)
            for i in np.unique(labels[reach & (labels > 0)]):
                part = labels == i
                area = part.sum() * pixel
                if area < 25 or area > min(AREA_MM2[1], 2.6 * max(reference, 150)):
                    continue
                overlap = (part & reach).sum() / part.sum()
                if overlap > 0.3:
                    accepted |= part
            if accepted.any():
                break
        if not accepted.any() or accepted.sum() * pixel > 3.2 * max(reference, 150):
            break
        if len(walk) < 6:
            reference = float(np.median([m.sum() * pixel for _, m in walk] + [accepted.sum() * pixel]))
        walk.append((k, accepted))
        current = accepted
    return walk
