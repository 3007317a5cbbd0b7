"""Stored values to the modality's unit: rescale per slice, padding, size checks."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels import apply_modality_lut, pixel_array

from medomni.dicom.encapsulated import stated
from medomni.dicom.faults import UnreadableError
from medomni.dicom.headers import MOST_PIXELS, SliceHeader
from medomni.dicom.padding import AIR_HU, folded_ends
from medomni.dicom.parse import read_elements
from medomni.errors import MedomniError

PIXEL_TAGS = [
    "Modality", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "PixelData",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
]


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
    voxels were padding (set to -1024 HU in a CT).

    Raises:
        MedomniError: MED-D03 where the file ends early, MED-D10 where it cannot be decoded, MED-D11 for a CT
            whose values are in no known unit, MED-D12 where the size is not the header's.
    """
    stored, ds = _decoded(header, opened or OpenFiles())
    padding = _padding(ds, stored) if ds.get("Modality") == "CT" else None
    if padding is None:
        return _rescaled(stored, ds, header), 0
    stored[padding] = 0  # padding may lie where no value in the modality's unit would fit
    values = _rescaled(stored, ds, header)
    values[padding] = AIR_HU
    return values, int(padding.sum())


def _decoded(header: SliceHeader, opened: OpenFiles) -> tuple[NDArray[Any], pydicom.Dataset]:
    name, label = header.label, "unknown transfer syntax"
    try:
        ds = opened.elements(header)
        syntax = getattr(ds.file_meta, "TransferSyntaxUID", None)
        label = "unknown transfer syntax" if syntax is None or syntax.is_private else syntax.name
        data = ds.get("PixelData")
        if not data:
            raise MedomniError("MED-D03", "the file ends before its pixel data", where=name)
        if header.rows * header.columns > MOST_PIXELS:
            raise MedomniError("MED-D10", f"{header.rows} x {header.columns} pixels cannot be true", where=name)
        if syntax is not None and not syntax.is_compressed:
            frames = 1 if header.frame is None else int(ds.NumberOfFrames)
            expected = frames * header.rows * header.columns * int(ds.BitsAllocated) // 8
            if len(data) < expected:
                raise MedomniError("MED-D03", f"{len(data)} of {expected} bytes of pixel data", where=name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if syntax is not None and syntax.is_encapsulated:
                _check_size(ds, header)
            stored = np.array(ds.pixel_array if header.frame is None else pixel_array(ds, index=header.frame))
    except MedomniError:
        raise
    except (EOFError, OSError) as exc:
        raise MedomniError("MED-D03", type(exc).__name__, where=name) from exc
    except UnreadableError as exc:
        raise MedomniError("MED-D10", str(exc), where=name) from exc
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exc:  # decoders meeting damaged bytes may raise anything, a Rust one even panics
        raise MedomniError("MED-D10", f"{label}: {type(exc).__name__}", where=name) from exc
    if stored.shape != (header.rows, header.columns):
        raise MedomniError("MED-D12", f"decoded {stored.shape}, header says {header.rows} x {header.columns}",
                           where=name)
    return stored, ds


def _check_size(ds: pydicom.Dataset, header: SliceHeader) -> None:
    """A compressed frame that states another size than the header would make its decoder ask for any memory."""
    frame = get_frame(ds.PixelData, header.frame or 0, number_of_frames=int(ds.get("NumberOfFrames") or 1))
    size = stated(frame)
    if size is not None and (size.rows, size.columns) != (header.rows, header.columns):
        raise MedomniError("MED-D12", f"the compressed frame has {size.rows} x {size.columns} pixels, the header says "
                           f"{header.rows} x {header.columns}", where=header.label)


def _padding(ds: pydicom.Dataset, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Mask of padding (PS3.3 C.7.5.1.1.2), or None without one."""
    ends = [_number(ds.get(name)) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if ends[0] is None:
        return None
    low, high = folded_ends(ends, stored.dtype.kind == "i")
    mask = (stored >= low) & (stored <= high)
    return mask if mask.any() else None


def _rescaled(stored: NDArray[Any], ds: pydicom.Dataset, header: SliceHeader) -> NDArray[Any]:
    """Modality LUT Sequence if present, else slope and intercept, per slice; error MED-D11."""
    name, at = header.label, ds if header.frame is None else header.values
    if ds.get("ModalityLUTSequence"):
        try:
            return np.asarray(apply_modality_lut(stored, ds), dtype=np.float32)
        except Exception as exc:  # a damaged table
            raise MedomniError("MED-D11", f"modality table: {type(exc).__name__}", where=name) from exc
    slope, intercept = _number(at.get("RescaleSlope")), _number(at.get("RescaleIntercept"))
    if slope is None or intercept is None or slope == 0:
        if ds.get("Modality") == "CT":
            raise MedomniError("MED-D11", "" if slope != 0 else "the slope is 0", where=name)
        slope, intercept = 1.0, 0.0
    low, high = (float(v) * slope + intercept for v in (stored.min(), stored.max()))
    if max(abs(low), abs(high)) > np.finfo(np.float32).max:
        raise MedomniError("MED-D11", "slope and intercept give no finite value", where=name)
    exact = slope.is_integer() and intercept.is_integer() and max(abs(slope), abs(intercept)) < 2**31
    if exact and min(low, high) >= -32768 and max(low, high) <= 32767:
        return (stored.astype(np.int64) * int(slope) + int(intercept)).astype(np.int16)
    return (stored.astype(np.float64) * slope + intercept).astype(np.float32)


def _number(value: Any) -> float | None:
    """A finite number, or None where the element is absent, empty or damaged."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
