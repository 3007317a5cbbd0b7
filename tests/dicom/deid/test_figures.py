"""The patient's number stays in no numeric attribute, and numbers that measure stay."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.dicom.deid.support import cleaned, ct_file, found

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("patient", "number"), [
    ("471182", "471182"), ("P471182", "471182"), ("0471-182", "471182"), ("00047118299", "47118299"), ("4711", "4711")])
def test_the_patients_number_in_what_counts(tmp_path: Path, patient: str, number: str) -> None:
    def edit(ds: Dataset) -> None:
        ds.PatientID, ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber = patient, number, number, "7"

    _, out, ds = cleaned(ct_file(tmp_path / "a", edit))
    assert (ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber) == (0, 0, 7)
    assert not found(tmp_path / "a", out)
    ds.SeriesNumber = number
    ds.save_as(out)
    assert "number of the patient in SeriesNumber" in found(tmp_path / "a", out)


def test_in_what_is_measured_and_in_private_attributes(tmp_path: Path) -> None:
    def edit(ds: Dataset) -> None:
        ds.PatientID, ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = "471182", "471182.0", "541"
        ds.add_new(0x00430010, "LO", "GEMS_PARM_01")
        ds.add_new(0x00431039, "IS", ["471182", "8", "0", "0"])

    _, out, ds = cleaned(ct_file(tmp_path / "a", edit))
    assert "DistanceSourceToDetector" not in ds and ds.DistanceSourceToPatient == 541
    assert 0x00431039 not in ds and not found(tmp_path / "a", out)


def test_a_short_number_measures(tmp_path: Path) -> None:
    """Of four digits a time of repetition is met by chance, and what says how the pixels lie is never touched."""
    def edit(ds: Dataset) -> None:
        ds.PatientID, ds.RepetitionTime, ds.SeriesNumber = "2000", "2000", "3"
        ds.AccessionNumber, ds.LargestImagePixelValue = "40960", 40960

    _, out, ds = cleaned(ct_file(tmp_path / "a", edit))
    assert ds.RepetitionTime == 2000 and ds.SeriesNumber == 3 and not found(tmp_path / "a", out)
    assert pydicom.dcmread(out).Rows == 8
