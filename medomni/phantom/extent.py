"""How large nodules truly are in space, and how far from the pleura: what the measuring rooms are held against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.lesions import Lesions, Nodule

REACH_MM = 60.0


@dataclass(frozen=True)
class Extent:
    """Of one nodule, in millimetres.

    Attributes:
        longest_3d, short_3d: greatest distance of two points, smallest of two planes that enclose it.
        pleura: from its surface to the chest wall, the diaphragm, or the fluid or air before them; 0 where it touches.
            None where none of these is within :data:`REACH_MM`.
    """

    longest_3d: float
    short_3d: float
    pleura: float | None


def nodule_extent(anatomy: Anatomy, lesions: Lesions, nodule: Nodule) -> Extent:
    """The extent of a nodule, from its shape on a fine grid."""
    step = max(0.4, min(nodule.semi) / 16)
    lines = [np.arange(lo, hi, step, dtype=np.float32) for lo, hi in nodule.body.box(3.0)]
    x, y, z = lines[0][None, None, :], lines[1][None, :, None], lines[2][:, None, None]
    mask = np.maximum(nodule.shape(anatomy, x, y, z), anatomy.hull(x, y, z, nodule.side)) < 0
    points = np.argwhere(mask) * step
    hull = ConvexHull(points)
    along = points[hull.vertices] @ hull.equations[:, :3].T
    longest = float(pdist(points[hull.vertices]).max()) + step
    return Extent(longest, float((along.max(axis=0) - along.min(axis=0)).min()) + step,
                  _to_pleura(anatomy, lesions, nodule))


def _to_pleura(anatomy: Anatomy, lesions: Lesions, nodule: Nodule, step: float = 1.0) -> float | None:
    lines = [np.arange(lo, hi, step, dtype=np.float32) for lo, hi in nodule.body.box(REACH_MM)]
    x, y, z = lines[0][None, None, :], lines[1][None, :, None], lines[2][:, None, None]
    outside = anatomy.chamber(x, y, z, nodule.side) >= 0
    for layer in lesions.layers:
        if layer.side == nodule.side:
            outside |= layer.shape(anatomy, x, y, z) < 0
    mask = np.maximum(nodule.shape(anatomy, x, y, z), anatomy.hull(x, y, z, nodule.side)) < 0
    if not outside.any():
        return None
    near = float(ndimage.distance_transform_edt(~outside)[mask].min()) * step
    return 0.0 if near <= 1.5 * step else near - 0.5 * step
