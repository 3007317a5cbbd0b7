"""The patient's own numbers, and where they stand as a number: SeriesNumber has no letters that would tell on it."""

from __future__ import annotations

import re

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

OF_THE_PATIENT = frozenset((
    "AccessionNumber", "AdmissionID", "MedicalRecordLocator", "OtherPatientIDs", "PatientID",
    "PatientTelephoneNumbers", "InsurancePlanIdentification", "ServiceEpisodeID",
))
NUMBERING = frozenset(("SeriesNumber", "InstanceNumber", "AcquisitionNumber"))
"""Integers that a module of PS3.3 wants: they become 0, where others go."""
VRS = frozenset(("DS", "FD", "FL", "IS", "SL", "SS", "UL", "US", "SV", "UV"))
_LEAST_IS, _LEAST = 4, 5
"""Digits: a shorter one stands for something else by chance; measured values are met by chance more often."""


def figures(ds: Dataset) -> frozenset[int]:
    """The numbers in a data set's identifiers of the patient, without leading zeros: each run of digits, and all digits
    of a value together."""
    found: set[int] = set()
    for element in ds.iterall():
        if element.keyword not in OF_THE_PATIENT:
            continue
        for text in values_of(element):
            runs = [*re.findall(r"[0-9]+", text), re.sub(r"[^0-9]", "", text)]
            found.update(int(run) for run in runs if run and len(run) < 20 and int(run) >= 10 ** (_LEAST_IS - 1))
    return frozenset(found)


def is_figure(value: object, vr: str, known: frozenset[int]) -> bool:
    """Whether a value of a numeric attribute is one of the patient's numbers."""
    try:
        number = float(str(value))
    except ValueError:
        return False
    least = _LEAST_IS if vr == "IS" else _LEAST
    return number.is_integer() and abs(number) >= 10 ** (least - 1) and int(abs(number)) in known


def values_of(element: DataElement) -> list[str]:
    """Values as text, none where the element is empty."""
    value = element.value
    if value is None or value == "":
        return []
    several = value if isinstance(value, (list, tuple, MultiValue)) else [value]
    return [str(v if str(element.VR) == "PN" else getattr(v, "original_string", v)) for v in several]
