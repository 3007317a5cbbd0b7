"""The trunk: what is neither air around the patient nor table."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.segment.grid import Grid, Hu, Mask, far, largest, opened
from medomni.volume import carried_on, reconstructed

LUNG_HU = (-960.0, -500.0)
"""Aerated lung, also with emphysema, and not the air around the patient, in a median."""


def body_mask(grid: Grid) -> Mask:
    """The patient's trunk with all its cavities, (slices, rows, columns) bool.

    Soft tissue above -350 HU is opened in-plane by 5 mm, which cuts the table and blankets off, the largest
    component is kept, and each slice is filled. Arms that do not touch the trunk are left out. Where the picture's
    edge cuts through the trunk, tissue is taken to go on beyond it, and a lung that lies open there to be closed.
    """
    valid = reconstructed(grid.hu)
    sharp = valid if valid.all() else far(valid[None], 3.0, grid.spacing)[0]  # not smoothed with what lies outside
    soft = carried_on(grid.smooth(grid.hu, 1.5) > -350, sharp)
    r = grid.pixels(5.0)
    beyond = np.pad(soft, ((0, 0), (r, r), (r, r)), mode="edge")
    trunk = largest(opened(beyond, r)[:, r:-r, r:-r])
    filled = np.zeros_like(trunk)
    for k in range(trunk.shape[0]):
        filled[k] = ndimage.binary_fill_holes(trunk[k])
        _close_at_edge(trunk[k], grid.hu[k], valid, filled[k])
    return filled & valid


def _close_at_edge(trunk: Mask, hu: Hu, valid: Mask, filled: Mask) -> None:
    """Add to a filled slice, in place, the lung that is open at an edge which meets the trunk on both sides of it."""
    closed = trunk.copy()
    for line, shut in zip(_edges(trunk), _edges(closed), strict=True):
        at = np.flatnonzero(line)
        if at.size:
            shut[at[0] : at[-1] + 1] = True
    if (closed == trunk).all():
        return
    more, n = ndimage.label(ndimage.binary_fill_holes(closed) & ~filled)
    for i in range(1, n + 1):
        part = more == i
        seen = hu[part & valid]
        if seen.size and LUNG_HU[0] < float(np.median(seen)) < LUNG_HU[1]:
            filled |= part


def _edges(plane: Mask) -> tuple[Mask, ...]:
    return plane[:, 0], plane[:, -1], plane[0], plane[-1]
