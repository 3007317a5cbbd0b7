"""The table of series that loaders get wrong: right, resampled on request, or refused with the reason named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.bar_b1 import PLAIN, one
from benchmarks.hard_cases import ROWS, Row, misplaced
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
