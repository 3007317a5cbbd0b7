"""The thoracic cage: everything inside the ribs, whether lung, fluid, mass or mediastinum.

A mass at the hilum, an effusion or a consolidation lies outside an aerated-lung mask; what the measuring room
needs is the envelope that the ribs draw. In polar coordinates around the middle of the chest each slice has an
inner radius per direction: that of the ribs nearest to it in height and angle, less the width of the wall between
ribs and pleura, which is seen wherever lung lies against it; never less than that of the lung.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.segment.bone import BONE_HU, Skeleton
from medomni.segment.grid import Grid, Mask
from medomni.segment.polar import BINS, Polar, turns

Map = NDArray[np.float32]
RECESS_MM = 60.0
"""How far below the lung's lowest slice the cage is followed: fluid in the recess lies there."""
VERTEBRA_MM, AORTA_MM = 32.0, 48.0
"""Half the width of a vertebra with its processes, and how far from the midline the descending aorta reaches."""
ARM_MM, ARM_TURN = 35.0, 0.5
"""Bone that is farther outside the widest lung, of either side, belongs to an arm or a shoulder; cosine of the angle to
front and back above which none lies, but fluid of both sides may keep the lungs that far from the ribs."""
LEAST_PART, LEAST_GAPS = 0.6, 200
PLEURA_HU = -430.0
WALL_MM, THIN_MM = 3.0, 8.0
"""Width of the wall where no lung lies against it; and more than that is not wall alone."""


def cage_mask(grid: Grid, body: Mask, lungs: Mask, skeleton: Skeleton) -> Mask:
    """Inside of the ribs over the slices that show lung and the recess below them, (slices, rows, columns) bool."""
    slices = np.flatnonzero(lungs.any(axis=(1, 2)))
    out = np.zeros_like(body)
    if not slices.size:
        return out
    first = max(0, int(slices[0]) - round(RECESS_MM / grid.spacing[0]))
    last = int(slices[-1])
    part = slice(first, last + 1)
    polar = Polar(grid, *_centre(grid, lungs, skeleton, part))
    lung = _lung_radius(polar, grid, lungs[part], part)
    ribs = _rib_radius(polar, grid, body[part], skeleton, lung, part)
    inner = _inner_radius(grid, ribs, lung)
    n = last - first + 1
    top = np.arange(n) > n - 1 - 45.0 / grid.spacing[0]  # the apex: few ribs, and shoulders all around
    either = np.maximum(lung, lung[:, ::-1])  # directions mirror at the midline
    inner[top] = np.minimum(inner[top], np.maximum(either[top] + 7.0, 12.0))
    out[part] = polar.within(inner) & body[part] & ~skeleton.bone[part]
    return (out | lungs) & body


def _centre(grid: Grid, lungs: Mask, skeleton: Skeleton, part: slice,
            ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column of the middle of the chest per slice: on the midline, half-way from the front to the spine.

    Slices that show little lung, such as those of the recess behind the liver, take it from those that show much.
    """
    box = lungs[part].any(axis=2)
    ends = np.array([(at[0], at[-1]) if (at := np.flatnonzero(b)).size else (0, 0) for b in box], float)
    deep = ends[:, 1] - ends[:, 0]
    known = deep > 0.75 * deep.max()
    rows = np.interp(np.arange(len(ends)), np.flatnonzero(known), ends[known].mean(axis=1))
    sigma = 20.0 / grid.spacing[0]
    rows = ndimage.gaussian_filter1d(rows, sigma, mode="nearest")
    rows = np.minimum(rows, skeleton.front[part] - 18.0 / grid.spacing[1])
    return rows, ndimage.gaussian_filter1d(skeleton.midline[part], sigma, mode="nearest")


def _lung_radius(polar: Polar, grid: Grid, lungs: Mask, part: slice) -> Map:
    """Where the lung's outermost voxel in each direction passes into soft tissue; 0 where there is no lung."""
    seen = polar.sampled(lungs, order=0) > 0
    outermost = polar.last(seen)
    hu = polar.sampled(np.clip(grid.hu[part], -1000, 200))
    return np.where(outermost > 0, polar.crossing(hu, PLEURA_HU, np.maximum(outermost - 2, 0)), 0.0).astype(np.float32)


def _rib_radius(polar: Polar, grid: Grid, body: Mask, skeleton: Skeleton, lung: Map, part: slice) -> Map:
    """Where the ray first meets a rib outside the lung; infinite where it meets none. Vertebrae are no ribs."""
    columns = np.arange(body.shape[2])[None, None, :]
    rows = np.arange(body.shape[1])[None, :, None]
    x = np.abs(columns - skeleton.midline[part, None, None]) * grid.spacing[2]
    y = (rows - skeleton.front[part, None, None]) * grid.spacing[1]
    aorta = (x < AORTA_MM) & (y > -30) & (y < 12)  # full of contrast, or with lime in its wall
    no_rib = aorta | (x < VERTEBRA_MM) & (y > -6)
    bone = polar.sampled(skeleton.bone[part] & ~no_rib, order=0) > 0
    bone &= (polar.radii > 25) & (polar.radii > lung[..., None] - 2.0)
    begin = polar.first(bone)
    hu = polar.sampled(grid.smooth(grid.hu[part], 0.7))
    found = np.where(begin > 0, polar.crossing(hu, BONE_HU, np.maximum(begin - 2, 0)), np.inf).astype(np.float32)
    skin = polar.radii[polar.last(polar.sampled(body, order=0) > 0)]
    widest = np.maximum(lung, lung[:, ::-1]).max(axis=0)
    beside = np.abs(np.cos(turns())) < ARM_TURN
    found[(found > skin - 4) | beside & (found > widest + ARM_MM)] = np.inf
    return found


def _inner_radius(grid: Grid, ribs: Map, lung: Map) -> Map:
    """Inner radius per (slice, direction): ribs nearest in height and angle less the wall, never inside the lung."""
    bone = _envelope(grid, ribs, lung)
    return np.maximum(bone - _wall(bone, lung), lung + 0.3).astype(np.float32)


def _wall(bone: Map, lung: Map) -> float:
    """Millimetres between the ribs and the lung that lies against them: the most frequent gap. Thin fluid widens some
    gaps, so that their mean would be too much."""
    gap = (bone - lung)[lung > 0]
    gap = gap[(gap > 0) & (gap < THIN_MM)]
    if gap.size < LEAST_GAPS:
        return WALL_MM
    counts, edges = np.histogram(gap, np.arange(0.0, THIN_MM + 0.01, 0.25))
    smooth = ndimage.gaussian_filter1d(counts.astype(float), 2.0, mode="constant")
    return float(edges[int(smooth.argmax())] + 0.125)


def _envelope(grid: Grid, ribs: Map, lung: Map) -> Map:
    """The ribs' inner side per (slice, direction).

    Radii are compared as parts of an ellipse through the side walls and the front and back, so that a gap of 60 degrees
    (costal cartilage shows no bone) is bridged along a chest and not along a circle.
    """
    reach, turn = max(1, round(12.0 / grid.spacing[0])), BINS // 40
    ellipse = _ellipse(grid, ribs, lung)
    part = ribs / ellipse
    part[part < LEAST_PART] = np.inf
    floor = ndimage.minimum_filter(part, (2 * reach + 1, 2 * turn + 1), mode=("nearest", "wrap"))
    # scapula and clavicle lie outside a rib of the same direction, bright veins of the mediastinum far inside
    kept = np.isfinite(part) & (part < floor * 1.16)
    values, weight = np.where(kept, part, 0.0).astype(np.float32), kept.astype(np.float32)
    total, mass = np.zeros_like(values), np.zeros_like(values)
    for scale in (1.0, 2.5, 6.0):  # coarser only where nothing finer is known
        sigma = (5.0 * scale / grid.spacing[0], BINS / 120 * scale)
        share = np.float32(10.0 ** (-2 * np.log2(scale)))
        total += share * ndimage.gaussian_filter(values, sigma, mode=("nearest", "wrap"))
        mass += share * ndimage.gaussian_filter(weight, sigma, mode=("nearest", "wrap"))
    known = mass > 1e-6
    return np.where(known, total / np.maximum(mass, 1e-6) * ellipse, np.maximum(ellipse, lung)).astype(np.float32)


def _ellipse(grid: Grid, ribs: Map, lung: Map) -> Map:
    """Radius per (slice, direction) of an ellipse through the side walls and through the front and back."""
    turn = turns()
    lateral = np.abs(np.sin(turn)) > 0.94
    axial = np.abs(np.cos(turn)) > 0.9
    semi = []
    for chosen in (lateral, axial):
        known = np.where(np.isfinite(ribs[:, chosen]), ribs[:, chosen], np.nan)
        rows = np.array([np.nanmedian(r) if np.isfinite(r).sum() > 2 else np.nan for r in known])
        fallback = np.maximum(lung[:, chosen].max(axis=1), 20.0)
        if np.isfinite(rows).sum() < 3:
            semi.append(fallback)
            continue
        index = np.arange(len(rows))
        rows = np.interp(index, index[np.isfinite(rows)], rows[np.isfinite(rows)])
        semi.append(ndimage.gaussian_filter1d(rows, 15.0 / grid.spacing[0], mode="nearest"))
    a, b = semi[0][:, None], semi[1][:, None]
    return (1.0 / np.sqrt((np.sin(turn) / a) ** 2 + (np.cos(turn) / b) ** 2)).astype(np.float32)
