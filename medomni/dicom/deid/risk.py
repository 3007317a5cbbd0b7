"""Which images may have text in their pixels (PS3.15 E.3.1)."""

from __future__ import annotations

from pydicom.dataset import Dataset

_STORAGE = "1.2.840.10008.5.1.4.1.1."
CAPTURES = tuple(_STORAGE + end for end in ("7", "7.1", "7.2", "7.3", "7.4", "3", "3.1", "6", "6.1", "6.2"))
_SCANNED = tuple(_STORAGE + end for end in (
    "2", "2.1", "2.2", "4", "4.1", "4.3", "4.4", "20", "128", "128.1", "130", "66.4", "66.7", "30", "481.2"))
"""CT, MR, NM, PET, segmentations, parametric maps and doses: made by a scanner or a program slice by slice."""


def is_capture(ds: Dataset) -> bool:
    """True for secondary captures and ultrasound, on which programs write."""
    return str(ds.get("SOPClassUID", "")) in CAPTURES


def at_risk(ds: Dataset) -> bool:
    """True where the pixels must be searched: Burned In Annotation YES, captures and ultrasound in any case;
    radiographs and all else unless it is NO; slices of a scanner only where they are derived or localizers."""
    says = str(ds.get("BurnedInAnnotation", ""))
    if is_capture(ds) or says == "YES":
        return True
    if str(ds.get("SOPClassUID", "")) in _SCANNED:
        words = {str(w).upper() for w in ds.get("ImageType") or ()}
        derived = "DERIVED" in words and not str(ds.SOPClassUID).endswith(("66.4", "66.7", ".30", "481.2"))
        return derived or bool(words & {"LOCALIZER", "SECONDARY", "SCREEN SAVE", "SCREENSAVE"})
    return says != "NO"
