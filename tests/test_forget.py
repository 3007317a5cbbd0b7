"""A forgotten study leaves no trace in what medomni keeps, and nothing of the others changes."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest

from medomni import cli, outputs
from medomni.data import load_cases, save_cases
from medomni.dicom.keys import study_key
from medomni.errors import MedomniError
from medomni.forget import PLACES, Subject, forget, forgotten_hash, held, subject_of
from medomni.forget.places import Outputs
from medomni.forget.traces import Needles, search
from medomni.phantom import render, sample_patient, write_series
from medomni.review.store import VerdictStore
from tests.cases import square_cases

UID = "1.2.826.0.1.3680043.8.498.777"


def kept(folder: Path, key: str, other: str) -> None:
    """A review store, a file of two cases and a findings record, each with the study and with another one."""
    cases = square_cases(2)
    named = [c.findings.model_copy(update={"study": c.findings.study.model_copy(update={"study_key": k})})
             for c, k in zip(cases, (key, other), strict=True)]
    pair = [type(c)(c.hu, c.pair_mm, f, c.history, c.report) for c, f in zip(cases, named, strict=True)]
    save_cases(pair, folder / "both.npz")
    for k, findings in zip((key, other), named, strict=True):
        (folder / k[:2]).mkdir(parents=True)
        (folder / k[:2] / "findings.json").write_text(findings.model_dump_json())
        (folder / k[:2] / "report.txt").write_text("Cough.")
    store = VerdictStore(folder / "verdicts.sqlite")
    for k in (key, other):
        for _ in range(2):
            store.append(f"{k}-00aa11bb", "f1", "accept", "", "reader", head=store.head(f"{k}-00aa11bb"))
    store.engine.dispose()


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Subject, str]:
    subject, other = subject_of(UID), study_key(UID + ".1")
    kept(tmp_path / "kept", subject.key, other)
    return tmp_path / "kept", subject, other


@pytest.mark.unit
def test_nothing_is_left_and_the_other_study_is_as_it_was(places, tmp_path: Path) -> None:
    folder, subject, other = places
    before = (folder / other[:2] / "findings.json").read_bytes()
    case = load_cases(folder / "both.npz")[1]
    assert search([folder], subject.needles).traces
    done = forget(subject, [folder], tmp_path / "proof.json")
    assert done.complete and {r["what"] for r in done.removed} == {"cases", "verdicts", "output"}
    assert not (folder / subject.key[:2]).exists()
    assert (folder / other[:2] / "findings.json").read_bytes() == before
    left = load_cases(folder / "both.npz")
    assert len(left) == 1 and np.array_equal(left[0].hu, case.hu) and left[0].findings == case.findings
    store = VerdictStore(folder / "verdicts.sqlite")
    assert store.verify(f"{other}-00aa11bb") and len(store.verdicts(f"{other}-00aa11bb")) == 2
    assert not store.verdicts(f"{subject.key}-00aa11bb")
    proof = (tmp_path / "proof.json").read_text()
    assert subject.key not in proof and UID not in proof and json.loads(proof)["subject"] == forgotten_hash(subject.key)
    with sqlite3.connect(folder / "verdicts.sqlite") as base:
        assert base.execute("SELECT subject FROM forgotten").fetchall() == [(forgotten_hash(subject.key),)]


@pytest.mark.unit
@pytest.mark.parametrize("cut", range(1, 5))
def test_a_run_that_was_cut_is_finished_by_giving_it_again(places, tmp_path: Path, monkeypatch, cut: int) -> None:
    folder, subject, _ = places
    left = [cut]

    for kind in PLACES:
        was = kind.remove

        def counted(self, key, was=was):  # type: ignore[no-untyped-def]
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return was(self, key)

        monkeypatch.setattr(kind, "remove", counted)
    with pytest.raises(KeyboardInterrupt):
        forget(subject, [folder], tmp_path / "proof.json")
    assert search([folder], subject.needles).traces
    left[0] = 99
    done = forget(subject, [folder], tmp_path / "proof.json")
    assert done.complete and {r["what"] for r in done.removed} == {"cases", "verdicts", "output"}


@pytest.mark.unit
def test_what_forget_does_not_know_is_a_trace_and_fails(places, tmp_path: Path, monkeypatch, capsys) -> None:
    folder, subject, _ = places
    (folder / "notes.txt").write_text(f"ask about {UID}")
    monkeypatch.setattr(sys, "argv", ["medomni", "forget", UID, "--in", str(folder)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr().out
    assert end.value.code == 1 and "trace left" in out and "notes.txt" in out and UID not in out
    (folder / "notes.txt").unlink()
    cli.main()  # no SystemExit: status 0
    assert "0 traces left" in capsys.readouterr().out


@pytest.mark.flow
def test_all_that_segment_writes_goes(tmp_path: Path, monkeypatch, capsys) -> None:
    """NIfTI files and pictures name no study: they go by what stands beside them. One elsewhere is listed and left."""
    patient = sample_patient(3, "A")
    write_series(patient, render(patient, 64, 10.0), tmp_path / "in")
    out = tmp_path / "out" / "study"
    for arguments in (["segment", tmp_path / "in", "-o", out, "--nifti", "--dicom-seg"],
                      ["check", "--report", tmp_path / "r.txt", "--study", tmp_path / "in", "-o", out]):
        (tmp_path / "r.txt").write_text("No pneumothorax.")
        monkeypatch.setattr(sys, "argv", ["medomni", *map(str, arguments)])
        cli.main()
    assert {p.name for p in out.iterdir()} == {*outputs.KNOWN_BY, *outputs.BESIDE}
    (tmp_path / "out" / "elsewhere.bin").write_bytes((out / outputs.VOLUME_NIFTI).read_bytes())
    done = forget(subject_of(str(tmp_path / "in")), [tmp_path / "out"], tmp_path / "proof.json")
    assert done.complete and done.found and not out.exists()
    assert done.nameless == [{"path": str(tmp_path / "out"), "files": 1}]


@pytest.mark.unit
def test_a_mistyped_uid_is_said(places, monkeypatch, capsys) -> None:
    folder, _, _ = places
    (folder / ".report.txt.999999999.part").write_text("of who knows")  # removed, and no sign of the study
    for more in (["--dry-run"], []):
        monkeypatch.setattr(sys, "argv", ["medomni", "forget", UID + ".5", "--in", str(folder), *more])
        cli.main()
        assert "MED-P15" in capsys.readouterr().err
    (proof,) = folder.glob("forgotten-*.json")
    assert json.loads(proof.read_text())["found"] is False
    monkeypatch.setattr(sys, "argv", ["medomni", "forget", UID, "--in", str(folder)])
    for _ in range(2):  # given again, the earlier run's find counts
        cli.main()
        assert "MED-P15" not in capsys.readouterr().err


@pytest.mark.unit
def test_a_held_inbox_is_refused_before_anything_changes(tmp_path: Path, monkeypatch) -> None:
    from medomni.dicom.pacs.inbox import Inbox
    from medomni.forget import run

    patient = sample_patient(4, "A")
    paths = write_series(patient, render(patient, 40, 20.0), tmp_path / "sent")
    subject, kept = subject_of(str(tmp_path / "sent")), tmp_path / "kept"
    with Inbox(kept / "inbox") as inbox:
        inbox.store(paths[0].read_bytes())
        for root in (kept, kept / "inbox" / "studies"):
            with pytest.raises(MedomniError, match="MED-P16"):
                forget(subject, [root], tmp_path / "proof.json")
    assert held(subject, [kept]) and not (tmp_path / "proof.json").exists()
    used = run.inboxes_in_use
    meanwhile: list[Inbox] = []

    def opened(roots):  # type: ignore[no-untyped-def]
        now = used(roots)
        meanwhile.append(Inbox(kept / "inbox"))
        return now

    monkeypatch.setattr(run, "inboxes_in_use", opened)
    done = forget(subject, [kept], tmp_path / "proof.json")
    assert [f["code"] for f in done.failed] == ["MED-P16"] and not done.complete
    for inbox in meanwhile:
        inbox.close()
    monkeypatch.undo()
    assert forget(subject, [kept], tmp_path / "proof.json").complete


@pytest.mark.unit
def test_dry_run_changes_nothing(places, monkeypatch, capsys) -> None:
    folder, subject, _ = places
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    monkeypatch.setattr(sys, "argv", ["medomni", "forget", subject.key, "--in", str(folder), "--dry-run"])
    cli.main()
    assert f"{len(held(subject, [folder]))} files" in capsys.readouterr().out
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


@pytest.mark.unit
def test_images_go_with_the_report_beside_them(tmp_path: Path) -> None:
    patients = [sample_patient(seed, "A") for seed in (3, 4)]
    for k, patient in enumerate(patients):
        write_series(patient, render(patient, 96, 8.0), tmp_path / "in" / str(k) / "dicom")
        (tmp_path / "in" / str(k) / "report.txt").write_text("Cough.")
    for path in (tmp_path / "in" / "0" / "dicom").iterdir():  # images are read without their preamble too
        path.write_bytes(path.read_bytes()[132:])
    subject = subject_of(str(tmp_path / "in" / "0"))
    others = {p: p.read_bytes() for p in (tmp_path / "in" / "1").rglob("*") if p.is_file()}
    done = forget(Subject(subject.key), [tmp_path / "in"], tmp_path / "proof.json")  # the UIDs are learned on the way
    assert done.complete and done.searched["uid_known"] and not (tmp_path / "in" / "0").exists()
    assert {p: p.read_bytes() for p in (tmp_path / "in").rglob("*") if p.is_file()} == others
    with pytest.raises(MedomniError, match="MED-P11"):
        subject_of(str(tmp_path / "proof.json"))
    write_series(patients[0], render(patients[0], 96, 8.0), tmp_path / "in" / "1" / "more")
    with pytest.raises(MedomniError, match="MED-P12"):
        subject_of(str(tmp_path / "in"))


@pytest.mark.unit
@pytest.mark.parametrize("wrong", ["", "nobody", "ABCDEF0123456789", "1..2"])
def test_what_names_no_study_is_refused(wrong: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MedomniError, match="MED-P11|MED-C08"):
        subject_of(wrong or "x")


@pytest.mark.unit
def test_the_search_finds_what_is_packed_hidden_and_linked(tmp_path: Path) -> None:
    key, part = "0123456789abcdef", "1.2.3.4.5.6"
    needles = Needles((key,), frozenset({part, "fedcba9876543210"}))
    np.savez_compressed(tmp_path / "a.npz", wide=np.array([key]))
    (tmp_path / "b.gz").write_bytes(gzip.compress(f"uid {part},".encode()))
    (tmp_path / f".{key}.part").write_bytes(b"")
    (tmp_path / "c").symlink_to(tmp_path / "nowhere" / key)
    (tmp_path / "d.bin").write_bytes(b"x" * ((1 << 24) - 5) + b"fedcba9876543210" + b"y")
    (tmp_path / "e.txt").write_text("1.2.3.4.5.66 and 0123456789abcde")
    found = {Path(t.split(" ")[0].split(":")[0]).name for t in search([tmp_path], needles).traces}
    assert found == {"a.npz", "b.gz", f".{key}.part", "c", "d.bin"}
    (tmp_path / "f.zip").write_bytes(b"PK\x03\x04 cut")
    assert [Path(u).name for u in search([tmp_path], needles).unread] == ["f.zip"]


@pytest.mark.unit
def test_a_part_of_a_dead_writer_goes_and_one_of_a_living_stays(places, tmp_path: Path) -> None:
    folder, subject, _ = places
    dead, living = folder / ".images.npz.999999999.part", folder / f".images.npz.{os.getpid()}.part"
    dead.write_bytes(b"PK\x03\x04")
    living.write_bytes(b"")
    assert forget(subject, [folder], tmp_path / "proof.json").complete
    assert not dead.exists() and living.exists()


@pytest.mark.unit
def test_a_store_in_use_is_an_error_and_the_proof_of_another_study_stays(places, tmp_path: Path) -> None:
    folder, subject, _ = places
    with sqlite3.connect(folder / "verdicts.sqlite", isolation_level=None) as base:
        base.execute("BEGIN IMMEDIATE")
        done = forget(subject, [folder], tmp_path / "proof.json")
        assert [f["code"] for f in done.failed] == ["MED-P13"] and not done.complete
        assert not (folder / subject.key[:2]).exists(), "the other places were not held up"
        base.execute("ROLLBACK")
    with pytest.raises(MedomniError, match="MED-P14"):
        forget(subject_of(UID + ".9"), [folder], tmp_path / "proof.json")
    assert forget(subject, [folder], tmp_path / "proof.json").complete


@pytest.mark.flow
def test_short_form_of_b6_third_part(tmp_path: Path) -> None:
    from benchmarks.bar_b6c import PLACES, outcome

    done = outcome(tmp_path, 2, 1, size=96, spacing_mm=8.0)
    assert done.places == PLACES and done.after == 0 and not done.changed and done.complete and done.runs == 1


@pytest.mark.unit
@pytest.mark.parametrize("cut", [False, True])
def test_an_inbox_and_a_cache_forget_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: bool) -> None:
    """Instances, conflicting copies, rows, the listing and cached volumes of one of two studies."""
    import pydicom

    from medomni.dicom.cache import read_cached
    from medomni.dicom.pacs.inbox import Inbox
    from medomni.dicom.pacs.ingest import ingest_quiet

    keys = []
    with Inbox(tmp_path / "kept" / "inbox") as inbox:
        for seed in (4, 5):
            patient = sample_patient(seed, "A")
            folder = tmp_path / "sent" / str(seed)
            paths = write_series(patient, render(patient, 40, 20.0), folder)
            keys.append({inbox.store(p.read_bytes()).study_key for p in paths}.pop())
            ds = pydicom.dcmread(paths[0])
            ds.ImagePositionPatient = [1, 2, 3]
            ds.save_as(tmp_path / "other.dcm")
            assert inbox.store((tmp_path / "other.dcm").read_bytes()).outcome == "conflict"
            read_cached(folder, tmp_path / "kept" / "cache")
        ingest_quiet(inbox, settle_s=0)
    subject, roots = subject_of(str(tmp_path / "sent" / "4")), [tmp_path / "kept"]
    assert subject.key == keys[0] and search(roots, subject.needles).traces
    others = {p: p.read_bytes() for p in (tmp_path / "kept").rglob("*") if p.is_file() and keys[1] in str(p)}
    if cut:
        from medomni.forget import stores

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(stores.sqlite3, "connect", _interrupted)
            forget(subject, roots, tmp_path / "proof.json")
    done = forget(subject, roots, tmp_path / "proof.json")
    assert done.complete and not search(roots, subject.needles).traces
    assert not [p for p in (tmp_path / "kept").rglob("*") if keys[0] in str(p)]
    assert others and all(p.read_bytes() == content for p, content in others.items())
    with Inbox(tmp_path / "kept" / "inbox") as inbox:
        assert [row["study_key"] for row in inbox.index.studies()] == [keys[1]]
        assert len(list((inbox.folder / "conflicts").iterdir())) == 1


def _interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.unit
def test_a_damaged_inbox_holds_up_nothing(places, tmp_path: Path, monkeypatch, capsys) -> None:
    folder, subject, _ = places
    inbox = folder / "a"
    for name in ("incoming", "inventories"):
        (inbox / name).mkdir(parents=True)
    (inbox / "index.sqlite").write_bytes(np.random.default_rng(3).bytes(4096))
    (inbox / "inventories" / f"{subject.key}.json").write_text("{}")
    with sqlite3.connect(folder / "b.sqlite") as base:
        for table in ("verdicts", "heads"):
            base.execute(f"CREATE TABLE {table} (study_key TEXT)")
    torn = (folder / "b.sqlite").read_bytes()
    (folder / "b.sqlite").write_bytes(torn[:4096] + b"\xff" * (len(torn) - 4096))
    for dry_run in (["--dry-run"], []):
        monkeypatch.setattr(sys, "argv", ["medomni", "forget", UID, "--in", str(folder), *dry_run])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        assert end.value.code == 2 and printed.err.count("MED-N06") == printed.err.count("MED-R06") == 1
    assert end.value.code == 2 and "MED-N06" in printed.err and "0 traces left" in printed.out
    assert not (folder / subject.key[:2]).exists() and not (inbox / "inventories").exists()


@pytest.mark.unit
def test_the_cache_is_searched_and_deidentified_copies_are_named(places, tmp_path: Path, monkeypatch, capsys) -> None:
    from medomni.dicom.deid import Keyed, Options, deidentify
    from medomni.dicom.keys import site_key
    from tests.dicom.deid.support import ct_file

    folder, subject, other = places
    for key in (subject.key, other):
        (tmp_path / "cache" / key).mkdir(parents=True)
        (tmp_path / "cache" / key / "abc.npy").write_bytes(b"")
    monkeypatch.setenv("MEDOMNI_CACHE", str(tmp_path / "cache"))
    (tmp_path / "in").mkdir()
    ct_file(tmp_path / "in" / "1", lambda ds: setattr(ds, "StudyInstanceUID", UID))
    deidentify(tmp_path / "in", folder / "handed", Options(), Keyed(site_key()))
    deidentify(tmp_path / "in", folder / "shared", Options(), Keyed(b"x" * 32))
    monkeypatch.setattr(sys, "argv", ["medomni", "forget", UID, "--in", str(folder)])
    for first in (True, False):
        with pytest.raises(SystemExit) as end:
            cli.main()
        out = capsys.readouterr().out
        assert end.value.code == 1 and "left: 1 de-identified copies in" in out and "1 de-identified copies left" in out
        assert f"not known: {folder / 'shared'}" in out and (("removed: " in out) is first)
    assert [p.name for p in (tmp_path / "cache").iterdir()] == [other]


@pytest.mark.unit
def test_no_value_of_a_damaged_header_is_warned_of(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    from tests.dicom.deid.support import ct_file

    path = ct_file(tmp_path / "a")
    path.write_bytes(path.read_bytes().replace(b"1.2.3.4.1\0", b"SECRET.UI\0"))
    held(subject_of(UID), [tmp_path])
    assert not [w for w in recwarn if "SECRET" in str(w.message)]


def test_a_sheet_of_slices_goes_with_its_choice(tmp_path: Path) -> None:
    """And no other picture, nor another study's."""
    for name, key in (("one", "a" * 16), ("two", "b" * 16)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"study_key": key, "chosen_by": "rules", "picks": []}))
        (tmp_path / f"{name}.png").write_bytes(b"sheet")
    (tmp_path / "three.png").write_bytes(b"another")
    (tmp_path / "three.json").write_text("[]")
    found = Outputs(tmp_path).remove("a" * 16)
    assert {held.path.name for held in found} == {"one.json", "one.png"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["three.json", "three.png", "two.json", "two.png"]
