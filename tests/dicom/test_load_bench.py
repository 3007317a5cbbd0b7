"""The short form of B3 without its clock: the rows' files, equal values by every way, and the line of the table."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import dicom_load
from medomni.dicom import straight
from tests.dicom.conftest import by_height

pytestmark = pytest.mark.unit
TOOLS = ("medomni, 1 thread", "medomni, 2 threads", "pydicom loop")


@pytest.fixture
def few(series: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "few"
    folder.mkdir()
    for path in by_height(series)[:4]:
        shutil.copy(path, folder)
    return folder


@pytest.mark.parametrize("name", ["plain", *dicom_load.RECODED])
def test_a_row_is_made_of_equal_values(few: Path, tmp_path: Path, monkeypatch, capsys, name: str) -> None:
    monkeypatch.setattr(dicom_load, "RUNS", 1)
    folder = few if name == "plain" else dicom_load.recoded(few, tmp_path / "row", dicom_load.RECODED[name])
    arrays = [dicom_load.TOOLS[tool](folder) for tool in TOOLS]
    assert all(np.array_equal(arrays[0], a) for a in arrays) and arrays[0].std() > 100
    assert np.array_equal(arrays[0], dicom_load.TOOLS[TOOLS[0]](few)), "recoding lost nothing"
    assert dicom_load.two_ways(folder)
    _, note = dicom_load.row(name, {**{tool: dicom_load.timed(tool, folder) for tool in TOOLS}, "SimpleITK": {}})
    lines = capsys.readouterr().out.splitlines()
    assert name in note and "of pydicom loop" in note and "other means" not in note
    assert [line.strip().split("  ")[0] for line in lines[1:]] == list(TOOLS)


def test_a_row_with_other_values_is_not_met(capsys) -> None:
    found = {tool: {"seconds": 0.1 + 0.1 * k, "mean": -500.0} for k, tool in enumerate(TOOLS)}
    assert dicom_load.row("x", found)[0]
    peer = {**found, "SimpleITK": {"seconds": 1.0, "mean": -499.0}}
    good, note = dicom_load.row("x", peer)
    assert good and "other means: SimpleITK" in note and "SimpleITK: mean -499.000, ours -500.000" in (
        capsys.readouterr().out)
    found["pydicom loop"]["mean"] = -499.0
    assert not dicom_load.row("x", found)[0]


def test_two_ways_that_differ_are_seen(few: Path, monkeypatch) -> None:
    read = straight._read

    def wrong(header, out, offset: int) -> bool:
        done = read(header, out, offset)
        out += 1
        return done

    monkeypatch.setattr(straight, "_read", wrong)
    assert not dicom_load.two_ways(few)
