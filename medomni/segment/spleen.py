"""The spleen, approximately: solid tissue at the back of the left upper abdomen, under the lung's base.

Without contrast it is as dense as the stomach's wall and the left lobe of the liver, so its border there is a guess by
thickness; the label is marked approximate, and *truncated* where the field of view ends before it does.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.segment.bone import Skeleton
from medomni.segment.grid import Grid, Mask, components, disk, opened

SIDE_MM, BACK_MM = 28.0, -55.0
"""It lies farther to the left of the midline than this, and not farther in front of the spine than this."""
THICK_MM, SPREAD_HU = 11.0, 30.0
VOLUME_ML = (40.0, 900.0)
"""Smaller or larger is not called spleen."""


def find_spleen(grid: Grid, abdomen: Mask, left: Mask, liver: Mask, skeleton: Skeleton) -> Mask:
    """(slices, rows, columns) bool, all False where nothing of that size and density lies there.

    Args:
        abdomen: soft tissue inside the ribs on the left that may be spleen. left: the left lung.
    """
    none = np.zeros_like(abdomen)
    slices = np.flatnonzero(left.any(axis=(1, 2)))
    if not slices.size:
        return none
    columns = np.arange(abdomen.shape[2])[None, None, :]
    rows = np.arange(abdomen.shape[1])[None, :, None]
    x = (columns - skeleton.midline[:, None, None]) * grid.spacing[2]
    y = (rows - skeleton.front[:, None, None]) * grid.spacing[1]
    smooth = ndimage.gaussian_filter1d(grid.smooth(grid.hu, 2.0), 2.0 / grid.spacing[0], axis=0)
    place = abdomen & (x > SIDE_MM) & (y > BACK_MM) & ~liver
    place &= np.arange(abdomen.shape[0])[:, None, None] <= slices[0] + (slices[-1] - slices[0]) // 2
    solid = place & (smooth > 15) & (smooth < 260)
    core = opened(solid, grid.pixels(THICK_MM))
    deep = core & (x > 45) & (y > -25)  # what lies at the back and side is spleen, or nothing is
    if not deep.any():
        return none
    level = float(np.median(grid.hu[deep]))
    alike = solid & (np.abs(smooth - level) < max(SPREAD_HU, 0.25 * level))
    core = opened(alike, grid.pixels(THICK_MM))
    labels, sizes = components(core)
    inside = np.bincount(labels[deep], minlength=sizes.size)
    inside[0] = 0
    if not inside.any():
        return none
    main = labels == int(inside.argmax())
    grown = main | ndimage.binary_dilation(main, disk(1), iterations=grid.pixels(4.0), mask=alike)
    return grown if VOLUME_ML[0] <= grid.ml(grown) <= VOLUME_ML[1] else none
