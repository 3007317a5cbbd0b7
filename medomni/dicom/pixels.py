"""Stored values to the modality's unit: rescale per slice, padding, size checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_modality_lut

from medomni.dicom.headers import SliceHeader
from medomni.errors import MedomniError

AIR_HU = -1024


def decode(header: SliceHeader) -> tuple[NDArray[Any], NDArray[np.bool_] | None, pydicom.Dataset]:
    """Stored pixel values (rows, columns) and the mask of padding (PS3.3 C.7.5.1.1.2), or None without one.

    Raises:
        MedomniError: MED-D03 where the file ends early, MED-D10 where it cannot be decoded.
    """
    name = header.path.name
    try:
        ds = pydicom.dcmread(header.path, force=True)
        data = ds.get("PixelData")
        if data is None:
            raise MedomniError("MED-D03", "the file has no pixel data", where=name)
        expected = int(ds.Rows) * int(ds.Columns) * int(ds.BitsAllocated) // 8
        if not ds.file_meta.TransferSyntaxUID.is_compressed and len(data) < expected:
            raise MedomniError("MED-D03", f"{len(data)} of {expected} bytes of pixel data", where=name)
        stored = ds.pixel_array
    except MedomniError:
        raise
    except (EOFError, OSError) as exc:
        raise MedomniError("MED-D03", type(exc).__name__, where=name) from exc
    except (ValueError, RuntimeError, AttributeError, NotImplementedError, KeyError, TypeError, IndexError) as exc:
        syntax = getattr(getattr(header.dataset, "file_meta", None), "TransferSyntaxUID", None)
        label = getattr(syntax, "name", "unknown transfer syntax")
        raise MedomniError("MED-D10", f"{label}: {type(exc).__name__}", where=name) from exc
    if stored.shape != (int(ds.Rows), int(ds.Columns)):
        raise MedomniError("MED-D12", f"decoded {stored.shape}, header says {ds.Rows} x {ds.Columns}", where=name)
    return stored, _padding(ds, stored), ds


def _padding(ds: pydicom.Dataset, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    low = ds.get("PixelPaddingValue")
    if low is None or low == "":
        return None
    bits = int(ds.get("BitsStored", 16))
    signed = int(ds.get("PixelRepresentation", 0)) == 1
    low = int(low)
    high = ds.get("PixelPaddingRangeLimit")
    high = low if high is None or high == "" else int(high)
    if signed:  # the VR is ambiguous (US or SS): an unsigned reading of a negative value is folded back
        full = 1 << max(bits, 16)
        low, high = (v - full if v >= full // 2 else v for v in (low, high))
    low, high = min(low, high), max(low, high)
    mask = (stored >= low) & (stored <= high)
    return mask if mask.any() else None


def rescaled(stored: NDArray[Any], ds: pydicom.Dataset, name: str) -> NDArray[Any]:
    """Stored values to modality units: Modality LUT Sequence if present, else slope and intercept, per slice.

    Returns int16 where that is exact, else float32.

    Raises:
        MedomniError: MED-D11 for a CT without rescale values.
    """
    if "ModalityLUTSequence" in ds:
        return np.asarray(apply_modality_lut(stored, ds), dtype=np.float32)
    slope, intercept = ds.get("RescaleSlope"), ds.get("RescaleIntercept")
    if slope is None or intercept is None:
        if ds.get("Modality") == "CT":
            raise MedomniError("MED-D11", where=name)
        slope, intercept = 1.0, 0.0
    slope, intercept = float(slope), float(intercept)
    if slope.is_integer() and intercept.is_integer():
        wide = stored.astype(np.int32) * int(slope) + int(intercept)
        if wide.min() >= -32768 and wide.max() <= 32767:
            return wide.astype(np.int16)
    return (stored.astype(np.float64) * slope + intercept).astype(np.float32)
