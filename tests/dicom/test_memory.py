"""A volume beyond the budget lies in a mapped file, is the same, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from medomni.dicom import fill, read_study
from medomni.dicom.store import SliceStore
from medomni.errors import MedomniError
from tests.dicom.conftest import by_height, edit

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("fraction", [0, 1, 2], ids=["int16", "float32", "float32 from the middle"])
def test_a_mapped_volume_is_the_same(series: Path, tmp_path: Path, monkeypatch, fraction: int) -> None:
    monkeypatch.setattr(fill, "BLOCK", 3)
    for k, path in enumerate(by_height(series)):
        if fraction and (fraction == 1 or k > 6):
            edit(path, lambda ds: setattr(ds, "RescaleSlope", "0.5"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    whole, mapped = read_study(series), read_study(series, budget_mb=0.01)
    assert isinstance(mapped.array, np.memmap) and not isinstance(whole.array, np.memmap)
    assert mapped.array.dtype == whole.array.dtype == (np.float32 if fraction else np.int16)
    assert np.array_equal(mapped.array, whole.array) and not list(scratch.iterdir())
    assert np.array_equal(mapped.axial().array, whole.axial().array)


@pytest.mark.parametrize("blocks", [3, 64])
def test_a_volume_that_passes_the_budget_when_it_is_widened(series: Path, monkeypatch, blocks: int) -> None:
    """Sixteen-bit numbers would fit; what the last slices need does not."""
    monkeypatch.setattr(fill, "BLOCK", blocks)
    files = by_height(series)
    exact = read_study(series).array.nbytes / 2**20
    for path in files[-2:]:
        edit(path, lambda ds: setattr(ds, "RescaleSlope", "0.5"))
    whole, mapped = read_study(series), read_study(series, budget_mb=1.5 * exact)
    assert isinstance(mapped.array, np.memmap) and np.array_equal(mapped.array, whole.array)
    assert not isinstance(read_study(series, budget_mb=2 * exact).array, np.memmap)


@pytest.mark.parametrize("slope", ["1", "0.5"])
def test_a_resampled_volume_beyond_the_budget(series: Path, slope: str) -> None:
    """It has more slices than were read, and lies in a file where these did not."""
    for k, path in enumerate(by_height(series)):
        edit(path, lambda ds: setattr(ds, "RescaleSlope", slope))
        if k in (2, 5, 8):
            path.unlink()
    whole = read_study(series, resample=True)
    budget = 0.95 * whole.array.nbytes / 2**20
    mapped = read_study(series, resample=True, budget_mb=budget)
    assert isinstance(mapped.array, np.memmap) and mapped.array.dtype == whole.array.dtype
    assert np.array_equal(mapped.array, whole.array) and np.array_equal(mapped.affine, whole.affine)
    assert not isinstance(whole.array, np.memmap) and mapped.study.warnings == whole.study.warnings


def test_the_environment_sets_the_budget(series: Path, monkeypatch) -> None:
    monkeypatch.setenv("MEDOMNI_VOLUME_MB", "0.01")
    assert isinstance(read_study(series).array, np.memmap)
    monkeypatch.setenv("MEDOMNI_VOLUME_MB", "much")
    with pytest.raises(MedomniError, match="MED-C03"):
        read_study(series)


def test_a_folder_that_cannot_be_written_is_a_coded_error(series: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(MedomniError, match="MED-C04"):
        read_study(series, budget_mb=0.01)


def test_memory_stays_near_the_volume_and_below_it_when_mapped(series: Path, tmp_path: Path) -> None:
    """The short form of B8: 240 slices of 512 x 512, 120 MiB."""
    folder = tmp_path / "many"
    many_slices(series, folder, 240, 512)
    own = 240 * 512 * 512 * 2 / 2**20
    assert used_mb(folder, None) <= 1.3 * own
    assert used_mb(folder, 32) <= 0.8 * own


def many_slices(source: Path, folder: Path, count: int, size: int) -> None:
    """``count`` slices of one patient, ``size`` x ``size``, 1 mm apart; synthetic noise."""
    folder.mkdir()
    path, rng = by_height(source)[0], np.random.default_rng(2)
    plane = rng.integers(-1000, 1000, (size, size), dtype=np.int16)

    for k in range(count):
        def grow(ds, k: int = k) -> None:
            ds.Rows = ds.Columns = size
            ds.ImagePositionPatient = [0, 0, k]
            ds.SOPInstanceUID = f"1.2.3.{k}"
            ds.PixelData = np.roll(plane, k).tobytes()
        edit(path, grow, folder / f"{k:04d}.dcm")


def used_mb(folder: Path, budget: int | None) -> float:
    """Largest resident memory of a process that reads the folder, above that of one that only loads the reader."""
    code = ("import resource, sys, medomni.dicom\n"
            "if sys.argv[1] != '-': medomni.dicom.read_study(sys.argv[1], budget_mb=float(sys.argv[2]) or None)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)")

    def peak(*arguments: str) -> int:
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True,
                              env={**os.environ, "MEDOMNI_VOLUME_MB": ""})
        return int(done.stdout)

    return (peak(str(folder), str(budget or 0)) - peak("-", "0")) / 1024


def test_a_full_disk_leaves_a_coded_error(series: Path, monkeypatch) -> None:
    class Full:
        def seek(self, _at: int) -> None:
            pass

        def write(self, _data: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(MedomniError, match="MED-C04"):
        read_study(series, budget_mb=0.01)


def test_memory_that_is_not_there_is_a_coded_error() -> None:
    with pytest.raises(MedomniError, match=r"MED-C04.*MEDOMNI_VOLUME_MB"):
        SliceStore((4_000_000, 5_000, 5_000))
