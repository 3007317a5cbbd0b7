"""Slices at uneven heights, or sheared by a tilted gantry, to a regular upright grid: asked for, never silent.

The volume's slices are then interpolated linearly between the two real ones that they lie between, and shifted in plane
where the gantry was tilted. A slice that lies at a real one's height, without a tilt, is that slice, voxel by voxel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.dicom.store import SliceStore
from medomni.errors import MedomniError

SAME_MM, SAME_SHARE = 0.01, 0.01  # heights nearer than this, or this share of the step, are one
SAME_VOXEL = 1e-3
MOST_SLICES = 4000
MOST_TIMES, MOST_MORE = 16, 1 << 24  # of the voxels that were read, and some, for small series


@dataclass(frozen=True)
class Regular:
    """A resampled stack.

    Attributes:
        array: (slices, rows, columns), the dtype of what was given.
        affine: 4x4, (slice, row, column) to LPS millimetres; the slice step lies along the normal.
        interpolated: numbers of the slices that are not a real one, voxel by voxel.
        step_mm: distance of slices.
        source: the real slice at each slice's height, shifted in plane or not; None between two.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    interpolated: tuple[int, ...]
    step_mm: float
    source: tuple[int | None, ...]

    def real(self, uids: tuple[str, ...]) -> tuple[str, ...]:
        """The SOPInstanceUID of each slice's own image; empty where it lies between two."""
        return tuple("" if k is None else uids[k] for k in self.source)


def regular(array: NDArray[Any], positions: NDArray[np.float64], rows: NDArray[np.float64],
            columns: NDArray[np.float64], outside: float, budget: int | None = None) -> Regular:
    """Resample to the smallest distance that two real slices have, on a grid that holds every real slice whole.

    Args:
        array: (slices, rows, columns) in ascending height.
        positions: (slices, 3), LPS millimetres of each slice's first voxel.
        rows, columns: (3,), the steps to the next row and to the next column, LPS millimetres.
        outside: value of voxels that no slice covers.
        budget: bytes above which the result lies in a mapped file, as :class:`medomni.dicom.store.SliceStore`.

    Raises:
        MedomniError: MED-D05 where the smallest distance would give more than 4,000 slices or 16 times the voxels,
            MED-D12 where slices lie beside each other by more than their own size,
            MED-C04 where the mapped file cannot be written.
    """
    normal = np.cross(columns, rows)
    normal /= np.linalg.norm(normal)
    heights = positions @ normal
    step = smallest_step(heights)
    same = max(SAME_MM, SAME_SHARE * step)
    count = int(np.floor((heights[-1] - heights[0] + same) / step)) + 1
    if count > MOST_SLICES:
        raise MedomniError("MED-D05", f"{count} slices of {step:.3f} mm would be needed")
    away = positions - positions[0]
    moved = np.stack([away @ v / (v @ v) for v in (rows, columns)], axis=1)  # corners in voxels of the first slice
    moved = np.where(np.abs(moved - np.rint(moved)) < SAME_VOXEL, np.rint(moved), moved)
    if (np.ptp(moved, axis=0) > array.shape[1:]).any():
        raise MedomniError("MED-D12", f"slices lie up to {np.linalg.norm(away, axis=1).max():.0f} mm beside each other")
    before = np.floor(moved.min(axis=0)).astype(int)
    shape = array.shape[1:] + np.ceil(moved.max(axis=0)).astype(int) - before
    if count * int(np.prod(shape)) > MOST_TIMES * array.size + MOST_MORE:
        raise MedomniError("MED-D05", f"{count} slices of {step:.3f} mm would be {MOST_TIMES} times what was read")
    moved = moved - before
    out = SliceStore((count, int(shape[0]), int(shape[1])), budget, dtype=array.dtype)
    made: list[int] = []
    source: list[int | None] = []
    for k in range(count):
        height = heights[0] + k * step
        after = int(np.clip(np.searchsorted(heights, height), 1, len(heights) - 1))
        near = min((after - 1, after), key=lambda j: abs(heights[j] - height))
        if abs(heights[near] - height) <= same:
            planes = [(1.0, near)]
        else:
            share = float(np.clip((height - heights[after - 1]) / (heights[after] - heights[after - 1]), 0.0, 1.0))
            planes = [(1.0 - share, after - 1), (share, after)]
        source.append(near if len(planes) == 1 else None)
        if len(planes) > 1 or (moved[near] % 1).any():
            made.append(k)
        plane = np.asarray(sum(weight * _placed(array[j], moved[j], shape, outside) for weight, j in planes))
        out.put(k, (np.rint(plane) if array.dtype.kind == "i" else plane).astype(array.dtype)[None], {})
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = normal * step, rows, columns
    affine[:3, 3] = positions[0] + before[0] * rows + before[1] * columns
    return Regular(out.array(), affine, tuple(made), step, tuple(source))


def smallest_step(heights: NDArray[np.float64]) -> float:
    """Median of the distances that are the smallest one within one per cent: rounded positions scatter about it."""
    gaps = np.diff(heights)
    return float(np.median(gaps[gaps <= gaps.min() * (1 + SAME_SHARE) + SAME_MM]))


def _placed(plane: NDArray[Any], corner: NDArray[np.float64], shape: NDArray[np.int_],
            outside: float) -> NDArray[np.float64]:
    """The plane on a grid of ``shape``, its own first voxel at ``corner`` (row, column)."""
    wide = np.full(tuple(shape), outside, dtype=np.float64)
    whole = np.floor(corner).astype(int)
    wide[whole[0]:whole[0] + plane.shape[0], whole[1]:whole[1] + plane.shape[1]] = plane
    part = corner - whole
    if not part.any():
        return wide
    shifted: NDArray[np.float64] = ndimage.shift(wide, part, order=1, mode="constant", cval=outside)
    return shifted
