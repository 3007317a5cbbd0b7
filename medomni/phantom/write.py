"""Patients as real DICOM CT series (PS3.3 A.3), in the habits of different scanners.

``implicit_signed``: Implicit VR Little Endian, signed pixels, InstanceNumber running against z, file names in
no order. ``explicit_rle``: Explicit VR, RLE Lossless, unsigned pixels, another rescale, feet first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from medomni.phantom.hospitals import HOSPITALS
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.scanner import SCANNERS, Scanner
from medomni.volume import Volume

# PatientPosition (0018,5100) -> ImageOrientationPatient (0020,0037) that this room's scanners write
ORIENTATIONS: dict[str, tuple[int, ...]] = {
    "HFS": (1, 0, 0, 0, 1, 0),
    "FFS": (1, 0, 0, 0, 1, 0),
    "HFP": (-1, 0, 0, 0, -1, 0),
    "FFP": (-1, 0, 0, 0, -1, 0),
}
HABITS = ("implicit_signed", "explicit_rle")


def phantom_uid(*parts: object) -> str:
    """A UID under the root that pydicom gives away, the same for the same parts."""
    return generate_uid(prefix="1.2.826.0.1.3680043.8.498.", entropy_srcs=[str(p) for p in parts])


def write_series(
    patient: PhantomPatient,
    volume: Volume,
    folder: Path,
    scanner: Scanner | None = None,
    *,
    name: str | None = None,
    position: str | None = None,
) -> list[Path]:
    """Write a rendered patient as a CT series, one file a slice; returns the paths in ascending z.

    Args:
        volume: int16 HU in canonical axial order, as :func:`medomni.phantom.render` gives it.
        folder: made if it does not exist.
        scanner: whose habit, kernel and intercept are written; the hospital's by default.
        name: PatientName, by default ``SYNTHETIC^<hospital><seed>``; a test may plant a canary here.
        position: PatientPosition, the hospital's by default; it turns rows and columns, never the patient.

    Raises:
        ValueError: when the volume is not int16 in canonical axial order, or a value does not fit the stored
        type.
    """
    h = HOSPITALS[patient.hospital]
    scanner = scanner or SCANNERS[h.scanner]
    position = position or h.position
    step = np.diag(volume.affine[:3, [2, 1, 0]])
    if volume.array.dtype != np.int16 or (step <= 0).any():
        raise ValueError("write_series takes int16 HU in canonical axial order: use Volume.axial() first")
    if scanner.habit not in HABITS:
        raise ValueError(f"unknown habit {scanner.habit!r}: choose one of {', '.join(HABITS)}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    count = len(volume.array)
    rng = np.random.default_rng([patient.seed, h.number, 63])
    numbers = rng.permutation(count)
    written = []
    for k, (pixels, origin) in enumerate(_slices(volume, position)):
        ds = _image(patient, volume, scanner, pixels, origin, k, position, name)
        if scanner.habit == "implicit_signed":
            path = folder / f"IM{numbers[k]:04d}"
            ds.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=True)
        else:
            path = folder / f"{ds.SOPInstanceUID}.dcm"
            ds.compress(RLELossless, generate_instance_uid=False)
            ds.save_as(path, enforce_file_format=True)
        written.append(path)
    return written


def _slices(volume: Volume, position: str) -> Iterator[tuple[NDArray[np.int16], NDArray[np.float64]]]:
    """Pixels of each slice as the scanner stores them, and the LPS centre of the first pixel stored."""
    turned = ORIENTATIONS[position][0] < 0
    rows, columns = volume.array.shape[1:]
    for k, plane in enumerate(volume.array):
        if turned:
            yield plane[::-1, ::-1], volume.to_lps(np.array([k, rows - 1, columns - 1]))
        else:
            yield plane, volume.to_lps(np.array([k, 0, 0]))


def _image(
    patient: PhantomPatient,
    volume: Volume,
    scanner: Scanner,
    pixels: NDArray[np.int16],
    origin: NDArray[np.float64],
    k: int,
    position: str,
    name: str | None,
) -> Dataset:
    h = HOSPITALS[patient.hospital]
    key = ("medomni-phantom", patient.hospital, patient.seed, scanner.name, position, *volume.array.shape)
    signed = scanner.habit == "implicit_signed"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = phantom_uid(*key, "image", k)  # type: ignore[assignment]
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if signed else ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    day = (date(2001, 1, 1) + timedelta(days=patient.seed % 7000)).strftime("%Y%m%d")
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = ds.ContentTime = "120000"
    ds.AccessionNumber = ""
    ds.Modality, ds.BodyPartExamined = "CT", "CHEST"
    ds.Manufacturer, ds.ManufacturerModelName = "SYNTHETIC", f"Phantom {scanner.name}"
    ds.InstitutionName = f"SYNTHETIC Hospital {patient.hospital}"
    ds.ReferringPhysicianName = ""
    ds.StudyDescription, ds.SeriesDescription = "SYNTHETIC CT chest", f"SYNTHETIC {scanner.kernel}"
    ds.PatientName = name or f"SYNTHETIC^{patient.hospital}{patient.seed}"
    ds.PatientID = f"SYN-{patient.hospital}-{patient.seed:07d}"
    ds.PatientBirthDate = ""
    ds.PatientSex = {"female": "F", "male": "M"}.get(patient.patient.sex, "O")
    ds.PatientAge = f"{patient.patient.age_years or 0:03d}Y"
    ds.StudyInstanceUID = phantom_uid(*key[:3], "study")
    ds.SeriesInstanceUID = phantom_uid(*key, "series")
    ds.FrameOfReferenceUID = phantom_uid(*key[:3], "frame")
    ds.PositionReferenceIndicator = ""
    ds.StudyID, ds.SeriesNumber, ds.AcquisitionNumber = "1", 2, 1
    ds.InstanceNumber = len(volume.array) - k if signed else k + 1
    spacing = volume.spacing_mm
    ds.SliceThickness = f"{spacing[0]:.6g}"
    ds.KVP, ds.ConvolutionKernel = "120", scanner.kernel
    ds.PatientPosition = position
    if h.contrast:
        ds.ContrastBolusAgent = "SYNTHETIC iodine"
    ds.ImagePositionPatient = [f"{v:.6f}" for v in origin]
    ds.ImageOrientationPatient = list(ORIENTATIONS[position])
    ds.PixelSpacing = [f"{spacing[1]:.8g}", f"{spacing[2]:.8g}"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(signed)
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = str(scanner.intercept), "1", "HU"
    ds.WindowCenter, ds.WindowWidth = "40", "400"
    stored = pixels.astype(np.int32) - scanner.intercept
    kind = np.dtype("<i2") if signed else np.dtype("<u2")
    if stored.min() < np.iinfo(kind).min or stored.max() > np.iinfo(kind).max:
        raise ValueError(
            f"HU {pixels.min()}..{pixels.max()} do not fit {kind} at intercept {scanner.intercept}"
        )
    ds.PixelData = stored.astype(kind).tobytes()
    ds["PixelData"].VR = "OW"
    return ds
