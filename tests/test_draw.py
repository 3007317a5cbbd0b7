"""Pictures: left is left whatever the array's order, millimetres are square, outlines sit where the labels are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from medomni.draw import colour_of, contact_sheet, draw_slice, edge_letters, slice_count, slice_image
from medomni.errors import MedomniError
from medomni.records import Study
from medomni.volume import Label, Segmentation, Volume
from tests.volumes import turned

pytestmark = pytest.mark.unit
STUDY = Study(study_key="k", modality="CT")


def _marked() -> tuple[Volume, Segmentation]:
    """12 slices of 40 x 60 at 5 x 2 x 1.5 mm, bright at the patient's left front near the head."""
    array = np.full((12, 40, 60), -1000, np.int16)
    array[8:11, 5:15, 42:55] = 1500
    affine = np.array([[0, 0, 1.5, -45], [0, 2.0, 0, -40], [5.0, 0, 0, -30], [0, 0, 0, 1]], float)
    labels = (array > 0).astype(np.uint8)
    return Volume(array, affine, STUDY), Segmentation(labels, {1: Label(1, "heart")}, affine, "test")


ORDERS = [((0, 1, 2), (False, False, False)), ((0, 1, 2), (False, False, True)), ((0, 1, 2), (True, False, True)),
          ((2, 0, 1), (False, True, False)), ((1, 0, 2), (True, True, True)), ((2, 1, 0), (True, False, False))]


@pytest.mark.parametrize(("order", "flips"), ORDERS)
def test_left_is_drawn_right_whatever_the_order(order: tuple, flips: tuple) -> None:
    """Bar of the design: flipped, feet-first and sagittal arrays give the same picture."""
    volume, _ = _marked()
    other = turned(volume, order, flips)
    for plane, index in (("axial", 9), ("coronal", 8), ("sagittal", 50)):
        assert slice_count(other, plane) == slice_count(volume, plane)
        expected = np.asarray(slice_image(volume, index, "soft", plane=plane, size=120, markers=False))
        got = np.asarray(slice_image(other, index, "soft", plane=plane, size=120, markers=False))
        assert np.array_equal(got, expected)
    axial = np.asarray(slice_image(other, 9, "soft", size=180, markers=False).convert("L"))
    rows, columns = np.nonzero(axial > 128)
    assert columns.mean() > axial.shape[1] / 2, "the patient's left lies at the image's right"
    assert rows.mean() < axial.shape[0] / 2, "the patient's front lies at the top"
    coronal = np.asarray(slice_image(other, 8, "soft", plane="coronal", size=180, markers=False).convert("L"))
    assert np.nonzero(coronal > 128)[0].mean() < coronal.shape[0] / 2, "the head lies at the top"


def test_letters_and_scale_bar_are_drawn() -> None:
    volume, _ = _marked()
    plain = np.asarray(slice_image(volume, 0, "soft", size=256, markers=False).convert("L")).astype(int)
    marked = np.asarray(slice_image(volume, 0, "soft", size=256).convert("L")).astype(int)
    added = marked - plain > 100
    middle = added[added.shape[0] // 2 - 12 : added.shape[0] // 2 + 12]
    assert middle[:, :24].any(), "a letter at the image's left"
    assert middle[:, -24:].any(), "a letter at the image's right"
    bar = np.flatnonzero(added[marked.shape[0] - 10])
    millimetres = (bar[-1] - bar[0]) * 90.0 / 256
    assert abs(millimetres - 20.0) < 1.5


def test_millimetres_are_square() -> None:
    volume, _ = _marked()
    assert slice_image(volume, 0, size=180).size == (180, 160)  # 60 x 1.5 mm by 40 x 2 mm
    assert slice_image(volume, 0, size=180, plane="coronal").size == (180, 120)


def test_outline_is_the_labels_inner_border() -> None:
    volume, labels = _marked()
    drawn = np.asarray(slice_image(volume, 9, "soft", labels, size=360, markers=False, legend=False))
    coloured = (drawn == np.array(colour_of(1))).all(axis=-1)
    rows, columns = np.nonzero(coloured)
    scale = 360 / 90
    assert abs(columns.min() - 42 * 1.5 * scale) <= 1
    assert abs(columns.max() - (55 * 1.5 * scale - 1)) <= 1
    assert abs(rows.min() - 5 * 2 * scale) <= 1
    assert not (np.asarray(slice_image(volume, 2, "soft", labels, markers=False)) == colour_of(1)).all(axis=-1).any()


def test_legend_names_what_is_outlined() -> None:
    volume, labels = _marked()
    without = np.asarray(slice_image(volume, 9, "soft", labels, legend=False))
    assert (np.asarray(slice_image(volume, 9, "soft", labels)) != without).any()
    other = np.asarray(slice_image(volume, 9, "soft", labels, names={1: "something else"}))
    assert (other != np.asarray(slice_image(volume, 9, "soft", labels))).any()


def test_png_sheet_and_errors() -> None:
    volume, labels = _marked()
    image = Image.open(io.BytesIO(draw_slice(volume, 3, "bone", labels)))
    assert image.format == "PNG"
    assert image.size[0] == 512
    sheet = Image.open(io.BytesIO(contact_sheet(volume, outlines=labels, columns=4, size=90)))
    assert sheet.size == (360, 240)
    with pytest.raises(IndexError):
        draw_slice(volume, 12)
    with pytest.raises(KeyError):
        draw_slice(volume, 0, "no such window")
    with pytest.raises(MedomniError, match="MED-S02"):
        draw_slice(turned(volume, (2, 0, 1), (False, False, False)), 0, outlines=labels)


@pytest.mark.parametrize(("degrees", "axial", "sagittal"), [
    (0, ("R", "L"), ("A", "P")), (20, ("R", "L"), ("A", "P")), (30, ("RA", "LP"), ("AL", "PR")),
    (-40, ("RP", "LA"), ("AR", "PL"))])
@pytest.mark.parametrize(("order", "flips"), ORDERS)
def test_an_oblique_picture_carries_both_letters(degrees: float, axial: tuple, sagittal: tuple, order: tuple,
                                                 flips: tuple) -> None:
    """The stack turned about the long axis, as it lies in the patient; the order of the array does not matter."""
    angle, spin = np.radians(degrees), np.eye(4)
    spin[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    volume = turned(_marked()[0], order, flips)
    affine = spin @ volume.affine
    assert edge_letters(affine, "axial") == axial and edge_letters(affine, "sagittal") == sagittal
