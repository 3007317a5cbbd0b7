"""Text burnt into an image's pixels found and blackened, in stored values; graphics in unused bits recognised."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut
from pydicom.uid import UID

from medomni.dicom.deid.pixel_text import Box, text_boxes, views
from medomni.dicom.deid.risk import is_capture
from medomni.dicom.deid.streams import compressed_frames
from medomni.dicom.encapsulated import may_be
from medomni.dicom.faults import UnreadableError
from medomni.dicom.jpeg import pixel_array

MOST_BYTES = 1 << 31
LUMINANCE_FIRST = ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_PARTIAL_422")
"""Kinds whose decoded values stay Y, Cb, Cr; decoders of JPEG 2000 turn YBR_RCT and YBR_ICT into RGB themselves."""


def stored_frames(ds: Dataset) -> NDArray[Any]:
    """Stored values, (frames, rows, columns) or (frames, rows, columns, 3), in the colour space of the file.

    Raises:
        UnreadableError: where they cannot be decoded, would fill the memory, or are not those that the header states.
    """
    rows, columns, frames = int(ds.Rows), int(ds.Columns), int(ds.get("NumberOfFrames") or 1)
    samples = int(ds.get("SamplesPerPixel") or 1)
    if rows * columns * frames * samples * (int(ds.get("BitsAllocated") or 8) + 7) // 8 > MOST_BYTES:
        raise UnreadableError("the pixels are larger than the memory that they may take")
    syntax = UID(str(ds.file_meta.TransferSyntaxUID))
    if syntax.is_encapsulated:
        octets = rows * columns * samples * ((int(ds.get("BitsAllocated") or 8) + 7) // 8)
        for data in compressed_frames(ds):
            if not may_be(data, (rows, columns, samples), octets, syntax):
                raise UnreadableError("a compressed frame is not the image that the header states")
    try:
        values = pixel_array(ds, raw=True)
    except Exception as exc:  # decoders raise anything
        raise UnreadableError(f"the pixels cannot be decoded ({type(exc).__name__})") from exc
    shape = (frames, rows, columns, samples) if samples > 1 else (frames, rows, columns)
    return values.reshape(shape)


def text_mask(frames: NDArray[Any], ds: Dataset) -> tuple[NDArray[np.bool_], int]:
    """True where text stands in any frame, (rows, columns); and how many boxes were found.

    Outside captures and ultrasound a box must be readable: there a wrong one would blacken anatomy.
    """
    mask = np.zeros(frames.shape[1:3], dtype=bool)
    boxes = 0
    readable = not is_capture(ds)
    for frame in frames:
        for top, left, bottom, right in _boxes(frame, ds, readable):
            mask[top:bottom, left:right] = True
            boxes += 1
    return mask, boxes


def _boxes(frame: NDArray[Any], ds: Dataset, readable: bool) -> list[Box]:
    kind = str(ds.get("PhotometricInterpretation", ""))
    if kind == "PALETTE COLOR":
        frame = np.asarray(apply_color_lut(frame, ds))
    seen = views(frame, luminance_first=kind in LUMINANCE_FIRST)
    return [box for view in seen for box in text_boxes(view, readable=readable)]


def blackened(frames: NDArray[Any], mask: NDArray[np.bool_], ds: Dataset) -> NDArray[Any]:
    """A copy with the mask in black, whatever number that is in this image."""
    out = frames.copy()
    out[:, mask] = _black(frames, ds)
    return out


def _black(frames: NDArray[Any], ds: Dataset) -> Any:
    kind = str(ds.get("PhotometricInterpretation", ""))
    signed = int(ds.get("PixelRepresentation") or 0)
    bits = int(ds.get("BitsStored") or 8)
    if kind == "MONOCHROME1":
        return frames.max()
    if kind in LUMINANCE_FIRST:
        return np.array([0, 1 << bits - 1, 1 << bits - 1], dtype=frames.dtype)
    if kind == "PALETTE COLOR":
        present = np.unique(frames)
        return present[int(np.argmin(np.asarray(apply_color_lut(present[None], ds)).sum(axis=-1)))]
    return frames.min() if signed or frames.dtype.kind == "f" else 0


def put_frames(ds: Dataset, frames: NDArray[Any]) -> None:
    """Write stored values back in native form, Explicit VR Little Endian; nothing is lost."""
    if ds.get("PhotometricInterpretation") in ("YBR_FULL_422", "YBR_PARTIAL_420"):
        ds.PhotometricInterpretation = "YBR_FULL"
    elif ds.get("PhotometricInterpretation") in ("YBR_ICT", "YBR_RCT"):
        ds.PhotometricInterpretation = "RGB"  # the decoder of JPEG 2000 undoes its own change of colours
    if "PlanarConfiguration" in ds:
        ds.PlanarConfiguration = 0
    data = np.ascontiguousarray(frames).astype(frames.dtype.newbyteorder("<")).tobytes()
    for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if name in ds:
            del ds[name]
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OB" if frames.dtype.itemsize == 1 else "OW"
    ds["PixelData"].is_undefined_length = False


def hides_graphics(original: Dataset) -> bool:
    """True where an overlay of the original lies in bits of the pixels that hold no value (retired; PS3.3 C.9.2)."""
    return any((tag >> 24) == 0x60 and (tag & 0xFFFF) == 0x0100 and int(original[tag].value or 1) > 1 and (
        (tag & 0xFFFF0000) | 0x3000) not in original for tag in map(int, original.keys()))
