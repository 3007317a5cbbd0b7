"""The verifier fails closed: every identifier put back into a cleaned file, wherever and however, is found."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.dicom.deid.support import Edit, cleaned, ct_file, found

pytestmark = pytest.mark.unit


def put_back(ds: Dataset, name: str, value: object) -> None:
    setattr(ds, name, value)


def private(ds: Dataset) -> None:
    ds.private_block(0x0009, "ACME", create=True).add_new(0x01, "LO", "harmless")


SPOILT: dict[str, Edit] = {
    "name": lambda ds: put_back(ds, "ImageComments", "for vorname"),
    "name in capitals in a code": lambda ds: put_back(ds, "BodyPartExamined", "TESTNAME"),
    "number": lambda ds: put_back(ds, "PatientComments", "no. TN12345"),
    "date": lambda ds: put_back(ds, "StudyDate", "20200229"),
    "another form of a date": lambda ds: put_back(ds, "SoftwareVersions", "29.02.2020"),
    "birth date": lambda ds: put_back(ds, "PatientBirthDate", "19500203"),
    "UID": lambda ds: put_back(ds, "FrameOfReferenceUID", "1.2.3.4.3"),
    "foreign UID": lambda ds: put_back(ds, "FrameOfReferenceUID", "1.9.9.9"),
    "bytes in UTF-16": lambda ds: put_back(ds, "ICCProfile", "Testname".encode("utf-16-le")),
    "private attribute": private,
    "overlay": lambda ds: ds.add_new(0x60000022, "LO", "harmless"),
    "mark": lambda ds: put_back(ds, "PatientIdentityRemoved", "NO"),
    "pixels": lambda ds: put_back(ds, "PixelData", b"xx Testname Vorname ".ljust(128, b"\0")),
    "a date in the pixels": lambda ds: put_back(ds, "PixelData", b"xx 29.02.2020 ".ljust(128, b"\0")),
    "one date moved by another number of days": lambda ds: put_back(ds, "ContentDate", "20190101"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_put_back_is_found(tmp_path: Path, what: str) -> None:
    path = ct_file(tmp_path / "a", lambda ds: put_back(ds, "ContentDate", "20200301"))
    _, out, ds = cleaned(path)
    assert found(path, out) == []
    SPOILT[what](ds)
    ds.save_as(out)
    assert found(path, out), what


def test_words_in_chinese_are_found(tmp_path: Path) -> None:
    def edit(ds: Dataset) -> None:
        ds.SpecificCharacterSet, ds.PatientName = "GB18030", "王^芳芳"

    path = ct_file(tmp_path / "a", edit)
    _, out, ds = cleaned(path)
    assert found(path, out) == []
    ds.ICCProfile = "王芳芳".encode("gb18030")
    ds.save_as(out)
    assert found(path, out)


def test_a_file_at_risk_that_was_not_searched_is_found(tmp_path: Path) -> None:
    path = ct_file(tmp_path / "a")
    _, out, _ = cleaned(path)
    original = pydicom.dcmread(path)
    original.BurnedInAnnotation = "YES"
    original.save_as(path)
    assert found(path, out) == ["pixels were not searched for text"]


def test_what_cannot_be_read_is_found(tmp_path: Path) -> None:
    path = ct_file(tmp_path / "a")
    out = tmp_path / "b"
    out.write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 50)
    assert found(path, out)


def test_no_value_stands_in_what_is_said(tmp_path: Path) -> None:
    path = ct_file(tmp_path / "a", lambda ds: put_back(ds, "ImageComments", "Testname was here"))
    said = " ".join(found(path, path)).lower()
    assert said and not any(v in said for v in ("testname", "vorname", "tn12345", "19500203"))


def test_what_holds_a_file_back_is_said_by_its_attribute(tmp_path: Path) -> None:
    """Of a number of the series that is the patient's, too: no value stands in what is said."""
    def edit(ds: Dataset) -> None:
        ds.PatientID, ds.SeriesNumber = "71234567", "71234567"

    path = ct_file(tmp_path / "a", edit)
    _, out, ds = cleaned(path)
    assert ds.SeriesNumber == 0
    ds.SeriesNumber = "71234567"
    ds.save_as(out)
    assert found(path, out) == ["identifying text in the bytes of the header (SeriesNumber)",
                                "number of the patient in SeriesNumber"]
    del ds.SeriesNumber
    inner = Dataset()
    inner.ICCProfile = b"29.02.2020 TESTNAME"
    ds.ReferencedImageSequence = [inner]
    ds.save_as(out)
    assert found(path, out) == ["date of the original in the bytes of the header (ICCProfile)",
                                "identifying text in the bytes of the header (ICCProfile)"]
    del ds.ReferencedImageSequence
    ds.file_meta.ImplementationVersionName = "Testname"
    ds.save_as(out)
    assert "identifying text in the bytes of the header (ImplementationVersionName)" in found(path, out)
