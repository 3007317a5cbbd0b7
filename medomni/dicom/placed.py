"""A block of mask voxels onto a volume's grid, by positions in space and never by the order of files or frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.errors import MedomniError
from medomni.volume import Volume

TOLERANCE = 0.02
"""Voxels by which a mask's voxel may lie off the volume's."""
Box = tuple[slice, slice, slice]


def placed(block: NDArray[Any], affine: NDArray[np.float64], volume: Volume, where: str) -> tuple[Box, NDArray[Any]]:
    """Where a block lies in the volume's array, and the block turned as the array is.

    Args:
        block: (any three axes) of a mask. affine: 4x4, its indices to LPS millimetres.
        where: the file that an error names.

    Returns:
        Slices into ``volume.array`` and the part of the block that lies there, axes permuted and flipped.

    Raises:
        MedomniError: MED-S02 where voxels of the block lie between the volume's, or labelled ones lie outside it.
    """
    to_index = np.linalg.inv(volume.affine) @ affine
    steps = np.rint(to_index[:3, :3])
    if (np.abs(steps).sum(axis=0) != 1).any() or (np.abs(steps).sum(axis=1) != 1).any():
        raise MedomniError("MED-S02", "the mask's voxels are of another size or direction", where=where)
    start = np.rint(to_index[:3, 3])
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in block.shape], indexing="ij")).reshape(3, -1)
    off = float(np.abs((to_index[:3, :3] - steps) @ corners + (to_index[:3, 3] - start)[:, None]).max())
    if off > TOLERANCE:
        raise MedomniError("MED-S02", f"the mask's voxels lie {off:.2f} voxels off the volume's", where=where)
    order = [int(np.flatnonzero(steps[axis])[0]) for axis in range(3)]
    turned = block.transpose(order)
    box, part = [], []
    for axis, source in enumerate(order):
        n, low = block.shape[source], int(start[axis])
        if steps[axis, source] < 0:
            turned, low = np.flip(turned, axis), low - (n - 1)
        first, last = max(low, 0), min(low + n, volume.array.shape[axis])
        box.append(slice(first, max(first, last)))
        part.append(slice(first - low, max(first, last) - low))
    inside = turned[tuple(part)]
    if inside.size < turned.size and np.count_nonzero(inside) < np.count_nonzero(turned):
        raise MedomniError("MED-S02", "labelled voxels lie outside the volume", where=where)
    return (box[0], box[1], box[2]), inside
