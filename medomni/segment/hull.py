"""The thoracic cage: everything inside the ribs, whether lung, fluid, mass or mediastinum.

A mass at the hilum, an effusion or a consolidation lies outside an aerated-lung mask; what the measuring room
needs is the envelope that the ribs draw. In polar coordinates around the middle of the chest each slice has an
inner radius per direction: that of the ribs nearest to it in height and angle, never less than that of the lung.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.segment.bone import Skeleton
from medomni.segment.grid import Grid, Mask

BINS = 120


def cage_mask(grid: Grid, body: Mask, lungs: Mask, skeleton: Skeleton) -> Mask:
    """Inside of the ribs over the slices that show lung, (slices, rows, columns) bool."""
    slices = np.flatnonzero(lungs.any(axis=(1, 2)))
    out = np.zeros_like(body)
    if not slices.size:
        return out
    first, last = int(slices[0]), int(slices[-1])
    n = last - first + 1
    rows, cols = _centre(grid, body, lungs, skeleton, first, last)
    y = np.arange(body.shape[1], dtype=np.float32)[:, None]
    x = np.arange(body.shape[2], dtype=np.float32)[None, :]
    ribs = np.full((n, BINS), np.inf, np.float32)
    lung = np.zeros((n, BINS), np.float32)
    skin = np.zeros((n, BINS), np.float32)
    polar: list[tuple[NDArray[np.int16], NDArray[np.float32]]] = []
    for i, k in enumerate(range(first, last + 1)):
        dy, dx = (y - rows[i]) * grid.spacing[1], (x - cols[i]) * grid.spacing[2]
        radius = np.hypot(dy, dx)
        angle = ((np.arctan2(dx, dy) + np.pi) / (2 * np.pi) * BINS).astype(np.int16) % BINS
        polar.append((angle, radius))
        np.maximum.at(lung[i], angle[lungs[k]], radius[lungs[k]])
        np.maximum.at(skin[i], angle[body[k]], radius[body[k]])
        bone = skeleton.bone[k] & (radius > 25)
        bone &= radius > lung[i][angle] - 2.0
        np.minimum.at(ribs[i], angle[bone], radius[bone])
    ribs[ribs > skin - 4] = np.inf
    inner = _smooth_envelope(grid, ribs, lung)
    for i, k in enumerate(range(first, last + 1)):
        angle, radius = polar[i]
        out[k] = (radius <= inner[i][angle]) & body[k] & ~skeleton.bone[k]
    return (out | lungs) & body


def _centre(
    grid: Grid, body: Mask, lungs: Mask, skeleton: Skeleton, first: int, last: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column of the middle of the chest per slice: on the midline, half-way from the front to the spine."""
    box = lungs.any(axis=2)
    rows = []
    for k in range(first, last + 1):
        at = np.flatnonzero(box[k])
        rows.append((at[0] + at[-1]) / 2 if at.size else np.nan)
    filled = np.array(rows)
    known = np.isfinite(filled)
    filled = np.interp(np.arange(filled.size), np.flatnonzero(known), filled[known])
    smooth = ndimage.gaussian_filter1d(filled, 20.0 / grid.spacing[0], mode="nearest")
    smooth = np.minimum(smooth, skeleton.front[first : last + 1] - 18.0 / grid.spacing[1])
    return smooth, ndimage.gaussian_filter1d(skeleton.midline[first : last + 1], 20.0 / grid.spacing[0], mode="nearest")


def _smooth_envelope(grid: Grid, ribs: NDArray[np.float32], lung: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner radius per (slice, direction): ribs nearest in height and angle, never inside the lung."""
    reach = max(1, round(12.0 / grid.spacing[0]))
    floor = ndimage.minimum_filter(ribs, (2 * reach + 1, 7), mode=("nearest", "wrap"))
    kept = np.isfinite(ribs) & (ribs < floor + 18)  # scapula and clavicle lie outside a rib of the same direction
    values, weight = np.where(kept, ribs, 0.0), kept.astype(np.float32)
    total = np.zeros_like(values)
    mass = np.zeros_like(values)
    for scale in (1.0, 2.5, 6.0):  # coarser only where nothing finer is known
        sigma = (5.0 * scale / grid.spacing[0], 1.2 * scale)
        v = ndimage.gaussian_filter(values, sigma, mode=("nearest", "wrap"))
        w = ndimage.gaussian_filter(weight, sigma, mode=("nearest", "wrap"))
        share = np.float32(10.0 ** (-2 * np.log2(scale)))
        total += share * v
        mass += share * w
    inner = np.where(mass > 1e-6, total / np.maximum(mass, 1e-6), lung)
    return np.maximum(inner, lung + 1.0).astype(np.float32)
