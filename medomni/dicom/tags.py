"""Elements that reading needs, by keyword, as PS3.6 numbers them; a test holds them against pydicom's dictionary.

They stand here so that a plain series is read without loading pydicom, which takes longer than reading it.
"""

from __future__ import annotations

TAGS = {
    "ImageType": 0x00080008,
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "StudyDate": 0x00080020,
    "AcquisitionTime": 0x00080032,
    "ContentTime": 0x00080033,
    "Modality": 0x00080060,
    "Manufacturer": 0x00080070,
    "SeriesDescription": 0x0008103E,
    "PatientName": 0x00100010,
    "PatientID": 0x00100020,
    "PatientBirthDate": 0x00100030,
    "PatientSex": 0x00100040,
    "PatientAge": 0x00101010,
    "ContrastBolusAgent": 0x00180010,
    "BodyPartExamined": 0x00180015,
    "ScanningSequence": 0x00180020,
    "ScanOptions": 0x00180022,
    "SequenceName": 0x00180024,
    "SliceThickness": 0x00180050,
    "KVP": 0x00180060,
    "RepetitionTime": 0x00180080,
    "EchoTime": 0x00180081,
    "InversionTime": 0x00180082,
    "EchoNumbers": 0x00180086,
    "ProtocolName": 0x00181030,
    "TriggerTime": 0x00181060,
    "ExposureTime": 0x00181150,
    "XRayTubeCurrent": 0x00181151,
    "Exposure": 0x00181152,
    "ConvolutionKernel": 0x00181210,
    "FlipAngle": 0x00181314,
    "PatientPosition": 0x00185100,
    "CardiacSynchronizationTechnique": 0x00189037,
    "DiffusionBValue": 0x00189087,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "AcquisitionNumber": 0x00200012,
    "ImagePositionPatient": 0x00200032,
    "ImageOrientationPatient": 0x00200037,
    "FrameOfReferenceUID": 0x00200052,
    "TemporalPositionIdentifier": 0x00200100,
    "ConcatenationUID": 0x00209161,
    "InConcatenationNumber": 0x00209162,
    "InConcatenationTotalNumber": 0x00209163,
    "SamplesPerPixel": 0x00280002,
    "PhotometricInterpretation": 0x00280004,
    "NumberOfFrames": 0x00280008,
    "Rows": 0x00280010,
    "Columns": 0x00280011,
    "PixelSpacing": 0x00280030,
    "BitsAllocated": 0x00280100,
    "BitsStored": 0x00280101,
    "HighBit": 0x00280102,
    "PixelRepresentation": 0x00280103,
    "PixelPaddingValue": 0x00280120,
    "PixelPaddingRangeLimit": 0x00280121,
    "RescaleIntercept": 0x00281052,
    "RescaleSlope": 0x00281053,
    "RescaleType": 0x00281054,
    "LossyImageCompression": 0x00282110,
    "ModalityLUTSequence": 0x00283000,
    "PerFrameFunctionalGroupsSequence": 0x52009230,
}

WINDOWS = {"WindowCenter": 0x00281050, "WindowWidth": 0x00281051, "WindowCenterWidthExplanation": 0x00281055}
"""Read of one slice alone, see :mod:`medomni.dicom.windows`."""

NUMBERS = frozenset((
    "SamplesPerPixel", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "InConcatenationNumber", "InConcatenationTotalNumber",
))
"""Of two bytes: VR US, or US or SS."""

DOUBLES = frozenset(("DiffusionBValue",))
"""VR FD."""

COMPARED = frozenset(("SeriesDescription", "ProtocolName"))
"""Free text, which is compared from slice to slice and never shown: empty where it is not ASCII, so that a description
in another character set does not send a file the long way."""

SEQUENCES = frozenset(("ModalityLUTSequence", "PerFrameFunctionalGroupsSequence"))
"""VR SQ: only whether they are there is kept."""

ONLY_PIXELS = frozenset((
    "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "ModalityLUTSequence",
))
"""What the long way reads with the pixels and not with the header."""

ENCAPSULATED = frozenset("1.2.840.10008.1.2." + end for end in (
    "4.50", "4.51", "4.57", "4.70", "4.80", "4.81", "4.90", "4.91", "4.92", "4.93", "4.201", "4.202", "4.203", "5"))
"""Transfer syntaxes of compressed frames in an explicit little endian data set (PS3.5 A.4): JPEG, JPEG-LS, JPEG 2000,
HTJ2K, RLE."""
