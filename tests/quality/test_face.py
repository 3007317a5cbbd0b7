"""Whether a face is left in a head: synthetic heads as they are and defaced; what is no whole head is not assessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from benchmarks.defacing import head_of, scanned, turn_of, values_at, write_head
from medomni.cli.deidentify import deidentify as deidentify_command
from medomni.cli.faces import defaced_series, looked_again
from medomni.dicom import read_study
from medomni.dicom.deid import Keyed, Options, deidentify
from medomni.errors import MedomniError
from medomni.phantom import render, sample_patient
from medomni.phantom.habits import Habit
from medomni.quality.face import face_left
from medomni.volume import Volume, reorient

pytestmark = pytest.mark.unit
SEED = 340


@pytest.fixture(scope="module")
def head() -> Volume:
    return scanned(head_of(SEED), turn_of(SEED), SEED)[0]


def test_a_defaced_head_has_no_face_and_its_brain(tmp_path: Path) -> None:
    points = write_head(SEED, tmp_path / "in", Habit(plane="sagittal"), turn_of(SEED))
    deidentify(tmp_path / "in", tmp_path / "out", Options(deface=True), Keyed(b"k" * 32))
    before, after = read_study(tmp_path / "in"), read_study(tmp_path / "out")
    assert face_left(before).state == "face"
    assert face_left(after).state == "none"
    assert np.array_equal(values_at(before, points.brain), values_at(after, points.brain))


def test_the_command_looks_again_at_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_head(SEED, tmp_path / "in", Habit(plane="sagittal"), turn_of(SEED))
    deidentify_command(tmp_path / "in", tmp_path / "out", deface=True)
    assert "in the written CT: 1 series without one, 0 with one, 0 not told" in capsys.readouterr().out
    folder, = defaced_series(tmp_path / "out")
    before = {f"{pydicom.dcmread(p).ImagePositionPatient[0]:.2f}": p for p in (tmp_path / "in").iterdir()}
    for path in folder.glob("*.dcm"):  # the face put back
        ds = pydicom.dcmread(path)
        ds.PixelData = pydicom.dcmread(before[f"{ds.ImagePositionPatient[0]:.2f}"]).PixelData
        ds.save_as(path)
    lines, left = looked_again(tmp_path / "out")
    assert left == [folder] and lines[0].endswith("0 series without one, 1 with one, 0 not told")
    for path in sorted(folder.glob("*.dcm"))[1:]:
        path.unlink()
    lines, left = looked_again(tmp_path / "out")
    assert not left and "0 with one, 1 not told" in lines[0] and "MED-" in lines[1]


def test_a_face_that_is_left_is_an_error_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut and proof are kept from their work: the series is named."""
    write_head(SEED, tmp_path / "in", Habit(plane="sagittal"), turn_of(SEED))
    monkeypatch.setattr("medomni.dicom.deid.run.still_shown", lambda pairs: "")
    monkeypatch.setattr("medomni.dicom.deid.one.without_face", lambda frames, cut, ds: frames)
    with pytest.raises(MedomniError) as error:
        deidentify_command(tmp_path / "in", tmp_path / "out", deface=True)
    assert error.value.code == "MED-P09"


def test_a_face_is_seen_whatever_the_order(head: Volume) -> None:
    seen = face_left(head)
    assert seen.state == "face" and seen.behind_mm is not None and seen.behind_mm < 20
    array, affine = reorient(head.array, head.affine, (2, 0, 1), (True, False, True))
    assert face_left(Volume(array, affine, head.study)) == seen


def test_half_a_face_is_a_face(head: Volume) -> None:
    """Only the nose is gone: eyes and mouth are left."""
    array = head.array.copy()
    array[60:80, :40, 55:85] = -1000
    assert face_left(replace(head, array=array)).state == "face"


@pytest.mark.parametrize("part", [np.s_[70:], np.s_[:110], np.s_[:, 40:]], ids=["no mouth", "no top", "no front"])
def test_what_is_not_in_view_is_not_assessed(head: Volume, part: tuple) -> None:
    said = face_left(replace(head, array=np.ascontiguousarray(head.array[part])))
    assert said.state == "not_assessed" and said.reason.startswith("MED-Q10")


def test_a_chest_and_an_mr_are_no_heads(head: Volume) -> None:
    chest = render(sample_patient(300_000, "A"), matrix=64, slice_mm=10.0)
    mr = replace(head, study=head.study.model_copy(update={"modality": "MR"}))
    for volume in (chest, mr, replace(head, array=np.full_like(head.array, -1000))):
        assert face_left(volume).state == "not_assessed"
