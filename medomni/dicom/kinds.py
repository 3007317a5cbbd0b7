"""What kind of image a header describes, and why some kinds are no part of a measured volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medomni.dicom.headers import SliceHeader

if TYPE_CHECKING:
    from pydicom import Dataset

NOT_SCANNED = frozenset((
    "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7",
    "1.2.840.10008.5.1.4.1.1.30", "1.2.840.10008.5.1.4.1.1.481.2",
))
"""Segmentation, Label Map Segmentation, Parametric Map and RT Dose Storage."""

OTHER_UNITS = frozenset(("OD", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"))
"""Defined terms of Rescale Type (0028,1054) other than Hounsfield units (PS3.3 C.11.1.1.2.1). Scanners write what they
like where they mean those (US, none, misspellings), so only the defined terms are refused."""

MAPS = frozenset((
    "RCBF", "RCBV", "CBF", "CBV", "MTT", "TTP", "TMAX", "TTS", "TTD", "PBP", "PBV", "PERMEABILITY", "NEI", "T0",
    "RHO", "ZEFF", "Z_EFF", "EFF_ATOMIC_NUM", "ELECTRON_DENSITY", "MAT_SPECIFIC", "MAT_FRACTIONAL", "MAT_VALUE_BASED",
    "MIP", "MINIP", "MNIP", "MAXIMUM", "MINIMUM", "IODINE", "VNC", "VUE", "MASKED", "SUBTRACTION", "DIVISION",
    "MULTIPLICATION", "STD_DEVIATION", "QUANTITY",
))
"""Words of Image Type (0008,0008) behind its second value that name a computed quantity: perfusion, material and energy
maps, projections of many slices and combinations of images (PS3.3 C.8.15.2.1.4, C.8.16.1.4, C.8.16.1.5)."""

REFORMATTED = frozenset(("MPR", "CPR", "REFORMATTED", "RESAMPLED"))
"""Words of Image Type behind its second value that name slices cut anew out of a volume (PS3.3 C.8.16.1.3)."""

CODES = {
    "localizer": "MED-D12", "colour or secondary capture": "MED-D08", "segmentation, map or dose": "MED-D18",
    "computed map, not Hounsfield units": "MED-D18", "multi-frame without positions": "MED-D12",
    "no position or orientation": "MED-D09", "no pixel spacing": "MED-D09",
    "mosaic, many slices as tiles of one image": "MED-D12",
}
"""Reason to the error that reading such an image raises."""

STILLS = frozenset((".png", ".jpg", ".jpeg", ".webp"))
"""Suffixes of pictures, which are read by :mod:`medomni.dicom.still`."""

PROJECTIONS = frozenset(("CR", "DX", "RG", "RF", "XA", "MG", "IO", "PX"))
PROJECTION_CLASSES = frozenset("1.2.840.10008.5.1.4.1.1." + end for end in (
    "1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "12.1", "12.2"))
"""Storage of computed and digital radiographs, mammograms, intra-oral, XA and RF images."""


def unusable_reason(header: SliceHeader) -> str:
    """Why an image cannot be part of a measured volume, a key of :data:`CODES`; empty where it can."""
    if header.is_localizer:
        return "localizer"
    if is_object(header):
        return "segmentation, map or dose"
    if is_mosaic(header):
        return "mosaic, many slices as tiles of one image"
    if header.is_colour_or_capture:
        return "colour or secondary capture"
    if header.text("Modality") == "CT" and is_map(header):
        return "computed map, not Hounsfield units"
    if header.frames > 1:
        return "multi-frame without positions"
    if header.position is None or header.orientation is None:
        return "no position or orientation"
    if header.pixel_spacing is None:
        return "no pixel spacing"
    return ""


def is_object(header: SliceHeader) -> bool:
    """True for segmentations, maps and doses, which have frames and positions as images have."""
    return header.text("SOPClassUID") in NOT_SCANNED


def is_mosaic(header: SliceHeader) -> bool:
    """True for Siemens' mosaics, whose position and spacing are those of no tile."""
    return "MOSAIC" in (word.strip() for word in header.text("ImageType").upper().split("\\"))


def is_map(header: SliceHeader) -> bool:
    """True for a CT whose values are a computed quantity by its Rescale Type or its Image Type."""
    words = header.text("ImageType").upper().split("\\")[2:]
    return header.text("RescaleType").strip().upper() in OTHER_UNITS or not MAPS.isdisjoint(words)


def is_derived(header: SliceHeader) -> bool:
    """True for what was computed from other images, as reformats are (PS3.3 C.7.6.1.1.2); not where nothing is said."""
    words = header.text("ImageType").upper().split("\\")
    return (words[0] == "DERIVED" or words[1:2] == ["SECONDARY"]
            or not REFORMATTED.isdisjoint(" ".join(words[2:]).split()))


def is_other_word(header: SliceHeader) -> bool:
    """True for a CT whose Rescale Type is there and is no unit's name: it is read as Hounsfield units, and named."""
    return header.text("Modality") == "CT" and header.text("RescaleType").strip().upper() not in ("", "HU")


def is_projection(ds: Dataset) -> bool:
    """Whether an image is a radiograph, in which lengths at the detector are magnified."""
    return str(ds.get("Modality")) in PROJECTIONS or ds.get("SOPClassUID") in PROJECTION_CLASSES
