"""The working grid: the axial volume at a resolution where organs are still whole."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.volume import Volume, axis_alignment, block_means, thinning

Mask = NDArray[np.bool_]
Hu = NDArray[np.float32]
LEAST_SLICES = 8
"""Fewer in each half are not shared among two threads."""
ROUNDED_PX = 0.3
"""By so much a disk is larger than its radius, so that it is round."""
BY_DISTANCE_PX = 4
"""From this radius on a disk is moved by distances, which give the same in less time."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Axial HU at working resolution: slices run to the head, rows to the back, columns to the left.

    Attributes:
        hu: (slices, rows, columns) float32, block means of the axial volume.
        spacing: millimetres between slices, rows, columns of ``hu``.
        steps: voxels of the axial volume per voxel of ``hu``, per axis.
        shape: shape of the axial volume.
    """

    hu: Hu
    spacing: tuple[float, float, float]
    steps: tuple[int, int, int]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, volume: Volume, in_plane_mm: float = 1.5, slice_mm: float = 2.5) -> Grid:
        """The grid of a volume; each axis is thinned by the whole number that comes closest to the wanted size."""
        axial = volume.axial()
        sz, sy, sx = axial.spacing_mm
        steps = thinning(axial.spacing_mm, in_plane_mm, slice_mm)
        hu = block_means(axial.array, steps, (-1024, 3071))
        spacing = (sz * steps[0], sy * steps[1], sx * steps[2])
        return cls(np.ascontiguousarray(hu), spacing, steps, axial.array.shape)  # type: ignore[arg-type]

    def ml(self, mask: Mask) -> float:
        """Volume of a mask in millilitres."""
        return float(mask.sum()) * self.voxel_ml

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in millilitres."""
        return self.spacing[0] * self.spacing[1] * self.spacing[2] / 1000.0

    def pixels(self, mm: float) -> int:
        """In-plane pixels of a length, at least one."""
        return max(1, round(mm / self.spacing[1]))

    def smooth(self, array: Hu, mm: float, along_z: bool = False) -> Hu:
        """Gaussian in-plane smoothing with a standard deviation in millimetres."""
        sigma = (mm / self.spacing[0] if along_z else 0.0, mm / self.spacing[1], mm / self.spacing[2])
        if along_z:
            return ndimage.gaussian_filter(array, sigma, truncate=2.5)
        smoothed: Hu = slicewise(lambda part: ndimage.gaussian_filter(part, sigma, truncate=2.5), array)
        return smoothed

    def to_volume(self, labels: NDArray[np.uint8], volume: Volume) -> NDArray[np.uint8]:
        """Labels of the grid on the volume's own array (nearest), whatever its axis order."""
        out = labels
        for axis, step in enumerate(self.steps):
            if step > 1:
                out = np.repeat(out, step, axis=axis)
        out = out[: self.shape[0], : self.shape[1], : self.shape[2]]
        order, flips = axis_alignment(volume.affine)
        for axis, flip in enumerate(flips):
            if flip:
                out = np.flip(out, axis)
        return np.ascontiguousarray(out.transpose(np.argsort(order)))


def disk(radius_px: int) -> Mask:
    """In-plane disk as a (1, n, n) structuring element."""
    r = np.arange(-radius_px, radius_px + 1)
    return (r[:, None] ** 2 + r[None, :] ** 2 <= (radius_px + ROUNDED_PX) ** 2)[None]


def slicewise(work: Callable[[Any], Any], array: NDArray[Any]) -> Any:
    """``work`` on two halves of the slices at once; for work that looks at no neighbouring slice, as its result is the
    same. SciPy's filters leave the interpreter's lock while they run."""
    half = len(array) // 2
    if half < LEAST_SLICES:
        return work(array)
    with ThreadPoolExecutor(2) as pool:
        return np.concatenate(list(pool.map(work, (array[:half], array[half:]))))


def opened(mask: Mask, radius_px: int) -> Mask:
    """In-plane opening by a disk; slices without a voxel are left out."""
    return _where_any(mask, lambda part: _grown(_shrunk(part, radius_px), radius_px))


def dilated(mask: Mask, radius_px: int) -> Mask:
    """In-plane dilation by a disk; slices without a voxel are left out."""
    return _where_any(mask, lambda part: _grown(part, radius_px))


def _shrunk(part: Mask, radius_px: int) -> Mask:
    """Erosion by a disk; beyond the image nothing is set."""
    if radius_px < BY_DISTANCE_PX:
        return ndimage.binary_erosion(part, disk(radius_px))
    out = np.zeros_like(part)
    for plane, into in zip(part, out, strict=True):
        if plane.any():
            into[:] = (ndimage.distance_transform_edt(np.pad(plane, 1)) > radius_px + ROUNDED_PX)[1:-1, 1:-1]
    return out


def _grown(part: Mask, radius_px: int) -> Mask:
    """Dilation by a disk."""
    if radius_px < BY_DISTANCE_PX:
        return ndimage.binary_dilation(part, disk(radius_px))
    out = np.zeros_like(part)
    for plane, into in zip(part, out, strict=True):
        if plane.any():
            into[:] = ndimage.distance_transform_edt(~plane) <= radius_px + ROUNDED_PX
    return out


def _where_any(mask: Mask, work: Callable[[Mask], Mask]) -> Mask:
    out = np.zeros_like(mask)
    at = np.flatnonzero(mask.any(axis=(1, 2)))
    if at.size:
        out[at[0] : at[-1] + 1] = slicewise(work, mask[at[0] : at[-1] + 1])
    return out


def far(mask: Mask, mm: float, spacing: tuple[float, float, float], flat: bool = True) -> Mask:
    """Erosion of a mask by a length (in-plane by default), by distance transform."""
    return (depths(mask, spacing) if flat else ndimage.distance_transform_edt(mask, sampling=spacing)) > mm


def depths(mask: Mask, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """In-plane distance of each voxel to the nearest one that is False, in millimetres; 0 outside the mask."""
    out: NDArray[np.float64] = slicewise(lambda part: np.stack([
        _away(plane, spacing) if plane.any() else np.zeros(plane.shape) for plane in part]), mask)
    return out


def near(mask: Mask, mm: float, spacing: tuple[float, float, float], flat: bool = True) -> Mask:
    """Dilation of a mask by a length (in-plane by default), by distance transform."""
    if flat:
        return slicewise(lambda part: np.stack([_away(~plane, spacing) <= mm if plane.any() else plane
                                                for plane in part]), mask)
    return ndimage.distance_transform_edt(~mask, sampling=spacing) <= mm


def _away(plane: Mask, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
    """Distance of each pixel of a plane to the nearest one that is False, in millimetres."""
    away: NDArray[np.float64] = ndimage.distance_transform_edt(plane, sampling=spacing[1:])
    return away


def components(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Six-connected components and their sizes in voxels; index 0 is the background with size 0."""
    labels, n = ndimage.label(mask)
    return labels, np.bincount(labels[mask], minlength=n + 1)


def largest(mask: Mask) -> Mask:
    """The largest six-connected component, all False where there is none."""
    labels, sizes = components(mask)
    return labels == int(sizes.argmax()) if sizes.size > 1 else np.zeros_like(mask)
