"""The faces of head CT and MR: what the planes of each series cut of every frame, and the same in stored values."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medomni.dicom.deid.face_planes import FacePlanes, planes_of
from medomni.dicom.faults import UnreadableError
from medomni.dicom.headers import SliceHeader, read_headers


@dataclass(frozen=True, eq=False)
class Cut:
    """What of a file's frames becomes air.

    Attributes:
        mask: (frames, rows, columns), bool.
        air: what it becomes, in the series' unit; ``still_air`` is the highest value that is air yet.
    """

    mask: NDArray[np.bool_]
    air: float
    still_air: float


class Faces:
    """The head series of one source. Of a series the planes alone are kept; one is in memory at a time.

    Args:
        files: every file of the source; what is no image is passed over.
    """

    def __init__(self, files: list[Path]) -> None:
        self._members: dict[str, list[Path]] = defaultdict(list)
        self._instances: dict[str, list[str]] = defaultdict(list)
        self._planes: dict[str, FacePlanes | str] = {}
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

    def cut(self, path: Path) -> Cut:
        """What of a file's frames is cut.

        Raises:
            UnreadableError: where the face of its series cannot be found for certain.
            MedomniError: MED-C06 for MR where the registration or its template is not installed.
        """
        headers = sorted(read_headers(path), key=lambda h: h.frame or 0)
        uid = headers[0].text("SeriesInstanceUID") if headers else ""
        if uid not in self._planes:
            try:
                self._planes[uid] = planes_of(self._members[uid])
            except UnreadableError as exc:
                self._planes[uid] = str(exc)
        found = self._planes[uid]
        if isinstance(found, str):
            raise UnreadableError(found)
        return Cut(np.stack([found.shear.cuts(_points(h)) for h in headers]), found.air, found.still_air)


def without_face(frames: NDArray[Any], cut: Cut, ds: Dataset) -> NDArray[Any]:
    """A copy of stored values in which what is cut is air.

    Args:
        frames: (frames, rows, columns).

    Raises:
        UnreadableError: where the stored values cannot say air, or the frames are not those that were cut.
    """
    if frames.shape != cut.mask.shape:
        raise UnreadableError("head: frames without a place of their own")
    out = frames.copy()
    for k, (slope, intercept) in enumerate(_rescales(ds, len(frames))):
        low, high = _range(ds, frames)
        fill = min(max(round((cut.air - intercept) / slope), low), high)
        if fill * slope + intercept > cut.still_air:
            raise UnreadableError("head: its stored values cannot say air")
        out[k][cut.mask[k]] = fill
    return out


def _points(header: SliceHeader) -> NDArray[np.float64]:
    """(rows, columns, 3), LPS millimetres of a slice's pixels."""
    if header.position is None or header.orientation is None or header.pixel_spacing is None:
        raise UnreadableError("head: an image without a place")
    across = np.arange(header.columns)[:, None] * header.orientation[:3] * header.pixel_spacing[1]
    down = np.arange(header.rows)[:, None] * header.orientation[3:] * header.pixel_spacing[0]
    return np.asarray(header.position + down[:, None] + across[None])


def _rescales(ds: Dataset, frames: int) -> list[tuple[float, float]]:
    """(slope, intercept) of every frame, from the image, its shared or its per-frame groups; of MR 1 and 0 without."""
    def of(holder: Dataset) -> tuple[float, float] | None:
        if "RescaleSlope" in holder and "RescaleIntercept" in holder:
            return float(holder.RescaleSlope), float(holder.RescaleIntercept)
        items = holder.get("PixelValueTransformationSequence") or []
        return of(items[0]) if items else None

    shared = of(ds) or next((of(i) for i in ds.get("SharedFunctionalGroupsSequence") or []), None)
    each = [of(i) or shared for i in ds.get("PerFrameFunctionalGroupsSequence") or []] or [shared] * frames
    if str(ds.get("Modality", "")) == "MR":
        each = [r or (1.0, 0.0) for r in each]  # a magnitude has no unit that could be missing
    found = [r for r in each if r is not None and r[0]]
    if len(found) != frames:
        raise UnreadableError("head: values without a unit")
    return found


def _range(ds: Dataset, frames: NDArray[Any]) -> tuple[int, int]:
    bits = int(ds.get("BitsStored") or 16)
    if frames.dtype.kind == "f":
        return -(1 << 15), 1 << 15
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if int(ds.get("PixelRepresentation") or 0) else (0, (1 << bits) - 1)
