"""NIfTI in: the same places as DICOM, a modality only where it is stated, and no guess of a place in space."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from medomni.dicom import read_study
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from medomni.pipeline import measure_study

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("habit", [Habit(), Habit(plane="sagittal", oblique_deg=12.0), Habit(plane="coronal"),
                                   Habit(position="HFP"), Habit(tilt_deg=18.5), Habit(rescale="fraction")])
@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
def test_out_and_in_again(phantoms, tmp_path: Path, habit: Habit, suffix: str) -> None:
    write_habit(phantoms("B")[1], tmp_path / "series", habit)
    volume = read_study(tmp_path / "series")
    again = read_study(volume.to_nifti(tmp_path / f"x.{suffix}"), modality="CT")
    assert np.array_equal(again.array, volume.array) and again.array.dtype == volume.array.dtype
    assert again.affine == pytest.approx(volume.affine, abs=1e-3)
    assert (again.study.source, again.study.modality) == ("nifti", "CT")
    assert again.study.orientation == volume.study.orientation
    assert [w.detail for w in again.study.warnings] == ["18.50 degrees"] * (habit.tilt_deg > 0), "a shear is told"
    assert nibabel.load(tmp_path / f"x.{suffix}").header.get_xyzt_units()[0] == "mm"


def test_a_real_file_lies_where_it_should(real_dicom: Path) -> None:
    """The abdomen's liver lies at the patient's right."""
    folder = real_dicom / "body_ct_with_reference_seg"
    ct = read_study(folder / "example_ct.nii.gz", modality="CT")
    labels = read_study(folder / "example_seg_fast_force_split.nii.gz")
    assert sorted(ct.array.shape) == [101, 112, 122] and ct.spacing_mm == pytest.approx((3, 3, 3), abs=1e-3)
    assert np.allclose(ct.affine, labels.affine, atol=1e-3)
    assert int((labels.array == 5).sum()) * 0.027 == pytest.approx(1125, abs=2)
    liver, spleen = (labels.to_lps(np.argwhere(labels.array == k)).mean(axis=0) for k in (5, 1))
    assert liver[0] < spleen[0], "LPS: +x is the patient's left"


def saved(path: Path, data: np.ndarray) -> Path:
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2, 3, 1])), path)
    return path


def test_units_and_a_lone_fourth_axis(tmp_path: Path) -> None:
    data = np.zeros((4, 5, 6, 1), np.int16)
    image = nibabel.Nifti1Image(data, np.diag([0.002, 0.002, 0.003, 1]))
    image.header.set_xyzt_units("meter")
    nibabel.save(image, tmp_path / "x.nii")
    volume = read_study(tmp_path / "x.nii")
    assert volume.array.shape == (6, 5, 4) and volume.spacing_mm == pytest.approx((3, 2, 2), abs=1e-4)
    assert volume.study.modality == "unknown"


def test_without_a_modality_it_is_not_measured(phantoms, tmp_path: Path) -> None:
    path = phantoms("A")[1].to_nifti(tmp_path / "x.nii.gz")
    with pytest.raises(MedomniError, match="MED-D07.*unknown"):
        measure_study(path)
    assert measure_study(path, modality="CT").findings is not None


def test_a_stated_modality_must_be_the_series_own(series: Path) -> None:
    assert read_study(series, modality="CT").study.modality == "CT"
    with pytest.raises(MedomniError, match="MED-C03.*MR was given"):
        read_study(series, modality="MR")


def test_bad_files_are_coded_errors(tmp_path: Path) -> None:
    good = saved(tmp_path / "good.nii", np.arange(120, dtype=np.int16).reshape(4, 5, 6)).read_bytes()
    bad = {"cut.nii": (good[:-50], "MED-D03"), "text.nii": (b"not an image" * 50, "MED-D10"),
           "cut.nii.gz": (gzip.compress(good)[:-30], "MED-D10"), "text.nii.gz": (b"no gzip" * 90, "MED-D10"),
           "empty.nii": (b"", "MED-D10")}
    huge = bytearray(good)
    huge[42:48] = np.array([30000, 30000, 30000], "<i2").tobytes()
    bad["huge.nii"], bad["huge.nii.gz"] = (bytes(huge), "MED-D03"), (gzip.compress(bytes(huge)), "MED-D03")
    for name, (data, code) in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(MedomniError) as info:
            read_study(tmp_path / name)
        assert info.value.code == code, name
    cases = [(np.zeros((4, 5, 6, 2), np.int16), "MED-D12"), (np.full((4, 5, 6), np.nan, np.float32), "MED-D10"),
             (np.zeros((4, 5, 6), np.complex64), "MED-D10")]
    for data, code in cases:
        with pytest.raises(MedomniError, match=code):
            read_study(saved(tmp_path / "x.nii", data))


def test_no_place_in_space_is_not_guessed(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), None)
    image.header["qform_code"] = image.header["sform_code"] = 0
    nibabel.save(image, tmp_path / "x.nii")
    with pytest.raises(MedomniError, match="MED-D09"):
        read_study(tmp_path / "x.nii")


def test_values_that_int16_cannot_hold_are_floats(phantoms, tmp_path: Path) -> None:
    _, volume = phantoms("A")
    wide = replace(volume, array=volume.array.astype(np.float32) * 100 + 0.5)
    again = read_study(wide.to_nifti(tmp_path / "x.nii"))
    assert again.array.dtype == np.float32 and np.array_equal(again.array, wide.array)


@pytest.mark.parametrize(("scale", "shift", "said"), [
    (1.0, 0.0, ""), (1.5, 0.0, "steps differ 1.50 times"), (1.0, 100.0, "origins lie 100.0 mm apart")])
def test_two_places_that_differ_are_said(tmp_path: Path, scale: float, shift: float, said: str) -> None:
    affine = np.diag([-0.7, -0.7, 2, 1])
    image = nibabel.Nifti1Image(np.zeros((4, 5, 6), np.int16), affine)
    other = affine @ np.diag([1, 1, scale, 1])
    other[0, 3] += shift
    image.set_sform(affine, 1)
    image.set_qform(other, 1)
    nibabel.save(image, tmp_path / "x.nii")
    volume = read_study(tmp_path / "x.nii")
    assert volume.spacing_mm == pytest.approx((2, 0.7, 0.7))
    found = [w.detail for w in volume.study.warnings if w.code == "MED-D29"]
    assert (said in found[0]) if said else not found


@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
@pytest.mark.parametrize(("behind", "fits"), [(b"", True), (bytes(7), True), (bytes(8), False), (b"x", False),
                                              (b"x" * 1000, False)])
def test_more_voxels_than_the_size_says(tmp_path: Path, behind: bytes, fits: bool, suffix: str) -> None:
    """A row has eight bytes here: a size that is not the voxels' own would shear them."""
    data = np.arange(120, dtype=np.int16).reshape(4, 5, 6)
    whole = saved(tmp_path / "good.nii", data).read_bytes() + behind
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(gzip.compress(whole) if suffix == "nii.gz" else whole)
    if fits:
        assert np.array_equal(read_study(path).array, data.transpose(2, 1, 0))
        return
    with pytest.raises(MedomniError, match=f"MED-D12.*{len(behind)} bytes more"):
        read_study(path)
