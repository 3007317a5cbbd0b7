"""A head in MR, which has no unit: what is air, what is head, and whether it lies whole in the field of view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.dicom.deid.shear import GRID_MM
from medomni.dicom.faults import UnreadableError

BINS, BRIGHTEST = 256, 98.0
SIGMAS, SHARE = 6.0, 0.25
SMOOTH_MM = 2.0
VAULT_MM = 90.0
"""The part of a head, from its top down, that holds the most of the brain and neither face nor neck."""
TOP_MM2, FRONT_MM2, SIDES_MM2 = 200.0, 60.0, 400.0


@dataclass(frozen=True, eq=False)
class MrHead:
    """A head.

    Attributes:
        mask: (z, y, x), bool, tissue with all that it encloses, every :data:`GRID_MM` along the axes of LPS.
        smooth: (z, y, x), float32, the series' values, smoothed and without their highest.
        air: the value of the air around it, in the series' values; ``edge`` is where tissue begins.
        top: the plane of ``mask``, counted from 0, at which the head begins.
    """

    mask: NDArray[np.bool_]
    smooth: NDArray[np.float32]
    air: float
    edge: float
    top: int


def head_in_mr(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> MrHead:
    """The head of a series.

    Args:
        values: (z, y, x), every :data:`GRID_MM` along the axes of LPS. inside: where they were measured.

    Raises:
        UnreadableError: where nothing stands out of the air, or the head leaves the field above or in front: there its
            nose may have come in again from behind.
    """
    smooth = ndimage.gaussian_filter(values, SMOOTH_MM / GRID_MM)
    seen = smooth[inside]
    smooth = np.clip(smooth, None, np.percentile(seen, BRIGHTEST))
    middle = _otsu(smooth[inside])
    dark = seen[seen < middle]
    air = float(np.median(dark))
    noise = 1.4826 * float(np.median(np.abs(dark - air)))
    edge = max(air + SIGMAS * noise, air + SHARE * (middle - air))
    labels, count = ndimage.label((smooth > edge) & inside)
    if not count or edge >= middle:
        raise UnreadableError("head: it does not stand out from the air around it")
    tissue = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    area = tissue.sum(axis=(1, 2)) * GRID_MM**2
    top = int(np.flatnonzero(area > TOP_MM2)[-1]) if (area > TOP_MM2).any() else 0
    _whole(tissue, inside, top)
    return MrHead(_filled(tissue), smooth, air, float(edge), top)


def _otsu(values: NDArray[np.float32]) -> float:
    """The value that best parts a histogram in two (Otsu, IEEE Trans. SMC 9:62, 1979)."""
    counts, edges = np.histogram(values, BINS)
    centres = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    apart = total / np.maximum(below, 1) - (total[-1] - total) / np.maximum(above, 1)
    return float(centres[int(np.argmax(below * above * apart**2.0))])


def _whole(tissue: NDArray[np.bool_], inside: NDArray[np.bool_], top: int) -> None:
    """Refuse a head that leaves the field anywhere but downwards, or at the sides below the vault."""
    vault = max(top - int(VAULT_MM / GRID_MM), 0)
    if _at_end(tissue, inside, 0, 1) > TOP_MM2:
        raise UnreadableError("head: it leaves the field of view above")
    if _at_end(tissue, inside, 1, -1) > FRONT_MM2:
        raise UnreadableError("head: it leaves the field of view in front, where its face may have come in from behind")
    if max(_at_end(tissue[vault:], inside[vault:], axis, way) for axis, way in (
            (1, 1), (2, -1), (2, 1))) > SIDES_MM2:
        raise UnreadableError("head: it leaves the field of view at a side")


def _at_end(tissue: NDArray[np.bool_], inside: NDArray[np.bool_], axis: int, way: int) -> float:
    """Square millimetres of tissue behind which, along an axis, nothing was measured."""
    pad = [(1, 1) if k == axis else (0, 0) for k in range(3)]
    beyond = np.roll(np.pad(inside, pad), -way, axis=axis)
    beyond = np.take(beyond, range(1, beyond.shape[axis] - 1), axis=axis)
    return float((tissue & ~beyond).sum()) * GRID_MM**2


def _filled(tissue: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tissue with what it encloses in any plane along the axes: skull and sinuses are as dark as air."""
    out = tissue.copy()
    for axis in range(3):
        planes = np.moveaxis(out, axis, 0)
        for plane in planes:
            plane[:] = ndimage.binary_fill_holes(plane)
    return out
