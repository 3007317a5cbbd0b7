"""The short form of B1's table of real series: stated values, and proof that another value is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import real_cases
from medomni.dicom import read_study
from medomni.volume import Volume

pytestmark = pytest.mark.unit
SMALL = [s for s in real_cases.STATED if s.shape[0] < 20]


@pytest.mark.parametrize("stated", SMALL, ids=lambda s: s.path)
def test_stated_values(real_dicom: Path, stated: real_cases.Stated) -> None:
    assert real_cases.differing(read_study(real_dicom / stated.path), stated) == []


@pytest.mark.parametrize("check", [c for c in real_cases.CHECKS if c is not real_cases.tilt_of_ge],
                         ids=lambda c: c.__name__)
def test_checks(real_dicom: Path, check: real_cases.Check) -> None:
    assert check(real_dicom) == []


@pytest.mark.parametrize("spoil", [
    lambda v: replace(v, array=(v.array + 1).astype(np.int16)), lambda v: replace(v, array=v.array[:-1]),
    lambda v: replace(v, affine=v.affine @ np.diag([1, 1.001, 1, 1])),
    lambda v: replace(v, affine=v.affine + np.outer([0, 0, 1, 0], [0, 0, 0, 0.01])),
    lambda v: replace(v, study=v.study.model_copy(update={"warnings": ()}))],
    ids=["values", "a slice", "spacing", "place", "silent"])
def test_another_value_is_seen(real_dicom: Path, spoil) -> None:
    stated = next(s for s in SMALL if s.path == "seg_reference_ct3slice")
    volume = read_study(real_dicom / stated.path)
    assert real_cases.differing(spoil(volume), stated)


def test_boxes_that_are_joined_to_other_slices_are_seen(real_dicom: Path, monkeypatch) -> None:
    def turned(source: Path) -> Volume:
        volume = read_study(source)
        return replace(volume, slice_uids=volume.slice_uids[::-1])

    monkeypatch.setattr(real_cases, "read_study", turned)
    assert real_cases.lesion_boxes(real_dicom)
