"""The faces of head CT: for each series the planes that cut its face off, and what they cut of every frame."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from medomni.dicom.deid.shear import GRID_MM, Shear, brain_in_ct, looks_ahead, shear_of
from medomni.dicom.faults import UnreadableError
from medomni.dicom.headers import SliceHeader, read_headers
from medomni.dicom.read import ordered, pixels_of, regular_of
from medomni.dicom.scan import inventory_of, look
from medomni.errors import MedomniError

AIR_HU, STILL_AIR_HU = -1000.0, -900.0
FEWEST, WIDEST_MM, TALLEST_MM = 10, 8.0, 400.0
MAPPED_BYTES = 1 << 30
"""A larger series is read into a mapped file."""


class Faces:
    """The head series of one source. Of a series the planes alone are kept; one is in memory at a time.

    Args:
        files: every file of the source; what is no image is passed over.
    """

    def __init__(self, files: list[Path]) -> None:
        self._members: dict[str, list[Path]] = defaultdict(list)
        self._instances: dict[str, list[str]] = defaultdict(list)
        self._shears: dict[str, Shear | str] = {}
        for path in files:
            try:
                headers = read_headers(path)
            except (UnreadableError, OSError):
                continue
            if headers and not headers[0].is_localizer:
                uid = headers[0].text("SeriesInstanceUID")
                self._members[uid].append(path)
                self._instances[uid].append(headers[0].text("SOPInstanceUID"))

    def members(self, series: str) -> str:
        """A hash of the instances of a series: with others its planes may lie elsewhere."""
        return hashlib.sha256("\n".join(sorted(self._instances[series])).encode()).hexdigest()

    def cut(self, path: Path) -> NDArray[np.bool_]:
        """What of a file's frames is cut, (frames, rows, columns).

        Raises:
            UnreadableError: where the face of its series cannot be found for certain.
        """
        headers = sorted(read_headers(path), key=lambda h: h.frame or 0)
        uid = headers[0].text("SeriesInstanceUID") if headers else ""
        if uid not in self._shears:
            try:
                self._shears[uid] = face_shear(self._members[uid])
            except UnreadableError as exc:
                self._shears[uid] = str(exc)
        found = self._shears[uid]
        if isinstance(found, str):
            raise UnreadableError(found)
        return np.stack([found.cuts(_points(h)) for h in headers])


def face_shear(paths: list[Path]) -> Shear:
    """The planes of one series of head CT.

    Raises:
        UnreadableError: where it is not read as a volume, holds no whole brain, or does not face where its header says.
    """
    try:
        inventory = inventory_of(look(paths, paths[0].parent if paths else Path()))
        stack = ordered(inventory, 0, uneven=True)
        if len(stack.headers) < FEWEST:
            raise UnreadableError(f"head: {len(stack.headers)} slices, too few to find its face")
        if np.linalg.norm(np.diff(stack.positions, axis=0), axis=1).max() > WIDEST_MM:
            raise UnreadableError("head: its slices lie too far apart to find its face")
        array, _ = pixels_of(stack, None, MAPPED_BYTES)
        even = regular_of(stack, array)
    except MedomniError as exc:
        raise UnreadableError(f"head: its series is no volume ({exc.code}), its face is not found") from exc
    values, origin = _upright(even.array, even.affine)
    if values.shape[0] * GRID_MM > TALLEST_MM:
        raise UnreadableError("more than a head: its face is not found")
    brain = brain_in_ct(values)
    if brain is None:
        raise UnreadableError("head: no whole brain is found in it, so that its face cannot be told from it")
    if not looks_ahead(values, brain):
        raise UnreadableError("head: its face does not lie where the header has its front")
    return shear_of(brain, origin)


def without_face(frames: NDArray[Any], cut: NDArray[np.bool_], ds: Dataset) -> NDArray[Any]:
    """A copy of stored values in which what is cut is air.

    Args:
        frames: (frames, rows, columns).

    Raises:
        UnreadableError: where the stored values cannot say air, or the frames are not those that were cut.
    """
    if frames.shape != cut.shape:
        raise UnreadableError("head: frames without a place of their own")
    out = frames.copy()
    for k, (slope, intercept) in enumerate(_rescales(ds, len(frames))):
        low, high = _range(ds, frames)
        fill = min(max(round((AIR_HU - intercept) / slope), low), high)
        if fill * slope + intercept > STILL_AIR_HU:
            raise UnreadableError("head: its stored values cannot say air")
        out[k][cut[k]] = fill
    return out


def _points(header: SliceHeader) -> NDArray[np.float64]:
    """(rows, columns, 3), LPS millimetres of a slice's pixels."""
    if header.position is None or header.orientation is None or header.pixel_spacing is None:
        raise UnreadableError("head: an image without a place")
    across = np.arange(header.columns)[:, None] * header.orientation[:3] * header.pixel_spacing[1]
    down = np.arange(header.rows)[:, None] * header.orientation[3:] * header.pixel_spacing[0]
    return np.asarray(header.position + down[:, None] + across[None])


def _upright(array: NDArray[Any], affine: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Values every :data:`GRID_MM` along the axes of LPS, (z, y, x), and x, y, z of the first."""
    corners = np.array([[i, j, k, 1] for i in (0, array.shape[0] - 1) for j in (0, array.shape[1] - 1)
                        for k in (0, array.shape[2] - 1)]) @ affine.T
    low, high = corners[:, :3].min(axis=0), corners[:, :3].max(axis=0)
    shape = ((high - low) / GRID_MM).astype(int) + 1
    if int(np.prod(shape)) > 1 << 27:
        raise UnreadableError("more than a head: its face is not found")
    back = np.linalg.inv(affine)
    matrix = back[:3, [2, 1, 0]] * GRID_MM  # (z, y, x) of the grid to (slice, row, column)
    values = ndimage.affine_transform(array.astype(np.float32), matrix, back[:3, :3] @ low + back[:3, 3],
                                      output_shape=tuple(shape[::-1]), order=1, cval=AIR_HU)
    return values, low


def _rescales(ds: Dataset, frames: int) -> list[tuple[float, float]]:
    """(slope, intercept) of every frame, from the image, its shared or its per-frame groups."""
    def of(holder: Dataset) -> tuple[float, float] | None:
        if "RescaleSlope" in holder and "RescaleIntercept" in holder:
            return float(holder.RescaleSlope), float(holder.RescaleIntercept)
        items = holder.get("PixelValueTransformationSequence") or []
        return of(items[0]) if items else None

    shared = of(ds) or next((of(i) for i in ds.get("SharedFunctionalGroupsSequence") or []), None)
    each = [of(i) or shared for i in ds.get("PerFrameFunctionalGroupsSequence") or []] or [shared] * frames
    found = [r for r in each if r is not None and r[0]]
    if len(found) != frames:
        raise UnreadableError("head: values without a unit")
    return found


def _range(ds: Dataset, frames: NDArray[Any]) -> tuple[int, int]:
    bits = int(ds.get("BitsStored") or 16)
    if frames.dtype.kind == "f":
        return -(1 << 15), 1 << 15
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if int(ds.get("PixelRepresentation") or 0) else (0, (1 << bits) - 1)
