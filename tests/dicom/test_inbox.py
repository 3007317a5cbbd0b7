"""The inbox: once, whole, or not at all; whatever dies in between."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pydicom
import pytest

from medomni.dicom.pacs.identity import digest
from medomni.dicom.pacs.inbox import Asked, Inbox, Kept
from medomni.dicom.pacs.ingest import ingest_quiet, inventory_path
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit

pytestmark = pytest.mark.unit


@pytest.fixture
def sent(phantoms, tmp_path: Path) -> list[Path]:
    """The files of one synthetic study."""
    written = write_habit(phantoms("A")[1], tmp_path / "sent", Habit())
    return sorted(written.paths)[:12]


def put(inbox: Inbox, path: Path) -> Kept:
    return inbox.store(path.read_bytes())


def on_disk(inbox: Inbox) -> list[Path]:
    return sorted((inbox.folder / "studies").rglob("*.dcm"))


def test_each_instance_is_kept_once(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        assert [put(inbox, p).outcome for p in sent] == ["stored"] * len(sent)
        assert [put(inbox, p).outcome for p in sent] == ["known"] * len(sent)
        assert len(on_disk(inbox)) == len(sent) == len(inbox.index.keys())
        (study,) = inbox.index.studies()
        assert study["instances"] == len(sent) and study["state"] == "arriving"
        assert {p.read_bytes() for p in on_disk(inbox)} == {p.read_bytes() for p in sent}


def test_many_threads_keep_each_once(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        outcomes: list[str] = []
        threads = [threading.Thread(target=lambda: outcomes.extend(put(inbox, p).outcome for p in sent))
                   for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["known"] * 3 * len(sent) + ["stored"] * len(sent)
        assert len(on_disk(inbox)) == len(sent)


def test_another_transfer_syntax_is_the_same_image(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        put(inbox, sent[0])
        ds = pydicom.dcmread(sent[0])
        ds.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
        ds.save_as(tmp_path / "rle.dcm")
        assert put(inbox, tmp_path / "rle.dcm").outcome == "known"


@pytest.mark.parametrize("change", ["pixels", "position", "study"])
def test_other_content_under_one_uid_is_kept_aside(sent: list[Path], tmp_path: Path, change: str) -> None:
    ds = pydicom.dcmread(sent[0])
    if change == "pixels":
        ds.PixelData = ds.PixelData[:-2] + bytes([ds.PixelData[-2] ^ 1, ds.PixelData[-1]])
    elif change == "position":
        ds.ImagePositionPatient = [1, 2, 3]
    else:
        ds.StudyInstanceUID = "1.2.3.4"
    ds.save_as(tmp_path / "other.dcm")
    with Inbox(tmp_path / "inbox") as inbox:
        put(inbox, sent[0])
        assert [put(inbox, tmp_path / "other.dcm").outcome for _ in range(2)] == ["conflict"] * 2
        assert [p.read_bytes() for p in on_disk(inbox)] == [sent[0].read_bytes()]
        (aside,) = (inbox.folder / "conflicts").iterdir()
        assert aside.read_bytes() == (tmp_path / "other.dcm").read_bytes()
        assert len(inbox.index.studies()) == 1


@pytest.mark.parametrize("content", [b"", b"Dear colleague", b"\0" * 128 + b"DICM" + b"\xff" * 64])
def test_what_is_no_instance_is_refused(tmp_path: Path, content: bytes) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        with pytest.raises(MedomniError, match="MED-N03"):
            inbox.store(content)
        assert not on_disk(inbox) and not inbox.index.keys()


def test_an_instance_without_uid_is_refused(sent: list[Path], tmp_path: Path) -> None:
    ds = pydicom.dcmread(sent[0])
    ds.StudyInstanceUID = "../../etc"
    ds.save_as(tmp_path / "odd.dcm")
    with Inbox(tmp_path / "inbox") as inbox, pytest.raises(MedomniError, match="no valid study instance UID"):
        put(inbox, tmp_path / "odd.dcm")


def test_a_full_disk_is_said_and_nothing_half_is_kept(sent: list[Path], tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with Inbox(tmp_path / "inbox") as inbox:
        with monkeypatch.context() as patched, pytest.raises(MedomniError, match="MED-C04"):
            patched.setattr("os.fsync", full)
            put(inbox, sent[0])
        assert not on_disk(inbox) and put(inbox, sent[0]).outcome == "stored"


def test_a_power_cut_keeps_what_was_synced(sent: list[Path], tmp_path: Path) -> None:
    """The new name may be lost, the part not: it is put in its place; a part that is not whole is not."""
    with Inbox(tmp_path / "inbox") as inbox:
        kept = put(inbox, sent[0])
    folder = tmp_path / "inbox" / "incoming" / "0123456789abcdef"
    folder.mkdir()
    (folder / ".lock").touch()
    content = sent[1].read_bytes()
    (folder / f"{digest(content)}-00000000").write_bytes(content)
    (folder / f"{digest(sent[2].read_bytes())}-00000000").write_bytes(sent[2].read_bytes()[:-10])
    with Inbox(tmp_path / "inbox") as inbox:
        assert inbox.index.studies()[0]["instances"] == 2 and inbox.index.studies()[0]["study_key"] == kept.study_key
        assert content in [p.read_bytes() for p in on_disk(inbox)] and not folder.exists()


def test_a_file_that_was_taken_away_is_stored_again(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        put(inbox, sent[0])
        on_disk(inbox)[0].unlink()
        assert put(inbox, sent[0]).outcome == "stored"
        assert [p.read_bytes() for p in on_disk(inbox)] == [sent[0].read_bytes()]
        shutil.rmtree(on_disk(inbox)[0].parent)
        assert inbox.recover() == 1 and not inbox.index.studies()


@pytest.mark.parametrize("change", ["inverted", "private", "private without pixels"])
def test_what_is_no_copy(sent: list[Path], tmp_path: Path, change: str) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        for k in (1, 2):
            ds = pydicom.dcmread(sent[0])
            if change == "inverted":
                ds.PhotometricInterpretation = f"MONOCHROME{k}"
            else:
                ds.private_block(0x0029, "VENDOR", create=True).add_new(1, "OB", bytes([k] * 4))
            if change == "private without pixels":
                del ds.PixelData
            ds.save_as(tmp_path / f"{k}.dcm")
        assert [put(inbox, tmp_path / f"{k}.dcm").outcome for k in (1, 2)] == ["stored", "conflict"]


def test_a_private_element_more_is_a_copy(sent: list[Path], tmp_path: Path) -> None:
    ds = pydicom.dcmread(sent[0])
    ds.private_block(0x0029, "ARCHIVE", create=True).add_new(1, "LO", "seen")
    ds.save_as(tmp_path / "more.dcm")
    with Inbox(tmp_path / "inbox") as inbox:
        assert [put(inbox, p).outcome for p in (sent[0], tmp_path / "more.dcm")] == ["stored", "known"]


def test_only_what_was_asked_for(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        for asked in (Asked(study_key="another"), Asked(instance_key="another")):
            with pytest.raises(MedomniError, match="MED-N03"):
                inbox.store(sent[0].read_bytes(), asked=asked)
        assert not on_disk(inbox)


def test_many_start_at_once(sent: list[Path], tmp_path: Path) -> None:
    """Tables are made, abandoned folders adopted, by whoever is first."""
    opening = "import sys\nfrom medomni.dicom.pacs.inbox import Inbox\nInbox(sys.argv[1]).close()"
    command = [sys.executable, "-c", opening, str(tmp_path / "inbox")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(p.wait(60), p.communicate()[1]) for p in started] == [(0, "")] * 4


def test_one_odd_study_does_not_hold_up_the_others(sent: list[Path], tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(folder: Path):
        raise RuntimeError("a parser's own")

    with Inbox(tmp_path / "inbox") as inbox:
        put(inbox, sent[0])
        monkeypatch.setattr("medomni.dicom.pacs.ingest.survey", odd)
        assert ingest_quiet(inbox, settle_s=0) == 0
        (study,) = inbox.index.studies()
        assert study["state"] == "refused" and "RuntimeError" in study["detail"]


def test_no_identifier_in_names_and_index(sent: list[Path], tmp_path: Path) -> None:
    ds = pydicom.dcmread(sent[0])
    with Inbox(tmp_path / "inbox") as inbox:
        put(inbox, sent[0])
        ingest_quiet(inbox, settle_s=0)
    secrets = [str(ds.StudyInstanceUID), str(ds.SOPInstanceUID), str(ds.PatientID), str(ds.PatientName)]
    around = [p for p in (tmp_path / "inbox").rglob("*") if p.is_file() and p.suffix != ".dcm"]
    assert {p.name for p in around} >= {"index.sqlite"}
    for path in (tmp_path / "inbox").rglob("*"):
        assert not any(s in str(path.relative_to(tmp_path)) for s in secrets if s)
    for path in around:
        assert not any(s.encode() in path.read_bytes() for s in secrets if s)


def test_a_lost_index_is_made_anew(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        for path in sent:
            put(inbox, path)
        before = inbox.index.keys()
    for path in (tmp_path / "inbox").glob("index.sqlite*"):
        path.unlink()
    with Inbox(tmp_path / "inbox") as inbox:
        assert inbox.index.keys() == before and put(inbox, sent[0]).outcome == "known"


def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "index.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(MedomniError, match="MED-N06"):
        Inbox(tmp_path / "inbox")


def test_files_that_went_are_forgotten_and_damaged_ones_put_aside(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        for path in sent[:3]:
            put(inbox, path)
        gone, damaged, _ = on_disk(inbox)
        gone.unlink()
        damaged.write_bytes(b"rotten")
        inbox.index.drop([damaged.stem])
    with Inbox(tmp_path / "inbox") as inbox:
        assert len(inbox.index.keys()) == 1 == len(on_disk(inbox))
        assert len(list((inbox.folder / "conflicts").glob("*-damaged.dcm"))) == 1


KILLED = """
import sys
from pathlib import Path
from medomni.dicom.pacs.inbox import Inbox

inbox = Inbox(sys.argv[1])
print("ready", flush=True)
for path in sorted(Path(sys.argv[2]).iterdir()):
    inbox.store(path.read_bytes())
    print("told", flush=True)
"""


@pytest.mark.parametrize("told", [0, 3, 9])
def test_a_kill_loses_nothing_that_was_told(sent: list[Path], tmp_path: Path, told: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "inbox"), str(tmp_path / "sent")],
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(told + 1):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    more = len(process.stdout.read().splitlines())
    process.wait()
    with Inbox(tmp_path / "inbox") as inbox:
        assert len(inbox.index.keys()) == len(on_disk(inbox)) >= told + more
        assert os.listdir(inbox.folder / "incoming") == [inbox._hold.folder.name]
        for path in (tmp_path / "sent").iterdir():
            put(inbox, path)
        assert len(on_disk(inbox)) == len(list((tmp_path / "sent").iterdir()))


def test_a_quiet_study_is_ingested_and_again_when_it_grows(sent: list[Path], tmp_path: Path) -> None:
    said: list[str] = []
    with Inbox(tmp_path / "inbox") as inbox:
        key = [put(inbox, p) for p in sent[:-1]][0].study_key
        assert ingest_quiet(inbox, settle_s=60) == 0
        assert ingest_quiet(inbox, settle_s=0, said=said.append) == 1
        (study,) = inbox.index.studies()
        assert study["state"] == "ingested"
        assert json.loads(inventory_path(inbox, key).read_text())["files"] == len(sent) - 1
        assert ingest_quiet(inbox, settle_s=0) == 0
        put(inbox, sent[-1])
        assert ingest_quiet(inbox, settle_s=0) == 1
        assert json.loads(inventory_path(inbox, key).read_text())["files"] == len(sent)
    assert said == [f"study {key}: {len(sent) - 1} instances, 0 of 1 series usable"]  # twelve of its slices, at random


def test_an_instance_that_comes_during_ingestion_is_not_missed(sent: list[Path], tmp_path: Path) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        put(inbox, sent[0])
        ((key, version),) = inbox.index.quiet(0)
        put(inbox, sent[1])
        inbox.index.finish(key, version, "ingested")
        assert inbox.index.studies()[0]["state"] == "arriving"


def test_an_unwritable_inbox_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MedomniError, match="MED-C04"):
        Inbox(tmp_path / "file" / "inbox")
    shutil.rmtree(tmp_path / "file", ignore_errors=True)
