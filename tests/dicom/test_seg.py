"""Masks out as DICOM SEG: every voxel at its own millimetres, or no file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from benchmarks import bar_b4
from medomni.dicom import read_study, seg
from medomni.dicom.seg import write_segmentation
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from medomni.segment import get_segmenter
from medomni.volume import Label, Segmentation, Volume
from tests.dicom.conftest import by_height, edit, edit_all

pytestmark = pytest.mark.unit


def marked(volume: Volume) -> Segmentation:
    """Two sides and one part without a code, none of it symmetrical."""
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    labels[2:5, 3:9, 4:20], labels[3:7, 20:30, 30:41], labels[0, 0, 0] = 1, 2, 3
    table = {1: Label(1, "lung", "right"), 2: Label(2, "lung", "left"), 3: Label(3, "odd_part"), 4: Label(4, "heart")}
    return Segmentation(labels, table, volume.affine, "builtin 0.1")


@pytest.mark.parametrize("number", [0, 5, 17, 23, 30, 44])
def test_left_and_right_by_every_way(tmp_path: Path, number: int) -> None:
    """The short form of B4."""
    assert set(bar_b4.proven(bar_b4.orientations()[number], tmp_path, "implicit").values()) == {True}


def test_segments_say_what_they_are(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    ds = pydicom.dcmread(write_segmentation(marked(volume), volume, series, tmp_path / "seg.dcm"))
    labels = [s.SegmentLabel for s in ds.SegmentSequence]
    assert labels == ["right lung", "left lung", "odd part"], "the heart has no voxel and is not written"
    codes = [s.SegmentedPropertyTypeCodeSequence[0] for s in ds.SegmentSequence]
    assert [(c.CodeValue, c.CodingSchemeDesignator) for c in codes] == [
        ("39607008", "SCT"), ("39607008", "SCT"), ("ODD_PART", "99MEDOMNI")]
    assert codes[0].SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Right"
    assert "MED-D14" in {w.code for w in read_study_with(series, tmp_path / "seg.dcm").study.warnings}


def read_study_with(series: Path, more: Path) -> Volume:
    """A SEG beside its images is listed, and never read as one of them."""
    (series / "seg.dcm").write_bytes(more.read_bytes())
    volume = read_study(series)
    assert volume.study.modality == "CT"
    return volume


def test_a_reversed_list_of_images_leaves_no_file(series: Path, tmp_path: Path, monkeypatch) -> None:
    """What highdicom stores mirrored without a word is found when the file is read back."""
    volume, right = read_study(series), seg.source_images
    monkeypatch.setattr(seg, "source_images", lambda *a: right(*a)[::-1])
    with pytest.raises(MedomniError, match=r"MED-D20.*voxels differ"):
        write_segmentation(marked(volume), volume, series, tmp_path / "seg.dcm")
    assert not list(tmp_path.glob("*.dcm")) and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("turn", [lambda v: v, lambda v: v.axial()], ids=["as read", "upright"])
@pytest.mark.parametrize("position", ["HFS", "HFP"])
def test_turned_volumes_are_written_where_their_images_lie(phantoms, tmp_path: Path, position: str, turn) -> None:
    from medomni.phantom import write_series

    write_series(*phantoms("B"), tmp_path / "series", position=position)
    volume = turn(read_study(tmp_path / "series"))
    write_segmentation(marked(volume), volume, tmp_path / "series", tmp_path / "seg.dcm")


@pytest.mark.parametrize("habit", [
    Habit(frames="enhanced"), Habit(frames="enhanced", plane="sagittal", position="FFP")],
    ids=["axial", "sagittal, feet first, prone"])
def test_frames_of_one_file_get_their_masks(phantoms, tmp_path: Path, habit: Habit) -> None:
    """Every voxel at its millimetres (the writer reads it back), the frames' order against z or not."""
    write_habit(phantoms("A")[1], tmp_path / "series", habit)
    volume = read_study(tmp_path / "series")
    made = pydicom.dcmread(write_segmentation(marked(volume), volume, tmp_path / "series", tmp_path / "seg.dcm"))
    (source,) = made.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert source.ReferencedSOPInstanceUID == volume.slice_uids[0] and len(made.SegmentSequence) == 3
    lower = volume.array[1:], volume.affine @ np.array([[1.0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    part = replace(volume, array=lower[0], affine=lower[1], slice_uids=volume.slice_uids[1:])
    with pytest.raises(MedomniError, match="MED-D20.*some of the file's frames"):
        write_segmentation(marked(part), part, tmp_path / "series", tmp_path / "part.dcm")


def test_the_built_in_segmentation(series: Path, tmp_path: Path) -> None:
    volume = read_study(series).axial()
    made = get_segmenter("builtin").segment(volume)
    ds = pydicom.dcmread(write_segmentation(made, volume, series, tmp_path / "seg.dcm"))
    assert len(ds.SegmentSequence) >= 5


def test_what_cannot_be_written_is_refused(series: Path, tmp_path: Path) -> None:
    volume = read_study(series)
    other = replace(marked(volume), affine=volume.affine + np.diag([1.0, 0, 0], 1))
    cases = [(other, volume, "MED-S02"),
             (marked(volume), replace(volume, slice_uids=("", *volume.slice_uids[1:])), "MED-D20"),
             (marked(volume), replace(volume, slice_uids=("9.9", *volume.slice_uids[1:])), "MED-D20"),
             (replace(marked(volume), labels=np.zeros_like(marked(volume).labels)), volume, "MED-D20")]
    for segmentation, shown, code in cases:
        with pytest.raises(MedomniError, match=code):
            write_segmentation(segmentation, shown, series, tmp_path / "seg.dcm")
    edit_all(series, lambda ds: ds.__delattr__("FrameOfReferenceUID"))
    with pytest.raises(MedomniError, match=r"MED-D20.*frame of reference"):
        write_segmentation(marked(volume), volume, series, tmp_path / "seg.dcm")
    assert not list(tmp_path.glob("*.dcm"))


def test_images_without_empty_elements_are_enough(series: Path, tmp_path: Path) -> None:
    """De-identified images lack what must be there and may be empty."""
    for path in by_height(series):
        def bare(ds: pydicom.Dataset) -> None:
            for name in ("AccessionNumber", "StudyID", "ReferringPhysicianName", "PatientBirthDate", "StudyTime"):
                if name in ds:
                    delattr(ds, name)
        edit(path, bare)
    volume = read_study(series)
    write_segmentation(marked(volume), volume, series, tmp_path / "seg.dcm")


def test_the_command_writes_the_mask(series: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from medomni.cli import app

    done = CliRunner().invoke(app, ["segment", str(series), "-o", str(tmp_path / "out"), "--dicom-seg", "--nifti"])
    assert done.exit_code == 0 and "seg.dcm" in done.output
    held = {name: read_study(tmp_path / "out" / f"{name}.nii.gz", modality="CT") for name in ("volume", "labels")}
    whole = read_study(series).axial()
    assert (held["volume"].array == whole.array).all() and np.allclose(held["labels"].affine, whole.affine, atol=1e-3)
    assert len(np.unique(held["labels"].array)) >= 5
    assert pydicom.dcmread(tmp_path / "out" / "seg.dcm").Modality == "SEG"
    gap = by_height(series)[4]
    gap.unlink()
    refused = CliRunner().invoke(app, ["segment", str(series), "-o", str(tmp_path / "gap")])
    assert refused.exit_code != 0 and "MED-D05" in str(refused.exception) and "--resample" in str(refused.exception)
    done = CliRunner().invoke(app, ["segment", str(series), "-o", str(tmp_path / "gap"), "--resample"])
    assert done.exit_code == 0
    both = ["--resample", "--dicom-seg"]
    refused = CliRunner().invoke(app, ["segment", str(series), "-o", str(tmp_path / "gap"), *both])
    assert "MED-D20" in str(refused.exception)
