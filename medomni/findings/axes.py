"""Longest and perpendicular diameter of a mask, as a reader would draw them in one axial slice."""

from __future__ import annotations

import contextlib

import numpy as np
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist, squareform

from medomni.findings.chest import Chest, Mask


def axes_mm(chest: Chest, mask: Mask) -> tuple[float, float]:
    """(longest, perpendicular) in millimetres over all axial slices (RECIST 1.1, Eisenhauer 2009: in-plane, one slice).

    Diameters run between pixel centres, plus 0.8 pixel for the pixels' own width less their partial volume.
    """
    best = (0.0, 0.0)
    pixel = chest.spacing[1]
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        p = np.argwhere(mask[k]) * np.array(chest.spacing[1:])
        if len(p) < 3:
            d = float(pdist(p).max()) if len(p) == 2 else 0.0
            best = max(best, (d + 0.8 * pixel, 0.8 * pixel))
            continue
        with contextlib.suppress(QhullError):  # all on a line
            p = p[ConvexHull(p).vertices]
        gaps = squareform(pdist(p))
        a, b = np.unravel_index(int(gaps.argmax()), gaps.shape)
        d = float(gaps[a, b])
        along = (p[b] - p[a]) / max(d, 1e-6)
        across = p @ np.array([-along[1], along[0]])
        best = max(best, (d + 0.8 * pixel, float(across.max() - across.min()) + 0.8 * pixel))
    return best
