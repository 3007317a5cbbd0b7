"""What a folder holds, of one patient or many, as table, JSON and page; nobody is named."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from medomni.cli import app
from medomni.dicom import read_study
from medomni.dicom.survey import survey
from medomni.phantom import Habit, write_habit
from tests.dicom.conftest import by_height, edit

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
        path.write_bytes(path.read_bytes()[:-3000])
    (listed,) = survey(series, pictures=True)[0][0].series
    assert listed.small is None and listed.refused == "", "cut pixels show when the series is read"


def test_a_zip_of_two_patients(ward: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "ward"), "zip", ward)
    studies, _, _ = survey(tmp_path / "ward.zip", pictures=True)
    assert len(studies) == 2 and all(x.small is not None for s in studies for x in s.series)


def test_a_nifti_file_is_listed(series: Path, tmp_path: Path) -> None:
    pytest.importorskip("nibabel")
    volume = read_study(series)
    ((study,), warnings, files) = survey(volume.to_nifti(tmp_path / "ct.nii.gz"), pictures=True)
    (listed,) = study.series
    assert (listed.summary.slices, listed.summary.modality, listed.refused) == (len(volume.array), "?", "")
    assert listed.small is not None and files == 1 and not warnings
    done = CliRunner().invoke(app, ["ingest", str(tmp_path / "ct.nii.gz"), "--json"])
    assert json.loads(done.output)["series"][0]["usable"]
