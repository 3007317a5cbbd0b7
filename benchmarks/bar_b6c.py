"""B6, third part: after reports, cases, verdicts and a training run, one study is forgotten and leaves no trace."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

PATIENTS, STEPS = 5, 4


@dataclass(frozen=True)
class Outcome:
    """What forgetting one of several studies did.

    Attributes:
        before, after: files with a trace of it, by a search that the command does not use.
        removed: entries of the proof.
        changed: files of the others that are not bit for bit what they were (a shared file of cases and the review
            store are compared by their content).
        runs: training runs that the proof names as not changed.
        complete: the proof's own verdict.
    """

    before: int
    after: int
    removed: int
    changed: tuple[str, ...]
    runs: int
    complete: bool


def run() -> tuple[bool, str]:
    """Five synthetic patients, the embedded model, an adapter of four steps."""
    with tempfile.TemporaryDirectory(prefix="medomni-b6c-") as folder:
        done = outcome(Path(folder), PATIENTS, STEPS)
    met = done.before > 0 and done.after == 0 and not done.changed and done.complete and done.runs == 1
    return met, (f"{done.before} files with traces of one of {PATIENTS} studies before, {done.after} after "
                 f"({done.removed} removed), {len(done.changed)} files of the others changed, "
                 f"{done.runs} run named as not changed")


def outcome(folder: Path, patients: int, steps: int, *, size: int = 512, spacing_mm: float | None = None) -> Outcome:
    """Make the studies and all that medomni keeps of them, forget the second, and look.

    Args:
        size, spacing_mm: of the synthetic series, as :func:`medomni.phantom.render` takes them; its own by default.
    """
    from medomni.cohort import build_case_files
    from medomni.config import load_config
    from medomni.data import load_cases, save_cases
    from medomni.dicom.keys import study_key
    from medomni.forget import Subject, forget, subject_of
    from medomni.phantom import reference_report, render, sample_patient, write_series
    from medomni.pipeline import report_study
    from medomni.train import Recipe
    from medomni.train.command import run_recipe

    studies, kept = folder / "studies", folder / "kept"
    for k in range(patients):
        patient = sample_patient(700_000 + k, "A")
        volume = render(patient) if spacing_mm is None else render(patient, size, spacing_mm)
        write_series(patient, volume, studies / f"{k}" / "dicom")
        (studies / f"{k}" / "report.txt").write_text(reference_report(patient), encoding="utf-8")
        report_study(studies / f"{k}" / "dicom", kept / "reports" / f"{k}")
    victim = subject_of(str(studies / "1" / "dicom"))
    keys = [subject_of(str(studies / f"{k}" / "dicom")).key for k in range(patients)]
    build_case_files(studies, kept / "cases")
    cases = load_cases(kept / "cases")
    save_cases(cases, kept / "shard" / "all.npz")
    _judge(kept / "reports", keys)
    recipe = load_config(_recipe(folder / "recipe.yaml", steps), Recipe)
    run_recipe(recipe, cases, kept / "run")

    secrets = {victim.key, victim.uid or "", *victim.parts}
    own = kept / "reports" / "1"  # some of its files name nobody, and must go all the same
    plain = {p: _digest(p) for p in _files(kept) if not _holds(p, secrets) and p.parent != own}
    before = sum(_holds(p, secrets) for p in _files(kept))
    others = [_row(c) for c in cases if c.findings.study.study_key != victim.key]
    done = forget(Subject(victim.key, victim.uid, victim.parts), [kept], folder / "proof.json")
    changed = [str(p.relative_to(kept)) for p, digest in plain.items() if not p.is_file() or _digest(p) != digest]
    if [_row(c) for c in load_cases(kept / "shard" / "all.npz")] != others:
        changed.append("shard/all.npz")
    if _verdicts(kept / "reports") != {key: 2 for key in keys if key != victim.key}:
        changed.append("reports/verdicts.sqlite")
    after = sum(_holds(p, secrets) for p in [*_files(kept), folder / "proof.json"]) + own.exists()
    assert study_key(victim.uid or "") == victim.key
    return Outcome(before, after, len(done.removed), tuple(changed), len(done.runs), done.complete)


def _judge(reports: Path, keys: list[str]) -> None:
    from medomni.review.store import VerdictStore

    store = VerdictStore(reports / "verdicts.sqlite")
    for key in keys:
        chain = f"{key}-0123abcd"  # as the review server names a report of a study
        for flag in ("f1", "f2"):
            store.append(chain, flag, "reject", "seen on slice 12", "reader", head=store.head(chain))
    store.engine.dispose()


def _verdicts(reports: Path) -> dict[str, int]:
    """Verdicts by study; only whole chains count."""
    import sqlite3

    from medomni.review.store import VerdictStore

    with sqlite3.connect(reports / "verdicts.sqlite") as base:
        chains = [row[0] for row in base.execute("SELECT study_key FROM heads")]
    store = VerdictStore(reports / "verdicts.sqlite")
    found = {c.split("-")[0]: len(store.verdicts(c)) for c in chains if store.verify(c)}
    store.engine.dispose()
    return found


def _recipe(path: Path, steps: int) -> Path:
    path.write_text(json.dumps({
        "name": "bar", "model": {"source": "embedded"},
        "adapter": {"rank": 4, "targets": [{"part": "text", "kind": "attention"}]},
        "train": {"batch": 2, "checkpoint_every": 2, "stages": [
            {"name": "top", "open": [{"part": "text", "start": "top", "count": 1}], "steps": steps, "lr": 1e-3}]}}))
    return path


def _row(case) -> tuple:  # type: ignore[no-untyped-def]
    places = b"" if case.places is None else case.places.tobytes()
    return (case.hu.tobytes(), places, case.findings.model_dump_json(), case.report, case.patient_key)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _holds(path: Path, secrets: set[str]) -> bool:
    """True where a name or the bytes, those of packed members too, hold one of the strings."""
    import zipfile

    bodies = [path.name.encode(), path.read_bytes()]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            bodies += [archive.read(name) for name in archive.namelist()]
    return any(s.encode() in body for s in secrets if s for body in bodies)
