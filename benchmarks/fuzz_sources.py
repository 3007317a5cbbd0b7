"""What B7 damages: one file of each kind that is read, small."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

Source = dict[str, bytes]
MEDIUM, MEDIUM_SLICES = ".medium", 4
UID = "1.2.826.0.1.3680043.8.498.7."
DECOY = "DECOY"
"""A whole image that lies outside what is given to the reader, which must never reach it."""
DECOY_UID = UID + "777"


def sources(folder: Path) -> Source:
    """One file of each kind that is read, by a name that says how it is given to the reader."""
    from PIL import Image

    from medomni.dicom import read_study
    from medomni.phantom import Habit, render, sample_patient, write_habit

    made: Source = {}
    volume = render(sample_patient(3, "A"), 32, 40.0)
    for syntax in ("implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000",
                   "htj2k"):  # imagecodecs' ljpeg writes the lossless JPEG here; nothing reads by it
        for frames in ("single", "enhanced"):
            written = write_habit(volume, folder / f"{syntax}-{frames}", Habit(syntax=syntax, frames=frames, bits=12))
            made[f"{syntax}-{frames}.dcm"] = written.paths[0].read_bytes()
    made["table.dcm"] = write_habit(volume, folder / "table", Habit(bits=12, rescale="table")).paths[0].read_bytes()
    made |= {"radiograph.dcm": radiograph(), "palette.dcm": palette(), "ultrasound.dcm": ultrasound()}
    read = read_study(folder / "explicit-single")
    made["x.nii"] = read.to_nifti(folder / "x.nii").read_bytes()
    made["x.nii.gz"] = read.to_nifti(folder / "x.nii.gz").read_bytes()
    for suffix in ("png", "jpg", "webp"):
        buffer = io.BytesIO()
        Image.fromarray(np.arange(1024, dtype=np.uint8).reshape(32, 32)).save(
            buffer, {"jpg": "JPEG"}.get(suffix, suffix.upper()))
        made[f"x.{suffix}"] = buffer.getvalue()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for k, ds in enumerate(lowest(folder / "explicit-single")):
            archive.writestr(f"{k}.dcm", _bytes(ds))
    made["x.zip"] = buffer.getvalue()
    made[f"x{MEDIUM}"] = medium(folder / "explicit-single", folder / "medium")
    return made


def decoy(folder: Path) -> bytes:
    """A slice of one value with a UID of its own."""
    from medomni.phantom import Habit, render, sample_patient, write_habit

    path = write_habit(render(sample_patient(3, "A"), 32, 40.0), folder, Habit(bits=12)).paths[0]
    ds = pydicom.dcmread(path)
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = DECOY_UID  # type: ignore[assignment]
    ds.PixelData = np.full((ds.Rows, ds.Columns), 777, np.int16).tobytes()
    return _bytes(ds)


def lowest(series: Path) -> list[pydicom.Dataset]:
    """A few slices beside each other."""
    return sorted((pydicom.dcmread(p) for p in series.iterdir()),
                  key=lambda ds: float(ds.ImagePositionPatient[2]))[:MEDIUM_SLICES]


def medium(series: Path, to: Path) -> bytes:
    """The lowest slices of a series and a DICOMDIR, as a zip: the directory is damaged, its files are whole."""
    files = FileSet()
    for ds in lowest(series):
        ds.StudyID, ds.SeriesNumber, ds.AccessionNumber, ds.StudyTime = "1", 1, "1", "120000"
        files.add(ds)
    files.write(to)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(p for p in to.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(to).as_posix())
    return buffer.getvalue()


def radiograph() -> bytes:
    """MONOCHROME1, twelve bits, a VOI table, a window and a side."""
    ds = _image(ComputedRadiographyImageStorage, "CR", "MONOCHROME1", 12)
    ds.PixelData = (np.arange(1024, dtype=np.uint16) * 4).tobytes()
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 12])
    table.add_new("LUTData", "OW", np.arange(4096, dtype="<u2")[::-1].tobytes())
    ds.VOILUTSequence = Sequence([table])
    ds.WindowCenter, ds.WindowWidth = [2000, 900], [4000, 600]
    ds.PatientOrientation, ds.ViewPosition, ds.ImagerPixelSpacing = ["L", "F"], "PA", [0.2, 0.2]
    return _bytes(ds)


def palette() -> bytes:
    """An ultrasound image in 256 colours."""
    ds = _image(UltrasoundImageStorage, "US", "PALETTE COLOR", 8)
    ds.PixelData = (np.arange(1024) % 256).astype(np.uint8).tobytes()
    for k, colour in enumerate(("Red", "Green", "Blue")):
        ds.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        entries = (np.arange(256) * 85 * (k + 1)).astype("<u2")
        ds.add_new(f"{colour}PaletteColorLookupTableData", "OW", entries.tobytes())
    return _bytes(ds)


def ultrasound() -> bytes:
    """Three frames in RGB, and a region with a scale."""
    ds = _image(UltrasoundMultiFrameImageStorage, "US", "RGB", 8)
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.NumberOfFrames = 3, 0, 3
    ds.PixelData = (np.arange(3 * 32 * 32 * 3) % 251).astype(np.uint8).tobytes()
    region = pydicom.Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 31, 31
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.05
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    ds.SequenceOfUltrasoundRegions = Sequence([region])
    return _bytes(ds)


def _image(sop_class: str, modality: str, photometric: str, bits: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = sop_class, ExplicitVRLittleEndian  # type: ignore[assignment]
    meta.MediaStorageSOPInstanceUID = UID + str(bits)  # type: ignore[assignment]
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = sop_class, UID + str(bits), modality
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID + "1", UID + "2"
    ds.PatientName, ds.PatientID, ds.Manufacturer = "SYNTHETIC^FUZZ", "SYN-FUZZ", "SYNTHETIC"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = 32, 32, 1, photometric
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8 if bits == 8 else 16, bits, bits - 1
    ds.PixelRepresentation = 0
    return ds


def _bytes(ds: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
