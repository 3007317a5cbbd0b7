"""DICOM files of every kind with a patient written wherever a file can hold one. Knows nothing of the removal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from benchmarks.identities import Identity, identity
from medomni.phantom.burnt import Burnt, burnt
from medomni.phantom.habits import Habit
from medomni.phantom.series import write_habit
from medomni.phantom.write import phantom_uid
from medomni.volume import Volume

CT_HABITS = (
    Habit(), Habit(syntax="implicit"), Habit(syntax="rle"), Habit(syntax="jpeg_ls", signed=False), Habit(bits=12),
    Habit(syntax="big_endian"), Habit(syntax="deflated"), Habit(syntax="jpeg_2000"),
)
CLASSES = {"ultrasound": (UltrasoundMultiFrameImageStorage, "US"), "page": (SecondaryCaptureImageStorage, "OT"),
           "radiograph": (DigitalXRayImageStorageForPresentation, "DX"),
           "capture": (SecondaryCaptureImageStorage, "OT")}


@dataclass(frozen=True, eq=False)
class Seeded:
    """What was written.

    Attributes:
        people: folder name below the root to the identity in its files.
        pictures: the burnt picture of each file that has one.
        series: folders of CT series.
    """

    people: dict[str, Identity]
    pictures: dict[Path, Burnt]
    series: list[Path]


def write_seeded(volume: Volume, root: Path, counts: dict[str, int], seed: int) -> Seeded:
    """Write files below ``root``, a folder for each patient.

    Args:
        volume: of CT series, int16 HU, axial.
        counts: ``ct`` and ``enhanced`` series, ``mr`` files, and pictures of each kind of :mod:`medomni.phantom.burnt`.
    """
    seeded = Seeded({}, {}, [])
    for k in range(counts.get("ct", 0)):
        _, folder = _person(seeded, root, f"ct{k}", seed + k)
        write_habit(volume, folder / "s", CT_HABITS[k % len(CT_HABITS)], seed + k)
        seeded.series.append(folder / "s")
    for k in range(counts.get("enhanced", 0)):
        _, folder = _person(seeded, root, f"enhanced{k}", seed + 100 + k)
        write_habit(volume, folder / "s", Habit(frames="enhanced", syntax=("explicit", "rle")[k % 2]), seed + 100 + k)
        seeded.series.append(folder / "s")
    for k in range(counts.get("mr", 0)):
        _, folder = _person(seeded, root, f"mr{k // 5}", seed + 200 + k // 5)
        _mr(folder / f"IM{k}", seed + 200 + k // 5, k % 5)
    number = 300
    for kind in CLASSES:
        for k in range(counts.get(kind, 0)):
            number += 1
            who, folder = _person(seeded, root, f"{kind}{k}", seed + number)
            picture = burnt(kind, seed + number, who.lines())
            path = folder / f"{kind}.dcm"
            write_picture(path, picture, seed + number)
            seeded.pictures[path] = picture
    for name, who in seeded.people.items():
        files = sorted(p for p in (root / name).rglob("*") if p.is_file())
        for k, path in enumerate(files):
            _spread(path, who, pydicom.dcmread(files[k - 1], stop_before_pixels=True, force=True), k)
    return seeded


def _person(seeded: Seeded, root: Path, name: str, seed: int) -> tuple[Identity, Path]:
    who = seeded.people.setdefault(name, identity(seed, ("en_US", "zh_CN")[seed % 2]))
    (root / name).mkdir(parents=True, exist_ok=True)
    return who, root / name


def _new(path: Path, sop_class: str, key: tuple[object, ...]) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = sop_class, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = phantom_uid("b6", *key)  # type: ignore[assignment]
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = phantom_uid("b6", key[0], "st"), phantom_uid("b6", key[0], "se")
    return ds


def _mr(path: Path, seed: int, k: int) -> None:
    ds = _new(path, MRImageStorage, (seed, k))
    ds.Modality, ds.BodyPartExamined, ds.ImageType = "MR", "KNEE", ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 4 * k], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness, ds.FrameOfReferenceUID = [2, 2], 4, phantom_uid("b6", seed, "for")
    ds.EchoTime, ds.RepetitionTime, ds.SequenceName, ds.ScanningSequence = "20", "500", "*se2d1", "SE"
    _pixels(ds, np.random.default_rng([seed, k]).integers(0, 900, (1, 64, 64)).astype(np.uint16), "MONOCHROME2", 12)
    ds.save_as(path, enforce_file_format=True)


def write_picture(path: Path, picture: Burnt, seed: int) -> None:
    """A burnt picture as DICOM of its class; the seed chooses whether and how it is compressed."""
    sop_class, modality = CLASSES[picture.kind]
    ds = _new(path, sop_class, (seed,))
    ds.Modality, ds.ImageType = modality, ["DERIVED", "SECONDARY"]
    if len(picture.frames) > 1:
        ds.NumberOfFrames = len(picture.frames)
    if picture.kind == "radiograph":
        ds.BurnedInAnnotation, ds.ImageType = "YES", ["ORIGINAL", "PRIMARY"]
    _pixels(ds, picture.frames, picture.photometric, picture.bits)
    if seed % 3 and picture.photometric != "YBR_FULL":
        ds.compress((RLELossless, JPEGLSLossless)[seed % 2], generate_instance_uid=False)
    ds.save_as(path, enforce_file_format=True)


def _pixels(ds: Dataset, frames: np.ndarray, photometric: str, bits: int) -> None:
    ds.Rows, ds.Columns = frames.shape[1:3]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = (3 if frames.ndim == 4 else 1), photometric
    if frames.ndim == 4:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = frames.itemsize * 8, bits, bits - 1, 0
    ds.PixelData = frames.tobytes()
    ds["PixelData"].VR = "OB" if frames.itemsize == 1 else "OW"


def _spread(path: Path, who: Identity, other: Dataset, k: int) -> None:
    """Write the patient into one file, everywhere."""
    ds = pydicom.dcmread(path)
    ds.SpecificCharacterSet = "GB18030" if k % 2 else "ISO_IR 192"
    day = ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = who.study_day
    ds.PatientName, ds.OtherPatientNames, ds.PatientID = who.name, who.former_name, who.number
    ds.PatientBirthDate, ds.PatientAddress, ds.PatientTelephoneNumbers = who.birth, who.address, who.phone
    ds.AccessionNumber, ds.StudyID = who.accession, who.number
    ds.InstitutionName, ds.InstitutionAddress = who.hospital, who.address
    ds.ReferringPhysicianName = ds.PerformingPhysicianName = who.physician
    ds.OperatorsName, ds.StationName, ds.DeviceSerialNumber = who.operator, who.station, who.serial
    ds.StudyDescription = f"Thorax {who.name.replace('^', ' ')}"[:64]
    ds.SeriesDescription = f"axial for {who.physician.split('^')[0]}"[:64]
    ds.ProtocolName, ds.PatientComments, ds.ImageComments = who.number, who.comment(), who.comment()
    ds.AdditionalPatientHistory, ds.DerivationDescription = who.comment(), who.comment()
    ds.SoftwareVersions = ["V1", who.name.split("^")[0]]
    ds.PositionReferenceIndicator = who.physician.split("^")[0]
    ds.AcquisitionDateTime = f"{day}101010.123456+0100"
    ds.ContributionDateTime = f"{who.birth}000000"
    if who.name.split("^")[0].isascii():
        ds.add_new(0x00181030, "LO", who.name)
        if str(ds.Modality) in ("US", "DX"):  # of others a part that no list knows may be a head, and is not written
            ds.BodyPartExamined = who.name.split("^")[0].upper()[:16]
    if str(ds.Modality) in ("CT", "MR") and "ImagePositionPatient" in ds:
        ds.BodyPartExamined = "CHEST"
    request = Dataset()
    request.RequestedProcedureDescription, request.ScheduledProcedureStepID = who.comment()[:64], who.accession
    ds.RequestAttributesSequence = Sequence([request])
    insured = Dataset()
    insured.PatientID, insured.IssuerOfPatientID = who.insurance, who.hospital
    ds.OtherPatientIDsSequence = Sequence([insured])
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = who.serial, "99LOCAL", who.name.replace("^", " ")
    ds.AnatomicRegionSequence = Sequence([code])
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = other.SOPClassUID, other.SOPInstanceUID
    inner = Dataset()
    inner.PersonName, inner.TextString = who.operator, who.comment()[:64]
    reference.ReferencedSeriesSequence = Sequence([inner])
    ds.ReferencedImageSequence = Sequence([reference])
    _private(ds, who)
    _graphics(ds, who)
    ds.add_new(0x000A0777, "LO", who.name)  # no dictionary knows it
    ds.DataSetTrailingPadding = who.comment().encode("utf-8")
    ds.file_meta.SourceApplicationEntityTitle = who.station
    ds.file_meta.PrivateInformationCreatorUID = "1.2.3.4"
    ds.file_meta.PrivateInformation = who.comment().encode("gb18030")
    ds.preamble = who.name.encode("utf-8").ljust(128, b"\0")[:128]
    if not ds.file_meta.TransferSyntaxUID.is_compressed:
        behind = who.comment().encode("utf-8")
        ds["PixelData"].value = ds.PixelData + behind + b" " * (len(behind) % 2)
    ds.save_as(path, enforce_file_format=True)


def _private(ds: Dataset, who: Identity) -> None:
    block = ds.private_block(0x0009, "ACME 1.0", create=True)
    block.add_new(0x01, "LO", who.name)
    block.add_new(0x02, "UN", who.comment().encode("utf-16-le"))
    block.add_new(0x03, "UN", who.number.encode("ascii"))
    nested = Dataset()
    nested.PatientName, nested.PatientID = who.name, who.number
    inside = nested.private_block(0x0011, who.hospital[:30], create=True)
    inside.add_new(0x01, "LT", who.comment())
    block.add_new(0x04, "SQ", Sequence([nested]))
    safe = ds.private_block(0x7053, "Philips PET Private Group", create=True)
    safe.add_new(0x00, "DS", "1.5")
    safe.add_new(0x09, "LO", who.phone)  # a safe attribute that holds something else


def _graphics(ds: Dataset, who: Identity) -> None:
    ds.add_new(0x60000010, "US", 8)
    ds.add_new(0x60000011, "US", 64)
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000022, "LO", who.name)
    ds.add_new(0x60003000, "OB", who.name.encode("utf-8").ljust(64, b"\0"))
    ds.add_new(0x60004000, "LT", who.comment())
    ds.add_new(0x50002500, "LO", who.former_name)
