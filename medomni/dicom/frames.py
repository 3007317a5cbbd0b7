"""Enhanced multi-frame images: one header for every frame, from the functional groups (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

GROUPS = ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
KEPT = {
    "ImagePositionPatient": "ImagePositionPatient", "ImageOrientationPatient": "ImageOrientationPatient",
    "PixelSpacing": "PixelSpacing", "SliceThickness": "SliceThickness", "RescaleSlope": "RescaleSlope",
    "RescaleIntercept": "RescaleIntercept", "RescaleType": "RescaleType", "FrameType": "ImageType",
    "EffectiveEchoTime": "EchoTime", "ConvolutionKernel": "ConvolutionKernel", "StackID": "StackID",
    "TemporalPositionIndex": "TemporalPositionIndex", "DiffusionBValue": "DiffusionBValue",
    "FrameAcquisitionNumber": "AcquisitionNumber", "NominalCardiacTriggerDelayTime": "TriggerTime",
    "FlipAngle": "FlipAngle", "RepetitionTime": "RepetitionTime", "InversionTimes": "InversionTime",
    "ExposureTimeInms": "ExposureTime", "XRayTubeCurrentInmA": "XRayTubeCurrent", "ExposureInmAs": "Exposure",
    "WindowCenter": "WindowCenter", "WindowWidth": "WindowWidth",
    "WindowCenterWidthExplanation": "WindowCenterWidthExplanation",
    "FrameAcquisitionDateTime": "AcquisitionTime", "FrameReferenceDateTime": "ContentTime",
}
"""Keyword inside a functional group to the keyword of a single-frame image that says the same."""


def text_of(value: Any) -> str:
    """A value as the file writes it: several joined by backslashes, empty where absent."""
    if value is None or value == "":
        return ""
    return "\\".join(str(v) for v in value) if isinstance(value, (list, MultiValue)) else str(value)


def frame_values(ds: Dataset, common: Mapping[str, str], frames: int) -> list[dict[str, str]]:
    """The values of every frame: those of the image, then the shared groups', then the frame's own.

    Args:
        ds: with the sequences named in :data:`GROUPS`; the shared one may be absent.
        common: the image's own values.
        frames: how many frames the image has.

    Returns:
        One mapping for every frame, in the order of the pixel data; empty where the groups are absent or of another
        number, and where nothing is then known of any frame's place.
    """
    own = ds.get("PerFrameFunctionalGroupsSequence") or []
    if len(own) != frames:
        return []
    shared_items = ds.get("SharedFunctionalGroupsSequence") or []
    shared = _from_groups(shared_items[0]) if len(shared_items) else {}
    return [{**common, **shared, **_from_groups(item)} for item in own]


def _from_groups(item: Dataset) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in item:
        if element.VR != "SQ" or not element.value or element.tag.is_private:
            continue
        group = element.value[0]
        for name, kept in KEPT.items():
            if name in group and (text := text_of(group.get(name))):
                found[kept] = text
    return found
