"""What a folder holds, of one patient or many, as table, JSON and page; nobody is named."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, generate_frames
from typer.testing import CliRunner

from medomni.cli import app
from medomni.dicom import read_study
from medomni.dicom.survey import JUDGED_BY, survey, survey_json
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from medomni.review.inventory import inventory_page
from tests.dicom.conftest import Edit, by_height, edit, edit_all
from tests.dicom.test_encapsulated import JPEG_2000, compress
from tests.dicom.test_image import image, with_tags

pytestmark = pytest.mark.unit


@pytest.fixture
def ward(series: Path, phantoms, tmp_path: Path) -> Path:
    """Two patients, one of them with a gap, a localizer and a letter."""
    write_habit(phantoms("B")[1], series / "MEYER^OTTO", Habit(missing="slice", beside="localizer", syntax="jpeg_ls"))
    for path in (series / "MEYER^OTTO").iterdir():
        edit(path, lambda ds: (setattr(ds, "PatientName", "MEYER^OTTO"), setattr(ds, "PatientID", "4711")))
    (series / "letter.dcm").write_text("Dear Otto Meyer")
    return series


def test_every_study_and_series_is_listed(ward: Path) -> None:
    studies, warnings, files = survey(ward, pictures=True)
    assert len(studies) == 2 and files == sum(p.is_file() for p in ward.rglob("*"))
    assert [w.code for w in warnings] == ["MED-D02"]
    by_size = sorted(studies, key=lambda s: len(s.series))
    assert [bool(x.refused) for x in by_size[0].series] == [False]
    assert [x.refused[:7] for x in by_size[1].series] == ["MED-D05", "MED-D12"]
    for study in studies:
        for listed in study.series:
            assert listed.small is not None and max(listed.small.shape) <= 128 and np.ptp(listed.small) > 100


def test_the_folder_of_each_study_and_series_is_said(series: Path, phantoms, tmp_path: Path) -> None:
    """Relative to what was given, without identifying words; that of a series where it is not its study's."""
    for name in ("[b]wing/room 3/MEYER^OTTO/a", "[b]wing/room 3/MEYER^OTTO/b"):
        folder = series / name
        write_habit(phantoms("B")[1], folder, Habit(beside="localizer"))
        for path in folder.iterdir():
            edit(path, lambda ds, end=ord(name[-1]): (
                setattr(ds, "PatientName", "MEYER^OTTO"), setattr(ds, "PatientID", "4711"),
                setattr(ds, "SeriesInstanceUID", f"{ds.SeriesInstanceUID}.{end}")))
    studies, _, _ = survey(series)
    shown = "[b]wing/room 3/***^***"
    assert sorted(s.folder for s in studies) == [".", shown]
    assert {x.folder for s in studies for x in s.series} == {".", f"{shown}/a", f"{shown}/b"}
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["ingest", str(series), "--html", str(page)])
    data = json.loads(CliRunner().invoke(app, ["ingest", str(series), "--json"]).output)
    assert {s["folder"] for s in data["studies"]} == {".", shown}
    assert f"{shown}/a" in [s["folder"] for s in data["series"]]
    assert f"<code>{shown}</code>" in page.read_text() and f"<code>{shown}/b</code>" in page.read_text()
    assert "[b]wing/room 3" in done.output and "MEYER" not in done.output + page.read_text() + json.dumps(data)


def test_one_patient_is_numbered_as_reading_numbers(series: Path) -> None:
    studies, _, _ = survey(series)
    assert [x.summary.number for x in studies[0].series] == [0] and studies[0].series[0].small is None


@pytest.mark.parametrize("command", ["ingest", "inspect"])
def test_the_command(ward: Path, tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, [command, str(ward), "--html", str(page)])
    assert done.exit_code == 0 and "More than one patient" in done.output and "MED-D05" in " ".join(done.output.split())
    data = json.loads(CliRunner().invoke(app, [command, str(ward), "--json"]).output)
    assert len({s["study_key"] for s in data["series"]}) == 2 and len(data["series"]) == 3
    text = page.read_text(encoding="utf-8")
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert len(pictures) == 3 and "http" not in text and "<script" not in text
    assert all(Image.open(io.BytesIO(base64.b64decode(p))).size[0] <= 128 for p in pictures)
    for private in ("MEYER", "Otto", "4711", "SYN-", "SYNTHETIC^"):
        assert private not in text and private not in done.output and private not in json.dumps(data)


def test_a_picture_that_cannot_be_decoded_is_left_out(series: Path) -> None:
    for path in by_height(series):
        compress(path, JPEG_2000)
        ds = pydicom.dcmread(path)
        frame = next(generate_frames(ds.PixelData, number_of_frames=1))
        ds.PixelData = encapsulate([frame[:len(frame) // 4 * 2]])
        ds["PixelData"].is_undefined_length = True
        ds.save_as(path)
    (listed,) = survey(series)[0][0].series
    assert listed.refused == "", "compressed pixels show when they are read"
    (listed,) = survey(series, pictures=True)[0][0].series
    assert listed.small is None and listed.refused[:7] in ("MED-D03", "MED-D10")


def test_a_zip_of_two_patients(ward: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "ward"), "zip", ward)
    studies, _, _ = survey(tmp_path / "ward.zip", pictures=True)
    assert len(studies) == 2 and all(x.small is not None for s in studies for x in s.series)
    assert {s.folder for s in studies} == {""}


def test_a_nifti_file_is_listed(series: Path, tmp_path: Path) -> None:
    pytest.importorskip("nibabel")
    volume = read_study(series)
    ((study,), warnings, files) = survey(volume.to_nifti(tmp_path / "ct.nii.gz"), pictures=True)
    (listed,) = study.series
    assert (listed.summary.slices, listed.summary.modality, listed.refused) == (len(volume.array), "?", "")
    assert listed.small is not None and files == 1 and not warnings
    done = CliRunner().invoke(app, ["ingest", str(tmp_path / "ct.nii.gz"), "--json"])
    assert json.loads(done.output)["series"][0]["usable"]


def without_rescale(ds: pydicom.Dataset) -> None:
    del ds.RescaleSlope, ds.RescaleIntercept


def cut_short(ds: pydicom.Dataset) -> None:
    ds.PixelData = ds.PixelData[:-200]


def shifted(ds: pydicom.Dataset) -> None:
    ds.BitsStored, ds.HighBit = 12, 13


def of_other_unit(ds: pydicom.Dataset) -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "US", [16, 0, 16])
    item.ModalityLUTType = "OD"
    item.add_new("LUTData", "OW", bytes(32))
    ds.ModalityLUTSequence = [item]


@pytest.mark.parametrize("spoil", [without_rescale, cut_short, shifted, of_other_unit])
@pytest.mark.parametrize("every", [True, False], ids=["every slice", "one slice"])
def test_ingest_says_what_reading_says(series: Path, spoil: Edit, every: bool) -> None:
    if every:
        edit_all(series, spoil)
    else:
        edit(by_height(series)[0], spoil)
    with pytest.raises(MedomniError) as info:
        read_study(series)
    (listed,) = survey(series)[0][0].series
    assert listed.refused.startswith(info.value.code)


@pytest.mark.parametrize("differs", [True, False])
def test_two_images_at_one_place(series: Path, differs: bool) -> None:
    def again(ds: pydicom.Dataset) -> None:
        ds.SOPInstanceUID = "1.2.3"
        if differs:
            ds.PixelData = ds.PixelData[:-2] + bytes(a ^ 1 for a in ds.PixelData[-2:])

    edit(by_height(series)[3], again, series / "again.dcm")
    (listed,) = survey(series)[0][0].series
    assert listed.refused[:7] == ("MED-D06" if differs else "")


def test_radiographs_and_pictures_are_images(tmp_path: Path) -> None:
    """They are no volume, and not unusable: the table, the page and the JSON say how they are read."""
    (tmp_path / "in").mkdir()
    image(tmp_path / "in" / "x.dcm", change=with_tags(Modality="DX"))
    Image.fromarray(np.arange(1024, dtype=np.uint8).reshape(32, 32)).save(tmp_path / "in" / "y.png")
    (tmp_path / "in" / "z.jpg").write_bytes(b"no picture")
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["ingest", str(tmp_path / "in"), "--json", "--html", str(page)])
    data = json.loads(done.output)
    assert [(s["use"], s["usable"], s["reason"][:7]) for s in data["series"]] == [
        ("image", True, ""), ("image", True, ""), ("", False, "MED-D10")]
    assert data["judged_by"] == JUDGED_BY and [s["files"] for s in data["studies"]] == [1, 2]
    text = page.read_text(encoding="utf-8")
    assert text.count("image, read by read_image") == 2 and JUDGED_BY in text
    (tmp_path / "in" / "x.dcm").unlink()
    assert len(survey(tmp_path / "in")[0][0].series) == 2, "a folder of nothing but pictures"


@pytest.mark.parametrize(("pixels", "modality", "reads"), [
    (np.arange(64, dtype=np.uint16).reshape(8, 8), "OT", True), (np.zeros((8, 8, 3), np.uint8), "OT", False),
    (np.arange(64, dtype=np.uint16).reshape(8, 8), "CT", False)])
def test_a_grey_image_of_another_kind_is_an_image(tmp_path: Path, pixels: np.ndarray, modality: str,
                                                  reads: bool) -> None:
    """A scanned film is read as one; a screenshot, or what calls itself a CT, is refused as a capture."""
    def capture(ds: pydicom.Dataset) -> None:
        ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.7", modality
        if pixels.ndim == 3:
            ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    image(tmp_path / "x.dcm", pixels, capture)
    (listed,) = survey(tmp_path, pictures=True)[0][0].series
    assert (listed.image, listed.refused[:7]) == ((True, "") if reads else (False, "MED-D08"))
    assert (listed.small is not None) == (modality == "OT"), "a CT without rescale has no values"


def test_real_grey_captures_are_images(real_dicom: Path) -> None:
    assert all(x.image for s in survey(real_dicom / "modality_lut")[0] for x in s.series)


def test_files_are_counted_by_study(ward: Path) -> None:
    studies, _, files = survey(ward)
    assert sum(s.files for s in studies) == files - 1, "the letter is of no study"
    done = CliRunner().invoke(app, ["ingest", str(ward)], env={"COLUMNS": "200"})
    for study in studies:
        assert f"study {study.study_key}: {study.files} of {files} files" in done.output


def test_a_readable_series_says_what_its_record_will(series: Path) -> None:
    """Before anything is read: tilt, few slices, loss; in the table, on the page and for machines."""
    for k, path in enumerate(by_height(series)):
        edit(path, lambda ds, k=k: (setattr(ds, "LossyImageCompression", "01"), setattr(
            ds, "ImagePositionPatient", [ds.ImagePositionPatient[0], 3 * k, ds.ImagePositionPatient[2]])))
    studies, warnings, files = survey(series, pictures=True)
    told = {w.code for w in read_study(series).study.warnings}
    assert {"MED-D13", "MED-D25"} <= told == {w.code for w in studies[0].series[0].notes}
    (row,) = json.loads(survey_json(studies, warnings, files))["series"]
    assert {w["code"] for w in row["warnings"]} == told
    assert all(code in inventory_page(studies, warnings, files) for code in told)


def test_a_picture_in_colours_that_has_a_position(tmp_path: Path) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    image(tmp_path / "x.dcm", pixels, with_tags(
        Modality="US", SamplesPerPixel=3, PlanarConfiguration=0, PhotometricInterpretation="RGB", PixelSpacing=[1, 1],
        ImagePositionPatient=[0, 0, 0], ImageOrientationPatient=[1, 0, 0, 0, 1, 0]))
    ((listed,),) = (study.series for study in survey(tmp_path, pictures=True)[0])
    assert not listed.refused and listed.small is not None and np.ptp(listed.small) > 100


def test_the_small_picture_is_read_as_the_series_is(series: Path, phantoms, tmp_path: Path) -> None:
    """A word in the header that reading does not need, and pydicom does."""
    folder = tmp_path / "rle"
    write_habit(phantoms("B")[1], folder, Habit(syntax="rle", bits=12))
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"MONOCHROME2", b"M\1\0\0\0HROME2"))
    assert len(read_study(folder).array)
    assert [x.refused for x in survey(folder, pictures=True)[0][0].series] == [""]
