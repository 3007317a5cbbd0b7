"""What the lung rests on around a place, under what may lie on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest
from medomni.findings.nodule_box import Box, Scene
from medomni.findings.nodule_shape import WALL_MM

Floats = NDArray[np.float64]
NEAR_MM, FAR_MM = 9.0, 25.0
"""Columns of lung so far from a place show the surface; nearer ones rest on what lies there."""
HIGH_MM = 25.0
"""What the lung rests on so much higher or lower than a place is another organ, or the other flank."""
LEAST_COLUMNS, LEAST_AROUND = 60, 0.5
EVEN_MM, ROBUST_MM = 2.0, 1.5
LIES_MM = (1.0, 14.0)
"""How high over the surface the middle of what lies on it may be."""


@dataclass(frozen=True, eq=False)
class Base:
    """The lowest voxel of lung per column, in indices of the axial volume.

    Attributes:
        z: (n,) slice of each column with lung. y, x: (n,) its row and column. spacing: mm along slices, rows, columns.
        area: square millimetres that a column stands for.
    """

    z: Floats
    y: Floats
    x: Floats
    spacing: tuple[float, float, float]
    area: float

    @classmethod
    def of(cls, chest: Chest, spacing: tuple[float, float, float]) -> Base:
        """Of both lungs of a chest; ``spacing`` is the axial volume's own."""
        found = []
        for side in SIDES:
            lung = chest.masks[f"lung/{side}"]
            y, x = np.nonzero(lung.any(axis=0))
            index = np.stack([lung.argmax(axis=0)[y, x], y, x], axis=1)
            found.append(index * np.array(chest.steps) + chest.origin + (np.array(chest.steps) - 1) / 2)
        z, y, x = np.concatenate(found).T
        return cls(z, y, x, spacing, chest.spacing[1] * chest.spacing[2])

    def cut(self, box: Box, scene: Scene) -> Box:
        """A cube that ends at what the lung rests on just there; as it is where that is not seen.

        Args:
            scene: the scene of ``box`` without what lies under the smooth diaphragm, which is off by some millimetres.
        """
        surface = self.under(box)
        if surface is None:
            return box
        whole = Box.around(scene, np.array([a[len(a) // 2] for a in box.at]), len(box.at[0]) // 2 * box.iso, box.iso)
        off_wall = ndimage.distance_transform_edt(np.pad(whole.inside, 1, mode="edge"))[1:-1, 1:-1, 1:-1] * box.iso
        above = box.at[0][:, None, None] > surface[None]
        return replace(whole, inside=whole.inside & above, lung=whole.lung | (off_wall > WALL_MM) & above)

    def under(self, box: Box) -> Floats | None:
        """(rows, columns) of a cube: slice of the axial volume at which the surface lies; None where nothing is known.

        A quadratic surface through the columns around, each believed the less the further it lies from it, so that
        what lies on the surface, and what lies beside that, does not lift it.
        """
        at = [float(a[len(a) // 2]) for a in box.at]
        dz, dy, dx = ((c - v) * s for c, v, s in zip((self.z, self.y, self.x), at, self.spacing, strict=True))
        away = np.hypot(dy, dx)
        used = (away > NEAR_MM) & (away < FAR_MM) & (np.abs(dz) < HIGH_MM)
        ring = np.pi * (FAR_MM**2 - NEAR_MM**2) / self.area
        if used.sum() < max(LEAST_COLUMNS, LEAST_AROUND * ring):
            return None
        terms, height = _terms(dy[used], dx[used]), dz[used]
        weight = np.ones_like(height)
        for _ in range(8):
            fit = np.linalg.lstsq(terms * weight[:, None], height * weight, rcond=None)[0]
            rest = np.abs(height - terms @ fit)
            weight = 1 / (1 + (rest / ROBUST_MM) ** 2)
        if np.median(rest) > EVEN_MM or not LIES_MM[0] < -fit[0] < LIES_MM[1]:
            return None
        y, x = ((np.asarray(a, float) - v) * s for a, v, s in zip(box.at[1:], at[1:], self.spacing[1:], strict=True))
        grid = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)
        surface: Floats = (_terms(*grid.T) @ fit).reshape(y.size, x.size) / self.spacing[0] + at[0]
        return surface


def _terms(y: Floats, x: Floats) -> Floats:
    return np.stack([np.ones_like(y), y / 10, x / 10, y * y / 100, y * x / 100, x * x / 100], axis=1)
