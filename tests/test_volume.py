"""Geometry: left is left whatever the axis order, and no voxel moves in space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medomni.records import Study
from medomni.volume import Label, Segmentation, Volume, axis_alignment, reorient

pytestmark = pytest.mark.unit
STUDY = Study(study_key="k", modality="CT")


def volume(shape: tuple[int, int, int] = (4, 5, 6)) -> Volume:
    affine = np.array([[0, 0, 0.7, -50], [0, 0.8, 0, -60], [2.5, 0, 0, 10], [0, 0, 0, 1]], float)
    return Volume(np.arange(np.prod(shape), dtype=np.int16).reshape(shape), affine, STUDY)


@settings(max_examples=60, deadline=None)
@given(st.permutations([0, 1, 2]), st.tuples(st.booleans(), st.booleans(), st.booleans()),
       st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_axial_is_the_same_space_for_every_order_and_flip(order, flips, tilt, turn) -> None:
    v = volume()
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    shear = np.eye(4)
    shear[1, 2] = tilt
    base = Volume(v.array, rotation @ shear @ v.affine, STUDY)
    array, affine = reorient(base.array, base.affine, tuple(order), flips)
    turned = Volume(array, affine, STUDY).axial()
    assert np.array_equal(turned.array, base.axial().array)
    assert np.allclose(turned.affine, base.axial().affine, atol=1e-9)
    assert axis_alignment(turned.affine) == ((0, 1, 2), (False, False, False))


def test_left_is_the_larger_column_after_axial() -> None:
    v = volume()
    flipped = Volume(*reorient(v.array, v.affine, (0, 1, 2), (True, False, True)), STUDY)
    up = flipped.axial()
    left = up.to_lps(np.array([0, 0, up.array.shape[2] - 1]))
    assert left[0] > up.to_lps(np.array([0, 0, 0]))[0]
    assert up.to_index(up.to_lps(np.array([1.0, 2.0, 3.0]))) == pytest.approx([1, 2, 3])


def test_spacing_and_voxel_volume_under_shear() -> None:
    v = volume()
    shear = np.eye(4)
    shear[1, 2] = 0.3
    sheared = Volume(v.array, shear @ v.affine, STUDY)
    assert sheared.spacing_mm == pytest.approx((2.5, 0.8, 0.7))
    assert sheared.voxel_ml == pytest.approx(2.5 * 0.8 * 0.7 / 1000)


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.zeros((0, 2, 2), np.int16), np.zeros((2, 2, 2), np.float64)])
def test_bad_arrays_are_refused(bad) -> None:
    with pytest.raises(ValueError):
        Volume(bad, np.eye(4), STUDY)


def test_bad_affines_and_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="singular"):
        Volume(np.zeros((2, 2, 2), np.int16), np.diag([1.0, 1, 0, 1]), STUDY)
    with pytest.raises(ValueError, match="without a row"):
        Segmentation(np.full((2, 2, 2), 3, np.uint8), {1: Label(1, "lung")}, np.eye(4), "t")


def test_exports_are_ras() -> None:
    pytest.importorskip("nibabel")
    v = volume()
    tensor = v.to_monai()
    ras = tensor.affine.numpy() @ np.array([3, 2, 1, 1])
    assert ras[:3] == pytest.approx(v.to_lps(np.array([1, 2, 3])) * [-1, -1, 1])
    assert float(tensor[0, 3, 2, 1]) == v.array[1, 2, 3]


def test_nifti_round_trip(tmp_path) -> None:
    nibabel = pytest.importorskip("nibabel")
    v = volume()
    image = nibabel.load(v.to_nifti(tmp_path / "v.nii.gz"))
    assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), v.array)
    assert (image.affine @ [3, 2, 1, 1])[:3] == pytest.approx(v.to_lps(np.array([1, 2, 3])) * [-1, -1, 1])
