"""Two rounds between a real SuperLink and three real SuperNodes over TLS; every process ends; no data crosses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("flwr")

from medomni_federated.aggregate import aggregate_products
from medomni_federated.ledger import alone, plan_of, resumable, round_file, round_rows
from medomni_federated.processes import FAB
from medomni_federated.rounds import run_rounds
from medomni_federated.site import initial_tensors, train_site
from safetensors.numpy import load_file

from medomni.data import Case, save_cases
from medomni.errors import MedomniError
from medomni.model import load_adapter, load_bundle, save_bundle
from medomni.records import History
from tests.cases import small_bundle, square_cases


def write_recipe(folder: Path) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(json.dumps({
        "name": "t", "model": {"source": str(folder / "model")},
        "adapter": {"rank": 4, "targets": [{"part": "text", "kind": "attention"}]}, "data": {"facts": 0.0},
        "train": {"batch": 4, "threads": 1,
                  "stages": [{"name": "a", "open": [{"part": "all"}], "steps": 3, "lr": 0.002}]}}))
    return path


def planted(case: Case) -> Case:
    """A case whose patient, words and history must stay at the hospital."""
    return replace(case, patient_key="CANARYKEY", report=f"{case.report} CANARYREPORT.",
                   history=History(symptom="CANARYSYMPTOM", prior="CANARYPRIOR"))


STARTER = """
import sys
from pathlib import Path
from medomni_federated.rounds import run_rounds
recipe, model, *cases = sys.argv[1:]
run_rounds(Path(recipe), {Path(c).parent.name: Path(c) for c in cases}, Path("out"), rounds=2, model=model)
"""


def same_as_in_one_process(recipe: Path, cases: dict[str, Path], model: str, rounds: Path) -> None:
    """Round 2 of the processes, after a kill, is what the same code gives here from round 1."""
    start, base = initial_tensors(recipe, model=model, after=round_file(rounds, 1))
    replies = [train_site(recipe, path, start, 2, base, model=model) for path in cases.values()]
    merged = aggregate_products([r.tensors for r in replies], [float(r.cases) for r in replies]).tensors
    told = load_file(str(round_file(rounds, 2)))
    for name in (n for n in told if ".lora_A." in n):  # the factors' basis may turn; their product may not
        b = name.replace(".lora_A.", ".lora_B.")
        x, y = told[b] @ told[name], merged[b] @ merged[name]  # Adam turns the last bit of a small gradient into more
        assert np.linalg.norm(x - y) <= 0.01 * np.linalg.norm(y) > 0, np.linalg.norm(x - y) / np.linalg.norm(y)


@pytest.mark.system
@pytest.mark.usefixtures("strace")
def test_two_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the output folder is relative, as the README's commands give it
    save_bundle(small_bundle(), tmp_path / "model")
    cases = {s: save_cases([planted(c) for c in square_cases(8, first=20 * k)], tmp_path / s / "cases.npz")
             for k, s in enumerate("ABC")}
    recipe, model, rounds = write_recipe(tmp_path), str(tmp_path / "model"), tmp_path / "out" / "rounds"
    killed = subprocess.Popen([sys.executable, "-c", STARTER, str(recipe), model, *map(str, cases.values())],
                              start_new_session=True)
    while not round_file(rounds, 1).is_file() or not round_rows(rounds):
        assert killed.poll() is None
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    first = round_file(rounds, 1).stat().st_mtime_ns
    done = run_rounds(recipe, cases, Path("out"), rounds=2, model=model, trace=True)
    assert [r["round"] for r in done.rows] == [1, 2] and all(r["sites"] == 3 for r in done.rows)
    assert round_file(rounds, 1).stat().st_mtime_ns == first, "a whole round is not run again"
    same_as_in_one_process(recipe, cases, model, rounds)
    assert done.rows[0]["bytes_up"] > 0
    bundle = load_adapter(load_bundle(tmp_path / "model"), done.adapter)
    assert any(float(p.abs().max()) > 0 for n, p in bundle.model.named_parameters() if ".lora_B." in n)
    traces = tmp_path / "out" / "processes" / "trace"
    for site, path in cases.items():
        openers = {t.stem for t in traces.glob("*.txt") if str(path.resolve()) in t.read_text(errors="replace")}
        assert openers == {f"site-{site}"}, "a hospital's data is opened by its own process only"
    told = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert len(told) > 10 and not [p for p in told if b"CANARY" in p.read_bytes()], "a patient in what a round leaves"
    for stat in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(tmp_path) not in stat.read_bytes().decode(errors="replace").replace("\0", " "), "left running"
        except OSError:
            continue


@pytest.mark.system
@pytest.mark.usefixtures("strace")
def test_a_hospitals_dicom_is_opened_by_its_own_process_only(tmp_path: Path) -> None:
    """Short form of A5's tracing; a process that does open another hospital's DICOM is named."""
    from benchmarks.bar_a5 import own_dicom, traced

    rounds = tmp_path / "rounds"
    rounds.mkdir()
    assert own_dicom(tmp_path / "archive", 1, rounds, ("A", "B")) == []
    stolen = next((tmp_path / "archive" / "B").rglob("dicom/*"))
    (rounds / "site-A.txt").write_text(f'1 openat(AT_FDCWD, "{stolen}", O_RDONLY) = 3\n')
    shutil.rmtree(tmp_path / "archive" / "trace")
    (tmp_path / "archive" / "trace").mkdir()
    assert any("site-A" in line for line in traced(tmp_path / "archive", rounds, ("A", "B")))


@pytest.mark.system
def test_a_site_that_cannot_train_ends_the_run_with_its_code(tmp_path: Path) -> None:
    """Real processes: one hospital's cases are damaged. No mean over the others is made."""
    save_bundle(small_bundle(), tmp_path / "model")
    cases = {s: save_cases(square_cases(4, first=20 * k), tmp_path / s / "cases.npz") for k, s in enumerate("AB")}
    cases["B"].write_bytes(cases["B"].read_bytes()[:-40])
    recipe, model = write_recipe(tmp_path), str(tmp_path / "model")
    with pytest.raises(MedomniError) as info:
        run_rounds(recipe, cases, tmp_path / "out", rounds=1, model=model)
    assert info.value.code == "MED-F03" and "round 1: 1 of 2 sites" in str(info.value)
    rounds = tmp_path / "out" / "rounds"
    assert not round_rows(rounds) and not list(rounds.glob("*.safetensors"))


@pytest.mark.unit
def test_the_package_that_travels_is_glue_only(tmp_path: Path) -> None:
    """Flower packs json and jsonl files by default: patients' files beside the app would be sent to every site."""
    import subprocess
    import sys

    app = tmp_path / "app"
    shutil.copytree(FAB, app, ignore=shutil.ignore_patterns("__pycache__", "*.fab"))
    (app / "patients.jsonl").write_text('{"name": "X"}\n')
    (app / "hospital_app" / "data.json").write_text("{}")
    flwr = Path(sys.executable).parent / "flwr"
    subprocess.run([str(flwr), "build", "--app", str(app)], cwd=tmp_path, check=True, capture_output=True)
    fab = next(tmp_path.glob("*.fab"))
    names = {n for n in zipfile.ZipFile(fab).namelist() if not n.startswith(".info") and "RECORD" not in n}
    glue = {f"hospital_app/{n}.py" for n in ("__init__", "client", "server")}
    assert names == {"pyproject.toml", *glue}, names
    assert fab.stat().st_size < 100_000


@pytest.mark.unit
def test_missing_files_and_other_bases_are_refused(tmp_path: Path) -> None:
    from medomni_federated.site import initial_tensors, train_site

    with pytest.raises(MedomniError) as info:
        run_rounds(tmp_path / "none.yaml", {}, tmp_path / "out", rounds=1)
    assert info.value.code == "MED-C08"
    save_bundle(small_bundle(), tmp_path / "model")
    recipe = write_recipe(tmp_path)
    tensors, _ = initial_tensors(recipe, model=str(tmp_path / "model"))
    path = save_cases(square_cases(4), tmp_path / "c.npz")
    with pytest.raises(MedomniError) as info:
        train_site(recipe, path, tensors, 1, "0" * 64, model=str(tmp_path / "model"))
    assert info.value.code == "MED-M01"


@pytest.mark.unit
def test_where_a_cut_run_goes_on(tmp_path: Path) -> None:
    """Only whole rounds of the same plan are kept; those of another plan are moved aside; one run a folder."""
    recipe = write_recipe(tmp_path)
    (tmp_path / "c.npz").write_bytes(b"x")
    plan, folder = plan_of(recipe, {"A": tmp_path / "c.npz"}, "base"), tmp_path / "rounds"
    assert resumable(folder, plan) == 0

    def leave(rounds: int) -> None:
        (folder / "rounds.jsonl").write_text("".join(json.dumps({"round": k}) + "\n" for k in range(1, rounds + 1)))
        for k in (*range(1, rounds), rounds + 1):  # the last one was cut before its file was written
            round_file(folder, k).write_bytes(b"")

    leave(3)
    assert resumable(folder, plan) == 2 and [r["round"] for r in round_rows(folder)] == [1, 2]
    assert not round_file(folder, 4).exists()
    assert plan_of(recipe, {"A": tmp_path / "c.npz"}, "another base") != plan
    (tmp_path / "c.npz").write_bytes(b"xy")
    assert resumable(folder, plan_of(recipe, {"A": tmp_path / "c.npz"}, "base")) == 0
    assert round_file(tmp_path / "rounds-earlier", 1).is_file()
    with alone(tmp_path / "o"), pytest.raises(MedomniError) as info:
        run_rounds(recipe, {"A": tmp_path / "c.npz"}, tmp_path / "o", rounds=1)
    assert info.value.code == "MED-F05"
    for name in ("", "a/b", "x y", "é"):
        with pytest.raises(MedomniError) as info:
            run_rounds(recipe, {name: tmp_path / "c.npz"}, tmp_path / "o", rounds=1)
        assert info.value.code == "MED-C03"
