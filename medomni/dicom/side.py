"""The patient's side in one image: what its header says of it, and of the part that it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pydicom

from medomni.dicom.kinds import is_projection
from medomni.dicom.numerals import decimal
from medomni.dicom.stated import NOT_SIDEWAYS

_SURE_COSINE = 0.5
"""Of a row's direction along the patient's left: below it the row runs from front to back, or up."""


def left_edge(ds: pydicom.Dataset) -> tuple[str | None, str]:
    """The patient's side at column 0, from Patient Orientation (0020,0020; PS3.3 C.7.6.1.1.1)."""
    value = ds.get("PatientOrientation") or []
    toward = str(value[0]).upper()[:1] if not isinstance(value, str) and len(value) == 2 else ""
    if toward in ("L", "R"):
        return {"L": "right", "R": "left"}[toward], "Patient Orientation"
    if toward in ("A", "P", "H", "F"):
        return None, NOT_SIDEWAYS
    return None, "no Patient Orientation: the side is not assessable until it is stated"


def of_plane(at: Mapping[str, str], ds: pydicom.Dataset) -> tuple[str | None, str]:
    """The patient's side at column 0 of a slice, from Image Orientation (0020,0037): it is not believed further than
    to contradict what is stated."""
    try:
        along = decimal(at.get("ImageOrientationPatient", "").split("\\")[0])
    except ValueError:
        along = math.nan
    if not _SURE_COSINE < abs(along) < 1.1 or is_projection(ds):
        return None, ""
    return ("right" if along > 0 else "left"), "Image Orientation"


def laterality(ds: pydicom.Dataset) -> str | None:
    """``left``, ``right`` or ``both``, from Image Laterality (0020,0062) or Laterality (0020,0060)."""
    value = str(ds.get("ImageLaterality") or ds.get("Laterality") or "").upper()
    return {"L": "left", "R": "right", "B": "both"}.get(value)
