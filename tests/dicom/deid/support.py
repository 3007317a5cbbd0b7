"""One small CT slice with a patient in it, and the parts of de-identification called on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from medomni.dicom.deid import Keyed, Options
from medomni.dicom.deid.evidence import Evidence
from medomni.dicom.deid.one import Cleaned, clean_file
from medomni.dicom.deid.verify import Terms, faults

KEYS = Keyed(b"k" * 32)
Edit = Callable[[Dataset], None]


def ct_file(path: Path, edit: Edit | None = None) -> Path:
    """An 8 x 8 chest CT slice of ``Testname^Vorname``, changed by ``edit``."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = "1.2.3.4.5.6"  # type: ignore[assignment]
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "1.2.3.4.5.6"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3.4.1", "1.2.3.4.2", "1.2.3.4.3"
    ds.ImageType, ds.Modality, ds.BodyPartExamined = ["ORIGINAL", "PRIMARY", "AXIAL"], "CT", "CHEST"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Testname^Vorname", "TN12345", "19500203"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20200229", "101112", "ACC9876"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.RescaleSlope, ds.RescaleIntercept = [1, 1], "1", "-1024"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.Rows, ds.Columns = 1, "MONOCHROME2", 8, 8
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = np.arange(64, dtype="<u2").tobytes()
    ds["PixelData"].VR = "OW"
    if edit:
        edit(ds)
    ds.save_as(path, enforce_file_format=True)
    return path


def cleaned(path: Path, options: Options = Options(), keys: Keyed = KEYS) -> tuple[Cleaned, Path, FileDataset]:
    """What was done, the file written beside the original, and what it holds."""
    done, file = clean_file(path, keys, options)
    assert file is not None, done.reason
    out = path.with_name(f"{path.name}.out")
    file.save_as(out, enforce_file_format=True)
    return done, out, pydicom.dcmread(out)


def found(original: Path, output: Path, *, devices: bool = False) -> list[str]:
    """What the verifier says."""
    evidence = Evidence(devices=devices)
    evidence.add(original)
    return faults(original, output, Terms(evidence))
