"""Drawn habits of scanners, read back voxel by voxel; and proof that the comparison sees what a reader gets wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from benchmarks import bar_b2
from medomni.dicom import read_study
from medomni.phantom import CHOICES, Habit, habits, pairs, write_habit
from medomni.phantom.habits import possible
from medomni.volume import Volume

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def small(phantoms) -> Callable[[str], Volume]:
    """Every second slice, row and column: two volumes of the same places are then compared in the time of one."""

    def of(hospital: str) -> Volume:
        volume = phantoms(hospital)[1]
        return replace(volume, array=np.ascontiguousarray(volume.array[::2, ::2, ::2]),
                       affine=volume.affine @ np.diag([2.0, 2, 2, 1]))

    return of


@pytest.mark.parametrize("part", range(4))
def test_drawn_habits(small, tmp_path: Path, part: int) -> None:
    """The short form of B2, of other draws."""
    for k, drawn in enumerate(habits(15, seed=50 + part)):
        assert bar_b2.verdict(small("ABC"[k % 3]), tmp_path / str(k), drawn, k) == "", drawn


def test_every_choice_alone(small, tmp_path: Path) -> None:
    alone = {possible(replace(Habit(bits=12), **{name: value})) for name, values in CHOICES.items() for value in values}
    for k, habit in enumerate(sorted(alone, key=str)):
        assert bar_b2.verdict(small("B"), tmp_path / str(k), habit) == "", habit


@pytest.mark.parametrize("volumes", ["between_phases", "between_triggers", "between_b_values"])
def test_two_volumes_half_a_step_apart(small, tmp_path: Path, volumes: str) -> None:
    for k, frames in enumerate(("single", "enhanced")):
        assert bar_b2.verdict(small("A"), tmp_path / str(k), Habit(frames=frames, volumes=volumes)) == ""


@pytest.mark.parametrize(("syntax", "uid"), [("jpeg_lossless_57", "57"), ("htj2k", "201"), ("htj2k_rpcl", "202"),
                                             ("htj2k_any", "203")])
def test_syntaxes_and_windows_are_written_as_named(small, tmp_path: Path, syntax: str, uid: str) -> None:
    """RPCL is progression 2 in the COD marker, with TLM markers (PS3.5 A.4.12); presets change no value."""
    for k, frames in enumerate(("single", "enhanced")):
        written = write_habit(small("B"), tmp_path / str(k), Habit(bits=12, syntax=syntax, frames=frames,
                                                                   windows="two"))
        ds = pydicom.dcmread(written.paths[0])
        assert ds.file_meta.TransferSyntaxUID == f"1.2.840.10008.1.2.4.{uid}"
        at = ds.PerFrameFunctionalGroupsSequence[0].FrameVOILUTSequence[0] if frames == "enhanced" else ds
        assert list(at.WindowCenter) == [40, -600] and at.WindowCenterWidthExplanation[1] == "LUNG"
        if syntax == "htj2k_rpcl":
            assert ds.PixelData[ds.PixelData.find(b"\xff\x52") + 5] == 2 and b"\xff\x55" in ds.PixelData


def test_parts_that_hold_one_volume_each(small, tmp_path: Path) -> None:
    for k, missing in enumerate(("none", "part")):
        habit = Habit(frames="concatenation", volumes="phases", missing=missing)
        assert bar_b2.verdict(small("A"), tmp_path / str(k), habit) == "", habit


def test_drawing_meets_more_pairs_than_chance() -> None:
    drawn = habits(40, seed=1)
    assert drawn == habits(40, seed=1)
    assert len({p for h in drawn for p in pairs(h)}) > 900


def test_uids_of_a_habit_outlive_new_choices() -> None:
    """Series that were made before a choice was named must not change with it."""
    assert Habit().key.endswith("missing='none')") and "volumes" not in Habit().key
    assert len({Habit(**{name: v}).key for name, values in CHOICES.items() for v in values}) == 1 + sum(
        len(values) - 1 for values in CHOICES.values())


def test_a_position_turns_the_patient_before_he_is_cut(small, tmp_path: Path) -> None:
    """Sagittal slices feet first run to the head, prone ones to the front; their pixels stay at their millimetres."""
    for k, (position, wanted) in enumerate({"HFS": (0, 1, 0, 0, 0, -1), "FFS": (0, 1, 0, 0, 0, 1),
                                            "HFP": (0, -1, 0, 0, 0, -1), "FFP": (0, -1, 0, 0, 0, 1)}.items()):
        written = write_habit(small("C"), tmp_path / str(k), Habit(plane="sagittal", position=position))
        header = pydicom.dcmread(written.paths[0], stop_before_pixels=True)
        assert tuple(float(v) for v in header.ImageOrientationPatient) == wanted
        assert header.PatientPosition == position


@pytest.mark.parametrize(("habit", "spoil"), [
    (Habit(volumes="phases"), lambda v: v),
    (Habit(missing="irregular"), lambda v: replace(v, array=(v.array + 1).astype(np.int16))),
    (Habit(missing="steps"), lambda v: replace(v, array=np.roll(v.array, 1, axis=0))),
    (Habit(missing="gaps", tilt_deg=18.5), lambda v: replace(v, array=(v.array + 1).astype(np.int16))),
    (Habit(missing="steps", tilt_deg=-7.0), lambda v: replace(v, array=np.roll(v.array, 1, axis=1))),
    (Habit(missing="slice", tilt_deg=18.5), lambda v: replace(v, array=v.array // 2)),
    (Habit(missing="slice", tilt_deg=18.5),
     lambda v: replace(v, affine=v.affine + np.outer([0, 0, 1, 0], [0, 0, 0, 0.5 * v.spacing_mm[0]])))],
    ids=["the first twice", "between, off by one", "between, off by a slice", "tilted, off by one",
         "tilted, off by a row", "tilted, halved", "tilted, half a slice off"])
def test_a_wrong_split_or_interpolation_is_noticed(small, tmp_path: Path, monkeypatch, habit: Habit, spoil) -> None:
    monkeypatch.setattr(bar_b2, "read_study", lambda folder, *, series=0, resample=False: spoil(
        read_study(folder, resample=resample)))
    assert bar_b2.verdict(small("A"), tmp_path, habit)


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
