"""The record of a series: what the model and the page may know of it, where all its slices agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom import codes
from medomni.dicom.acquired import acquisition_record
from medomni.dicom.geometry import plane_name
from medomni.dicom.headers import SliceHeader
from medomni.dicom.keys import study_key
from medomni.dicom.windows import windows_of
from medomni.records import Patient, Study, Warned

NO_CONTRAST = frozenset(("NONE", "NO", "N", "NO CONTRAST", "NON CONTRAST", "NON-CONTRAST", "WITHOUT",
                         "WITHOUT CONTRAST", "UNENHANCED", "NATIVE", "NATIV", "PLAIN", "WO", "W/O"))
"""What scanners write into Contrast/Bolus Agent (0018,0010) where none was given."""


def study_record(headers: list[SliceHeader], affine: NDArray[np.float64], warnings: list[Warned]) -> Study:
    """The record of a series; a value stands in it only where all slices agree on it."""
    first = headers[0]
    synthetic = any("SYNTHETIC" in h.text("Manufacturer").upper() for h in headers)
    return Study(
        study_key=study_key(first.text("StudyInstanceUID") or first.text("SeriesInstanceUID")),
        modality=codes.modality(first) or "unknown",
        body_part=_agreed(headers, codes.body_part),
        patient=Patient(sex=_agreed(headers, _sex) or "unknown", age_years=_agreed(headers, _age)),
        orientation=plane_name(affine),
        kernel=codes.kernel(first),
        contrast=_agreed(headers, _contrast),
        acquisition=acquisition_record(headers),
        windows=windows_of(first),
        source="phantom" if synthetic else "dicom",
        synthetic=synthetic,
        warnings=tuple(warnings),
    )


def _agreed(headers: list[SliceHeader], what: Callable[[SliceHeader], Any]) -> Any:
    """A value on which all slices agree, else None: which slice is asked must not decide."""
    values = {what(h) for h in headers}
    return values.pop() if len(values) == 1 else None


def _contrast(header: SliceHeader) -> bool | None:
    """Whether an agent is named; None where the element is empty or absent, which says nothing (PS3.3 C.7.6.4)."""
    agent = header.text("ContrastBolusAgent").strip().upper()
    return None if not agent else agent not in NO_CONTRAST


def _sex(header: SliceHeader) -> Any:
    return {"F": "female", "M": "male", "O": "other"}.get(header.text("PatientSex").upper(), "unknown")


def _age(header: SliceHeader) -> int | None:
    """Years from PatientAge (0010,1010), else from birth and study date; capped at 90."""
    age = header.text("PatientAge")
    if len(age) == 4 and age[:3].isdecimal():
        years = int(age[:3]) if age[3] == "Y" else 0 if age[3] in "DWM" else None
        if years is not None:
            return min(years, 90)
    birth, day = header.text("PatientBirthDate"), header.text("StudyDate")
    if len(birth) == 8 and len(day) == 8 and birth.isdecimal() and day.isdecimal():
        years = int(day[:4]) - int(birth[:4]) - (day[4:] < birth[4:])
        return min(max(years, 0), 90)
    return None
