"""For each series of head CT or MR the planes that cut its face off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.dicom.deid.mr_brain import brain_in_mr
from medomni.dicom.deid.mr_head import head_in_mr
from medomni.dicom.deid.shear import GRID_MM, Shear, brain_in_ct, looks_ahead, shear_of
from medomni.dicom.faults import UnreadableError
from medomni.dicom.headers import SliceHeader
from medomni.dicom.read import ordered, pixels_of, regular_of
from medomni.dicom.scan import inventory_of, look
from medomni.errors import MedomniError

AIR_HU, STILL_AIR_HU = -1000.0, -900.0
FEWEST, WIDEST_MM, TALLEST_MM = 10, 8.0, 400.0
MAPPED_BYTES = 1 << 30
"""A larger series is read into a mapped file."""


@dataclass(frozen=True, eq=False)
class FacePlanes:
    """What is cut of a series, and what it becomes.

    Attributes:
        shear: what is cut.
        air: what it becomes, in the series' unit; ``still_air`` is the highest value that is air yet.
    """

    shear: Shear
    air: float = AIR_HU
    still_air: float = STILL_AIR_HU


def planes_of(paths: list[Path]) -> FacePlanes:
    """The planes of one series of head CT or MR.

    Raises:
        UnreadableError: where it is not read as one volume, holds no whole brain, or does not face where its header
            says.
        MedomniError: MED-C06 for MR where the registration or its template is not installed.
    """
    try:
        inventory = inventory_of(look(paths, paths[0].parent if paths else Path()))
        modality = inventory.groups[0][0].text("Modality") if inventory.groups else ""
        if modality == "MR":
            _one_volume(inventory.groups)
        stack = ordered(inventory, 0, uneven=True)
        if len(stack.headers) < FEWEST:
            raise UnreadableError(f"head: {len(stack.headers)} slices, too few to find its face")
        if np.linalg.norm(np.diff(stack.positions, axis=0), axis=1).max() > WIDEST_MM:
            raise UnreadableError("head: its slices lie too far apart to find its face")
        array, _ = pixels_of(stack, None, MAPPED_BYTES)
        even = regular_of(stack, array)
    except MedomniError as exc:
        raise UnreadableError(f"head: its series is no volume ({exc.code}), its face is not found") from exc
    return _of_mr(even.array, even.affine) if modality == "MR" else _of_ct(even.array, even.affine)


def _of_ct(array: NDArray[Any], affine: NDArray[np.float64]) -> FacePlanes:
    values, origin = _upright(array, affine, AIR_HU)
    brain = brain_in_ct(values)
    if brain is None:
        raise UnreadableError("head: no whole brain is found in it, so that its face cannot be told from it")
    if not looks_ahead(values, brain):
        raise UnreadableError("head: its face does not lie where the header has its front")
    return FacePlanes(shear_of(brain, origin))


def _of_mr(array: NDArray[Any], affine: NDArray[np.float64]) -> FacePlanes:
    nowhere = float(array.min()) - 1.0
    values, origin = _upright(array, affine, nowhere)
    inside = _upright(np.ones(array.shape, dtype=np.uint8), affine, 0.0)[0] > 0.5
    values[~inside] = nowhere + 1.0
    head = head_in_mr(values, inside)
    return FacePlanes(shear_of(brain_in_mr(head), origin), head.air, head.edge)


def _one_volume(groups: list[list[SliceHeader]]) -> None:
    """Refuse series of several echoes, times or b values: one's planes need not hold for the next, which moved."""
    used = [g for g in groups if not g[0].is_localizer]
    if len(used) != 1:
        raise UnreadableError(f"head: {len(used)} volumes in one series of MR, its face is not found")
    if any(h.text("DiffusionBValue") for h in used[0]):
        raise UnreadableError("head: a diffusion image, of which no face is cut")
    if used[0][0].text("PhotometricInterpretation") != "MONOCHROME2":
        raise UnreadableError("head: MR whose dark is not its air")


def _upright(array: NDArray[Any], affine: NDArray[np.float64], outside: float,
             ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Values every :data:`GRID_MM` along the axes of LPS, (z, y, x), and x, y, z of the first."""
    corners = np.array([[i, j, k, 1] for i in (0, array.shape[0] - 1) for j in (0, array.shape[1] - 1)
                        for k in (0, array.shape[2] - 1)]) @ affine.T
    low, high = corners[:, :3].min(axis=0), corners[:, :3].max(axis=0)
    shape = ((high - low) / GRID_MM).astype(int) + 1
    if int(np.prod(shape)) > 1 << 27 or shape[2] * GRID_MM > TALLEST_MM:
        raise UnreadableError("more than a head: its face is not found")
    back = np.linalg.inv(affine)
    matrix = back[:3, [2, 1, 0]] * GRID_MM  # (z, y, x) of the grid to (slice, row, column)
    values = ndimage.affine_transform(array.astype(np.float32), matrix, back[:3, :3] @ low + back[:3, 3],
                                      output_shape=tuple(shape[::-1]), order=1, cval=outside)
    return values, low
