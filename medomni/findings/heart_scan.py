"""Where coronary arteries can lie in a scan that may show the heart alone: between the lungs, in front of the spine.

No lung needs to be whole: a calcium scan shows parts of both, and the chest's own rules refuse such a view.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

Mask = NDArray[np.bool_]
Hu = NDArray[np.float32]
PIXEL_MM = 1.5
LUNG_HU = (-970.0, -500.0)
LEAST_LUNG_ML, RIM_MM = 60.0, 5.0
SPINE_MM = 15.0
"""In front of the vertebral bodies: the descending aorta and the oesophagus lie there, no coronary artery."""
BORDER_MM = 8.0
"""Around the heart that is still looked at: arteries lie at its border, and it bulges forward out of the lungs'
outline. Ribs that are met there are too large for calcium."""
HEART_MM2 = 3500.0
"""Area of soft tissue between the lungs that only the heart fills; slices above and below it are the vessels and the
liver's dome."""
AORTA_MM, AORTA_STEP_MM, WALL_MM = (10.0, 22.0), 7.0, 4.5
ROOT_MM = 6.0
"""How far below the last disc that was told from its neighbours the aorta is taken to go straight on."""


@dataclass(frozen=True, eq=False)
class HeartScan:
    """The region of the coronary arteries on a thinned grid.

    Attributes:
        region: (slices, rows, columns) where coronary calcium can be. depth: millimetres inside the heart's soft
            tissue, 0 in the fat around it. aorta: the wall of the ascending aorta, which is none of the arteries.
        step: pixels of the image per pixel here. spacing: millimetres between slices, rows, columns here.
    """

    region: Mask
    depth: Hu
    aorta: Mask
    step: int
    spacing: tuple[float, float, float]


def heart_scan_of(hu: Hu, spine: Mask, spacing: tuple[float, float, float]) -> HeartScan | None:
    """The region in an axial volume (slices to the head, rows to the back, columns to the left), None where no heart
    between two lungs is seen.

    Args:
        spine: of the same shape, vertebrae as the segmenter labels them.
    """
    step = max(1, round(PIXEL_MM / spacing[1]))
    near = hu[:, : hu.shape[1] // step * step, : hu.shape[2] // step * step]
    small = near.reshape(len(hu), near.shape[1] // step, step, near.shape[2] // step, step).mean(axis=(2, 4))
    thin = (spacing[0], spacing[1] * step, spacing[2] * step)
    sigma = (0.0, 1.5 / thin[1], 1.5 / thin[2])
    smooth = ndimage.gaussian_filter(small, sigma)
    lungs = _lungs(smooth, thin)
    if not lungs.any():
        return None
    front = _spine_front(spine[:, ::step, ::step][:, : small.shape[1], : small.shape[2]], thin)
    if front is None:
        return None
    rows = np.arange(small.shape[1])[None, :, None]
    between = _between(lungs) & ~ndimage.binary_dilation(lungs, iterations=1) & (rows < front[:, None, None])
    soft = between & (smooth > -10.0)
    soft = ndimage.binary_opening(soft, _disk(4.0 / thin[1]))
    area = soft.sum(axis=(1, 2)) * thin[1] * thin[2]
    big = np.flatnonzero(area > HEART_MM2)
    if big.size * thin[0] < 40.0:
        return None
    top = min(len(small) - 1, int(big[-1]) + round(25.0 / thin[0]))
    filled = ndimage.gaussian_filter(np.maximum(small, -150.0), sigma) > -10.0
    depth = np.zeros(small.shape, np.float32)
    for k in range(int(big[0]), top + 1):
        depth[k] = ndimage.distance_transform_edt(filled[k], sampling=thin[1:])
    labels, n = ndimage.label(soft)
    heart = labels == 1 + int(np.bincount(labels.ravel(), minlength=n + 1)[1:].argmax())
    region = (between | ndimage.binary_dilation(heart, _disk(BORDER_MM / thin[1]))) & (rows < front[:, None, None])
    region[: int(big[0])] = False
    region[top + 1:] = False
    return HeartScan(region, depth, _aortic_wall(depth, between & region, thin), step, thin)


def _lungs(smooth: Hu, spacing: tuple[float, float, float]) -> Mask:
    """Air spaces with the density of lung; what lies around the patient is emptier."""
    air = (smooth < LUNG_HU[1]) & (smooth > LUNG_HU[0])  # with the rim of the skin, which is thin
    core = ndimage.binary_opening(air, _disk(RIM_MM / spacing[1]))
    labels, n = ndimage.label(core)
    if not n:
        return np.zeros(smooth.shape, bool)
    index = np.arange(1, n + 1)
    ml = np.bincount(labels.ravel(), minlength=n + 1)[1:] * np.prod(spacing) / 1000.0
    mean = ndimage.mean(smooth, labels, index)
    return np.isin(labels, index[(ml > LEAST_LUNG_ML) & (mean < -650.0)])


def _spine_front(spine: Mask, spacing: tuple[float, float, float]) -> NDArray[np.float64] | None:
    """Row per slice behind which nothing is looked for; None where no vertebra is seen."""
    rows = np.full(len(spine), np.nan)
    for k in range(len(spine)):
        wide = np.flatnonzero(spine[k].sum(axis=1) * spacing[2] > 12.0)
        if wide.size:
            rows[k] = wide[0]
    known = np.flatnonzero(np.isfinite(rows))
    if known.size < 3:
        return None
    every = np.interp(np.arange(len(rows)), known, rows[known])
    return ndimage.median_filter(every, 9, mode="nearest") - SPINE_MM / spacing[1]


def _between(lungs: Mask) -> Mask:
    """Per slice what lies within the convex outline of both lungs; the breast bone lies in front of it."""
    out = np.zeros_like(lungs)
    for k in np.flatnonzero(lungs.any(axis=(1, 2))):
        points = np.argwhere(lungs[k])
        if np.ptp(points[:, 1]) < 0.3 * lungs.shape[2]:
            continue
        try:
            corners = points[ConvexHull(points).vertices]
        except QhullError:  # all on a line
            continue
        image = Image.new("1", (lungs.shape[2], lungs.shape[1]))
        ImageDraw.Draw(image).polygon([(int(x), int(y)) for y, x in corners], fill=1)
        out[k] = np.asarray(image, bool)
    return out


def _aortic_wall(depth: Hu, region: Mask, spacing: tuple[float, float, float]) -> Mask:
    """The ring around the ascending aorta, followed from the top slice downwards as the largest disc that fits.

    It ends where the disc grows or jumps: there the root opens into the heart.
    """
    out = np.zeros_like(region)
    rows, columns = np.ogrid[: region.shape[1], : region.shape[2]]
    at: tuple[float, float] | None = None
    size = below = 0.0
    lungs_middle = float(np.median(np.nonzero(region)[2])) if region.any() else 0.0
    for k in np.flatnonzero(region.any(axis=(1, 2)))[::-1]:
        inside = np.where(region[k], depth[k], 0.0)
        peaks = (inside == ndimage.maximum_filter(inside, round(9.0 / spacing[1]) | 1)) & (inside > AORTA_MM[0])
        found = np.argwhere(peaks & (inside < AORTA_MM[1]))
        if at is None:
            found = found[np.abs(found[:, 1] - lungs_middle) * spacing[2] < 45.0] if len(found) else found
            if not len(found):
                continue
            at = tuple(found[found[:, 1].argmin()])  # the pulmonary trunk, as wide, lies to its left
            size = float(inside[at])  # type: ignore[index]
        else:
            away = np.hypot(*((found - np.array(at)) * np.array(spacing[1:])).T) if len(found) else np.array([np.inf])
            if away.min() > AORTA_STEP_MM or inside[tuple(found[away.argmin()])] > 1.3 * size + 2.0:
                below += spacing[0]
                if below > ROOT_MM:
                    break
            else:
                at, below = tuple(found[away.argmin()]), 0.0
                size = 0.7 * size + 0.3 * float(inside[at])  # type: ignore[index]
        off = np.hypot((rows - at[0]) * spacing[1], (columns - at[1]) * spacing[2])
        out[k] = off < size + WALL_MM
    return out


def _disk(radius: float) -> Mask:
    r = max(1, round(radius))
    a = np.arange(-r, r + 1)
    return (a[:, None] ** 2 + a[None, :] ** 2 <= (r + 0.3) ** 2)[None]
