"""A lesion cut out at the volume's own resolution: its border at half contrast, without the vessels that touch it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.volume import Volume

MARGIN_MM = 8.0
FINE_MM, FINE_SLICE_MM, MOST_STEPS = 0.4, 0.8, 128
VESSEL_SHARE, LEAST_OPENING_MM = 0.45, 0.8
ROUNDED_MM = 0.35
"""By how much further than it was taken in the border is brought back: an opening rounds what is not round."""
LUNG_HU = -850.0


@dataclass(frozen=True, eq=False)
class Lesion:
    """A lesion on a fine grid of its own.

    Attributes:
        hu: (slices, rows, columns) float32, axial as :class:`Chest`, interpolated linearly.
        mask: of the lesion, same shape. spacing: millimetres of the fine grid. acquired: of the volume.
        core_hu: HU inside, away from the border. ground_hu: of the lung around. noise: standard deviation in HU.
        inner: the voxels whose HU are the lesion's own: 2 mm inside the border, or its middle where it is thinner.
        start, finer: index in the axial volume of the grid's first voxel, and the grid's voxels per axial voxel.
    """

    hu: NDArray[np.float32]
    mask: Mask
    inner: Mask
    spacing: tuple[float, float, float]
    acquired: tuple[float, float, float]
    core_hu: float
    ground_hu: float
    noise: float
    start: tuple[int, int, int]
    finer: tuple[int, int, int]

    @property
    def volume_ml(self) -> float:
        """Of the mask."""
        return float(self.mask.sum()) * float(np.prod(self.spacing)) / 1000.0

    def rim_in(self, chest: Chest) -> NDArray[np.float64]:
        """Fractional indices on the chest's grid, (3, n), of the voxels at the lesion's border."""
        at = np.argwhere(self.mask & ~ndimage.binary_erosion(self.mask))
        axial = (at + 0.5) / self.finer - 0.5 + self.start
        return ((axial - chest.origin - (np.array(chest.steps) - 1) / 2) / chest.steps).T

    @property
    def border_mm(self) -> float:
        """Standard deviation of the blur that makes a step of this contrast as steep as the border is.

        A step blurred by a Gaussian of standard deviation s has the slope contrast / (s sqrt(2 pi)) in its middle.
        """
        rim = self.mask & ~ndimage.binary_erosion(self.mask)
        slopes = np.gradient(self.hu, *self.spacing)
        steep = np.sqrt(sum(g[rim] ** 2 for g in slopes))
        slope = float(np.median(steep)) if steep.size else 0.0
        return abs(self.core_hu - self.ground_hu) / max(slope * float(np.sqrt(2 * np.pi)), 1e-3)


def lesion_of(volume: Volume, chest: Chest, mask: Mask) -> Lesion | None:
    """The lesion of a mask on the chest's grid; None where its border cannot be found (no contrast to the lung).

    Args:
        volume: axial (:meth:`Volume.axial`), the one that ``chest`` was made of.
        mask: (slices, rows, columns) on the chest's grid.
    """
    at = np.argwhere(mask)
    acquired = volume.spacing_mm
    margin = [round(MARGIN_MM / s) + 1 for s in acquired]
    lo = [max(0, int(v) * t + o - m) for v, t, o, m in zip(at.min(0), chest.steps, chest.origin, margin, strict=True)]
    hi = [min(n, (int(v) + 1) * t + o + m) for v, t, o, m, n in
          zip(at.max(0), chest.steps, chest.origin, margin, chest.shape, strict=True)]
    box = tuple(slice(a, b) for a, b in zip(lo, hi, strict=True))
    raw = np.clip(volume.array[box].astype(np.float32), -1024, 1500)
    finer = [max(1, min(int(np.ceil(s / f)), MOST_STEPS // n or 1)) for s, f, n in
             zip(acquired, (FINE_SLICE_MM, FINE_MM, FINE_MM), raw.shape, strict=True)]
    hu = ndimage.zoom(raw, finer, order=1, mode="nearest", grid_mode=True) if max(finer) > 1 else raw
    spacing = tuple(s / f for s, f in zip(acquired, finer, strict=True))
    seed, cage = (_brought(chest, m, lo, finer, hu.shape) for m in (mask, chest.cage))
    lung = _brought(chest, chest.lung, lo, finer, hu.shape)
    away = ndimage.distance_transform_edt(~seed, sampling=spacing)
    ring = lung & (away > 2.5) & (away < MARGIN_MM) & (hu < -500)
    ground = float(np.median(hu[ring])) if ring.sum() > 50 else LUNG_HU
    depth = ndimage.distance_transform_edt(seed, sampling=spacing)
    core = float(np.median(hu[depth >= 0.6 * depth.max()]))
    if core - ground < 150:
        return None
    allowed = cage & (away < 3.0)
    found = _alone((hu > (core + ground) / 2) & allowed, seed, spacing)
    if not found.any():
        return None
    depth = ndimage.distance_transform_edt(found, sampling=spacing)
    inner = depth >= min(2.0, 0.6 * float(depth.max()))
    still = lung & (away > 2.5) & (hu < ground + 120)
    noise = float(np.std(hu[still])) if still.sum() > 50 else chest.noise
    return Lesion(hu, found, inner, spacing, acquired, float(hu[inner].mean()), ground, noise,  # type: ignore[arg-type]
                  tuple(lo), tuple(finer))  # type: ignore[arg-type]


def _brought(chest: Chest, mask: Mask, lo: list[int], finer: list[int], shape: tuple[int, ...]) -> Mask:
    """A mask of the chest's grid on the fine grid that begins at ``lo`` of the axial volume."""
    index = []
    for axis in range(3):
        axial = (np.arange(shape[axis]) + 0.5) / finer[axis] - 0.5 + lo[axis]
        there = np.floor((np.rint(axial) - chest.origin[axis]) / chest.steps[axis]).astype(int)
        index.append(np.clip(there, 0, mask.shape[axis] - 1))
    out: Mask = mask[np.ix_(*index)]
    return out


def _alone(bright: Mask, seed: Mask, spacing: tuple[float, ...]) -> Mask:
    """The part of what is bright that holds the seed's thickest place, without what is much thinner than it.

    Vessels that touch a nodule are parted by an opening with a ball of a share of its own thickness (Kuhnigk et al.
    2006, IEEE TMI 25:417).
    """
    depth = ndimage.distance_transform_edt(bright, sampling=spacing)
    centre = np.where(seed, depth, 0.0)
    top = float(centre.max())
    if top <= 0:
        return np.zeros_like(bright)
    radius = max(VESSEL_SHARE * top, LEAST_OPENING_MM)
    kept = depth > min(radius, 0.9 * top)
    labels, _ = ndimage.label(kept)
    kept = labels == labels[np.unravel_index(int(centre.argmax()), centre.shape)]
    reach = min(radius, 0.9 * top) + ROUNDED_MM
    whole: Mask = (ndimage.distance_transform_edt(~kept, sampling=spacing) <= reach) & bright
    return whole
