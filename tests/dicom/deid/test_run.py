"""A folder from end to end: resumed, refused, withdrawn, and handed over only after it was verified."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from typer.testing import CliRunner

from medomni.cli import app
from medomni.dicom.deid import Options, deidentify, run
from medomni.dicom.deid.journal import LOCK
from medomni.dicom.deid.report import summary
from medomni.errors import MedomniError
from tests.dicom.deid.support import KEYS, ct_file

pytestmark = pytest.mark.unit


def numbered(k: int):
    def edit(ds: Dataset) -> None:
        ds.SOPInstanceUID, ds.InstanceNumber = f"1.2.3.4.5.{k}", k

    return edit


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "Testname Vorname"
    folder.mkdir()
    for k in range(4):
        ct_file(folder / f"{k}", numbered(k + 1))
    return folder


def images(out: Path) -> list[Path]:
    return sorted(out.rglob("*.dcm"))


def test_a_folder(study: Path, tmp_path: Path) -> None:
    report = deidentify(study, tmp_path / "out", Options(), KEYS)
    assert report["files"] == {"read": 4, "written": 4, "refused": 0, "withdrawn": 0}
    assert len({pydicom.dcmread(p).SeriesInstanceUID for p in images(tmp_path / "out")}) == 1
    everything = "".join(str(p) + p.read_text("latin-1") for p in (tmp_path / "out").rglob("*") if p.is_file()).lower()
    for value in ("testname", "vorname", "tn12345", "20200229", "1.2.3.4."):
        assert value not in everything.replace(str(tmp_path).lower(), "")
    assert json.loads((tmp_path / "out" / "deidentification.json").read_text()) == report


def test_a_zip_gives_the_same_files(study: Path, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in study.iterdir():
            packed.write(path, path.name)
    deidentify(study, tmp_path / "out", Options(), KEYS)
    deidentify(archive, tmp_path / "zipped", Options(), KEYS)
    there = [{p.relative_to(o): p.read_bytes() for p in images(o)} for o in (tmp_path / "out", tmp_path / "zipped")]
    assert there[0] == there[1] and len(there[0]) == 4


@pytest.mark.parametrize("where", ["clean_file", "faults"])
def test_a_killed_run_goes_on(study: Path, tmp_path: Path, monkeypatch, where: str) -> None:
    """What was not verified is not among the images; what was done is not done again."""
    real, calls = getattr(run, where), []

    def killed(*args, **kwargs):
        calls.append(args[0])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    out = tmp_path / "out"
    monkeypatch.setattr(run, where, killed)
    with pytest.raises(KeyboardInterrupt):
        deidentify(study, out, Options(), KEYS)
    visible = [p for p in images(out) if ".medomni-unverified" not in p.parts]
    assert len(visible) == (0 if where == "clean_file" else 2)
    with open(out / ".medomni-deidentify.jsonl", "a") as journal:
        journal.write('{"source": "half a li')
    cleaned_again: list[object] = []
    monkeypatch.setattr(run, where, real)
    once = run.clean_file
    monkeypatch.setattr(run, "clean_file", lambda *a: cleaned_again.append(a) or once(*a))
    report = deidentify(study, out, Options(), KEYS)
    assert report["files"]["written"] == 4 == len(images(out)) and not (out / ".medomni-unverified").exists()
    assert len(cleaned_again) == (2 if where == "clean_file" else 0)


def test_two_at_once_do_not_mix(study: Path, tmp_path: Path) -> None:
    """Of two runs into one folder the second is refused, and nothing of the first is disturbed."""
    out = tmp_path / "out"

    def second(done: int, total: int) -> None:
        if done == 2:
            with pytest.raises(MedomniError, match="MED-P03.*another run"):
                deidentify(study, out, Options(), KEYS)

    assert deidentify(study, out, Options(), KEYS, second)["files"]["written"] == 4
    assert not (out / LOCK).exists() and len(images(out)) == 4
    with pytest.raises(MedomniError, match="MED-C08"):
        deidentify(tmp_path / "nothing", tmp_path / "new", Options(), KEYS)
    assert not (tmp_path / "new").exists()


def test_other_options_do_not_mix(study: Path, tmp_path: Path) -> None:
    deidentify(study, tmp_path / "out", Options(), KEYS)
    with pytest.raises(MedomniError, match="MED-P03"):
        deidentify(study, tmp_path / "out", Options(dates="remove"), KEYS)
    with pytest.raises(MedomniError, match="MED-P03"):
        deidentify(study, _full(tmp_path), Options(), KEYS)
    for out in (study, study / "inside"):
        with pytest.raises(MedomniError, match="MED-P07"):
            deidentify(study, out, Options(), KEYS)


def _full(tmp_path: Path) -> Path:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    return tmp_path / "full"


def test_what_is_refused_and_why(study: Path, tmp_path: Path) -> None:
    def report(ds: Dataset) -> None:
        ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.3.4.9.1"

    def head(ds: Dataset) -> None:
        ds.BodyPartExamined, ds.SOPInstanceUID = "HEAD", "1.2.3.4.9.2"

    def small_field(ds: Dataset) -> None:
        ds.SOPInstanceUID = "1.2.3.4.9.3"
        del ds.BodyPartExamined

    for name, edit in (("sr", report), ("head", head), ("small", small_field), ("copy", numbered(1))):
        ct_file(study / name, edit)
    ct_file(study / "other", numbered(2))
    edited = pydicom.dcmread(study / "other")
    edited.InstanceNumber = 99
    edited.save_as(study / "other")
    (study / "text").write_text("no DICOM")
    (study / "raw").write_bytes(b"\0" * 128 + b"DICM" + bytes(range(200)))
    out = tmp_path / "out"
    found = deidentify(study, out, Options(), KEYS)
    reasons = {row["reason"].split(":")[0]: len(row["files"]) for row in found["refused"]}
    assert reasons.pop("head") == 2 and reasons.pop("structured report") == 1
    assert reasons.pop("an exact copy of another file") == 1
    assert reasons.pop("another file of the same SOP instance UID") == 1
    assert sum(reasons.values()) == 2 and len(images(out)) == 4 == found["files"]["written"]
    kept = deidentify(study, tmp_path / "faces", Options(keep_face=True), KEYS)
    assert kept["files"]["written"] == 6
    faces = {str(pydicom.dcmread(p).RecognizableVisualFeatures) for p in images(tmp_path / "faces")}
    assert faces == {"YES", "NO"}


def test_the_command_withdraws_and_fails(study: Path, tmp_path: Path, monkeypatch) -> None:
    """A removal that forgets something is found out: nothing of it is handed over."""
    monkeypatch.setattr("medomni.dicom.deid.clean.moved_date", lambda text, days: text)
    monkeypatch.setenv("MEDOMNI_SITE_KEY", "11" * 32)
    result = CliRunner().invoke(app, ["deidentify", str(study), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, MedomniError) and result.exception.code == "MED-P05"
    assert images(tmp_path / "out") == [] and "withdrawn, 4: date unchanged" in result.stdout


def test_the_command(study: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MEDOMNI_SITE_KEY", "11" * 32)
    key = tmp_path / "project.key"
    key.write_text("22" * 32)
    outs = []
    for site in ("33", "44"):
        monkeypatch.setenv("MEDOMNI_SITE_KEY", site * 32)
        outs.append(tmp_path / site)
        result = CliRunner().invoke(app, ["deidentify", str(study), "-o", str(outs[-1]),
                                          "--project-key-file", str(key)])
        assert result.exit_code == 0 and "4 files: 4 written" in result.stdout, result.output
    first, second = ({p.relative_to(o) for p in images(o)} for o in outs)
    assert first == second, "hospitals that share a key give the same names and UIDs"


def test_a_phantom_called_after_its_modality_and_a_second_pass(study: Path, tmp_path: Path) -> None:
    """Names that are words of DICOM take nothing from the image; what was done once can be done again."""
    for path in study.iterdir():
        ds = pydicom.dcmread(path)
        ds.PatientName, ds.InstitutionName = "CT^Anon", "Unknown"
        ds.save_as(path)
    first = deidentify(study, tmp_path / "out", Options(), KEYS)
    second = deidentify(tmp_path / "out", tmp_path / "again", Options(), KEYS)
    assert first["files"]["written"] == second["files"]["written"] == 4
    assert {pydicom.dcmread(p).Modality for p in images(tmp_path / "again")} == {"CT"}


def test_the_report_names_attributes_and_what_was_done_alone(study: Path, tmp_path: Path) -> None:
    def private(ds: Dataset) -> None:
        ds.SOPInstanceUID, ds.InstanceNumber = "1.2.3.4.5.9", 9
        ds.private_block(0x0009, "TESTNAME CREATOR", create=True).add_new(0x01, "LO", "Testname")
        ds.add_new(0x000A0777, "LO", "Testname")

    ct_file(study / "private", private)
    report = deidentify(study, tmp_path / "out", Options(), KEYS)
    rows = {(row["attribute"], row["done"]): row["count"] for row in report["attributes"]}
    assert rows["PatientName", "empty"] == 5 and rows["AccessionNumber", "empty"] == 5
    assert rows["private (0009,xx01)", "remove"] == rows["(000A,0777)", "remove"] == 1
    assert "testname" not in json.dumps(report).lower()
    assert [code for code, _ in report["codes_cid_7050"]] == ["113100", "113107"]
    assert deidentify(study, tmp_path / "out", Options(), KEYS) == report, "the journal keeps it"


def test_what_is_left_of_a_source_that_was_taken_away_is_named(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert deidentify(study, out, Options(), KEYS)["left_from_earlier_runs"] == []
    before = images(out)
    (study / "3").unlink()
    report = deidentify(study, out, Options(), KEYS)
    (name,) = report["left_from_earlier_runs"]
    assert out / name in before and (out / name).is_file() and report["files"]["written"] == 3
    assert [line for line in summary(report) if line.startswith("left, 1:")]
