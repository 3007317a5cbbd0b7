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
    top = (np.arange(n) > n - 1 - 45.0 / grid.spacing[0])  # the apex: few ribs, and shoulders all around
    either = np.maximum(lung, lung[:, ::-1])  # directions mirror at the midline
    inner[top] = np.minimum(inner[top], np.maximum(either[top] + 7.0, 12.0))
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


def _smooth_envelope(
    grid: Grid, ribs: NDArray[np.float32], lung: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Inner radius per (slice, direction): ribs nearest in height and angle, never inside the lung.

    Radii are compared as parts of an ellipse through the side walls and the front and back, so that a gap of 60 degrees
    (costal cartilage shows no bone) is bridged along a chest and not along a circle.
    """
    reach = max(1, round(12.0 / grid.spacing[0]))
    ellipse = _ellipse(grid, np.where(np.isfinite(ribs), ribs, np.nan), lung)
    part = ribs / ellipse
    floor = ndimage.minimum_filter(part, (2 * reach + 1, 7), mode=("nearest", "wrap"))
    kept = np.isfinite(part) & (part < floor * 1.16)  # scapula and clavicle lie outside a rib of the same direction
    values, weight = np.where(kept, part, 0.0).astype(np.float32), kept.astype(np.float32)
    total, mass = np.zeros_like(values), np.zeros_like(values)
    for scale in (1.0, 2.5, 6.0):  # coarser only where nothing finer is known
        sigma = (5.0 * scale / grid.spacing[0], 1.2 * scale)
        share = np.float32(10.0 ** (-2 * np.log2(scale)))
        total += share * ndimage.gaussian_filter(values, sigma, mode=("nearest", "wrap"))
        mass += share * ndimage.gaussian_filter(weight, sigma, mode=("nearest", "wrap"))
    inner = np.where(mass > 1e-6, total / np.maximum(mass, 1e-6) * ellipse, lung)
    return np.maximum(inner, lung + 1.0).astype(np.float32)


def _ellipse(grid: Grid, ribs: NDArray[np.float32], lung: NDArray[np.float32]) -> NDArray[np.float32]:
    """Radius per (slice, direction) of an ellipse through the side walls and through the front and back."""
    turn = (np.arange(BINS) + 0.5) / BINS * 2 * np.pi - np.pi
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
