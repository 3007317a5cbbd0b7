"""What quality is judged on: axial Hounsfield units at the resolution at which findings are measured, and labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.volume import (
    Segmentation,
    Volume,
    axis_alignment,
    block_means,
    carried_on,
    reconstructed,
    reorient,
    thinning,
)

Mask = NDArray[np.bool_]
Hu = NDArray[np.float32]
SOFT_HU = (-20.0, 150.0)
IN_PLANE_MM, SLICE_MM = 1.5, 2.5


@dataclass(frozen=True, eq=False)
class View:
    """An examination ready to be judged.

    Attributes:
        raw: (slices, rows, columns) as stored, axial: slices to the head, rows to the back, columns to the left.
        hu: float32 block means of ``raw``, about 1.5 mm in the slice and at least 2.5 mm along the body.
        lung: both lungs on the grid of ``hu``; all False where they were not segmented.
        body: the trunk with its cavities, on the grid of ``hu``.
        spacing: millimetres between slices, rows, columns of ``hu``.
        slice_mm: millimetres between the slices as they were scanned.
    """

    raw: NDArray[Any]
    hu: Hu
    lung: Mask
    body: Mask
    spacing: tuple[float, float, float]
    slice_mm: float

    @classmethod
    def of(cls, volume: Volume, segmentation: Segmentation) -> View:
        """The view of a volume and its labels, whatever its axis order; the two lie on one grid."""
        axial = volume.axial()
        if axial.array.dtype.kind == "f" and not np.isfinite(axial.array).all():  # a file's filling, not a measurement
            filled = np.nan_to_num(axial.array, nan=-1024.0, posinf=3071.0, neginf=-1024.0)
            axial = Volume(filled, axial.affine, axial.study)
        sz, sy, sx = axial.spacing_mm
        wanted = thinning(axial.spacing_mm, IN_PLANE_MM, SLICE_MM)
        steps = tuple(min(s, n) for s, n in zip(wanted, axial.array.shape, strict=True))
        hu = np.ascontiguousarray(block_means(axial.array, steps, (-1024, 3071)))  # type: ignore[arg-type]
        labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
        small = labels[tuple(slice((step - 1) // 2, None, step) for step in steps)]
        small = small[tuple(slice(0, n) for n in hu.shape)]
        small = np.pad(small, [(0, n - m) for n, m in zip(hu.shape, small.shape, strict=True)], mode="edge")
        lungs = [v for v, row in segmentation.table.items() if row.anatomy_id == "lung"]
        lung = np.isin(small, lungs)
        named = any(row.anatomy_id == "body" for row in segmentation.table.values())
        body = small > 0 if named else _trunk(hu)
        spacing = (sz * steps[0], sy * steps[1], sx * steps[2])
        return cls(axial.array, hu, lung, body, spacing, sz)

    @cached_property
    def soft(self) -> Mask:
        """Soft tissue at least two voxels from anything else: where spread is noise and not anatomy."""
        lo, hi = SOFT_HU
        smooth = ndimage.uniform_filter(self.hu, (0, 5, 5))
        edge = ndimage.maximum_filter(smooth, (1, 5, 5)) - ndimage.minimum_filter(smooth, (1, 5, 5))
        return self.body & (smooth > lo) & (smooth < hi) & (edge < 40)

    @cached_property
    def gas(self) -> Mask:
        """Air inside the trunk, also where the picture's edge cuts through it: lung, airways, bowel gas."""
        dense = carried_on(ndimage.binary_opening(self.hu > -350, np.ones((1, 3, 3))), self.valid)
        return np.stack([_enclosed(plane, axis) for plane, axis in ((p, a) for p in dense for a in (0, 1))]).reshape(
            len(dense), 2, *dense.shape[1:]).any(axis=1) & (self.hu < -500) & self.valid

    @cached_property
    def valid(self) -> Mask:
        """(rows, columns) that were reconstructed."""
        return reconstructed(self.hu)

    def ml(self, mask: Mask) -> float:
        """Volume of a mask in millilitres."""
        return float(np.count_nonzero(mask)) * self.spacing[0] * self.spacing[1] * self.spacing[2] / 1000.0


def _trunk(hu: Hu) -> Mask:
    """The largest thing denser than -350 HU, filled slice by slice: for a segmenter that labels no body."""
    found, n = ndimage.label(ndimage.binary_opening(hu > -350, np.ones((1, 3, 3))))
    if not n:
        return np.zeros(hu.shape, bool)
    sizes = np.bincount(found.ravel())
    sizes[0] = 0
    trunk = found == sizes.argmax()
    return np.stack([ndimage.binary_fill_holes(plane) for plane in trunk])


def _enclosed(plane: Mask, axis: int) -> Mask:
    """What lies inside a slice's tissue when the two edges of the picture along an axis count as tissue."""
    closed = plane.copy()
    closed[(slice(None),) * axis + ((0, -1),)] = True
    return ndimage.binary_fill_holes(closed)
