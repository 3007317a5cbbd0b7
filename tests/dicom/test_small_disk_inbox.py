"""The inbox on a disk that is full: nothing cut is kept, nothing unkept is answered for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bar_b5 import write_studies
from medomni.dicom.pacs.inbox import Inbox
from medomni.errors import MedomniError

pytestmark = pytest.mark.unit


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """4 MB; deselected where this machine lets nobody mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    write_studies(tmp_path / "sent", 12, 1)
    sent = [p.read_bytes() for p in sorted((tmp_path / "sent").rglob("*.dcm"))]
    kept = 0
    with Inbox(small_disk / "inbox") as inbox:
        for content in sent:
            try:
                kept += inbox.store(content).outcome == "stored"
            except MedomniError as exc:
                assert exc.code == "MED-C04"
        there = {p.read_bytes() for p in (inbox.folder / "studies").rglob("*.dcm")}
        assert 2 <= kept < len(sent) and there <= set(sent) and len(there) >= kept
        assert not list((inbox.folder / "conflicts").iterdir())
    subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
    with Inbox(small_disk / "inbox") as inbox:
        assert {inbox.store(content).outcome for content in sent} <= {"stored", "known"}
        assert {p.read_bytes() for p in (inbox.folder / "studies").rglob("*.dcm")} == set(sent)
