"""How thick the fluid between lung and diaphragm is, at the images' own resolution: columns down from the lung's base.

The columns are laid on each other by the lung's border and evened out sideways, so that noise falls while the border
stays sharp; fluid ends where a column leaves it half-way for an organ or for fat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import disk, parts
from medomni.findings.layer import PLEURA_HU
from medomni.findings.pleura import Map

STEP_MM, ABOVE_MM, DEEPEST_MM = 0.5, 3.0, 40.0
EVEN_MM = 3.0
"""Over which columns are evened out sideways, as a Gaussian's standard deviation."""
ORGAN_HU, FAT_HU, LEAST_FAT_HU = 60.0, -100.0, -250.0
STEEPEST = 1.5
"""Millimetres down per millimetre sideways: what falls off more is seen from the wall, not from above."""
LATEST_MM, ALONG_MM, OVERSHOOT_MM = 3.0, 1.5, 1.5
"""How far below the lung's border a column has risen out of it at the latest; over how far to each side it is a median
along itself; and how near to the lung nothing ends, as sharp kernels overshoot there."""
LEAST_MM = 2.5
"""Thickness of fluid that is told from a bare diaphragm."""
REACH_MM = 18.0
"""How far sideways from what the coarse outline has it is followed."""
CLEARED_MM = 8.0
"""How far below the fluid, or a bare diaphragm, nothing of the coarse outline is kept."""


DOME_MM, DOME_SHARE = 4.0, 0.3
"""How thick the top of the dome is at least, unlike a vessel, and how much of it rests on what is no lung, as a share
of the area of a thing of its size."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns under one lung.

    Attributes:
        base: (rows, columns) float32, index of the slice (not whole) at which the lung ends, NaN where none is seen.
        depth: (rows, columns) float32, millimetres of fluid below it, straight down; of a bare diaphragm what the blur
            leaves, less than 2.5 mm across. thickness: the same across the layer.
        known: whether ``depth`` is seen.
    """

    base: Map
    depth: Map
    thickness: Map
    known: Mask


def filled_dome(chest: Chest, side: str) -> Mask:
    """The top of the diaphragm where lung surrounds it in the slice, which the lung's label has filled like a vessel:
    soft tissue that goes on below as none of the lung."""
    soft = chest.masks[f"lung/{side}"] & (chest.hu > PLEURA_HU)
    labels, sizes = parts(ndimage.binary_opening(soft, disk(chest, DOME_MM)))
    below = np.zeros_like(soft)
    below[1:] = ~chest.lung[:-1] & chest.cage[:-1]
    resting = np.bincount(labels[below], minlength=sizes.size) > DOME_SHARE * sizes ** (2 / 3)
    resting[0] = False
    out: Mask = resting[labels]
    return ndimage.binary_dilation(out, np.ones((1, 3, 3), bool), iterations=chest.px(DOME_MM), mask=soft)


def columns_of(hu: Map, lung: Mask, inside: Mask, spacing: tuple[float, float, float], fluid_hu: float) -> Columns:
    """The columns of a part of the axial volume.

    Args:
        hu: (slices, rows, columns), slices to the head. lung: of the side. inside: away from the ribs.
        fluid_hu: of the fluid away from its borders.
    """
    base = _base(hu, lung)
    low = np.clip(np.nan_to_num(base).astype(np.intp), 0, len(hu) - 1)
    rows, columns = np.ogrid[: hu.shape[1], : hu.shape[2]]
    steep = np.hypot(*np.gradient(ndimage.median_filter(np.nan_to_num(base, nan=-1e3), 3) * spacing[0], *spacing[1:]))
    seen = np.isfinite(base) & inside[low, rows, columns] & (steep < STEEPEST)
    down = np.arange(-ABOVE_MM, DEEPEST_MM, STEP_MM, dtype=np.float32)
    z = np.nan_to_num(base)[None] - down[:, None, None] / spacing[0]
    within = (z >= 0) & (z <= len(hu) - 1)
    first = np.clip(np.floor(z).astype(np.intp), 0, len(hu) - 2)
    share = np.clip(z - first, 0, 1).astype(np.float32)
    values = hu[first, rows, columns] * (1 - share) + hu[first + 1, rows, columns] * share
    weight = (within & seen).astype(np.float32)
    sigma = (0, EVEN_MM / spacing[1], EVEN_MM / spacing[2])
    mass = ndimage.gaussian_filter(weight, sigma, truncate=2.5)
    even = ndimage.gaussian_filter(np.clip(values, -900, 150) * weight, sigma, truncate=2.5) / np.maximum(mass, 1e-3)
    least, most = (fluid_hu + FAT_HU) / 2, (fluid_hu + ORGAN_HU) / 2
    start = _first(even > least)
    steps = np.arange(len(down))[:, None, None]
    even = ndimage.median_filter(even, (2 * round(ALONG_MM / STEP_MM) + 1, 1, 1))
    past = (down >= OVERSHOOT_MM)[:, None, None]  # sharp kernels overshoot beside the lung
    left = past & (steps > start[None]) & ((even > most) | (even < least))
    end = _first(left)
    depth = np.where((start < len(down)) & (end < len(down)), _crossing(even, end, least, most, down), DEEPEST_MM)
    depth = np.maximum(depth, 0.0).astype(np.float32)
    risen = start * STEP_MM - ABOVE_MM  # elsewhere the border is not where it was seen
    clear = (risen > -LATEST_MM / 2) & (risen < LATEST_MM)
    shallow = even[(down >= LEAST_MM) & (down < 2 * LEAST_MM)]
    bare = (shallow < least).all(axis=0) & (shallow > LEAST_FAT_HU).all(axis=0)  # fat, to which nothing rises before
    depth[bare], clear = 0.0, clear | bare
    known = seen & clear & (depth < DEEPEST_MM) & (mass[round(2 * ABOVE_MM / STEP_MM)] > 0.2)
    return Columns(base, depth, (depth / np.hypot(1.0, np.minimum(steep, STEEPEST))).astype(np.float32), known)


def composed(coarse: Mask, columns: Columns, inside: Mask, spacing: tuple[float, float, float]) -> Mask:
    """The coarse outline with what the columns say in its place."""
    z = np.arange(len(coarse), dtype=np.float32)[:, None, None]
    base, depth = np.nan_to_num(columns.base), columns.depth
    below = (base[None] - z) * spacing[0]
    wet = columns.known & (columns.thickness >= LEAST_MM)
    near = (coarse & (below > 0) & (below < np.maximum(depth, LEAST_MM)[None])).any(axis=0) & columns.known
    followed, _ = ndimage.label(wet)
    wet &= np.isin(followed, np.unique(followed[near & wet]))
    away = ndimage.distance_transform_edt(~near, sampling=spacing[1:]) if near.any() else np.full(near.shape, np.inf)
    wet &= away < REACH_MM
    shown = np.where(wet, depth, 0.0)
    replaced = columns.known[None] & inside & (below > 0) & (below < shown[None] + CLEARED_MM)
    out: Mask = np.where(replaced, (below < shown[None]) & wet[None], coarse)
    return out


def _base(hu: Map, lung: Mask) -> Map:
    """Where the lung ends below, between slices, by where the density passes half-way."""
    seen = lung.any(axis=0)
    at = lung.argmax(axis=0)
    rows, columns = np.ogrid[: hu.shape[1], : hu.shape[2]]
    found = np.full(at.shape, np.nan, np.float32)
    for up in range(3, -4, -1):  # from within the lung downwards, the first pair that passes it
        top = np.clip(at + up, 1, len(hu) - 1)
        high, low = hu[top, rows, columns], hu[top - 1, rows, columns]
        here = seen & np.isnan(found) & (high < PLEURA_HU) & (low >= PLEURA_HU) & (at + up >= 1)
        found = np.where(here, top - (PLEURA_HU - high) / np.maximum(low - high, 1.0), found)
    return found.astype(np.float32)


def _first(where: Mask) -> NDArray[np.intp]:
    """Index of the first True along the first axis, its length where there is none."""
    return np.where(where.any(axis=0), where.argmax(axis=0), len(where))


def _crossing(even: Map, end: NDArray[np.intp], least: float, most: float, down: Map) -> Map:
    """Millimetres at which a column passes ``most`` upwards or ``least`` downwards at sample ``end``."""
    at = np.clip(end, 1, len(even) - 1)[None]
    after, before = (np.take_along_axis(even, at - k, 0)[0] for k in (0, 1))
    level = np.where(after > most, most, least)
    share = np.clip((level - before) / np.where(np.abs(after - before) < 1e-3, 1.0, after - before), 0, 1)
    out: Map = (down[at[0] - 1] + share * STEP_MM).astype(np.float32)
    return out
