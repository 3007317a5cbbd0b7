"""Drawn habits of scanners, read back voxel by voxel; and proof that the comparison sees what a reader gets wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bar_b2
from medomni.dicom import read_study
from medomni.phantom import CHOICES, Habit, habits, pairs, write_habit
from medomni.phantom.habits import possible
from medomni.volume import Volume

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("part", range(4))
def test_drawn_habits(phantoms, tmp_path: Path, part: int) -> None:
    """The short form of B2, of other draws."""
    for k, habit in enumerate(habits(15, seed=50 + part)):
        assert bar_b2.verdict(phantoms("ABC"[k % 3])[1], tmp_path / str(k), habit, k) == "", habit


def test_every_choice_alone(phantoms, tmp_path: Path) -> None:
    for name, values in CHOICES.items():
        for value in values:
            habit = possible(replace(Habit(bits=12), **{name: value}))
            assert bar_b2.verdict(phantoms("B")[1], tmp_path / f"{name}-{value}", habit) == "", habit


def test_drawing_meets_more_pairs_than_chance() -> None:
    drawn = habits(40, seed=1)
    assert drawn == habits(40, seed=1)
    assert len({p for h in drawn for p in pairs(h)}) > 900


@pytest.mark.parametrize("spoil", [
    lambda v: replace(v, array=v.array[:, :, ::-1]), lambda v: replace(v, array=v.array[::-1]),
    lambda v: replace(v, array=(v.array + 1).astype(np.int16)), lambda v: replace(v, array=v.array[1:]),
    lambda v: replace(v, affine=v.affine @ np.diag([1.01, 1, 1, 1])),
    lambda v: replace(v, study=v.study.model_copy(update={"warnings": ()}))],
    ids=["mirrored", "upside down", "off by one", "a slice lost", "stretched", "silent"])
def test_a_wrong_reader_is_noticed(phantoms, tmp_path: Path, monkeypatch, spoil: Callable[[Volume], Volume]) -> None:
    monkeypatch.setattr(bar_b2, "read_study", lambda folder, **more: spoil(read_study(folder, **more)))
    assert bar_b2.verdict(phantoms("A")[1], tmp_path, Habit(tilt_deg=18.5))


def test_only_canonical_volumes_are_written(phantoms, tmp_path: Path) -> None:
    _, volume = phantoms("A")
    with pytest.raises(ValueError, match="canonical"):
        write_habit(replace(volume, affine=volume.affine @ np.diag([1, 1, -1, 1])), tmp_path, Habit())
