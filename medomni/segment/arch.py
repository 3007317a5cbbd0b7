"""The arch of the aorta: a bow from the ascending to the descending part, matched as a tube."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.segment.disks import Floats, Path
from medomni.segment.grid import Grid, Mask, largest, opened

POINTS, LEAST_MATCH, OPENED_MM = 15, 0.3, 7.0
RISES_MM, LEFT_MM, BELOW_MM = (0.0, 6.0, 12.0, 18.0, 24.0, 30.0), (-6.0, 0.0, 6.0, 12.0), (4.0, 10.0, 16.0, 22.0, 28.0)
"""Tried: how far the bow rises over its ends, how far its middle lies to the left of the straight way, and how far
below the top of the descending path its ends are."""


@dataclass(frozen=True, eq=False)
class Bow:
    """The arch.

    Attributes:
        mask: over the slices of the values that it was matched in. match: -1 to 1.
        above_descending, above_ascending: first slice that belongs to the arch and not to that part.
    """

    mask: Mask
    match: float
    above_descending: int
    above_ascending: int


def find_arch(grid: Grid, full: Floats, down: Path, up: Path) -> Bow | None:
    """The bow with the best match of inside and surroundings, None where none is good."""
    dz, dy, dx = grid.spacing
    spacing = np.array(grid.spacing)
    best: tuple[float, NDArray[np.float64], NDArray[np.float64], int, int] | None = None
    top = min(int(down.slices[-1]), len(full) - 1)
    for a_mm, d_mm in product(BELOW_MM, BELOW_MM):
        a, d = _at(up, top - a_mm / dz), _at(down, top - d_mm / dz)
        if a is None or d is None:
            continue
        ends = np.array([up.rows[a], up.columns[a]]), np.array([down.rows[d], down.columns[d]])
        begin = np.array([up.slices[a] * dz, ends[0][0] * dy, ends[0][1] * dx])
        end = np.array([down.slices[d] * dz, ends[1][0] * dy, ends[1][1] * dx])
        if not 25 < np.linalg.norm(begin[1:] - end[1:]) < 110:
            continue
        radii = np.linspace(up.radii[a], down.radii[d], POINTS)
        for rise, left in product(RISES_MM, LEFT_MM):
            line = _curve(begin, end, rise, left)
            match = _matched(full, spacing, line, radii)
            if best is None or match > best[0]:
                best = match, line, radii, int(down.slices[d]), int(up.slices[a])
    if best is None or best[0] < LEAST_MATCH:
        return None
    match, line, radii, d, a = best
    tube = _tube(full, spacing, line, radii)
    smooth = opened(tube, grid.pixels(OPENED_MM))  # without the vessels to the head
    return Bow(largest(smooth) & tube, match, d + 1, a + 1)


def _at(path: Path, k: float) -> int | None:
    index = int(np.abs(path.slices - k).argmin())
    return index if abs(path.slices[index] - k) <= 1 else None


def _curve(begin: NDArray[np.float64], end: NDArray[np.float64], rise: float, left: float) -> NDArray[np.float64]:
    """Points (POINTS, 3) in millimetres (slice, row, column): half an ellipse upwards over the straight way."""
    t = np.linspace(0, 1, POINTS)[:, None]
    bow = np.sqrt(np.clip(1 - (2 * t - 1) ** 2, 0, 1))
    return begin + (end - begin) * t + bow * np.array([rise, 0.0, 0.0]) + bow * np.array([0.0, 0.0, left])


def _matched(full: Floats, spacing: NDArray[np.float64], line: NDArray[np.float64], radii: NDArray[np.float64],
             ) -> float:
    """Mean inside the tube less the mean around it, over cross-sections at right angles to the line."""
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    level = np.cross(along, np.array([1.0, 0, 0]))
    level /= np.maximum(np.linalg.norm(level, axis=1, keepdims=True), 1e-6)
    upright = np.cross(level, along)
    turn = np.arange(12) / 12 * 2 * np.pi
    out = []
    for share, outside in ((0.45, False), (0.8, False), (1.0, True)):
        r = radii * share + (2.5 if outside else 0.0)
        ring = line[:, None] + r[:, None, None] * (
            np.cos(turn)[None, :, None] * level[:, None] + np.sin(turn)[None, :, None] * upright[:, None])
        at = (ring / spacing).reshape(-1, 3).T
        out.append(float(ndimage.map_coordinates(full, at, order=1, mode="nearest").mean()))
    return (out[0] + out[1]) / 2 - out[2]


def _tube(full: Floats, spacing: NDArray[np.float64], line: NDArray[np.float64], radii: NDArray[np.float64]) -> Mask:
    """Full voxels within the tube, whose radius may be a twentieth larger."""
    out = np.zeros(full.shape, bool)
    fine = np.linspace(0, len(line) - 1, 4 * len(line))
    points = np.stack([np.interp(fine, np.arange(len(line)), line[:, i]) for i in range(3)], axis=1)
    sizes = np.interp(fine, np.arange(len(line)), radii) * 1.05
    lo = np.maximum(np.floor((points - sizes[:, None]).min(axis=0) / spacing).astype(int), 0)
    hi = np.minimum(np.ceil((points + sizes[:, None]).max(axis=0) / spacing).astype(int) + 1, full.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(lo, hi, strict=True))
    axes = [np.arange(a, b) * s for a, b, s in zip(lo, hi, spacing, strict=True)]
    inside = np.zeros([b.stop - b.start for b in box], bool)
    for p, r in zip(points, sizes, strict=True):
        away = (axes[0][:, None, None] - p[0]) ** 2 + (axes[1][None, :, None] - p[1]) ** 2 + \
            (axes[2][None, None, :] - p[2]) ** 2
        inside |= away <= r * r
    out[box] = inside & (full[box] > 0.5)
    return out
