"""How a series was taken: what the conditions of quantitative measurements are held against.

A value stands only where all slices state it; what no slice states is None, which refuses a measurement that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from medomni.dicom.headers import SliceHeader
from medomni.dicom.kinds import is_derived
from medomni.dicom.numerals import decimal
from medomni.records import Acquisition

MAKERS: tuple[tuple[str, str], ...] = (
    ("siemens", "siemens"), ("ge medical", "ge"), ("ge healthcare", "ge"), ("general electric", "ge"),
    ("philips", "philips"), ("toshiba", "canon"), ("canon", "canon"), ("hitachi", "fujifilm"), ("fujifilm", "fujifilm"),
    ("united imaging", "uih"), ("uih", "uih"), ("neusoft", "neusoft"), ("synthetic", "synthetic"),
)
"""Beginning of Manufacturer (0008,0070), lower case, to the word that a record carries: free text never enters it."""
POSITIONS = frozenset(("HFP", "HFS", "HFDR", "HFDL", "FFDR", "FFDL", "FFP", "FFS", "LFP", "LFS", "RFP", "RFS", "AFDR",
                       "AFDL", "PFDR", "PFDL"))
"""Defined terms of Patient Position (0018,5100), PS3.3 C.7.3.1.1.2."""
SYNCHRONIZED = frozenset(("PROSPECTIVE", "RETROSPECTIVE", "PACED"))
"""Cardiac Synchronization Technique (0018,9037), PS3.3 C.7.6.18.1.1; the other terms, NONE and REALTIME,
gate nothing."""
_CARDIAC = re.compile(r"\b(?:CARDIAC|ECG|EKG|GATED|GATING|SNAPSHOT)\b")
_NOT = re.compile(r"\b(?:NON|NO|NOT|WITHOUT|UN)[ _-]?(?:CARDIAC|ECG|EKG|GATED|GATING)\b")


def acquisition_record(headers: list[SliceHeader]) -> Acquisition:
    """What all slices of a series agree on."""

    def agreed(what: Callable[[SliceHeader], Any]) -> Any:
        values = {what(h) for h in headers}
        return values.pop() if len(values) == 1 else None

    return Acquisition(
        maker=agreed(maker), kvp=agreed(lambda h: _positive(h, "KVP")),
        exposure_mas=agreed(lambda h: _positive(h, "Exposure")),
        slice_thickness_mm=agreed(lambda h: _positive(h, "SliceThickness")), ecg_gated=agreed(gated),
        derived=agreed(lambda h: is_derived(h) if h.text("ImageType") else None),
        patient_position=agreed(lambda h: _term(h, "PatientPosition", POSITIONS)))


def maker(header: SliceHeader) -> str | None:
    """The maker's word of :data:`MAKERS`; None for a maker that is not listed."""
    name = header.text("Manufacturer").strip().lower()
    return next((word for begin, word in MAKERS if name.startswith(begin)), None)


def gated(header: SliceHeader) -> bool | None:
    """Whether the slice was taken or chosen by the heart's cycle; None where nothing says so.

    In this order: Cardiac Synchronization Technique (0018,9037); a positive Trigger Time (0018,1060), the milliseconds
    since the R wave; a word for it in Scan Options (0018,0022), as GE writes ``CARDIAC_CINE`` or ``SNAPSHOT``. An
    absent mark is no statement: most scanners write none of the three in a scan that is not gated.
    """
    stated = header.text("CardiacSynchronizationTechnique").strip().upper()
    if stated in SYNCHRONIZED:
        return True
    if stated in ("NONE", "REALTIME"):
        return False
    if _positive(header, "TriggerTime"):
        return True
    options = re.sub(r"[\\_/]+", " ", header.text("ScanOptions").upper())
    if _NOT.search(options):
        return False
    return True if _CARDIAC.search(options) else None


def _term(header: SliceHeader, name: str, terms: frozenset[str]) -> str | None:
    value = header.text(name).strip().upper()
    return value if value in terms else None


def _positive(header: SliceHeader, name: str) -> float | None:
    try:
        value = decimal(header.text(name))
    except ValueError:
        return None
    return round(value, 4) if 0 < value < 1e6 else None
