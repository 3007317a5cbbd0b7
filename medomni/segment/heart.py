"""The heart and the mediastinum: thick soft tissue between the lungs, above the liver's dome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from medomni.segment.bone import Skeleton
from medomni.segment.grid import Grid, Mask, components, dilated, largest, opened

RIM_MM, FAT_HU = 2.0, -30.0
LATERAL_SHARE = 0.25
"""How much of the liver in a slice lies more than 48 mm to the right; of the heart next to nothing does."""
LEAST_LATERAL_MM2, DOME_MM2 = 1500.0, 300.0
"""So much soft tissue lies to the right below the dome in some slice at least; the dome ends where less is left."""


@dataclass(frozen=True, eq=False)
class Middle:
    """Soft tissue between the lungs, (slices, rows, columns) bool each; approximate.

    Attributes:
        heart: heart with pericardium. mediastinum: the rest between the lungs.
        liver: soft tissue under the right dome. dome: slice of the dome's top, None where it is not seen.
    """

    heart: Mask
    mediastinum: Mask
    liver: Mask
    dome: int | None


def find_middle(grid: Grid, cage: Mask, right: Mask, left: Mask, airway: Mask, skeleton: Skeleton,
                carina: int | None) -> Middle:
    """Part the soft tissue inside the cage into liver, heart and mediastinum."""
    soft = cage & ~right & ~left & ~airway & (grid.smooth(grid.hu, 2.0) > -150)
    columns = np.arange(cage.shape[2])[None, None, :]
    rows = np.arange(cage.shape[1])[None, :, None]
    x = (columns - skeleton.midline[:, None, None]) * grid.spacing[2]
    y = (rows - skeleton.front[:, None, None]) * grid.spacing[1]
    liver, dome = _liver(grid, soft, x, right)
    slices = np.flatnonzero((right | left).any(axis=(1, 2)))
    top = carina if carina is not None else int(slices[-1] - 0.4 * (slices[-1] - slices[0])) if slices.size else 0
    bottom = max(0, (dome if dome is not None else (slices[0] if slices.size else 0)) - round(30 / grid.spacing[0]))
    z = np.arange(cage.shape[0])[:, None, None]
    core = soft & ~liver & (z <= top - round(10 / grid.spacing[0])) & (z >= bottom) & (y < -4)
    muscle = core & (grid.smooth(grid.hu, 3.0) > -15)
    thick = opened(muscle, grid.pixels(13.0)) & (np.abs(x) < 110)
    middle_hu = grid.hu[thick & (np.abs(x) < 22)]
    if middle_hu.size > 50:  # fluid and airless lung beside the heart are less dense than blood
        dense = thick & (grid.smooth(grid.hu, 4.0) > 0.62 * float(np.median(middle_hu)))
        dense = largest(opened(dense, grid.pixels(7.0)))
        thick &= dilated(dense, grid.pixels(9.0))
    heart = largest(thick)
    border = dilated(heart, grid.pixels(RIM_MM))  # what smoothing and opening took off
    heart |= border & soft & ~liver & (z >= bottom) & (grid.smooth(grid.hu, 0.8) > FAT_HU)
    middle = soft & ~liver & ~heart & (np.abs(x) < 42) & (z >= bottom)
    return Middle(heart, middle, liver, dome)


def _liver(grid: Grid, soft: Mask, x: np.ndarray, right: Mask) -> tuple[Mask, int | None]:
    """Soft tissue that fills the right base upwards to the dome; approximate, cut 25 mm left of the midline."""
    deep = opened(soft & (grid.smooth(grid.hu, 3.0) > 25), grid.pixels(9.0))
    region = deep & (x < 25)
    lateral = region & (x < -48)
    area = lateral.sum(axis=(1, 2)) * grid.spacing[1] * grid.spacing[2]
    slices = np.flatnonzero(right.any(axis=(1, 2)))
    if not slices.size:
        return np.zeros_like(soft), None
    low = int(slices[0])
    if area[: low + 3].max(initial=0.0) < LEAST_LATERAL_MM2:
        return np.zeros_like(soft), None
    labels, sizes = components(lateral)
    base = int(np.bincount(labels[: low + 3].ravel(), minlength=sizes.size)[1:].argmax()) + 1
    column = (labels == base).sum(axis=(1, 2)) * grid.spacing[1] * grid.spacing[2]
    wide = np.flatnonzero(column[: low + 1] > DOME_MM2)
    dome = int(wide[-1]) if wide.size else low  # much fluid lifts the lung off the dome
    while dome + 1 < column.size and column[dome + 1] > DOME_MM2:
        dome += 1
    z = np.arange(soft.shape[0])[:, None, None]
    plane = np.zeros((3, 3, 3), bool)
    plane[1] = ndimage.generate_binary_structure(2, 1)
    # beside the dome's top lies the heart, parted from it by fat
    pieces, n = ndimage.label(region & (z <= dome), plane)
    beside = np.bincount(pieces[labels == base], minlength=n + 1)
    of_liver = beside > LATERAL_SHARE * np.bincount(pieces.ravel(), minlength=n + 1)
    of_liver[0] = False
    return of_liver[pieces], dome
