"""What every image of a phantom series says of itself: classes, geometry, values, and which volume it is of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, EnhancedMRImageStorage, MRImageStorage

from medomni.phantom.encode import PADDING, PADDING_SPAN, SYNTAXES, rescale_of, table_of
from medomni.phantom.habits import COMPRESSED, OF_MR, Habit
from medomni.phantom.write import phantom_uid

THICKNESS = {"step": 1.0, "overlapping": 2.5, "thin": 0.4}
"""Slice thickness in steps."""
PAD = {"whole": ("PixelPaddingValue", "PixelPaddingRangeLimit"),
       "float": ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
       "double": ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit")}
PIXEL_ELEMENTS = ("BitsAllocated", "BitsStored", "HighBit", *(name for names in PAD.values() for name in names))
"""What a file without an image does not have."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A slice to be written.

    Attributes:
        number: in its volume, counted from 0. volume: 0 or 1. place: along the normal, in steps.
        values: (rows, columns), as stored; ``truth`` what they stand for.
    """

    number: int
    volume: int
    place: float
    values: NDArray[Any]
    truth: NDArray[np.float64]


def image_class(habit: Habit) -> Any:
    """The SOP class: of MR where the volumes are echoes, which CT has none of."""
    if habit.frames == "single":
        return MRImageStorage if habit.volumes in OF_MR else CTImageStorage
    return EnhancedMRImageStorage if habit.volumes in OF_MR else EnhancedCTImageStorage


def common(habit: Habit, sop_class: str, instance: str, key: tuple) -> FileDataset:
    """An image without a place and without pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, instance  # type: ignore[assignment]
    meta.TransferSyntaxUID = SYNTAXES[habit.syntax]
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, instance
    ds.Modality = "MR" if habit.volumes in OF_MR else "CT"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL" if sop_class in (CTImageStorage, MRImageStorage) else "VOLUME"]
    ds.Manufacturer, ds.PatientName, ds.PatientID = "SYNTHETIC", "SYNTHETIC^HABIT", "SYN-HABIT"
    ds.PatientBirthDate, ds.PatientSex, ds.StudyDate, ds.StudyTime = "", "O", "20010101", "120000"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = phantom_uid(*key, "study"), phantom_uid(*key, "series")
    ds.FrameOfReferenceUID, ds.PatientPosition = phantom_uid(*key, "frame"), habit.position
    ds.SeriesNumber, ds.ConvolutionKernel = 1, "B40f"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, habit.photometric
    if habit.numbers == "whole":
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 if habit.bits == 8 else 16, habit.bits, habit.bits - 1
        ds.PixelRepresentation = int(habit.signed)
    else:
        ds.BitsAllocated = {"float": 32, "double": 64}[habit.numbers]
    if habit.padding != "none":
        kind = {"whole": "SS" if habit.signed else "US", "float": "FL", "double": "FD"}[habit.numbers]
        pad = PADDING[habit.bits][habit.signed]
        ds.add_new(PAD[habit.numbers][0], kind, pad)
        if habit.padding == "range":
            end = pad - PADDING_SPAN + 1 if pad > 0 else pad + PADDING_SPAN - 1
            ds.add_new(PAD[habit.numbers][1], kind, end)
    return ds


def directions(affine: NDArray[np.float64]) -> tuple[list[str], list[str]]:
    """Image Orientation (Patient) and Pixel Spacing."""
    down, along = np.linalg.norm(affine[:3, 1]), np.linalg.norm(affine[:3, 2])
    six = np.concatenate([affine[:3, 2] / along, affine[:3, 1] / down])
    return [_ds(v) for v in six], [f"{down:.10g}", f"{along:.10g}"]


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2)."""
    text = f"{value + 0.0:.10f}"
    return text[:16]


def origin(affine: NDArray[np.float64], place: float) -> list[str]:
    """Image Position (Patient)."""
    return [_ds(v) for v in affine[:3, 3] + place * affine[:3, 0]]


def thickness(affine: NDArray[np.float64], habit: Habit) -> str:
    """Slice Thickness: by default without gaps, as thick as the slices lie apart along the normal."""
    normal = np.cross(affine[:3, 1], affine[:3, 2])
    step = abs(float(affine[:3, 0] @ normal)) / float(np.linalg.norm(normal))
    return _ds(step * THICKNESS[habit.thickness])


def put_rescale(ds: Dataset, habit: Habit, k: int) -> None:
    """Slope and intercept of slice ``k``, or the table in their stead."""
    if habit.rescale not in ("table", "table_us"):
        slope, intercept = rescale_of(habit, k)
        ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = f"{slope:g}", f"{intercept:g}", "HU"
        return
    first, entries = table_of(habit)
    table = Dataset()
    table.add_new("LUTDescriptor", "SS" if habit.signed else "US", [len(entries), first, 16])
    table.add_new("LUTData", "OW", entries.astype(">u2" if habit.syntax == "big_endian" else "<u2").tobytes())
    table.ModalityLUTType = "HU" if habit.rescale == "table" else "US"
    ds.ModalityLUTSequence = Sequence([table])


def put_windows(ds: Dataset, habit: Habit) -> None:
    """Window presets, which change no value."""
    if habit.windows == "one":
        ds.WindowCenter, ds.WindowWidth = "40", "400"
    elif habit.windows == "two":
        ds.WindowCenter, ds.WindowWidth = ["40", "-600"], ["400", "1500"]
        ds.WindowCenterWidthExplanation = ["MEDIASTINUM", "LUNG"]


def told_apart(habit: Habit, volume: int) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """What tells an image of the second volume of a series from one of the first.

    Returns:
        The elements of a single-frame image; the functional group of a frame that says the same, and its elements.
    """
    number, content = volume + 1, "FrameContentSequence"
    ways: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
        "phases": ({"TemporalPositionIdentifier": number}, content, {"TemporalPositionIndex": number}),
        "acquisitions": ({"AcquisitionNumber": number}, content, {"FrameAcquisitionNumber": number}),
        "times": (dict.fromkeys(("AcquisitionTime", "ContentTime"), f"12000{volume}"), content, dict.fromkeys(
            ("FrameAcquisitionDateTime", "FrameReferenceDateTime"), f"2001010112000{volume}")),
        "triggers": ({"TriggerTime": str(400 * volume)},
                     "CardiacSynchronizationSequence", {"NominalCardiacTriggerDelayTime": 400.0 * volume}),
        "types": ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", f"E{number}"]},
                  "CTImageFrameTypeSequence", {"FrameType": ["ORIGINAL", "PRIMARY", "VOLUME", f"E{number}"]}),
        "echoes": ({"EchoTime": str(5 + 7 * volume), "EchoNumbers": number},
                   "MREchoSequence", {"EffectiveEchoTime": 5.0 + 7.0 * volume}),
        "b_values": ({"DiffusionBValue": 1000.0 * volume},
                     "MRDiffusionSequence", {"DiffusionBValue": 1000.0 * volume}),
    }
    ways["between"] = ways["acquisitions"]
    return ways.get(habit.volumes.removeprefix("between_"), ({}, content, {}))


def put(ds: Dataset, elements: Mapping[str, Any]) -> Dataset:
    """The dataset with the elements, by keyword."""
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def saved(ds: FileDataset, path: Path, habit: Habit, shape: tuple[int, ...], frames: list[bytes]) -> Path:
    """The file, with its pixels."""
    ds.Rows, ds.Columns = shape
    if habit.numbers != "whole":
        setattr(ds, "FloatPixelData" if habit.numbers == "float" else "DoubleFloatPixelData", b"".join(frames))
    elif habit.syntax in COMPRESSED:
        _encapsulated(ds, habit, frames)
        ds["PixelData"].is_undefined_length = True
        ds["PixelData"].VR = "OB"
    else:
        data = b"".join(frames)
        ds.PixelData = data + b"\0" * (len(data) % 2)
        ds["PixelData"].VR = "OB" if habit.bits == 8 and habit.syntax != "implicit" else "OW"
    dcmwrite(path, ds, enforce_file_format=True)
    return path


def _encapsulated(ds: FileDataset, habit: Habit, frames: list[bytes]) -> None:
    """Frames in one or three fragments (PS3.5 A.4), with or without a table of where they begin."""
    if habit.fragments == "extended":
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    elif habit.fragments == "one":
        ds.PixelData = encapsulate(frames)
    else:
        ds.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=habit.fragments == "several")
