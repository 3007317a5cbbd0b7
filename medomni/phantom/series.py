"""A volume as a CT series in any :class:`Habit` (PS3.3 A.3, A.38), beside its truth."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import BasicTextSRStorage, CTImageStorage, EnhancedCTImageStorage

from medomni.phantom.encode import PADDING, PADDING_SPAN, SYNTAXES, pixel_bytes, rescale_of, stored
from medomni.phantom.habits import COMPRESSED, TURNS, Habit
from medomni.phantom.write import phantom_uid
from medomni.volume import Volume, reorient

PLANES = {"sagittal": (2, 0, 1), "coronal": (1, 0, 2)}
"""Axes of a canonical volume (head, back, left) as slices, rows and columns of the plane."""


@dataclass(frozen=True, eq=False)
class Written:
    """What was written.

    Attributes:
        array: (slices, rows, columns), float64, Hounsfield units of the slices in the order of ``affine``.
        affine: 4x4, (slice, row, column) to LPS millimetres, sheared where the gantry was tilted.
        left_out: the number of the slice that was not written, or None.
        paths: every file that holds a slice of the series.
    """

    array: NDArray[np.float64]
    affine: NDArray[np.float64]
    left_out: int | None
    paths: list[Path]


def write_habit(volume: Volume, folder: Path, habit: Habit, seed: int = 0) -> Written:
    """Write a volume, int16 HU in canonical axial order, in a habit; the patient is synthetic.

    Raises:
        ValueError: when the volume is not int16 in canonical axial order.
    """
    if volume.array.dtype != np.int16 or (np.diag(volume.affine[:3, [2, 1, 0]]) <= 0).any():
        raise ValueError("write_habit takes int16 HU in canonical axial order: use Volume.axial() first")
    return write_stack(*turned(volume, habit), folder, habit, seed)


def write_stack(array: NDArray[np.int16], affine: NDArray[np.float64], folder: Path, habit: Habit,
                seed: int = 0) -> Written:
    """Write slices that lie anywhere, as they are; the habit's plane, position, turn and tilt are not applied.

    Args:
        array: (slices, rows, columns), int16 HU.
        affine: 4x4, (slice, row, column) to LPS millimetres; rows and columns at right angles.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    frames = [stored(plane, habit, k) for k, plane in enumerate(array)]
    out = len(array) // 2 if habit.missing == "slice" else None
    kept = [k for k in range(len(array)) if k != out]
    count = len(array)
    numbers: list[int | None] = {
        "up": list(range(count)), "down": list(range(count))[::-1], "mixed": rng.permutation(count).tolist(),
        "equal": [1] * count, "absent": [None] * count}[habit.order]
    key = ("medomni-habit", seed, habit)
    if habit.frames == "enhanced":
        paths = [_enhanced(folder / "enhanced.dcm", habit, affine, frames, rng.permutation(kept), key)]
    else:
        names = rng.permutation(len(array))
        paths = [_slice(folder / f"I{names[k]:04d}", habit, affine, k, frames[k][0], numbers[k], key) for k in kept]
    _beside(folder, habit, affine, frames, paths, key)
    return Written(np.stack([truth for _, truth in frames]), affine, out, paths)


def turned(volume: Volume, habit: Habit) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """The same voxels as the habit's plane and position store them, and where they then lie."""
    array, affine = volume.array, volume.affine.copy()
    if habit.plane != "axial":
        array, affine = reorient(array, affine, PLANES[habit.plane], (False, True, False))  # rows run to the feet
    for _ in range(TURNS[habit.position] // 90):
        array, affine = reorient(array, affine, (0, 2, 1), (False, False, True))
    if habit.position.startswith("F"):
        array, affine = reorient(array, affine, (0, 1, 2), (True, False, False))
    angle = np.radians(habit.oblique_deg)
    spin = np.eye(4)
    spin[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = spin @ affine
    if habit.tilt_deg:
        down = affine[:3, 1] / np.linalg.norm(affine[:3, 1])
        affine[:3, 0] += down * np.tan(np.radians(habit.tilt_deg)) * np.linalg.norm(affine[:3, 0])
    return array, affine


def _common(habit: Habit, sop_class: str, instance: str, key: tuple) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, instance  # type: ignore[assignment]
    meta.TransferSyntaxUID = SYNTAXES[habit.syntax]
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = sop_class, instance, "CT"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL" if sop_class == CTImageStorage else "VOLUME"]
    ds.Manufacturer, ds.PatientName, ds.PatientID = "SYNTHETIC", "SYNTHETIC^HABIT", "SYN-HABIT"
    ds.PatientBirthDate, ds.PatientSex, ds.StudyDate, ds.StudyTime = "", "O", "20010101", "120000"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = phantom_uid(*key, "study"), phantom_uid(*key, "series")
    ds.FrameOfReferenceUID, ds.PatientPosition = phantom_uid(*key, "frame"), habit.position
    ds.SeriesNumber, ds.ConvolutionKernel = 1, "B40f"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, habit.bits, habit.bits - 1
    ds.PixelRepresentation = int(habit.signed)
    if habit.padding != "none":
        kind, pad = "SS" if habit.signed else "US", PADDING[habit.bits][habit.signed]
        ds.add_new("PixelPaddingValue", kind, pad)
        if habit.padding == "range":
            end = pad - PADDING_SPAN + 1 if pad > 0 else pad + PADDING_SPAN - 1
            ds.add_new("PixelPaddingRangeLimit", kind, end)
    return ds


def _directions(affine: NDArray[np.float64]) -> tuple[list[str], list[str]]:
    """Image Orientation (Patient) and Pixel Spacing."""
    down, along = np.linalg.norm(affine[:3, 1]), np.linalg.norm(affine[:3, 2])
    six = np.concatenate([affine[:3, 2] / along, affine[:3, 1] / down])
    return [_ds(v) for v in six], [f"{down:.10g}", f"{along:.10g}"]


def _ds(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 6.2)."""
    text = f"{value + 0.0:.10f}"
    return text[:16]


def _origin(affine: NDArray[np.float64], k: int) -> list[str]:
    return [_ds(v) for v in affine[:3, 3] + k * affine[:3, 0]]


def _thickness(affine: NDArray[np.float64]) -> str:
    """Slices without gaps: as thick as they lie apart along the normal."""
    normal = np.cross(affine[:3, 1], affine[:3, 2])
    return _ds(abs(float(affine[:3, 0] @ normal)) / float(np.linalg.norm(normal)))


def _slice(path: Path, habit: Habit, affine: NDArray[np.float64], k: int, values: NDArray[np.int64],
           number: int | None, key: tuple) -> Path:
    ds = _common(habit, CTImageStorage, phantom_uid(*key, "image", path.name), key)
    ds.ImageOrientationPatient, ds.PixelSpacing = _directions(affine)
    ds.ImagePositionPatient, ds.SliceThickness = _origin(affine, k), _thickness(affine)
    if number is not None:
        ds.InstanceNumber = int(number)
    slope, intercept = rescale_of(habit, k)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = f"{slope:g}", f"{intercept:g}", "HU"
    return _saved(ds, path, habit, values.shape, [pixel_bytes(values, habit, k)])


def _enhanced(path: Path, habit: Habit, affine: NDArray[np.float64],
              frames: list[tuple[NDArray[np.int64], NDArray[np.float64]]], order: NDArray[np.int_], key: tuple) -> Path:
    ds = _common(habit, EnhancedCTImageStorage, phantom_uid(*key, "enhanced"), key)
    ds.NumberOfFrames = len(order)
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient, measures.PixelSpacing = _directions(affine)
    measures.SliceThickness = _thickness(affine)
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence([])
    for k in order:
        item, position, transform = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = _origin(affine, int(k))
        slope, intercept = rescale_of(habit, int(k))
        transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = f"{slope:g}", f"{intercept:g}", "HU"
        item.PlanePositionSequence, item.PixelValueTransformationSequence = Sequence([position]), Sequence([transform])
        ds.PerFrameFunctionalGroupsSequence.append(item)
    return _saved(ds, path, habit, frames[0][0].shape, [pixel_bytes(frames[int(k)][0], habit, int(k)) for k in order])


def _saved(ds: FileDataset, path: Path, habit: Habit, shape: tuple[int, ...], frames: list[bytes]) -> Path:
    ds.Rows, ds.Columns = shape
    if habit.syntax in COMPRESSED:
        ds.PixelData = encapsulate(frames)
        ds["PixelData"].is_undefined_length = True
        ds["PixelData"].VR = "OB"
    else:
        ds.PixelData = b"".join(frames)
        ds["PixelData"].VR = "OW"
    dcmwrite(path, ds, enforce_file_format=True)
    return path


def _beside(folder: Path, habit: Habit, affine: NDArray[np.float64],
            frames: list[tuple[NDArray[np.int64], NDArray[np.float64]]], paths: list[Path], key: tuple) -> None:
    """The other files of the folder."""
    if habit.beside == "copy":
        shutil.copy(paths[1], folder / "copy.dcm")
    elif habit.beside == "junk":
        (folder / "notes.txt").write_text("SYNTHETIC notes", encoding="utf-8")
    elif habit.beside == "report":
        ds = _common(habit, BasicTextSRStorage, phantom_uid(*key, "report"), key)
        for name in ("PixelPaddingValue", "PixelPaddingRangeLimit", "BitsAllocated", "BitsStored", "HighBit"):
            if name in ds:
                del ds[name]
        ds.Modality, ds.file_meta.TransferSyntaxUID = "SR", SYNTAXES["explicit"]
        ds.save_as(folder / "report.dcm", implicit_vr=False, little_endian=True)
    elif habit.beside == "localizer":
        ds = _common(habit, CTImageStorage, phantom_uid(*key, "scout"), key)
        ds.ImageType, ds.ImageOrientationPatient = ["ORIGINAL", "PRIMARY", "LOCALIZER"], [1, 0, 0, 0, 0, -1]
        ds.ImagePositionPatient, ds.PixelSpacing = _origin(affine, 0), _directions(affine)[1]
        ds.RescaleSlope, ds.RescaleIntercept = "1", "0"
        _saved(ds, folder / "scout.dcm", habit, frames[0][0].shape, [pixel_bytes(frames[0][0], habit, 0)])
    elif habit.beside == "kernel":
        for k in range(3):
            path = _slice(folder / f"K{k}", habit, affine, k, frames[k + 1][0], k, key)
            other = dcmread(path)
            other.ConvolutionKernel = "B70f"
            dcmwrite(path, other)
