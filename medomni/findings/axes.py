"""Diameters of a mask: longest and perpendicular in one axial slice, longest and smallest in space.

In the slice as RECIST 1.1 has it (Eisenhauer et al. 2009, Eur J Cancer 45:228: longest diameter in the plane of
acquisition, and for nodes the longest one perpendicular to it); nodules are measured in the same way by the Fleischner
Society (Bankier et al. 2017, Radiology 285:584). In space by calipers (Feret): the greatest distance of two points of
the convex hull, and the smallest distance of two parallel planes between which it fits.
"""

from __future__ import annotations

import contextlib

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist, squareform

from medomni.findings.chest import Chest, Mask

OWN_WIDTH = 0.8
"""Of a pixel: what is added to a distance of pixel centres for the pixels' own width less their partial volume."""


def axes_mm(chest: Chest, mask: Mask) -> tuple[float, float]:
    """:func:`axial_axes` of a mask on the chest's grid."""
    return axial_axes(mask, chest.spacing)


def axial_axes(mask: Mask, spacing: tuple[float, float, float], own_width: float = OWN_WIDTH) -> tuple[float, float]:
    """(longest, perpendicular) in millimetres over all axial slices of a mask (slices, rows, columns).

    Diameters run between pixel centres, plus ``own_width`` of a pixel.
    """
    best = (0.0, 0.0)
    own = own_width * spacing[1]
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        p = np.argwhere(mask[k]) * np.array(spacing[1:])
        if len(p) < 3:
            d = float(pdist(p).max()) if len(p) == 2 else 0.0
            best = max(best, (d + own, own))
            continue
        with contextlib.suppress(QhullError):  # all on a line
            p = p[ConvexHull(p).vertices]
        gaps = squareform(pdist(p))
        a, b = np.unravel_index(int(gaps.argmax()), gaps.shape)
        d = float(gaps[a, b])
        along = (p[b] - p[a]) / max(d, 1e-6)
        across = p @ np.array([-along[1], along[0]])
        best = max(best, (d + own, float(across.max() - across.min()) + own))
    return best


def space_axes(mask: Mask, spacing: tuple[float, float, float]) -> tuple[float, float] | None:
    """(longest, smallest) caliper distance in millimetres of a mask in space, its voxels' own width included.

    None where the mask is flat, so that it spans no space.
    """
    at = np.argwhere(mask)
    if len(at) < 8:
        return None
    points: NDArray[np.float64] = at * np.array(spacing)
    try:
        hull = ConvexHull(points)
    except QhullError:
        return None
    corner = points[hull.vertices]
    longest = float(pdist(corner).max())
    along = corner @ hull.equations[:, :3].T  # the smallest width is met with a plane on one of the hull's faces
    smallest = float((along.max(axis=0) - along.min(axis=0)).min())
    own = float(np.cbrt(np.prod(spacing)))
    return longest + own, min(smallest, longest) + own
