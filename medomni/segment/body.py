"""The trunk: what is neither air around the patient nor table."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.segment.grid import Grid, Mask, largest, opened


def body_mask(grid: Grid) -> Mask:
    """The patient's trunk with all its cavities, (slices, rows, columns) bool.

    Soft tissue above -350 HU is opened in-plane by 5 mm, which cuts the table and blankets off, the largest
    component is kept, and each slice is filled. Arms that do not touch the trunk are left out.
    """
    soft = grid.smooth(grid.hu, 1.5) > -350
    smooth = opened(soft, grid.pixels(5.0))
    trunk = largest(smooth)
    filled = np.zeros_like(trunk)
    for k in range(trunk.shape[0]):
        filled[k] = ndimage.binary_fill_holes(trunk[k])
    return filled
