"""Folders that may not be listed: said, never a shorter volume without a word. Run without root's rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dicom.conftest import by_height

pytestmark = pytest.mark.system
NOBODY = 65534
CODE = """
import json, os, sys
from medomni.dicom import read_study
from medomni.errors import MedomniError
if os.getuid() == 0:
    read_study(sys.argv[1])  # loads what nobody might not be let to load
    os.setgid(NOBODY), os.setuid(NOBODY)
try:
    volume = read_study(sys.argv[1])
    print(json.dumps([len(volume.array), [[w.code, w.detail] for w in volume.study.warnings]]))
except MedomniError as exc:
    print(json.dumps([exc.code]))
""".replace("NOBODY", str(NOBODY))


def read_without_rights(folder: Path) -> list:
    done = subprocess.run([sys.executable, "-c", CODE, str(folder)], capture_output=True, text=True, check=True,
                          env={**os.environ, "MEDOMNI_SITE_KEY": "00" * 32})
    found: list = json.loads(done.stdout)
    return found


@pytest.fixture
def shared(series: Path) -> Iterator[Path]:
    """The series where anybody may go; a folder of pytest's own is its user's alone."""
    with tempfile.TemporaryDirectory(prefix="medomni-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path in sorted(series.iterdir()):
            (folder / path.name).write_bytes(path.read_bytes())
        yield folder


def test_a_folder_within_that_is_closed(shared: Path) -> None:
    whole, warnings = read_without_rights(shared)
    assert not warnings
    closed = shared / "more"
    closed.mkdir()
    lowest = by_height(shared)[0]
    lowest.rename(closed / lowest.name)
    closed.chmod(0o000)
    try:
        found = read_without_rights(shared)
    finally:
        closed.chmod(0o755)
    assert found[0] == whole - 1
    assert [code for code, _ in found[1]] == ["MED-C09"] and "1 folders" in found[1][0][1]


def test_the_folder_itself_is_closed(shared: Path) -> None:
    shared.chmod(0o000)
    try:
        assert read_without_rights(shared) == ["MED-C09"]
    finally:
        shared.chmod(0o755)
