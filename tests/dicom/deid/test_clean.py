"""Every element is judged: by table E.1-1, by the dictionary, else it is removed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pydicom
import pytest
from pydicom.datadict import dictionary_keyword, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medomni.dicom.deid import Options
from medomni.dicom.deid.clean import DUMMIES
from medomni.dicom.deid.rules import ruling
from medomni.dicom.deid.table import profile
from tests.dicom.deid.support import KEYS, cleaned, ct_file, found

pytestmark = pytest.mark.unit


def test_every_row_of_the_table_is_obeyed() -> None:
    """No option is chosen but removed dates: X, Z, D and U do what PS3.15 says."""
    rows = 0
    for tag, action in profile().items():
        try:
            keyword, vr = dictionary_keyword(tag), dictionary_VR(tag).split(" or ")[0]
        except KeyError:
            keyword, vr = "", "LO"
        what = ruling(tag, keyword, vr, Options(dates="remove")).what
        wanted = {"X": {"remove"}, "Z": {"empty"}, "D": {"dummy", "recurse"}, "U": {"uid", "recurse"}}[action]
        assert what in wanted, keyword
        assert what != "dummy" or vr == "UI" or vr in DUMMIES, keyword
        rows += 1
    assert rows > 600


def test_identifiers_go_and_geometry_stays(tmp_path: Path) -> None:
    path = ct_file(tmp_path / "a")
    done, out, ds = cleaned(path)
    data = out.read_bytes().lower()
    for value in (b"testname", b"vorname", b"tn12345", b"19500203", b"20200229", b"acc9876", b"1.2.3.4."):
        assert value not in data
    assert ds.PixelData == pydicom.dcmread(path).PixelData and list(ds.ImageType) == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert float(ds.RescaleIntercept) == -1024 and ds.StudyTime == "101112"
    assert ds.PatientIdentityRemoved == "YES" and ds.LongitudinalTemporalInformationModified == "MODIFIED"
    assert [c.CodeValue for c in ds.DeidentificationMethodCodeSequence] == ["113100", "113107"]
    assert "testname" not in done.name and found(path, out) == []


def test_what_nobody_knows_is_removed(tmp_path: Path) -> None:
    def edit(ds: Dataset) -> None:
        ds.add_new(0x000A0777, "LO", "secret")
        ds.add_new(0x00291010, "UN", b"secret")
        ds.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
        ds.add_new(0x60003000, "OB", b"secret")
        ds.add_new(0x50000040, "CS", "SECRET")
        ds.add_new(0x00181030, "ST", "secret")  # the protocol's name with another value representation
        ds.WindowCenterWidthExplanation = "secret 12.03.2020"
        ds.ImageComments = "secret"

    _, out, ds = cleaned(ct_file(tmp_path / "a", edit))
    assert b"secret" not in out.read_bytes().lower() and not any(e.tag.is_private for e in ds)


def test_sequences_are_cleaned_at_every_depth(tmp_path: Path) -> None:
    def edit(ds: Dataset) -> None:
        deep, item = Dataset(), Dataset()
        deep.PersonName, deep.ReferencedSOPInstanceUID, deep.AcquisitionDate = "Testname", "1.2.3.4.5.6", "20200229"
        item.ReferencedSeriesSequence = Sequence([deep])
        local, code = Dataset(), Dataset()
        local.CodeValue, local.CodingSchemeDesignator, local.CodeMeaning = "1", "99HOSP", "Testname"
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "51185008", "SCT", "Chest"
        ds.ReferencedImageSequence, ds.AnatomicRegionSequence = Sequence([item]), Sequence([local, code])

    _, out, ds = cleaned(ct_file(tmp_path / "a", edit))
    deep = ds.ReferencedImageSequence[0].ReferencedSeriesSequence[0]
    assert deep.ReferencedSOPInstanceUID == ds.SOPInstanceUID == ds.file_meta.MediaStorageSOPInstanceUID
    assert deep.AcquisitionDate == ds.StudyDate and b"Testname" not in out.read_bytes()
    assert [c.CodeMeaning for c in ds.AnatomicRegionSequence] == ["Chest"]


def test_a_name_is_kept_nowhere(tmp_path: Path) -> None:
    """A safe attribute that holds a person's name is not safe; a code that only contains one is."""
    def edit(ds: Dataset) -> None:
        ds.PatientName, ds.SoftwareVersions, ds.OperatorsName = "Prima^Mary", ["VA10", "for Mary"], "Kern^Ida"
        ds.ConvolutionKernel, ds.BodyPartExamined = "Kern", "CHEST"

    _, _, ds = cleaned(ct_file(tmp_path / "a", edit))
    assert "SoftwareVersions" not in ds and "ConvolutionKernel" not in ds
    assert list(ds.ImageType) == ["ORIGINAL", "PRIMARY", "AXIAL"]


def test_safe_private_attributes_stay_with_numbers_only(tmp_path: Path) -> None:
    def edit(ds: Dataset) -> None:
        block = ds.private_block(0x7053, "Philips PET Private Group", create=True)
        block.add_new(0x00, "DS", "1.5")
        block.add_new(0x09, "DS", "15561763693")
        block.add_new(0x05, "LO", "Testname")

    path = ct_file(tmp_path / "a", edit)
    _, out, ds = cleaned(path)
    assert [str(e.value) for e in ds if e.tag.is_private] == ["Philips PET Private Group", "1.5"]
    codes = [c.CodeValue for c in ds.DeidentificationMethodCodeSequence]
    assert "113111" in codes and "113101" not in codes  # Retain Safe Private Option; no pixels were searched
    _, out, ds = cleaned(ct_file(tmp_path / "b"))
    assert "113111" not in [c.CodeValue for c in ds.DeidentificationMethodCodeSequence]
    assert found(path, out) == []


@pytest.mark.parametrize(("options", "kept"), [
    (Options(), {}),
    (Options(clean_descriptors=True), {"StudyDescription": "CT Thorax 5 mm", "SeriesDescription": "axial"}),
    (Options(retain_device=True), {"DeviceSerialNumber": "SN7700123"}),
    (Options(retain_characteristics=True), {"PatientAge": "090Y", "PatientSex": "F"}),
    (Options(dates="remove"), {"StudyDate": "", "StudyTime": ""}),
])
def test_options(tmp_path: Path, options: Options, kept: dict[str, str]) -> None:
    def edit(ds: Dataset) -> None:
        ds.StudyDescription, ds.SeriesDescription = "CT Thorax 5 mm Testname", "axial 20200229 Dr. Kern"
        ds.DeviceSerialNumber, ds.PatientAge, ds.PatientSex = "SN7700123", "097Y", "F"

    path = ct_file(tmp_path / "a", edit)
    _, out, ds = cleaned(path, options)
    for name in ("StudyDescription", "SeriesDescription", "DeviceSerialNumber", "PatientAge", "PatientSex"):
        wanted = kept.get(name, "ANON" if name == "DeviceSerialNumber" else "")
        assert str(ds.get(name, "")) == wanted, name
    for name in kept:
        assert str(ds.get(name, "")) == kept[name]
    assert found(path, out, devices=options.retain_device) == []
    assert not options.retain_device or found(path, out), "a serial number that nobody asked for identifies"


def test_dates_keep_their_distances(tmp_path: Path) -> None:
    def edit(ds: Dataset) -> None:
        ds.SeriesDate, ds.AcquisitionDateTime, ds.ContentDate = "20200301", "20200302101010.5+0100", "2020"

    _, _, ds = cleaned(ct_file(tmp_path / "a", edit))
    days = [datetime.strptime(str(v)[:8], "%Y%m%d") for v in (ds.StudyDate, ds.SeriesDate, ds.AcquisitionDateTime)]
    assert [(d - days[0]).days for d in days] == [0, 1, 2] and ds.ContentDate == ""
    assert (datetime(2020, 2, 29) - days[0]).days == KEYS.days("TN12345")
    assert str(ds.AcquisitionDateTime).endswith("101010.5")


def test_hidden_places_of_a_file(tmp_path: Path) -> None:
    """The preamble, file meta information, bytes behind the pixels, and an overlay in their unused bits."""
    def edit(ds: Dataset) -> None:
        ds.preamble = b"Testname".ljust(128, b"\0")
        ds.file_meta.SourceApplicationEntityTitle = "HOSPITALAE"
        ds.add_new(0x60000100, "US", 16)
        ds.add_new(0x60000102, "US", 12)
        raw = bytearray(ds.PixelData)
        raw[1] |= 0xF0
        ds.PixelData = bytes(raw) + b"Testname"

    path = ct_file(tmp_path / "a", edit)
    _, out, ds = cleaned(path)
    data = out.read_bytes()
    assert data[:128] == b"\0" * 128 and b"Testname" not in data and b"HOSPITALAE" not in data
    assert ds.pixel_array.ravel().tolist() == list(range(64)) and found(path, out) == []
