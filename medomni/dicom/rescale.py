"""Stored values to the modality's unit: the Modality LUT Sequence, or slope and intercept, per slice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_modality_lut

from medomni.dicom.headers import SliceHeader
from medomni.dicom.kinds import OTHER_UNITS
from medomni.dicom.numerals import decimal
from medomni.errors import MedomniError
from medomni.picture import by_rows


def rescaled(stored: NDArray[Any], ds: pydicom.Dataset, header: SliceHeader) -> NDArray[Any]:
    """Modality LUT Sequence if present, else slope and intercept, per slice; errors MED-D11, MED-D18."""
    name, at = header.label, ds if header.frame is None else header.values
    if ds.get("ModalityLUTSequence"):
        return tabled(stored, ds, name).astype(np.float32)
    slope, intercept = rescale_of(at, ds.get("Modality") == "CT", name)
    low, high = (float(v) * slope + intercept for v in (stored.min(), stored.max()))
    if not max(abs(low), abs(high)) <= np.finfo(np.float32).max:  # stored values that are no number neither
        raise MedomniError("MED-D11", "slope and intercept give no finite value", where=name)
    exact = (stored.dtype.kind in "iu" and slope.is_integer() and intercept.is_integer()
             and max(abs(slope), abs(intercept)) < 2**31)
    if exact and min(low, high) >= -32768 and max(low, high) <= 32767:
        return (stored.astype(np.int64) * int(slope) + int(intercept)).astype(np.int16)
    return (stored.astype(np.float64) * slope + intercept).astype(np.float32)


def tabled(stored: NDArray[Any], ds: pydicom.Dataset, name: str) -> NDArray[Any]:
    """The entries of the Modality LUT Sequence (PS3.3 C.11.1.1.1), whole numbers; errors as :func:`check_table`."""
    check_table(ds, name)
    try:
        # pydicom counts entries in the pixels' own type, in which they may not fit
        kind = apply_modality_lut(np.zeros((1, 1), np.int64), ds).dtype.type
        return by_rows(lambda rows: apply_modality_lut(rows.astype(np.int64), ds), stored, kind)
    except Exception as exc:  # a damaged table
        raise MedomniError("MED-D11", f"modality table: {type(exc).__name__}", where=name) from exc


def check_table(ds: pydicom.Dataset, name: str) -> None:
    """Refuse a CT whose modality table says that it does not give Hounsfield units (PS3.3 C.11.1.1.1).

    Raises:
        MedomniError: MED-D18 for another quantity; MED-D11 for ``US``, the word for a unit not stated, and where the
            type, which must be there, is not.
    """
    if ds.get("Modality") != "CT":
        return
    try:
        unit = str(ds.ModalityLUTSequence[0].get("ModalityLUTType") or "").strip().upper()
    except Exception as exc:  # items are decoded when they are looked at, and may then be found damaged
        raise MedomniError("MED-D11", f"modality table: {type(exc).__name__}", where=name) from exc
    if unit in OTHER_UNITS:
        raise MedomniError("MED-D18", f"the modality table gives {unit}, not Hounsfield units", where=name)
    if unit != "HU":
        raise MedomniError("MED-D11", "the modality table states no Hounsfield units", where=name)


def rescale_of(at: Mapping[str, Any] | pydicom.Dataset, unit: bool, name: str) -> tuple[float, float]:
    """Slope and intercept; 1 and 0 where both are absent and no unit is wanted.

    Raises:
        MedomniError: MED-D11 where one is absent, empty or no number, where the slope is 0, or where both are absent
            although the values must be in a unit.
    """
    given = [at.get("RescaleSlope"), at.get("RescaleIntercept")]
    if not unit and all(v is None or v == "" for v in given):
        return 1.0, 0.0
    slope, intercept = (number(v) for v in given)
    if slope is None or intercept is None:
        raise MedomniError("MED-D11", "slope and intercept must both be numbers", where=name)
    if slope == 0:
        raise MedomniError("MED-D11", "the slope is 0", where=name)
    return slope, intercept


def number(value: Any) -> float | None:
    """A finite number, or None where the element is absent, empty or damaged; of pydicom's numbers as the file writes
    them."""
    try:
        number = decimal(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
