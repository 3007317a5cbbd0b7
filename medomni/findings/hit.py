"""A measured thing before it becomes a record: a mask with what was measured on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask


@dataclass(frozen=True, eq=False)
class Fine:
    """An outline at the resolution of the axial volume.

    Attributes:
        box: the part of the axial volume. mask: bool, of the box's shape.
    """

    box: tuple[slice, slice, slice]
    mask: Mask


@dataclass(eq=False)
class Hit:
    """One detection.

    Attributes:
        finding_id, anatomy_id, side: as in :class:`medomni.records.Finding`.
        mask: (slices, rows, columns) bool on the chest's grid, None where there is nothing to outline.
        confidence: 0..1; below 0.5 the record says *uncertain*.
        fields: further fields of the record.
        fine: the outline at full resolution, None where ``mask`` is as good.
        hidden_mm: how far it may go on in the slice where its border cannot be seen.
    """

    finding_id: str
    anatomy_id: str
    side: str
    mask: Mask | None
    confidence: float
    method: str
    fields: dict[str, Any] = field(default_factory=dict)
    fine: Fine | None = None
    hidden_mm: float = 0.0


def ball(chest: Chest, mm: float) -> Mask:
    """Ellipsoidal structuring element of a radius in millimetres; flat where slices are thicker than that."""
    half = [int(mm / s) for s in chest.spacing]
    z, y, x = np.ogrid[-half[0] : half[0] + 1, -half[1] : half[1] + 1, -half[2] : half[2] + 1]
    s = chest.spacing
    return (z * s[0]) ** 2 + (y * s[1]) ** 2 + (x * s[2]) ** 2 <= (mm + 0.2 * s[1]) ** 2


def grown(chest: Chest, core: Mask, within: Mask, mm: float) -> Mask:
    """``core`` grown in-plane by at most ``mm`` without leaving ``within``."""
    steps = chest.px(mm)
    element = ndimage.generate_binary_structure(3, 1)
    element[0] = element[2] = False
    return core | ndimage.binary_dilation(core, element, iterations=steps, mask=within)


def parts(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Components (faces touch) and their sizes in voxels, index 0 the background with size 0."""
    labels, n = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=n + 1)
    sizes[0] = 0
    return labels, sizes


def disk(chest: Chest, mm: float) -> Mask:
    """In-plane disk of a radius in millimetres as a structuring element (1, n, n)."""
    r = chest.px(mm)
    a = np.arange(-r, r + 1)
    return (a[:, None] ** 2 + a[None, :] ** 2 <= (r + 0.3) ** 2)[None]
