"""What may stay of a value that table E.1-1 does not name: lists of attributes, and the form that a value must have."""

from __future__ import annotations

import re

from medomni.dicom.codes import BODY_PARTS, MODALITIES

FREE_TEXT = frozenset(("AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
NUMBERS = frozenset(("AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"))
BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))

KEPT_TEXT = frozenset((
    "CodeMeaning", "CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "ConvolutionKernel", "ImagedNucleus",
    "LongCodeValue", "Manufacturer", "ManufacturerModelName", "PositionReferenceIndicator", "PulseSequenceName",
    "RadionuclideCode", "ReceiveCoilName", "RescaleType", "SequenceName", "SoftwareVersions", "StackID",
    "TransmitCoilName", "WindowCenterWidthExplanation", "FilterType", "ReconstructionAlgorithm",
    "ImageFilter", "AlgorithmName", "AlgorithmVersion", "DetectorType", "ResonantNucleus",
    "SegmentAlgorithmName",
))
"""Attributes in text that name a device's model, a technique or a code; :mod:`medomni.dicom.deid.technical` looks at
their words, for anything can be typed there."""

KEPT_BINARY = frozenset((
    "PixelData", "FloatPixelData", "DoubleFloatPixelData", "LUTData", "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData", "AlphaPaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData", "SegmentedAlphaPaletteColorLookupTableData", "ICCProfile",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "SmallestImagePixelValue", "LargestImagePixelValue",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor", "VectorGridData",
    "DoubleFloatRealWorldValueFirstValueMapped",
))
"""Attributes in bytes that are pixels or tables of grey and colour."""

DEVICE = frozenset((
    "StationName", "DeviceSerialNumber", "DeviceUID", "DetectorID", "PlateID", "CassetteID", "GantryID", "GeneratorID",
    "DeviceDescription", "DeviceLabel", "LongDeviceDescription", "ManufacturerDeviceIdentifier", "SourceSerialNumber",
    "SourceManufacturer", "TreatmentMachineName", "UniqueDeviceIdentifier", "XRayDetectorID", "XRayDetectorLabel",
    "XRaySourceID", "DateOfLastCalibration", "TimeOfLastCalibration", "DateOfLastDetectorCalibration",
    "TimeOfLastDetectorCalibration", "SecondaryCaptureDeviceID", "LensMake", "LensModel", "LensSerialNumber",
    "PerformedStationName", "ScheduledStationName",
))
"""Rows of table E.1-1 that the option Retain Device Identity keeps; its dates are moved all the same."""

CHARACTERISTICS = frozenset(("PatientSex", "PatientAge", "PatientSize", "PatientWeight"))
"""Rows that the option Retain Patient Characteristics keeps; the age is 90 at most."""

STANDARD_SCHEMES = frozenset((
    "ACR", "BI", "DCM", "FMA", "I10", "I9", "I9C", "ICD10", "ICD11", "ICDO3", "ISO3166_1", "LN", "MA", "NCIt", "NEU",
    "RADLEX", "RFC5646", "SCT", "SNM3", "SRT", "UBERON", "UCUM", "UMLS", "99SDM",
))
"""Coding schemes of PS3.16 section 8 that nobody at a hospital writes into; a code of another scheme may be a name."""

_FORMS = {
    "CS": re.compile(r"[A-Z0-9 _]{0,16}"), "IS": re.compile(r" *[+-]?\d{1,12} *|"),
    "DS": re.compile(r" *[+-]?(\d{1,16}\.?\d{0,16}|\.\d{1,16})([eE][+-]?\d{1,3})? *|"),
    "AS": re.compile(r"\d{3}[DWMY]|"), "TM": re.compile(r"[\d:]{0,8}(\.\d{1,6})? *"),
}
_TEXT = re.compile(r"[ -~]{0,64}")
_TELLING = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d+(\.\d+){3}|[@^]|https?:|\+\d")
_LONG_NUMBER = re.compile(r"\d{6}")


def formed(text: str, vr: str) -> bool:
    """True where a coded or numeric value has the form of its VR (PS3.5 6.2)."""
    return bool(_FORMS[vr].fullmatch(text.strip("\0")))


def short_number(text: str) -> bool:
    """True where no more than six digits stand together before or without a point: no telephone or patient number."""
    return not re.search(r"(?<![\d.])\d{7}", text)


def plain_text(text: str, keyword: str = "") -> bool:
    """True for at most 64 characters of ASCII without a date, a UID, an address or a number of six digits, which only
    a device that is to be known (:data:`DEVICE`) may have: most serial numbers are longer."""
    return bool(_TEXT.fullmatch(text)) and not _TELLING.search(text) and (
        keyword in DEVICE or not _LONG_NUMBER.search(text))


def known_term(keyword: str, text: str) -> bool:
    """False where the attribute's terms are listed and the value is none of them."""
    listed = {"BodyPartExamined": BODY_PARTS, "Modality": MODALITIES, "PatientSex": frozenset("FMO")}.get(keyword)
    return listed is None or not text.strip() or text.strip().upper() in listed
