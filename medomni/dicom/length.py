"""Millimetres at the patient in one image, where its header gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pydicom

from medomni.dicom.headers import SPACING_MM
from medomni.dicom.kinds import is_projection
from medomni.dicom.numerals import decimal

_CENTIMETRES = 3  # of Physical Units X and Y Direction (0018,6024), PS3.3 C.8.5.5.1.5
NEARLY = 0.8
"""Share of an ultrasound image that its calibrated region must cover: the rest is its frame, with texts and bars."""
_LOCATION = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")


def spacing_of(ds: pydicom.Dataset, at: Mapping[str, str], modality: str) -> tuple[tuple[float, float] | None, str]:
    """Millimetres at the patient, or why there are none (PS3.3 10.7.1.3)."""
    if modality == "US":
        steps = regions(ds)
        if len(steps) != 1:
            return None, "ultrasound without one calibrated region"
        if _measured(ds) < NEARLY:
            return None, "the calibrated region of the ultrasound is a part of the image"
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
        return {(abs(float(r.get("PhysicalDeltaY", 0))) * 10, abs(float(r.get("PhysicalDeltaX", 0))) * 10)
                for r in ds.get("SequenceOfUltrasoundRegions") or [] if _in_centimetres(r)}
    except Exception:  # items are decoded when they are looked at, and may then be found damaged
        return set()


def _in_centimetres(region: pydicom.Dataset) -> bool:
    return bool(region.get("PhysicalUnitsXDirection") == region.get("PhysicalUnitsYDirection") == _CENTIMETRES)


def _measured(ds: pydicom.Dataset) -> float:
    """Share of the image in regions that are measured in centimetres, and in no other, as M-mode and Doppler are (PS3.3
    C.8.5.5.1); a region that does not say where it lies is the whole image."""
    inside, outside = (np.zeros((int(ds.Rows), int(ds.Columns)), dtype=bool) for _ in range(2))
    try:
        for region in ds.SequenceOfUltrasoundRegions:
            ends = [region.get(name) for name in _LOCATION]
            left, top, right, bottom = (0, 0, *inside.shape[::-1]) if None in ends else (int(v) for v in ends)
            (inside if _in_centimetres(region) else outside)[max(top, 0):bottom + 1, max(left, 0):right + 1] = True
    except Exception:  # as above
        return 0.0
    return float((inside & ~outside).mean())
