"""Geometry: left is left whatever the axis order, and no voxel moves in space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medomni.records import Study
from medomni.volume import Label, Segmentation, Volume, axis_alignment, cut_by_view, exchanged, reorient

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


ORDERS = [((0, 1, 2), (False, False, False)), ((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False))]
ROWS = (("lung", "right"), ("lung", "left"), ("upper_lobe", "left"), ("lower_lobe", "left"), ("kidney", "right"),
        ("liver", "unspecified"))
TABLE = {v: Label(v, *row) for v, row in enumerate(ROWS, start=1)}


def cut(change, order, flips) -> set[tuple[str, str]]:
    """What is cut of a right lung, left lobes, a kidney and a liver that lie inside, after a change (slices to the
    head, rows to the back, columns to the left; voxels of 5 mm)."""
    labels = np.zeros((20, 24, 40), np.uint8)
    labels[2:18, 4:20, 4:16] = 1
    labels[10:18, 4:20, 24:36], labels[2:10, 4:20, 24:36] = 3, 4
    labels[4:6, 20:22, 6:8], labels[2:5, 6:10, 18:22] = 5, 6
    change(labels)
    affine = np.array([[0, 0, 5.0, -100], [0, 5.0, 0, -60], [5.0, 0, 0, 10], [0, 0, 0, 1]])
    turned, affine = reorient(labels, affine, order, flips)
    found = cut_by_view(turned, TABLE, affine)
    return {(TABLE[v].anatomy_id, TABLE[v].side) for v in found}


@pytest.mark.parametrize(("order", "flips"), ORDERS, ids=["upright", "flipped", "sagittal"])
def test_what_the_field_of_view_cuts(order, flips) -> None:
    def put(where, value):
        return lambda labels: labels.__setitem__(where, value)

    for where, value, wanted in (
            ((10, 10, 20), 6, set()),
            ((19, 10, 20), 6, {("liver", "unspecified")}), ((0, 10, 20), 6, {("liver", "unspecified")}),
            ((8, 0, 20), 6, {("liver", "unspecified")}), ((8, 10, 39), 5, {("kidney", "right")}),
            ((slice(18, 20), slice(8, 11), slice(6, 10)), 1, set()),  # tips of 3 % above
            ((slice(18, 20), slice(4, 12), slice(6, 12)), 1, {("lung", "right")}),
            ((slice(0, 2), slice(4, 12), slice(26, 30)), 4, set()),  # a recess below
            ((slice(0, 2), slice(4, 20), slice(24, 34)), 4, {("lower_lobe", "left")}),
            ((12, slice(8, 12), slice(36, 40)), 3, {("upper_lobe", "left")}),
            ((slice(12, 13), slice(8, 9), slice(36, 40)), 3, set())):  # 25 square millimetres of the wall
        assert cut(put(where, value), order, flips) == wanted, (where, value)


@pytest.mark.parametrize(("order", "flips"), ORDERS, ids=["upright", "flipped", "sagittal"])
def test_left_and_right_that_are_exchanged(order, flips) -> None:
    affine = np.array([[0, 0, 4.0, -100], [0, 4.0, 0, -60], [4.0, 0, 0, 10], [0, 0, 0, 1]])

    def names(parts: list[tuple[str, str, int, int]]) -> tuple[str, ...]:
        labels = np.zeros((12, 12, 50), np.uint8)
        for v, (_, _, first, last) in enumerate(parts, start=1):
            labels[2 + v % 4:6 + v % 4, 4:8, first:last] = v
        turned, to = reorient(labels, affine, order, flips)
        return exchanged(Segmentation(turned, {v: Label(v, *p[:2]) for v, p in enumerate(parts, start=1)}, to, "x"))

    right, left = ("lung", "right", 4, 20), ("lung", "left", 30, 46)
    assert names([right, left]) == ()
    assert names([("lung", "left", 4, 20), ("lung", "right", 30, 46)]) == ("lung",)
    assert names([("lung", "left", 4, 26), ("lung", "right", 22, 46)]) == ("lung",), "they meet before the heart"
    assert names([("lung", "left", 4, 40), ("lung", "right", 10, 46)]) == (), "who knows"
    assert names([("upper_lobe", "left", 4, 20), ("lower_lobe", "left", 4, 20), ("upper_lobe", "right", 30, 46)]) \
        == ("lower_lobe", "lung", "upper_lobe")
    assert names([right, left, ("kidney", "left", 10, 16), ("kidney", "right", 34, 40)]) == ("kidney",)
    assert names([right, left, ("spleen", "left", 10, 16), ("liver", "right", 34, 40)]) == (), "mirrored organs"
    assert names([right, left, ("middle_lobe", "unspecified", 36, 46)]) == ("middle_lobe",)
    assert names([right, left, ("middle_lobe", "unspecified", 10, 20)]) == ()
    assert names([right, left, ("kidney", "left", 10, 16)]) == (), "a single one may have wandered"
    assert names([("middle_lobe", "unspecified", 36, 46), right]) == (), "without a left lung there is no middle"
