"""The table of series that loaders get wrong: right, resampled on request, or refused with the reason named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.bar_b1 import PLAIN, one
from benchmarks.between import faulty_grid
from benchmarks.hard_cases import AIR_HU, ROWS, Row, edited, misplaced, true_slices
from medomni.dicom import read_study
from medomni.volume import Volume

pytestmark = pytest.mark.unit
EDITS = [r for r in ROWS if not r.real]


@pytest.mark.parametrize("row", EDITS, ids=lambda r: r.name)
def test_rows_on_a_synthetic_series(row: Row, written: Path) -> None:
    verdict = one(row, written)
    assert verdict.outcome == row.outcome, verdict.detail


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
def test_rows_on_real_series(row: Row, real_dicom: Path) -> None:
    verdict = one(row, real_dicom / (row.real or PLAIN))
    assert verdict.outcome == row.outcome, verdict.detail


def test_the_judge_sees_what_is_wrong(written: Path) -> None:
    """A mirrored, a shifted, a shortened and a falsely rescaled volume are each called wrong."""
    files = sorted(written.iterdir())
    right = read_study(written)
    assert misplaced(right, files) == ""
    shifted = right.affine.copy()
    shifted[2, 3] += 0.1 * right.spacing_mm[0]
    spoilt = (right.array[:, :, ::-1], right.array[:-1], right.array[::-1], (right.array + 1).astype(np.int16))
    for array, affine in ((right.array, shifted), *((a, right.affine) for a in spoilt)):
        assert misplaced(Volume(np.ascontiguousarray(array), affine, right.study), files)


@pytest.mark.parametrize("spoil", [
    lambda a, m: (a + 100, m), lambda a, m: (a // 2, m), lambda a, m: (np.roll(a, 1, axis=2), m),
    lambda a, m: (a, m @ _moved(0.5, 0, 0)), lambda a, m: (a, m @ _moved(0, 1, 0)), lambda a, m: (a[:-1], m),
    lambda a, m: (np.where(np.arange(len(a))[:, None, None] == 3, a + 2, a), m)],
    ids=["100 HU more", "halved", "a voxel off", "half a slice off", "a row off", "the end lost", "a slice 2 HU more"])
def test_the_judge_of_resampled_volumes_sees_what_is_wrong(written: Path, tmp_path: Path, spoil) -> None:
    """Each of them is like the truth by correlation."""
    files = edited(keep=lambda k, n: k != 3)(written, tmp_path)[0]
    slices = [s for f in files for s in true_slices(f)]
    right = read_study(tmp_path, resample=True)
    assert faulty_grid(right, slices, AIR_HU) == ""
    array, affine = spoil(right.array, right.affine)
    assert faulty_grid(Volume(np.ascontiguousarray(array, np.int16), affine, right.study), slices, AIR_HU)


def _moved(*by: float) -> np.ndarray:
    out = np.eye(4)
    out[:3, 3] = by
    return out
