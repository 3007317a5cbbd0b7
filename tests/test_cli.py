"""The command line refuses bad input with exit code 2, a code, the file and a remedy, and never with a traceback.

Ctrl-C ends with 130 and a checkpoint from which the same command goes on; a full disk loses nothing that was there.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
import yaml

from medomni.cli import command as cli
from medomni.data import save_cases
from medomni.files import unwritable
from medomni.phantom import render, sample_patient, write_series
from medomni.records import Findings, Study
from tests.cases import SMALL, square_cases
from tests.conftest import can_mount

ROOT = Path(__file__).resolve().parents[1]


class Ran:
    """Exit code and output of one command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def refused(self, code: str, *words: object, exit_code: int = 2) -> None:
        text = " ".join(self.err.split())  # consoles wrap lines
        assert self.code == exit_code, (self.code, self.err)
        assert f"{code}: " in text and "Remedy:" in text, self.err
        assert "Traceback" not in self.err
        for word in words:
            assert str(word) in text, (word, self.err)


@pytest.fixture
def medomni(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run ``medomni ...`` through its entry point, in this process."""

    def run(*arguments: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["medomni", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as exc:
            code = int(exc.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Path:
    patient = sample_patient(8, "A")
    folder = tmp_path_factory.mktemp("study")
    write_series(patient, render(patient, 64, 10.0), folder)
    return folder


@pytest.fixture
def series(rendered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(rendered, tmp_path / "series"))


@pytest.fixture(scope="module")
def findings(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("findings") / "findings.json"
    path.write_text(Findings(study=Study(study_key="s", modality="CT")).model_dump_json())
    return path


def change(path: Path, edit) -> None:
    ds = pydicom.dcmread(path)
    edit(ds)
    ds.save_as(path)


def sorted_paths(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda p: float(pydicom.dcmread(p).ImagePositionPatient[2]))


# --- DICOM ----------------------------------------------------------------------------------------------

def empty(folder: Path) -> object:
    for path in folder.iterdir():
        path.unlink()
    return folder.name


def text_file(folder: Path) -> object:
    empty(folder)
    (folder / "letter.dcm").write_text("not an image")
    return "letter.dcm"


def truncated(folder: Path) -> object:
    path = sorted_paths(folder)[3]
    path.write_bytes(path.read_bytes()[:-500])
    return path.name


def two_patients(folder: Path) -> object:
    change(sorted_paths(folder)[0], lambda ds: setattr(ds, "PatientID", "ANOTHER"))
    return folder.name


def missing_slice(folder: Path) -> object:
    paths = sorted_paths(folder)
    paths[5].unlink()
    return paths[4].name


def magnetic(folder: Path) -> object:
    for path in folder.iterdir():
        change(path, lambda ds: setattr(ds, "Modality", "MR"))
    return folder.name


def colour(folder: Path) -> object:
    kept = sorted_paths(folder)[0]
    for path in folder.iterdir():
        if path != kept:
            path.unlink()

    def paint(ds: pydicom.Dataset) -> None:
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
        ds.PixelData = np.zeros((ds.Rows, ds.Columns, 3), np.uint8).tobytes()

    change(kept, paint)
    return kept.name


BAD_DICOM = [(empty, "MED-D01"), (text_file, "MED-D01"), (truncated, "MED-D03"), (two_patients, "MED-D04"),
             (missing_slice, "MED-D05"), (magnetic, "MED-D07"), (colour, "MED-D08")]


@pytest.mark.flow
@pytest.mark.parametrize(("spoil", "code"), BAD_DICOM, ids=[f.__name__ for f, _ in BAD_DICOM])
def test_bad_dicom(medomni, series: Path, tmp_path: Path, spoil, code: str) -> None:
    """Every command that reads a study refuses it alike and writes nothing."""
    named = spoil(series)
    report = tmp_path / "r.txt"
    report.write_text("No pneumothorax.")
    out = tmp_path / "out"
    medomni("report", series, "-o", out).refused(code, named)
    medomni("measure", series, "-o", out / "findings.json").refused(code, named)
    medomni("check", "--report", report, "--study", series, "-o", out).refused(code, named)
    assert not out.exists() or not any(p for p in out.rglob("*") if p.is_file())


@pytest.mark.flow
def test_text_file_beside_a_series_is_a_recorded_warning(medomni, series: Path, tmp_path: Path) -> None:
    (series / "letter.dcm").write_text("not an image")
    out = tmp_path / "findings.json"
    ran = medomni("measure", series, "-o", out)
    assert ran.code == 0, ran.err
    warnings = json.loads(out.read_text())["study"]["warnings"]
    assert [w["code"] for w in warnings] == ["MED-D02", "MED-S07"] and "letter.dcm" in warnings[0]["detail"]


@pytest.mark.flow
def test_ingest_table_and_json(medomni, series: Path) -> None:
    files = len(list(series.iterdir()))
    change(sorted_paths(series)[0], lambda ds: setattr(ds, "ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    (series / "letter.dcm").write_text("not an image")
    ran = medomni("ingest", series, "--json")
    data = json.loads(ran.out)
    assert data["files"] == files + 1
    assert [(s["slices"], s["usable"], s["reason"]) for s in data["series"]] == [
        (files - 1, True, ""), (1, False, "MED-D12 the images are of the kind: localizer")]
    assert [w["code"] for w in data["warnings"]] == ["MED-D02"]
    table = medomni("ingest", series).out
    assert "no: MED-D12" in " ".join(table.split()) and "letter.dcm" in table and "SYN-" not in table


@pytest.mark.flow
def test_series_number_that_is_not_there(medomni, series: Path, tmp_path: Path) -> None:
    medomni("report", series, "--series", 3, "-o", tmp_path / "out").refused("MED-C03", "series 3", "0 to 0")


# --- reports --------------------------------------------------------------------------------------------

GERMAN = ("Befund: Es zeigt sich ein kleiner Pleuraerguss auf der rechten Seite. Das Herz ist nicht vergrößert. "
          "Kein Nachweis eines Pneumothorax. Die Lunge ist frei von Verschattungen.")
FRENCH = ("Résultats : il existe un petit épanchement pleural droit. Le cœur n'est pas augmenté de volume. "
          "Pas de pneumothorax visible. Les poumons sont bien aérés et sans opacité.")


@pytest.mark.unit
@pytest.mark.parametrize(("content", "code"), [
    (GERMAN.encode(), "MED-K01"), (FRENCH.encode(), "MED-K01"), (b"", "MED-K02"), (b" \n\t\n", "MED-K02"),
    (bytes(range(256)), "MED-K04"), ("Größe".encode("latin-1"), "MED-K04"), (b"a\0b\0c\0", "MED-K04"),
], ids=["German", "French", "empty", "blank", "binary", "latin-1", "zero-bytes"])
def test_bad_reports(medomni, tmp_path: Path, findings: Path, content: bytes, code: str) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(content)
    medomni("check", "--report", path, "--findings", findings).refused(code, path.name)
    medomni("extract", path).refused(code, path.name)


@pytest.mark.unit
def test_absent_files(medomni, tmp_path: Path, findings: Path) -> None:
    report = tmp_path / "r.txt"
    report.write_text("No pneumothorax.")
    absent = tmp_path / "absent"
    medomni("check", "--report", absent, "--findings", findings).refused("MED-C08", "absent")
    medomni("check", "--report", report, "--findings", absent).refused("MED-C08", "absent")
    medomni("extract", absent).refused("MED-C08", "absent")
    medomni("extract", absent, "--format", "jsonl").refused("MED-C08", "absent")
    medomni("ingest", absent).refused("MED-C08", "absent")
    medomni("report", absent, "-o", tmp_path / "o").refused("MED-C08", "absent")
    medomni("train", absent, "--cases", absent, "-o", tmp_path / "o").refused("MED-C08", "absent")
    medomni("review", tmp_path).refused("MED-R03", tmp_path.name)


@pytest.mark.unit
def test_findings_that_are_no_record(medomni, tmp_path: Path) -> None:
    report = tmp_path / "r.txt"
    report.write_text("No pneumothorax.")
    for k, content in enumerate([b"{", b"[]", b'{"study": 3}', b"\xff\xfe"]):
        path = tmp_path / f"findings{k}.json"
        path.write_bytes(content)
        medomni("check", "--report", report, "--findings", path).refused("MED-C07", path.name)


# --- configuration --------------------------------------------------------------------------------------

def recipe(**extra: object) -> dict:
    """A run of a minute's hundredth, from scratch."""
    train = {"batch": 2, "checkpoint_every": 1, "stages": [
        {"name": "all", "open": [{"part": "all"}], "steps": 400, "lr": 1e-3}]}
    return {"name": "small", "model": {"source": "tiny", "sizes": SMALL.model_dump()}, "train": {**train, **extra}}


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return save_cases(square_cases(6), tmp_path / "cases.npz")


@pytest.mark.unit
@pytest.mark.parametrize(("text", "code", "words"), [
    (yaml.safe_dump({**recipe(), "learning_rate": 1}), "MED-C01", ["learning_rate", "known here:", "train", "model"]),
    (yaml.safe_dump(recipe(epochs=3)), "MED-C01", ["train.epochs", "known here:", "batch", "stages"]),
    ("train: [1, 2\nmodel: }", "MED-C02", ["line"]),
    (yaml.safe_dump(recipe(batch="many")), "MED-C03", ["train.batch"]),
    ("just a sentence", "MED-C03", []),
    (yaml.safe_dump({**recipe(), "train": {"batch": 2, "stagez": []}}), "MED-C01", ["train.stagez", "stages"]),
    ("Patient: Zhang San: 1970-02-03", "MED-C02", ["line 1, column 19"]),
], ids=["unknown-key", "unknown-nested-key", "not-yaml", "wrong-type", "no-mapping", "misspelt", "a report"])
def test_bad_configuration(medomni, tmp_path: Path, cases: Path, text: str, code: str, words: list[str]) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    ran = medomni("train", path, "--cases", cases, "-o", tmp_path / "out")
    ran.refused(code, "recipe.yaml", *words)
    assert "Zhang" not in ran.out + ran.err and not (tmp_path / "out").exists()


# --- the disk and the keyboard --------------------------------------------------------------------------

@pytest.fixture
def small_disk(tmp_path: Path):
    """A mounted file system of 64 KB, or a visible skip where mounting is not allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not can_mount():
        pytest.skip("mounting a small disk is not allowed here")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.system
def test_full_disk_of_a_study(medomni, series: Path, small_disk: Path, tmp_path: Path) -> None:
    """The earlier study stays whole; nothing half-written is left; with room the same command goes through."""
    report = tmp_path / "r.txt"
    report.write_text("No pneumothorax.")
    kept = small_disk / "report.txt"
    kept.write_text("an earlier report")
    (small_disk / "fill").write_bytes(bytes(56 * 1024))
    medomni("check", "--report", report, "--study", series, "-o", small_disk).refused("MED-C04", small_disk.name)
    whole = {"report.txt", "fill", "findings.json", "report.json", "check.json"}
    assert {p.name for p in small_disk.iterdir()} <= whole
    for path in small_disk.glob("*.json"):
        json.loads(path.read_text())
    assert kept.read_text() in ("an earlier report", "No pneumothorax.\n")
    medomni("phantom", "-o", small_disk / "p").refused("MED-C04")


@pytest.mark.flow
def test_full_disk_simulated(medomni, series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a mount: the rename of every written file says that there is no room."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    report, out = tmp_path / "r.txt", tmp_path / "out"
    report.write_text("No pneumothorax.")
    monkeypatch.setattr(os, "replace", full)
    medomni("check", "--report", report, "--study", series, "-o", out).refused("MED-C04", "out", "No space left")
    assert list(out.iterdir()) == []
    medomni("measure", series, "-o", tmp_path / "f.json").refused("MED-C04", "No space left")


@pytest.mark.flow
def test_output_folders(medomni, series: Path, tmp_path: Path) -> None:
    """A folder that is not there is made; a file in the way is refused."""
    assert medomni("measure", series, "-o", tmp_path / "new" / "deep" / "f.json").code == 0
    (tmp_path / "file").write_text("")
    medomni("measure", series, "-o", tmp_path / "file" / "f.json").refused("MED-C04", "file")
    medomni("phantom", "-o", tmp_path / "file").refused("MED-C04", "file")


@pytest.mark.system
def test_control_c_in_training_and_resume(tmp_path: Path, cases: Path) -> None:
    """SIGINT in a real run: exit code 130, the checkpoint named, and the second run goes on from it."""
    path, out = tmp_path / "recipe.yaml", tmp_path / "out"
    path.write_text(yaml.safe_dump(recipe()))
    command = [sys.executable, "-c", "from medomni.cli import main; main()", "train", str(path), "--cases", str(cases),
               "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    deadline = time.monotonic() + 180
    while len(list(out.glob("step-*"))) < 2 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    Ran(process.returncode, "", err).refused("MED-C05", "step-", exit_code=130)
    stopped = max(int(p.name.split("-")[1]) for p in out.glob("step-*"))
    assert f"step-{stopped:06d}" in "".join(err.split())
    assert 0 < stopped < 400
    shorter = yaml.safe_load(path.read_text())
    assert shorter["train"]["stages"][0]["steps"] == 400
    second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    while not any(int(p.name.split("-")[1]) > stopped for p in out.glob("step-*")) and second.poll() is None:
        time.sleep(0.05)
    second.send_signal(signal.SIGINT)
    second.communicate(timeout=60)
    steps = [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]
    assert steps == list(range(1, steps[-1] + 1)) and steps[-1] > stopped  # nothing lost, nothing done twice


@pytest.mark.flow
def test_pictures_of_an_earlier_study_go_and_no_others(medomni, series: Path, tmp_path: Path) -> None:
    from PIL import Image

    out = tmp_path / "out"
    assert medomni("pictures", series, "-o", out).code == 0
    drawn = {p.name for p in out.iterdir()}
    assert "contact.png" in drawn
    shutil.copy(out / "contact.png", out / "f99-lung_nodule.png")  # drawn by medomni, as of a study with more findings
    Image.new("RGB", (4, 4)).save(out / "view.png")
    (out / "f1-notes.txt").write_text("mine")
    assert medomni("pictures", series, "-o", out).code == 0
    assert {p.name for p in out.iterdir()} == drawn | {"view.png", "f1-notes.txt"}
    for name in ("f98-lung_nodule.png", "f98-Doe.png"):
        shutil.copy(out / "view.png", out / name)
        ran = medomni("pictures", series, "-o", out)
        ran.refused("MED-C10", "of such files 1 were")
        assert "Doe" not in ran.err and (out / name).read_bytes() == (out / "view.png").read_bytes()
        (out / name).unlink()


# --- starting, doctor, the other wheel ------------------------------------------------------------------

@pytest.mark.system
def test_help_is_quick_and_loads_no_torch() -> None:
    """Short form of bar A6: ``medomni --help`` within a second of processor time, without torch or pydicom."""
    code = ("import sys, atexit, resource\n"
            "def told():\n"
            "    used = resource.getrusage(resource.RUSAGE_SELF)\n"
            "    heavy = {'torch', 'transformers', 'pydicom', 'scipy', 'fastapi'} & set(sys.modules)\n"
            "    print('HEAVY', sorted(heavy), used.ru_utime + used.ru_stime)\n"
            "atexit.register(told)\n"
            "from medomni.cli import main\nmain()\n")
    best = []
    for _ in range(3):
        ran = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True,
                             cwd=ROOT)
        for command in ("demo", "phantom", "ingest", "segment", "measure", "report", "extract", "check", "pretrain",
                        "train", "generate", "review", "doctor"):
            assert command in ran.stdout
        heavy, seconds = ran.stdout.rsplit("HEAVY ", 1)[1].rsplit(" ", 1)
        assert heavy == "[]"
        best.append(float(seconds))
    assert min(best) <= 1.0


@pytest.mark.unit
def test_doctor(medomni) -> None:
    ran = medomni("doctor")
    rows = {line[9:31].strip(): line.split()[0] for line in ran.out.splitlines()}
    assert rows["torch"] == "ok" and rows["python"] == "ok" and "embedded model" in rows and "disk" in rows
    assert set(rows.values()) <= {"ok", "missing", "error"}
    assert ran.code == int("error" in rows.values())


@pytest.mark.flow
def test_a_page_alone_leaves_its_folder_alone(medomni, series: Path, tmp_path: Path) -> None:
    """``check --html DIR/r.html`` in the folder of a finished study: that study's files stay as they are."""
    names = ("report.json", "report.txt", "findings.json", "check.json", "report.html", "images.npz")
    for name in names:
        (tmp_path / name).write_text("another study's")
    text = tmp_path / "words.txt"
    text.write_text("No pleural effusion.")
    ran = medomni("check", "--report", text, "--study", series, "--html", tmp_path / "r.html")
    assert ran.code == 0, ran.err
    page = (tmp_path / "r.html").read_text()
    assert "No pleural effusion." in re.sub("<[^>]+>", "", page)
    assert "data:image/png" in page
    assert all((tmp_path / name).read_text() == "another study's" for name in names)
    assert {p.name for p in tmp_path.iterdir()} <= {*names, "words.txt", "r.html", series.name}


@pytest.mark.unit
def test_what_cannot_be_read_is_not_called_a_full_disk() -> None:
    try:
        try:
            raise FileExistsError(errno.EEXIST, "File exists", "/tmp/x")
        except FileExistsError:
            raise OSError("could not parse the header")  # noqa: B904  the context is what is tried
    except OSError as exc:
        assert unwritable(exc) is None
    try:
        raise OSError("cannot write") from OSError(errno.ENOSPC, "No space left on device", "/tmp/y")
    except OSError as exc:
        assert unwritable(exc).errno == errno.ENOSPC


@pytest.mark.unit
def test_extract_of_what_is_not_text(medomni, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xff\xfe no")
    medomni("extract", path, "--format", "jsonl").refused("MED-K04", "r.jsonl")
    path.write_text("HISTORY: left lung mass.\nFINDINGS: No pleural effusion.", encoding="utf-8-sig")
    told = medomni("extract", path).out  # Windows' mark before the first heading: a history is no finding
    assert "pleural_effusion" in told and "mass" not in told


@pytest.mark.unit
def test_one_source_of_findings_and_known_formats(medomni, tmp_path: Path, findings: Path) -> None:
    report = tmp_path / "r.txt"
    report.write_text("12345")
    medomni("check", "--report", report, "--study", tmp_path, "--findings", findings).refused("MED-C03", "--findings")
    medomni("check", "--report", report, "--format", "jsonl").refused("MED-C03", "standard input")
    out = tmp_path / "checked"
    assert medomni("check", "--report", report, "--findings", findings, "--out", out).code == 0
    assert {p.name for p in out.iterdir()} == {"check.json", "report.html"}
    assert medomni("check", "--report", report, "--format", "xml").code == 2
    for ran in (medomni("check", "--report", report, "--findings", findings), medomni("extract", report)):
        assert ran.code == 0 and "no claim was found" in ran.err, "silence would read as no problem"


@pytest.mark.unit
@pytest.mark.parametrize("record", ["{", "{}", "[]", '{"settings": {}, "base_sha256": 1, "adapter_sha256": "a"}'])
def test_an_adapter_that_is_none(tmp_path: Path, record: str) -> None:
    from medomni.errors import MedomniError
    from medomni.model import load_adapter
    from tests.cases import small_bundle

    (tmp_path / "adapter.json").write_text(record)
    with pytest.raises(MedomniError) as info:
        load_adapter(small_bundle(), tmp_path)
    assert info.value.code == "MED-C07" and str(info.value.where).endswith("adapter.json")


@pytest.mark.flow
def test_a_phantom_has_history_and_report_in_style_and_language(medomni, tmp_path: Path) -> None:
    ran = medomni("phantom", "--seed", "12", "--language", "zh", "-o", tmp_path / "zh")
    assert ran.code == 0, ran.err
    folder = tmp_path / "zh" / "A-12"
    assert "影像所见" in (folder / "reference.txt").read_text()
    assert json.loads((folder / "history.json").read_text())["symptom"]
    medomni("phantom", "--style", "sonnet", "-o", tmp_path / "p").refused("MED-C03", "sonnet", "telegraphic", "prose")
    medomni("phantom", "--language", "fr", "-o", tmp_path / "p").refused("MED-C03", "fr")


@pytest.mark.unit
def test_hospital_that_is_not_there(medomni, tmp_path: Path) -> None:
    medomni("phantom", "--hospital", "Z", "-o", tmp_path / "out").refused("MED-C03", "hospital Z", "A, B, C")
    assert not (tmp_path / "out").exists()


@pytest.mark.unit
def test_federated_wheel_absent(medomni, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda group: ())
    medomni("federated", "run", "--rounds", "1").refused("MED-F01", "pip install medomni-federated")


@pytest.mark.unit
def test_usage_errors_are_short(medomni) -> None:
    ran = medomni("report")
    assert ran.code == 2 and "Missing argument" in " ".join(ran.err.split()) and "Traceback" not in ran.err
    assert medomni("no-such-command").code == 2


def test_slices_writes_a_sheet_and_its_choice(medomni, tmp_path: Path) -> None:
    patient = sample_patient(5, "A")
    write_series(patient, render(patient, 96, 8.0), tmp_path / "ct")
    ran = medomni("slices", tmp_path / "ct", "-o", tmp_path / "out" / "sheet.png", "--budget", 90, "--size", 96)
    assert ran.code == 0, ran.err
    choice = json.loads((tmp_path / "out" / "sheet.json").read_text())
    assert choice["tokens"] <= 90 and "of 90" in ran.out
    assert (tmp_path / "out" / "sheet.png").read_bytes().startswith(b"\x89PNG")
    medomni("slices", tmp_path / "ct", "-o", tmp_path / "x.png", "--budget", 8, "--size", 96).refused("MED-C03", 8)


@pytest.mark.unit
def test_a_line_says_what_is_uncertain_and_the_ratio() -> None:
    from medomni.cli.shown import finding_lines
    from medomni.records import Coverage, Finding, Findings, Score, Study

    sure = Finding(id="f1", finding_id="lung_nodule", anatomy_id="lung", side="left", longest_mm=9.4, confidence=0.8,
                   measured_by="x")
    heart = Finding(id="f3", finding_id="cardiomegaly", anatomy_id="heart", side="midline", ratio=0.5649,
                    measured_by="x")
    rib = Coverage(finding_id="rib_fracture", anatomy_id="rib", method="x", z_range_mm=(-120.4, 60.0))
    found = (sure, sure.model_copy(update={"presence": "uncertain"}), heart)
    scores = (Score(score_id="agatston", anatomy_id="coronary_artery", value=120.5, unit="Agatston", uncertainty=115.0,
                    measured_by="x"),
              Score(score_id="vertebral_density_hu", anatomy_id="vertebra", value=140, unit="HU", measured_by="x",
                    centroid_mm=(0.0, 50.0, -33.2)))
    lines = list(finding_lines(Findings(study=Study(study_key="k", modality="CT"), findings=found, scores=scores,
                                        coverage=(rib,))))
    assert lines == ["lung_nodule left 9 mm confidence 0.80", "lung_nodule left uncertain 9 mm confidence 0.80",
                     "cardiomegaly midline ratio 0.56 confidence 1.00",
                     "agatston: 120.5 Agatston, plus or minus 115", "vertebral_density_hu at z -33 mm: 140 HU",
                     "assessed from z -120 to 60 mm alone: rib_fracture bilateral"]


@pytest.mark.unit
def test_a_folder_is_not_taken_for_words(medomni, tmp_path: Path) -> None:
    """`--prior` of `report` and `check` is text, that of `measure` a folder."""
    from medomni.cli.options import in_words
    from medomni.errors import MedomniError

    text = tmp_path / "report.txt"
    text.write_text("No pneumothorax.", encoding="utf-8")
    medomni("report", tmp_path, "-o", tmp_path / "out", "--prior", tmp_path).refused("MED-C03", "--prior-study")
    medomni("check", "--report", text, "--prior", tmp_path).refused("MED-C03", "measure STUDY --prior")
    assert not (tmp_path / "out").exists()
    for words in ("", "Right effusion of 3 cm.", "未见结节", "x" * 5000):
        assert in_words(words, "") == words
    with pytest.raises(MedomniError, match="MED-C03"):
        in_words(str(text), "")
