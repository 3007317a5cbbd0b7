"""Planes that cut the face off a head and pass by its brain: the shear of Quickshear, in several directions.

Source: Schimke and Hale, Quickshear Defacing for Neuroimages, HealthSec 2011: one plane that touches the convex hull of
the brain, a buffer away, with the face on its other side. Here several such planes, by the support function of the
brain; what lies beyond any of them is cut: the face, and at either side the ears with the bone below them. In CT the
brain is the soft tissue within the skull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

GRID_MM = 2.0
BUFFER_MM = 8.0
SOFT_HU, BONE_HU = (-10.0, 120.0), 250.0
BRAIN_ML = (500.0, 2200.0)
DOWN_DEG, ASIDE_DEG = (20.0, 35.0, 50.0, 65.0), (-35.0, 0.0, 35.0)
EARS_DOWN_DEG = (15.0, 40.0)
AIR_HU, AIR_ML, AHEAD_MM, BESIDE = -300.0, 2.0, 20.0, 0.55
BELOW_MM = 130.0


@dataclass(frozen=True, eq=False)
class Shear:
    """What is cut: a point p (x, y, z in LPS millimetres) with ``normals @ p > offsets`` for any row and z above
    ``lowest``.
    """

    normals: NDArray[np.float64]
    offsets: NDArray[np.float64]
    lowest: float

    def cuts(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """True for points, (..., 3) in LPS millimetres, that are cut; (...)."""
        beyond = np.zeros(points.shape[:-1], dtype=bool)
        for normal, offset in zip(self.normals, self.offsets, strict=True):
            beyond |= points @ normal > offset
        return beyond & (points[..., 2] > self.lowest)


def directions() -> NDArray[np.float64]:
    """Unit normals, (n, 3) in LPS: to the front and down, to either side of that, and to the ears."""
    down, aside = np.meshgrid(np.radians(DOWN_DEG), np.radians(ASIDE_DEG), indexing="ij")
    parts = [np.cos(down) * np.sin(aside), -np.cos(down) * np.cos(aside), -np.sin(down)]
    ears = [(side * np.cos(a), 0.0, -np.sin(a)) for side in (-1, 1) for a in np.radians(EARS_DOWN_DEG)]
    return np.concatenate([np.stack(parts, axis=-1).reshape(-1, 3), ears])


def shear_of(brain: NDArray[np.bool_], origin: NDArray[np.float64]) -> Shear:
    """The shear that passes by a brain at :data:`BUFFER_MM`.

    Args:
        brain: (z, y, x), every :data:`GRID_MM` along the axes of LPS.
        origin: x, y, z of its first voxel.
    """
    points = np.argwhere(brain)[:, ::-1] * GRID_MM + origin
    normals = directions()
    offsets = (points @ normals.T).max(axis=0) + BUFFER_MM
    return Shear(normals, offsets, float(points[:, 2].min()) - BELOW_MM)


def brain_in_ct(values: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Brain, (z, y, x), or None where the soft tissue within bone is not of a brain's size.

    Args:
        values: HU every :data:`GRID_MM` along the axes of LPS.
    """
    walled = _walled((values > SOFT_HU[0]) & (values < SOFT_HU[1]), values)
    inner = ndimage.distance_transform_edt(walled, sampling=GRID_MM) > 7.0
    labels, count = ndimage.label(inner)
    if not count:
        return None
    core = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    brain = (ndimage.distance_transform_edt(~core, sampling=GRID_MM) <= 8.0) & walled
    size = float(brain.sum()) * GRID_MM**3 / 1000
    return brain if BRAIN_ML[0] <= size <= BRAIN_ML[1] else None


def looks_ahead(values: NDArray[np.float32], brain: NDArray[np.bool_]) -> bool:
    """Whether the face lies to the front, as the header has it: there are the air of nose, sinuses and throat.

    A wrong orientation, and a patient turned by much, would have the planes cut the wrong side. False too where there
    is too little such air to tell, as above the eyes.

    Args:
        values: HU, (z, y, x), every :data:`GRID_MM` along the axes of LPS. brain: the same grid.
    """
    air = np.argwhere(_walled(values < AIR_HU, values))
    if len(air) * GRID_MM**3 / 1000 < AIR_ML:
        return False
    up, back, left = (air.mean(axis=0) - np.argwhere(brain).mean(axis=0)) * GRID_MM
    return bool(back < -AHEAD_MM and abs(left) < -BESIDE * back and up < 0)  # turned aside by up to 29 degrees


def _walled(mask: NDArray[np.bool_], values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """What of a mask has bone in front, behind and at either side."""
    bone = values > BONE_HU
    for axis in (1, 2):
        mask = mask & np.logical_or.accumulate(bone, axis) & np.flip(
            np.logical_or.accumulate(np.flip(bone, axis), axis), axis)
    return mask
