"""Metal, and the streaks it throws over the slices it lies in."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.quality.view import View

METAL_HU = 2200.0
"""Denser than bone at this resolution, where the overshoot of a sharp kernel is averaged out."""
LEAST_ML = 0.1
STREAK_HU, STREAK_RATIO = 30.0, 1.3


def metal_ml(view: View) -> float:
    """Volume inside the trunk that is denser than any bone (ml)."""
    high = _planes(view)
    if not high.any():
        return 0.0
    return view.ml(view.body & (view.hu > METAL_HU)) if view.body.any() else 0.0


def streak_share(view: View) -> float:
    """Share of slices that hold metal and whose soft tissue is rougher, over some centimetres, than that of slices
    without: by three tenths and at least 30 HU."""
    metal = _planes(view)
    if not metal.any() or metal_ml(view) < LEAST_ML:
        return 0.0
    rough = np.array([_roughness(view, k) for k in range(len(view.hu))])
    clean = rough[~metal & np.isfinite(rough)]
    usual = float(np.median(clean)) if clean.size else 30.0
    streaked = metal & (np.nan_to_num(rough, nan=0.0) > max(usual * STREAK_RATIO, usual + STREAK_HU))
    return float(streaked.mean())


def _planes(view: View) -> np.ndarray:
    """(slices,) bool: slices that hold a voxel of metal in the trunk."""
    return ((view.hu > METAL_HU) & view.body).sum(axis=(1, 2)) * view.spacing[1] * view.spacing[2] > 20.0


def _roughness(view: View, k: int) -> float:
    """Standard deviation (HU) in a slice of tissue between -400 and 400 HU after smoothing grains away."""
    smooth = ndimage.gaussian_filter(np.clip(view.hu[k], -600, 600), 2.0 / view.spacing[1])
    body = ndimage.binary_erosion(view.body[k], iterations=max(1, round(6 / view.spacing[1])))
    tissue = body & ~ndimage.binary_dilation(view.lung[k], iterations=max(1, round(4 / view.spacing[1])))
    return float(np.std(smooth[tissue])) if np.count_nonzero(tissue) > 100 else float("nan")
