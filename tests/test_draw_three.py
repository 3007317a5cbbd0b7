"""Three planes through a place: the same picture whatever the order, the place in the middle, the head on top."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import ndimage

from medomni.draw import three_planes, three_planes_image
from medomni.records import Study
from medomni.volume import Volume, reorient

pytestmark = pytest.mark.unit
SIZE = 200


def volume() -> Volume:
    """Air with a cube of 20 mm at the left front below: about x 40, y -30, z -50; 4 mm slices, 2 mm pixels."""
    array = np.full((40, 60, 70), -1000, np.int16)
    affine = np.array([[0, 0, 2.0, -69], [0, 2.0, 0, -59], [4.0, 0, 0, -78], [0, 0, 0, 1]])
    z, y, x = (affine[axis, k] * np.arange(n) + affine[axis, 3] for k, axis, n in ((0, 2, 40), (1, 1, 60), (2, 0, 70)))
    near = (np.abs(z + 50) <= 10)[:, None, None] & (np.abs(y + 30) <= 10)[None, :, None] & (np.abs(x - 40) <= 10)
    array[near] = 400
    return Volume(array, affine, Study(study_key="k", modality="CT"))


PLACE = (40.0, -30.0, -50.0)


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_the_same_picture_whatever_the_order(order: tuple) -> None:
    plain = np.asarray(three_planes_image(volume(), PLACE, size=SIZE))
    for flips in ((True, False, False), (False, True, True)):
        array, affine = reorient(volume().array, volume().affine, order, flips)
        turned = Volume(array, affine, volume().study)
        assert np.array_equal(np.asarray(three_planes_image(turned, PLACE, size=SIZE)), plain)


def test_each_plane_shows_the_place_where_it_lies() -> None:
    picture = np.asarray(three_planes_image(volume(), PLACE, (-300.0, 1400.0), size=SIZE)).astype(int).min(axis=2)
    widths = [SIZE, round(140 * SIZE / 160), round(120 * SIZE / 160)]
    lefts = np.cumsum([0, *[w + 4 for w in widths]])
    for (row, column), left, width in zip(((0.25, 0.78), (0.8, 0.78), (0.8, 0.25)), lefts, widths, strict=False):
        height = {SIZE: round(120 * SIZE / 140)}.get(width, SIZE)
        part = picture[:height, left:left + width]
        at = np.argwhere(largest(part > 230))
        middle = at.mean(axis=0) / (height, width)
        assert np.allclose(middle, (row, column), atol=0.05), (middle, row, column)


def largest(mask: np.ndarray) -> np.ndarray:
    labels, _ = ndimage.label(mask)
    return labels == np.bincount(labels.ravel())[1:].argmax() + 1


def test_an_extent_puts_the_place_in_the_middle() -> None:
    for place in (PLACE, (68.0, -58.0, 76.0), (500.0, 0.0, 0.0)):
        assert three_planes_image(volume(), place, extent_mm=60.0, size=SIZE).size == (3 * SIZE + 8, SIZE)
    picture = np.asarray(three_planes_image(volume(), PLACE, (-300.0, 1400.0), extent_mm=60.0, size=SIZE))
    for k in range(3):
        middle = picture[SIZE // 2 - 8:SIZE // 2 + 8, k * (SIZE + 4) + SIZE // 2 - 8:k * (SIZE + 4) + SIZE // 2 + 8]
        assert middle.min() > 230
    assert three_planes(volume(), PLACE)[:4] == b"\x89PNG"
