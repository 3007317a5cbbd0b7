"""A folder of studies with reports to cases: what cannot be read is named, what was done is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from medomni.cohort import build_case_files, study_folders
from medomni.data import SlabSettings, load_cases, split_by_patient
from medomni.errors import MedomniError

COMMAND = str(Path(sys.executable).parent / "medomni")


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("studies")
    subprocess.run([COMMAND, "phantom", "--hospital", "B", "--seed", "31", "--count", "2", "-o", str(root)], check=True)
    broken = root / "broken"
    broken.mkdir()
    (broken / "report.txt").write_text("No effusion.")
    (broken / "slice.dcm").write_text("not DICOM")
    (root / "silent").mkdir()
    (root / "silent" / "report.txt").write_text(" \n")
    (root / "wordless").mkdir()
    (root / "wordless" / "report.txt").write_text("Kein Erguss. Der Befund ist nicht auffällig und ohne Änderung.")
    (root / "no-report").mkdir()
    return root


@pytest.mark.flow
def test_history_beside_the_report(studies: Path, tmp_path: Path) -> None:
    """It goes into the case; a changed one makes a new case, and one that is no history is refused by name."""
    path, out = next(iter(sorted(studies.glob("B-*")))) / "history.json", tmp_path / "cases"
    whole = path.read_text()
    path.write_text('{"symptom": "cough", "prior": "clear lungs"}')
    assert "clear lungs" in {c.history.prior for c in load_cases(build_case_files(studies, out).written[0].parent)}
    path.write_text('{"name": "x"}')
    refused = {(e.code, f.parent.name) for f, e in build_case_files(studies, out).refused}
    path.write_text(whole)
    assert ("MED-C07", path.parent.name) in refused


@pytest.mark.flow
def test_names_are_taken_out_where_that_is_asked(studies: Path, tmp_path: Path) -> None:
    folder = next(iter(sorted(studies.glob("B-*"))))
    report, history = folder / "report.txt", folder / "history.json"
    whole, said = history.read_text(), "No effusion. Discussed with Dr. Brown on 12/03/2024. MRN 48213377."
    report.write_text(said)
    history.write_text('{"symptom": "cough", "prior": "CT of 12/02/2023 by Dr. Brown: clear lungs"}')
    try:
        built = build_case_files(studies, tmp_path, scrubbed=True)
        again = build_case_files(studies, tmp_path, scrubbed=True)
    finally:
        report.unlink()
        history.write_text(whole)
    (case,) = [c for c in load_cases(tmp_path) if "Discussed" in (c.report or "")]
    text = f"{case.report} {case.history.prior}"
    assert not [w for w in ("Brown", "12/03", "12/02", "48213377") if w in text] and "clear lungs" in text
    assert "No effusion." in text and len(again.kept) == len(built.written) == 2


@pytest.mark.flow
def test_studies_to_cases(studies: Path, tmp_path: Path) -> None:
    out = tmp_path / "cases"
    seen = []
    built = build_case_files(studies, out, site="B", progress=lambda done, total: seen.append((done, total)))
    assert len(built.written) == 2 and not built.kept and seen[-1] == (5, 5)
    assert [(folder.name, error.code) for folder, error in built.refused] == [
        ("no-report", "MED-C08"), ("broken", "MED-D01"), ("silent", "MED-K02"), ("wordless", "MED-K01")]
    cases = load_cases(out)
    texts = {p.read_text().strip() for p in studies.glob("B-*/reference.txt")}
    assert {c.report for c in cases} == texts and all(c.places is not None for c in cases)
    assert len({c.patient_key for c in cases}) == 2 and all(len(c.patient_key) == 16 for c in cases)
    before = {p: os.stat(p).st_mtime_ns for p in built.written}
    again = build_case_files(studies, out, site="B")
    assert set(again.kept) == set(before) and not again.written
    assert {p: os.stat(p).st_mtime_ns for p in again.kept} == before

    small = build_case_files(studies, tmp_path / "small", slabs=SlabSettings(slices=8, size=64))
    assert {c.hu.shape for c in load_cases(tmp_path / "small")} == {(8, 64, 64)} and len(small.written) == 2

    report = next(iter(sorted(studies.glob("B-*/reference.txt"))))
    report.write_text("No pneumothorax.")
    third = build_case_files(studies, out, site="B")
    assert len(third.written) == 1 and len(list(out.glob("*.npz"))) == 2, "a changed report replaces its case"
    with pytest.raises(MedomniError) as info:
        split_by_patient(load_cases(third.written[0]), load_cases(third.written[0]))
    assert info.value.code == "MED-M09"


@pytest.mark.flow
def test_one_study_twice_is_refused(studies: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    one = next(iter(sorted(studies.glob("B-*"))))
    for name in ("first", "second"):
        shutil.copytree(one, root / name)
    (root / "second" / "reference.txt").write_text("Another report.")
    built = build_case_files(root, tmp_path / "cases")
    assert [p.is_file() for p in built.written] == [True]
    (folder, error), = built.refused
    assert folder.parent.name == "second" and error.code == "MED-C03" and "one report" in str(error)


@pytest.mark.flow
def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MedomniError) as info:
        study_folders(tmp_path)
    assert info.value.code == "MED-C08"
    command = [COMMAND, "cases", str(tmp_path), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0 and "MED-C08" in done.stderr + done.stdout
