"""A small cube of the volume around a point, with voxels of equal sides: what nodules are judged and outlined on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

BOUNDS_HU = (-1000.0, 120.0)
INSIDE = ("lung", "hemithorax", "airway", "mediastinum")
MEDIASTINAL_MM = 6.0
"""How far into the mediastinum's label a nodule may reach: the label takes in what lies on its border."""


@dataclass(frozen=True, eq=False)
class Scene:
    """The axial volume with its labels, and what is known already to be no nodule.

    Attributes:
        array: (slices, rows, columns), HU, canonical axial order. labels: the same shape.
        spacing: millimetres between slices, rows, columns.
        inside, lung, middle: by label value, whether a nodule may lie there, whether it is lung or mediastinum.
        chest: the working grid that ``taken`` (fluid, airless lung, free air) lies on.
    """

    array: NDArray[Any]
    labels: NDArray[Any]
    spacing: tuple[float, float, float]
    inside: NDArray[np.bool_]
    lung: NDArray[np.bool_]
    middle: NDArray[np.bool_]
    chest: Chest
    taken: Mask

    @classmethod
    def of(cls, volume: Volume, segmentation: Segmentation, chest: Chest, taken: Mask) -> Scene:
        """The scene of a segmented volume; ``chest`` is made of the same volume."""
        axial = volume.axial()
        labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
        size = max(segmentation.table, default=0) + 1
        inside, lung, middle = (np.zeros(size, bool) for _ in range(3))
        for value, row in segmentation.table.items():
            inside[value], lung[value] = row.anatomy_id in INSIDE, row.anatomy_id in ("lung", "airway")
            middle[value] = row.anatomy_id == "mediastinum"
        return cls(axial.array, labels, axial.spacing_mm, inside, lung, middle, chest, taken)

    def axial_index(self, index: NDArray[np.float64], of: Chest) -> NDArray[np.float64]:
        """(..., 3) indices of the axial volume of indices of a chest's grid."""
        steps = np.array(of.steps)
        return np.asarray(index, float) * steps + of.origin + (steps - 1) / 2


@dataclass(frozen=True, eq=False)
class Box:
    """A cube of ``n`` voxels a side, ``iso`` mm each, slices, rows and columns as in the axial volume.

    Attributes:
        hu: (n, n, n) float32, linear between the volume's voxels, -1000 beyond it, within -1000 to 120.
        inside: where a nodule may lie. lung: lung and airway.
        radius: millimetres from the centre. at: axial indices of the rows of voxels per axis.
    """

    hu: NDArray[np.float32]
    inside: Mask
    lung: Mask
    iso: float
    radius: NDArray[np.float64]
    at: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

    @classmethod
    def around(cls, scene: Scene, index: NDArray[np.float64], half_mm: float, iso: float) -> Box:
        """The cube of ``half_mm`` to each side of an axial index (3 floats)."""
        n = int(round(half_mm / iso)) * 2 + 1
        off = (np.arange(n) - n // 2) * iso
        at = tuple(float(c) + off / s for c, s in zip(index, scene.spacing, strict=True))
        nearest = [np.clip(np.round(a).astype(int), 0, m - 1) for a, m in zip(at, scene.array.shape, strict=True)]
        beyond = [(a < -0.5) | (a > m - 0.5) for a, m in zip(at, scene.array.shape, strict=True)]
        outside = beyond[0][:, None, None] | beyond[1][None, :, None] | beyond[2][None, None, :]
        labels = scene.labels[np.ix_(*nearest)]
        chest = scene.chest
        grid = [np.round((a - o - (s - 1) / 2) / s).astype(int) for a, o, s in
                zip(at, chest.origin, chest.steps, strict=True)]
        within = [(g >= 0) & (g < m) for g, m in zip(grid, scene.taken.shape, strict=True)]
        taken = scene.taken[np.ix_(*[np.clip(g, 0, m - 1) for g, m in zip(grid, scene.taken.shape, strict=True)])]
        known = within[0][:, None, None] & within[1][None, :, None] & within[2][None, None, :]
        free = ~outside & ~(taken & known)
        lung, middle = scene.lung[labels] & ~outside, scene.middle[labels]
        if middle.any():
            free &= ~middle | (ndimage.distance_transform_edt(~lung) * iso < MEDIASTINAL_MM)
        hu = np.where(outside, BOUNDS_HU[0], _linear(scene.array, at))
        radius = np.sqrt(off[:, None, None] ** 2 + off[None, :, None] ** 2 + off[None, None, :] ** 2)
        return cls(np.clip(hu, *BOUNDS_HU).astype(np.float32), scene.inside[labels] & free, lung, iso, radius, at)  # type: ignore[arg-type]

    def on_grid(self, mask: Mask, chest: Chest) -> Mask:
        """A mask of the cube on a chest's grid: the voxels whose centres lie in it."""
        out = np.zeros(chest.hu.shape, bool)
        place, picked = [], []
        for a, origin, step, m in zip(self.at, chest.origin, chest.steps, out.shape, strict=True):
            centres = np.arange(m) * step + origin + (step - 1) / 2
            within = np.flatnonzero((centres >= a[0]) & (centres <= a[-1]))
            if not within.size:
                return out
            place.append(slice(int(within[0]), int(within[-1]) + 1))
            picked.append(np.round((centres[within] - a[0]) / (a[1] - a[0])).astype(int))
        out[tuple(place)] = mask[np.ix_(*picked)]
        return out

    def axial(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """(3,) axial index of a (3,) index of the cube."""
        return np.array([a[0] + v * (a[1] - a[0]) for v, a in zip(at, self.at, strict=True)])


def _linear(array: NDArray[Any], at: tuple[NDArray[np.float64], ...]) -> NDArray[np.float32]:
    """Values at a grid of indices, linear axis after axis; edges are repeated."""
    lows = [int(np.clip(np.floor(a[0]), 0, m - 1)) for a, m in zip(at, array.shape, strict=True)]
    highs = [int(np.clip(np.floor(a[-1]) + 1, 0, m - 1)) for a, m in zip(at, array.shape, strict=True)]
    out = array[tuple(slice(lo, hi + 1) for lo, hi in zip(lows, highs, strict=True))].astype(np.float32)
    for axis, (a, lo) in enumerate(zip(at, lows, strict=True)):
        x = np.clip(a - lo, 0, out.shape[axis] - 1)
        floor = np.floor(x).astype(int)
        shape = [1, 1, 1]
        shape[axis] = -1
        share = (x - floor).astype(np.float32).reshape(shape)
        upper = np.minimum(floor + 1, out.shape[axis] - 1)
        out = np.take(out, floor, axis) * (1 - share) + np.take(out, upper, axis) * share
    return out
