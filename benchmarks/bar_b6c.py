"""B6, third part: after reports, cases, verdicts and a training run, one study is forgotten and leaves no trace."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

PATIENTS, STEPS = 5, 4
PLACES = ("cache", "cases", "dicom", "inbox", "index", "reports", "shard", "verdicts")
"""Where a study leaves traces: each must hold some, else its being empty afterwards says nothing."""


@dataclass(frozen=True)
class Outcome:
    """What forgetting one of several studies did.

    Attributes:
        before, after: files with a trace of it, by a search that the command does not use.
        removed: entries of the proof.
        changed: files of the others that are not bit for bit what they were (a shared file of cases and the review
            store are compared by their content).
        runs: training runs that the proof names as not changed.
        places: kinds of stores, caches, indexes and outputs in which a trace of it stood before, in order.
        complete: the proof's own verdict.
    """

    before: int
    after: int
    removed: int
    changed: tuple[str, ...]
    runs: int
    complete: bool
    places: tuple[str, ...] = ()


def run() -> tuple[bool, str]:
    """Five synthetic patients, the embedded model, an adapter of four steps."""
    with tempfile.TemporaryDirectory(prefix="medomni-b6c-") as folder:
        done = outcome(Path(folder), PATIENTS, STEPS)
    met = (done.places == PLACES and done.after == 0 and not done.changed and done.complete and done.runs == 1)
    return met, (f"{done.before} files with traces of one of {PATIENTS} studies before "
                 f"({', '.join(done.places)}), {done.after} after "
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
    from medomni.dicom.cache import read_cached
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
        report_study(studies / f"{k}" / "dicom", kept / "reports" / f"{k}", dicom=True)
        read_cached(studies / f"{k}" / "dicom", kept / "cache")
    victim = subject_of(str(studies / "1" / "dicom"))
    keys = [subject_of(str(studies / f"{k}" / "dicom")).key for k in range(patients)]
    _receive(studies, kept / "inbox")
    build_case_files(studies, kept / "cases")
    cases = load_cases(kept / "cases")
    save_cases(cases, kept / "shard" / "all.npz")
    _judge(kept / "reports", keys)
    recipe = load_config(_recipe(folder / "recipe.yaml", steps), Recipe)
    run_recipe(recipe, cases, kept / "run")

    secrets = {victim.key, victim.uid or "", *victim.parts}
    own = kept / "reports" / "1"  # some of its files name nobody, and must go all the same
    held = [p for p in _files(kept) if _holds(p, secrets)]
    plain = {p: _digest(p) for p in _files(kept) if p not in held and own not in p.parents}
    places = tuple(sorted({_place(p.relative_to(kept)) for p in held}))
    others = [_row(c) for c in cases if c.findings.study.study_key != victim.key]
    done = forget(Subject(victim.key, victim.uid, victim.parts), [kept], folder / "proof.json")
    changed = [str(p.relative_to(kept)) for p, digest in plain.items() if not p.is_file() or _digest(p) != digest]
    if [_row(c) for c in load_cases(kept / "shard" / "all.npz")] != others:
        changed.append("shard/all.npz")
    if _verdicts(kept / "reports") != {key: 2 for key in keys if key != victim.key}:
        changed.append("reports/verdicts.sqlite")
    if _listed(kept / "inbox") != sorted(key for key in keys if key != victim.key):
        changed.append("inbox/index.sqlite")
    after = sum(_holds(p, secrets) for p in [*_files(kept), folder / "proof.json"]) + own.exists()
    assert study_key(victim.uid or "") == victim.key
    return Outcome(len(held), after, len(done.removed), tuple(changed), len(done.runs), done.complete, places)


def _place(path: Path) -> str:
    """The kind of store that a file is of."""
    if path.suffix == ".sqlite":
        return "verdicts" if path.parts[0] == "reports" else "index"
    return "dicom" if path.parts[0] == "reports" and "dicom" in path.parts else path.parts[0]


def _receive(studies: Path, inbox: Path) -> None:
    """The studies as a PACS sends them: instances, their index and a listing of each."""
    from medomni.dicom.pacs.inbox import Inbox
    from medomni.dicom.pacs.ingest import ingest_quiet

    with Inbox(inbox) as receiver:
        for path in _files(studies):
            if path.parent.name == "dicom":
                receiver.store(path.read_bytes())
        ingest_quiet(receiver, settle_s=0)


def _listed(inbox: Path) -> list[str]:
    """Keys of the studies that the inbox's index holds and has instances of."""
    from medomni.dicom.pacs.inbox import Inbox

    with Inbox(inbox) as receiver:
        return sorted(row["study_key"] for row in receiver.index.studies())


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
    """True where the path or the bytes, those of packed members too, hold one of the strings."""
    import zipfile

    bodies = [str(path).encode(), path.read_bytes()]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            bodies += [archive.read(name) for name in archive.namelist()]
    return any(s.encode() in body for s in secrets if s for body in bodies)
