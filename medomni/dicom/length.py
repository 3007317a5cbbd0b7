"""Millimetres at the patient in one image, where its header gives them."""

from __future__ import annotations

from collections.abc import Mapping

import pydicom

from medomni.dicom.headers import SPACING_MM
from medomni.dicom.kinds import is_projection
from medomni.dicom.numerals import decimal

_CENTIMETRES = 3  # of Physical Units X and Y Direction (0018,6024), PS3.3 C.8.5.5.1.5


def spacing_of(ds: pydicom.Dataset, at: Mapping[str, str], modality: str) -> tuple[tuple[float, float] | None, str]:
    """Millimetres at the patient, or why there are none (PS3.3 10.7.1.3)."""
    if modality == "US":
        steps = regions(ds)
        if len(steps) != 1:
            return None, "ultrasound without one calibrated region"
        both = steps.pop()
    else:
        try:
            first, second = (decimal(v) for v in at.get("PixelSpacing", "").split("\\"))
        except (TypeError, ValueError):
            return None, "no pixel spacing at the patient" if ds.get("ImagerPixelSpacing") else "no pixel spacing"
        both = (first, second)
        if is_projection(ds) and not ds.get("PixelSpacingCalibrationType"):
            return None, "projection without calibration: lengths at the detector are magnified"
    if not all(SPACING_MM[0] <= v <= SPACING_MM[1] for v in both):
        return None, "the pixel spacing is not a length"
    return both, ""


def regions(ds: pydicom.Dataset) -> set[tuple[float, float]]:
    """Millimetres between rows and between columns in the ultrasound regions that are measured in centimetres."""
    try:
        regions = [r for r in ds.get("SequenceOfUltrasoundRegions") or []
                   if r.get("PhysicalUnitsXDirection") == r.get("PhysicalUnitsYDirection") == _CENTIMETRES]
        return {(abs(float(r.get("PhysicalDeltaY", 0))) * 10, abs(float(r.get("PhysicalDeltaX", 0))) * 10)
                for r in regions}
    except Exception:  # items are decoded when they are looked at, and may then be found damaged
        return set()
