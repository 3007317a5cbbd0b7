"""What an even, upright grid must hold of slices that lie unevenly or sheared: computed apart from the reader.

Every voxel of the grid is carried to patient coordinates; of the two true slices between whose planes it lies, each is
interpolated bilinearly at the foot of the perpendicular, and the two are weighted by their distances along the normal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medomni.volume import Volume

Plane = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""(values, first pixel, step to the next row, step to the next column), LPS millimetres."""
SAME_PLACE = 0.011
"""Of a step: nearer than this a slice of the grid may be the real one itself."""
HALF_UNIT, FLOAT = 0.501, 2e-3
"""What rounding to whole units may change, and what single precision may."""
ALIGNED = 1e-3
"""Voxels by which the grid's rows and columns may lie off the slices' directions, over their whole length."""


def faulty_grid(volume: Volume, slices: Sequence[Plane], outside: float | None = None) -> str:
    """What is wrong with the volume as a linear interpolation of these slices; empty where nothing is.

    Voxels of which a slice beside them has no pixel are left out, those that no slice comes near must be ``outside``.

    Args:
        slices: parallel and equally large, in any order.
        outside: None where it is not judged.
    """
    slices = _by_height(slices)
    values, corner, down, along = slices[0]
    normal = _normal(slices[0])
    heights = np.array([s[1] @ normal for s in slices])
    step = float(volume.affine[:3, 0] @ normal)
    fault = _misshapen(volume, slices, heights, step)
    if fault:
        return fault
    count, rows, columns = volume.array.shape
    tolerance = HALF_UNIT if volume.array.dtype.kind == "i" else FLOAT
    judged = 0
    for k in range(count):
        first = volume.to_lps(np.array([k, 0.0, 0.0]))
        height = float(first @ normal)
        after = int(np.clip(np.searchsorted(heights, height), 1, len(heights) - 1))
        pair = (after - 1, after)
        share = float(np.clip((height - heights[pair[0]]) / (heights[pair[1]] - heights[pair[0]]), 0.0, 1.0))
        seen = [_looked_up(slices[j], first, rows, columns) for j in pair]
        near = int(share > 0.5)
        apart = abs(heights[pair[near]] - height)
        mixed = (1 - share) * seen[0][0] + share * seen[1][0]
        inside = seen[0][1] & seen[1][1] if apart > 1e-6 * step else seen[near][1]
        found = volume.array[k].astype(np.float64)
        off = np.abs(found - mixed)[inside].max(initial=0.0)
        if apart <= SAME_PLACE * step:
            whole = seen[near][1]
            off = min(off, np.abs(found - seen[near][0])[whole].max(initial=0.0))
        if off > tolerance:
            return f"slice {k} is up to {off:.2f} off what lies between its neighbours"
        far = seen[0][2] & seen[1][2]
        if outside is not None and (found[far] != outside).any():
            return f"slice {k} has other values than {outside:g} where no slice lies"
        judged += int(inside.sum())
    return "" if judged >= 0.9 * count * values.size else f"only {judged} voxels lie between slices"


def _by_height(slices: Sequence[Plane]) -> list[Plane]:
    normal = _normal(slices[0])
    return sorted(slices, key=lambda s: float(s[1] @ normal))


def _normal(plane: Plane) -> NDArray[np.float64]:
    across = np.cross(plane[3], plane[2])
    return across / np.linalg.norm(across)


def _misshapen(volume: Volume, slices: Sequence[Plane], heights: NDArray[np.float64], step: float) -> str:
    """The grid: upright, of the slices' own pixels, as fine as their smallest distance, holding every one whole."""
    _, rows, columns = volume.array.shape
    _, _, down, along = slices[0]
    off = max(np.abs(volume.affine[:3, 1] - down).max() * rows / np.linalg.norm(down),
              np.abs(volume.affine[:3, 2] - along).max() * columns / np.linalg.norm(along))
    if off > ALIGNED:
        return f"rows or columns drift by {off:.3f} voxels"
    if np.abs(volume.affine[:3, 0] - step * _normal(slices[0])).max() > 1e-6 * abs(step):
        return "the slices do not lie along the normal"
    smallest = float(np.diff(heights).min())
    if not 0.98 * smallest - 0.01 <= step <= 1.02 * smallest + 0.01:
        return f"slices of {step:.3f} mm where the smallest distance is {smallest:.3f} mm"
    high, wide = slices[0][0].shape
    ends = np.array([s[1] + r * down + c * along for s in slices for r in (0, high - 1) for c in (0, wide - 1)])
    index = volume.to_index(ends)
    first, last = index.min(axis=0), index.max(axis=0)
    if (first < -0.02).any() or (last[1:] > np.array([rows - 1, columns - 1]) + 0.02).any():
        return "a slice lies outside the grid"
    return "the grid ends below the slices" if last[0] >= len(volume.array) else (
        "the grid begins below or ends above the slices" if first[0] > 0.02 or last[0] < len(volume.array) - 1.02
        else "")


def _looked_up(plane: Plane, first: NDArray[np.float64], rows: int, columns: int) -> tuple[
        NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Bilinear values of a slice under a grid slice that begins at ``first``; where it has them, where it is far."""
    values, corner, down, along = plane
    way = first - corner
    r = way @ down / (down @ down) + np.arange(rows)
    c = way @ along / (along @ along) + np.arange(columns)
    a, b = _weights(r, values.shape[0]), _weights(c, values.shape[1])
    upper = values[a[0]] * (1 - a[1])[:, None] + values[a[0] + a[2]] * a[1][:, None]
    found = upper[:, b[0]] * (1 - b[1]) + upper[:, b[0] + b[2]] * b[1]
    inside = _within(r, values.shape[0], 1e-6)[:, None] & _within(c, values.shape[1], 1e-6)
    near = _within(r, values.shape[0], 1.0)[:, None] & _within(c, values.shape[1], 1.0)
    return found, inside, ~near


def _within(at: NDArray[np.float64], size: int, beyond: float) -> NDArray[np.bool_]:
    return (at >= -beyond) & (at <= size - 1 + beyond)


def _weights(at: NDArray[np.float64], size: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """The pixel before each place, the share of the next one, and how far away that is (1, or 0 at the end)."""
    held = np.clip(at, 0.0, size - 1)
    before = np.minimum(np.floor(held).astype(np.int64), size - 1)
    return before, held - before, (before < size - 1).astype(np.int64)
