"""Nothing identifies a patient: a planted name, number, date and every UID are in no artefact, log or error.

The canary goes in by DICOM, through the whole job, and every file that comes out is opened as far as it opens (npz
members, pictures' text chunks, pages, SQLite) and searched. The source is searched for loaders that run code.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medomni.cli import command as cli
from medomni.phantom import SCANNERS, render, sample_patient, write_series
from medomni.pipeline import check_study, measure_study, report_study, write_study
from tests.cases import small_bundle

ROOT = Path(__file__).resolve().parents[1]
NAME, NUMBER = "CANARYNAME^PLANTED", "CANARYID-7741"
TEXTS = {"PatientBirthDate": "19510203", "StudyDate": "20190405", "SeriesDate": "20190405", "ContentDate": "20190405",
         "AcquisitionDate": "20190405", "StudyTime": "113355", "AccessionNumber": "CANARYACC-9",
         "InstitutionName": "CANARYHOSPITAL", "ReferringPhysicianName": "CANARYDOCTOR", "StudyID": "CANARYSTUDY",
         "StudyDescription": "CT of CANARYNAME", "SeriesDescription": "for CANARYDOCTOR", "PatientID": NUMBER,
         "OperatorsName": "CANARYOPERATOR", "PatientComments": "CANARYCOMMENT", "OtherPatientIDs": "CANARYOTHER",
         "DeviceSerialNumber": "CANARYSERIAL", "StationName": "CANARYSTATION", "ProtocolName": "CANARYPROTOCOL",
         "BodyPartExamined": "CANARYPART of 1951", "ImageComments": "CANARYIMAGE", "PatientAddress": "CANARYSTREET"}


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> tuple[Path, list[bytes]]:
    """A series with the canary, and every string that must not come out. File names hold UIDs, as archives write."""
    folder = tmp_path_factory.mktemp("planted")
    patient = sample_patient(11, "A")
    for path in write_series(patient, render(patient, 96, 8.0), folder, SCANNERS["sharp"], name=NAME):
        ds = pydicom.dcmread(path)
        for keyword, value in TEXTS.items():
            setattr(ds, keyword, value)
        ds.save_as(path)
    secrets = {b"CANARY", b"PLANTED", b"19510203", b"1951-02-03", b"20190405", b"2019-04-05", b"113355"}
    for path in folder.iterdir():
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        secrets |= {str(ds[k].value).encode() for k in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID",
                                                        "FrameOfReferenceUID")}
    return folder, sorted(secrets)


def opened(name: str, data: bytes) -> list[tuple[str, bytes]]:
    """A file's bytes and those packed inside it."""
    out = [(name, data)]
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                out += opened(f"{name}:{member}", archive.read(member))
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        at = 8
        while at < len(data):
            length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
            if kind in (b"zTXt", b"iTXt", b"tEXt"):
                body = data[at + 8:at + 8 + length]
                packed = body.find(b"x\x9c")
                out.append((f"{name}:{kind.decode()}", zlib.decompress(body[packed:]) if packed >= 0 else body))
            at += 12 + length
    return out


def leaks(folder: Path, secrets: list[bytes]) -> list[str]:
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        parts = [(path.name, path.name.encode()), *opened(path.name, path.read_bytes())]
        for name, data in parts:
            narrow = data.replace(b"\0", b"") if name.endswith(".npy") else b""  # arrays of text are UTF-32
            found += [f"{name}: {s.decode()}" for s in secrets if s.lower() in data.lower() or s in narrow]
    return found


@pytest.mark.unit
def test_the_search_finds_what_is_there(tmp_path: Path, planted) -> None:
    """The detector itself: a canary in a packed array and in a page is found."""
    np.savez_compressed(tmp_path / "a.npz", note=np.frombuffer(b"CANARYNAME", np.uint8), wide=np.array(["PLANTED"]))
    (tmp_path / "b.html").write_text("seen on 20190405")
    assert {x.split(":")[-1].strip() for x in leaks(tmp_path, planted[1])} == {"CANARY", "PLANTED", "20190405"}


@pytest.mark.flow
def test_measured_and_checked_study_holds_no_canary(planted, tmp_path: Path, capfd) -> None:
    """Everything that is written without the model: records, images, page, cases, verdicts."""
    from medomni.data import save_cases
    from medomni.draw import contact_sheet
    from medomni.pipeline import case_of
    from medomni.review.store import VerdictStore

    folder, secrets = planted
    shutil.copy(next(folder.iterdir()), folder / "copy.dcm")  # a warning that names files is recorded too
    try:
        study = measure_study(folder)
    finally:
        (folder / "copy.dcm").unlink()
    assert {w.code for w in study.findings.study.warnings} == {"MED-D15", "MED-S07"}
    report, check = check_study("There is a large left pneumothorax. The heart is normal in size.", study)
    write_study(tmp_path, study, report, check)
    (tmp_path / "contact.png").write_bytes(contact_sheet(study.volume, outlines=study.segmentation))
    save_cases([case_of(study, report=report.text)], tmp_path / "cases.npz")
    store = VerdictStore(tmp_path / "verdicts.sqlite")
    key = study.findings.study.study_key
    store.append(key, "f1", "reject", "not so", "reader", head=store.head(key))
    assert len(list(tmp_path.iterdir())) >= 9
    assert leaks(tmp_path, secrets) == []
    heard = "".join(capfd.readouterr()).encode()
    assert not [s for s in secrets if s in heard]


@pytest.mark.flow
def test_a_trained_adapter_holds_no_canary(planted, tmp_path: Path) -> None:
    """What a hospital may hand on: adapter, its card, the checkpoints and the log of a run on the planted patient."""
    from medomni.data import SlabSettings
    from medomni.pipeline import case_of
    from medomni.train.command import run_recipe
    from tests.train.test_train import recipe

    folder, secrets = planted
    case = case_of(measure_study(folder), report="No pneumothorax.", slabs=SlabSettings(size=64))
    run_recipe(recipe(1), [case, case], tmp_path, bundle=small_bundle())
    names = {p.name for p in tmp_path.rglob("*")}
    assert {"adapter_model.safetensors", "log.jsonl", "state.json"} <= names
    assert leaks(tmp_path, secrets) == []


@pytest.mark.flow
def test_whole_report_holds_no_canary(planted, tmp_path: Path, capfd) -> None:
    folder, secrets = planted
    report_study(folder, tmp_path)
    assert {"report.txt", "report.html", "images.npz", "check.json"} <= {p.name for p in tmp_path.iterdir()}
    assert leaks(tmp_path, secrets) == []
    heard = "".join(capfd.readouterr()).encode()
    assert not [s for s in secrets if s in heard]


@pytest.mark.flow
@pytest.mark.parametrize("spoil", ["cut", "gap", "patients", "units", "copy", "garbage", "place"])
def test_errors_hold_no_canary(planted, tmp_path: Path, spoil: str, monkeypatch, capfd) -> None:
    """Errors of every kind, as the command line prints them."""
    folder, secrets = planted
    series = Path(shutil.copytree(folder, tmp_path / "series"))
    paths = sorted(series.iterdir(), key=lambda p: float(pydicom.dcmread(p).ImagePositionPatient[2]))
    victim = paths[4]
    ds = pydicom.dcmread(victim)
    if spoil == "cut":
        victim.write_bytes(victim.read_bytes()[:-400])
    elif spoil == "gap":
        victim.unlink()
    elif spoil == "garbage":
        victim.write_bytes(victim.read_bytes()[:-2000] + bytes(2000))
    else:
        if spoil == "patients":
            ds.PatientName = "CANARYTWO^PLANTED"
        elif spoil == "units":
            del ds.RescaleSlope
        elif spoil == "place":
            del ds.ImagePositionPatient
            for other in paths:
                if other != victim:
                    other.unlink()
        else:
            ds.PixelData = pydicom.dcmread(paths[6]).PixelData
        ds.save_as(victim if spoil != "copy" else series / "CANARYNAME_copy.dcm")
    capfd.readouterr()
    for command in (["report", str(series), "-o", str(tmp_path / "out")], ["ingest", str(series)]):
        monkeypatch.setattr(sys, "argv", ["medomni", *command])
        try:
            cli.main()
        except SystemExit as exc:
            assert exc.code in (0, 2)
    out, err = capfd.readouterr()
    assert "MED-D" in err and "Remedy:" in err and "Traceback" not in err
    assert not [s for s in secrets if s in (out + err).encode()]


FORBIDDEN = [r"\bpickle\.\w", r"\bimport pickle\b", r"\btorch\.load\(", r"(?<![\w.])eval\(", r"(?<![\w.])exec\(",
             r"allow_pickle\s*=\s*True", r"\bjoblib\.load", r"\byaml\.load\(", r"\bmarshal\.", r"\bshelve\.",
             r"shell\s*=\s*True", r"trust_remote_code\s*=\s*True"]


@pytest.mark.unit
def test_no_loader_that_runs_code() -> None:
    wrong = []
    for room in ("medomni", "federated"):
        for path in (ROOT / room).rglob("*.py"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                wrong += [f"{path.relative_to(ROOT)}:{number}: {p}" for p in FORBIDDEN if re.search(p, line)]
    assert not wrong, "\n".join(wrong)
