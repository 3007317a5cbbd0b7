"""Stored values of a slice: decoded, held against the header's size and bits, padding marked, rescaled."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medomni.dicom.encapsulated import lacks_sign, stated, whole
from medomni.dicom.faults import UnreadableError
from medomni.dicom.fragments import Places, frame_at, places_of
from medomni.dicom.headers import MOST_PIXELS, SliceHeader
from medomni.dicom.jpeg import pixel_array
from medomni.dicom.padding import beyond, clear_untagged, fill_of, folded_ends
from medomni.dicom.parse import read_elements
from medomni.dicom.plain import surplus
from medomni.dicom.rescale import number, rescaled
from medomni.dicom.tags import ENCAPSULATED
from medomni.errors import MedomniError

FLOATS = ("FloatPixelData", "DoubleFloatPixelData")
FLOAT_PADDING = {
    "FloatPixelData": ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    "DoubleFloatPixelData": ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
}
PIXEL_TAGS = [
    "Modality", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", *FLOATS, "PixelData",
    *(name for both in FLOAT_PADDING.values() for name in both),
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
]
_PLACES = "_medomni_places"


class OpenFiles:
    """The elements of the multi-frame file that was read last, so that its frames do not each read it anew."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._path: Path | None = None
        self._elements: pydicom.Dataset | None = None

    def elements(self, header: SliceHeader) -> pydicom.Dataset:
        """As :func:`read_elements` with pixel data."""
        if header.frame is None:
            return read_elements(header.path, PIXEL_TAGS, pixels=True)
        with self._lock:
            if self._elements is None or self._path != header.path:
                self._elements, self._path = read_elements(header.path, PIXEL_TAGS, pixels=True), header.path
            return self._elements


def slice_values(header: SliceHeader, opened: OpenFiles | None = None) -> tuple[NDArray[Any], int]:
    """Values of a slice in the modality's unit, (rows, columns), int16 where exact, else float32; and how many
    voxels were padding (set to -1024 HU in a CT, to 0 in any other modality), tagged or not.

    Raises:
        MedomniError: MED-D03 where the file ends early, MED-D10 where it cannot be decoded, MED-D11 for a CT
            whose values are in no known unit, MED-D12 where the size is not the header's, MED-D18 for a CT whose
            modality table gives another quantity.
    """
    stored, ds = _slice(header, opened or OpenFiles())
    padding, modality = padding_of(ds, stored, header.frame or 0), str(ds.get("Modality") or "")
    if padding is not None:
        stored[padding] = 0  # padding may lie where no value in the modality's unit would fit
    values, count = rescaled(stored, ds, header), 0
    if padding is not None:
        values[padding] = fill_of(modality)
        count = int(padding.sum())
    return values, count + clear_untagged(values, modality)


def _slice(header: SliceHeader, opened: OpenFiles) -> tuple[NDArray[Any], pydicom.Dataset]:
    try:
        ds = opened.elements(header)
    except UnreadableError as exc:
        raise MedomniError("MED-D10", str(exc), where=header.label) from exc
    except OSError as exc:
        raise MedomniError("MED-D03", type(exc).__name__, where=header.label) from exc
    return decoded(ds, (header.rows, header.columns), header.frame or 0, header.label), ds


def decoded(ds: pydicom.Dataset, size: tuple[int, int], frame: int, name: str) -> NDArray[Any]:
    """Stored values of a frame, (rows, columns), or (rows, columns, 3) in RGB where the image is in colours.

    Args:
        ds: with :data:`PIXEL_TAGS`.
        size: rows and columns that are expected.

    Raises:
        MedomniError: MED-D03 where the file ends early, MED-D10 where it cannot be decoded, MED-D12 where it has
            another size.
    """
    label = "unknown transfer syntax"
    try:
        syntax = ds.file_meta.get("TransferSyntaxUID")
        label = label if syntax is None or syntax.is_private else syntax.name
        data, frames = ds.get("PixelData"), int(ds.get("NumberOfFrames") or 1)
        if not data and not any(ds.get(n) for n in FLOATS):
            raise MedomniError("MED-D03", "the file ends before its pixel data", where=name)
        if size[0] * size[1] > MOST_PIXELS:
            raise MedomniError("MED-D10", f"{size[0]} x {size[1]} pixels cannot be true", where=name)
        check_bits(ds, name)
        if data and syntax in ENCAPSULATED:
            _check_frame(ds, frame, name)
        elif data and syntax is not None and not syntax.is_encapsulated and not syntax.is_deflated:
            _check_length(ds, size, frames, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stored = np.array(pixel_array(ds, index=frame) if frames > 1 else pixel_array(ds))
    except MedomniError:
        raise
    except (EOFError, OSError) as exc:
        raise MedomniError("MED-D03", type(exc).__name__, where=name) from exc
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exc:  # decoders meeting damaged bytes may raise anything, a Rust one even panics
        raise MedomniError("MED-D10", f"{label}: {type(exc).__name__}", where=name) from exc
    if stored.shape not in (size, (*size, 3)):
        raise MedomniError("MED-D12", f"decoded {stored.shape}, header says {size[0]} x {size[1]}", where=name)
    return stored


def _check_length(ds: pydicom.Dataset, size: tuple[int, int], frames: int, name: str) -> None:
    halved = ds.get("PhotometricInterpretation") == "YBR_FULL_422"
    samples = 2 if halved else int(ds.get("SamplesPerPixel") or 1)
    expected = frames * size[0] * size[1] * samples * int(ds.BitsAllocated) // 8
    if len(ds.PixelData) < expected:
        raise MedomniError("MED-D03", f"{len(ds.PixelData)} of {expected} bytes of pixel data", where=name)
    more = surplus(len(ds.PixelData), *size, frames, samples * int(ds.BitsAllocated) // 8)
    if not more or halved or int(ds.BitsAllocated) < 8:  # some label colours as halved and store them whole
        return
    if more >= min(size) * samples * int(ds.BitsAllocated) // 8 or any(ds.PixelData[expected:]):
        raise MedomniError("MED-D12", f"{more} bytes of pixel data too many", where=name)


def _check_frame(ds: pydicom.Dataset, frame: int, name: str) -> None:
    """Hold what a compressed frame says of itself against the header, before anything decodes it.

    Another size would make its decoder ask for any memory; a frame without its end is filled in without a word.

    Raises:
        MedomniError: as :func:`medomni.dicom.fragments.frames_in`; MED-D12 for another size, MED-D03 where the end is
            missing, MED-D10 where its values have a sign and the header says that they have none, or the other way
            about, or have too few bits for a sign: each reader takes another one's word.
    """
    data = frame_at(ds.PixelData, _places(ds, name)[frame])
    size = stated(data)
    if size is None:
        return
    if (size.rows, size.columns) != (int(ds.Rows), int(ds.Columns)):
        raise MedomniError("MED-D12", f"the compressed frame has {size.rows} x {size.columns} pixels, the header says "
                           f"{ds.Rows} x {ds.Columns}", where=name)
    if not whole(data):
        raise MedomniError("MED-D03", "a compressed frame without its end", where=name)
    if lacks_sign(size, bool(ds.get("PixelRepresentation")), int(ds.BitsStored)):
        raise MedomniError("MED-D10", f"the compressed frame holds {size.bits} bits, the header says signed values of "
                           f"{ds.BitsStored}", where=name)
    if size.signed is not None and size.signed != bool(ds.get("PixelRepresentation")):
        said = ["unsigned", "signed"]
        raise MedomniError("MED-D10", f"the compressed frame holds {said[size.signed]} values, the header says "
                           f"{said[not size.signed]} ones", where=name)


def _places(ds: pydicom.Dataset, name: str) -> list[Places]:
    """Of every frame, found once for a data set, whose frames are asked for one by one."""
    found: list[Places] | None = getattr(ds, _PLACES, None)
    if found is None:
        found = places_of(ds, name)
        setattr(ds, _PLACES, found)
    return found


def check_bits(at: Mapping[str, Any] | pydicom.Dataset, name: str) -> None:
    """Stored bits that do not begin at the lowest one, as retired practice allowed, would be read shifted; MED-D10."""
    high, bits = (number(at.get(n)) for n in ("HighBit", "BitsStored"))
    if high is not None and bits is not None and high != bits - 1:
        raise MedomniError("MED-D10", f"high bit {high:.0f} with {bits:.0f} bits stored", where=name)


def _words(ds: pydicom.Dataset, stored: NDArray[Any], frame: int, signed: bool) -> NDArray[Any]:
    """The whole sixteen bits of uncompressed pixels, which are masked to the bits stored when they are decoded."""
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated:
        return stored
    kind = ("<" if syntax.is_little_endian else ">") + ("i2" if signed else "u2")
    return np.frombuffer(ds.PixelData, kind, stored.size, 2 * stored.size * frame).reshape(stored.shape)


def padding_of(ds: pydicom.Dataset, stored: NDArray[Any], frame: int) -> NDArray[np.bool_] | None:
    """Mask of padding (PS3.3 C.7.5.1.1.2, C.7.6.24 of floating numbers), or None without one."""
    if stored.dtype.kind == "f":
        return _float_padding(ds, stored)
    ends = [number(ds.get(name)) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if ends[0] is None:
        return None
    signed = bool(ds.get("PixelRepresentation"))
    low, high = folded_ends(ends, signed)
    if ds.get("BitsAllocated") == 16 and beyond(low, high, int(ds.BitsStored), signed):
        stored = _words(ds, stored, frame, signed)
    mask = (stored >= low) & (stored <= high)
    return mask if mask.any() else None


def _float_padding(ds: pydicom.Dataset, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Of float pixel data, whose padding has elements of its own, and may be no number."""
    value, limit = next((ds.get(v), ds.get(r)) for name, (v, r) in FLOAT_PADDING.items()
                        if name == FLOATS[1] or ds.get(name))
    if not isinstance(value, float):
        return None
    low, high = sorted((value, limit if isinstance(limit, float) else value))
    mask = np.isnan(stored) if math.isnan(value) else (stored >= low) & (stored <= high)
    return mask if mask.any() else None
