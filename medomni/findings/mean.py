"""Gaussian means over some voxels only, so that what lies beside them does not blur in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Mask

Map = NDArray[np.float32]


def mean_over(values: Map, where: Mask, sigma: tuple[float, ...], truncate: float = 2.0) -> tuple[Map, Map]:
    """Mean of ``values`` over the voxels ``where``, and their share of the surroundings, both float32, of its shape.

    Args:
        values: HU, or anything else. sigma: standard deviation by axis in voxels, cut off at ``truncate`` of it.
    """
    share = ndimage.gaussian_filter(where.astype(np.float32), sigma, truncate=truncate)
    total = ndimage.gaussian_filter(np.where(where, values, 0).astype(np.float32), sigma, truncate=truncate)
    return (total / np.maximum(share, 1e-3)).astype(np.float32), share
