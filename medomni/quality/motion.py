"""Motion: what does not fit between one slice and the next, and edges that are doubled or smeared in some slices.

Anatomy goes on smoothly from slice to slice, so the border of body and lungs in a slice should lie half-way between
where it lies in its two neighbours. How far it is off is read from the values, without an outline: their second
difference along the body divided by their slope in the slice is a length in millimetres (first order, at borders that
were smoothed in the slice, so that the length holds for some millimetres). A slice that was taken while the patient
moved also has flatter edges than its neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.quality.view import Hu, View

SMOOTH_MM = 3.0
LEAST_SLOPE = 35.0
"""HU per millimetre from which a place counts as a border of body or lung, after smoothing."""
LEAST_VOXELS, LEAST_SLICES = 50, 8


def border_step_mm(view: View) -> float | None:
    """How far the borders of a slice lie off the middle of its neighbours' (mm): the 75th percentile over the slices of
    each slice's median over its borders; None with fewer than 8 slices that have any."""
    hu = np.clip(view.hu, -1000, 200)
    smooth = ndimage.gaussian_filter(hu, (0, SMOOTH_MM / view.spacing[1], SMOOTH_MM / view.spacing[2]), truncate=2.5)
    each = []
    for k in range(1, len(smooth) - 1):
        slope = _slope(smooth[k], view)
        at = view.body[k] & (slope > LEAST_SLOPE)
        if np.count_nonzero(at) > LEAST_VOXELS:
            off = np.abs(smooth[k][at] - (smooth[k - 1][at] + smooth[k + 1][at]) / 2)
            each.append(float(np.median(off / slope[at])))
    return float(np.percentile(each, 75)) if len(each) >= LEAST_SLICES else None


def uneven_sharpness(view: View) -> float | None:
    """How much the sharpness of lung borders differs between a slice and its neighbours, as a part of itself: the
    median over the slices; None without lungs. Half of the slices smeared gives more than an even fifth."""
    sharp = np.array([_sharpness(view, k) for k in range(len(view.hu))])
    known = sharp[np.isfinite(sharp)]
    if known.size < LEAST_SLICES:
        return None
    away = np.abs(known[1:-1] - (known[:-2] + known[2:]) / 2)
    return float(np.median(away / np.maximum(known[1:-1], 1.0)))


def _sharpness(view: View, k: int) -> float:
    """Third quartile of the slope (HU/mm) along the lung's border in a slice, not a number where there is little."""
    border = view.lung[k] & ~ndimage.binary_erosion(view.lung[k])
    if np.count_nonzero(border) <= LEAST_VOXELS:
        return float("nan")
    return float(np.percentile(_slope(np.clip(view.hu[k], -1000, 200), view)[border], 75))


def _slope(plane: Hu, view: View) -> NDArray[np.float32]:
    if min(plane.shape) < 2:
        return np.zeros(plane.shape, np.float32)
    down, right = np.gradient(plane, view.spacing[1], view.spacing[2])
    return np.hypot(down, right)
