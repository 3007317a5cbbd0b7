"""Whether one study is an earlier one of the same patient, and by how many days; no number or date leaves here."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from pydicom.dataset import Dataset

from medomni.dicom.archive import dicom_files
from medomni.dicom.faults import CutHeaderError, UnreadableError
from medomni.dicom.parse import read_elements
from medomni.dicom.read import is_nifti
from medomni.errors import MedomniError

TAGS = ["StudyDate", "PatientID", "StudyInstanceUID", "PatientBirthDate", "PatientSex"]
SAME = ("PatientID", "PatientBirthDate", "PatientSex")


def interval_days(source: Path | str, earlier: Path | str) -> int | None:
    """Days from one study to another of the same patient; None where a date is not stated (or in NIfTI).

    Args:
        source, earlier: the folder, zip or DICOMDIR of each.

    Raises:
        MedomniError: MED-S31 where the headers say that they are of two patients, where the earlier one is later, or
            where it is the study itself; MED-C08, MED-C09, MED-D21 as reading.
    """
    now, before = _head(Path(source)), _head(Path(earlier))
    if now is None or before is None:
        return None
    for name in SAME:
        one, other = (str(ds.get(name) or "").strip() for ds in (now, before))
        if one and other and one != other:
            raise MedomniError("MED-S31", "they are of two patients")
    if now.get("StudyInstanceUID") and now.get("StudyInstanceUID") == before.get("StudyInstanceUID"):
        raise MedomniError("MED-S31", "it is the same study")
    days = [_day(ds) for ds in (now, before)]
    if days[0] is None or days[1] is None:
        return None
    between = (days[0] - days[1]).days
    if between < 0:
        raise MedomniError("MED-S31", "it is the later of the two")
    return between


def _head(source: Path) -> Dataset | None:
    if source.is_file() and is_nifti(source):
        return None
    with dicom_files(source) as files:
        for file in files:
            try:
                ds = read_elements(file, TAGS)
            except (UnreadableError, CutHeaderError, OSError):
                continue
            if ds.get("StudyInstanceUID"):
                return ds
    return None


def _day(ds: Dataset) -> date | None:
    try:
        return datetime.strptime(str(ds.get("StudyDate") or "").replace(".", ""), "%Y%m%d").date()
    except ValueError:
        return None
