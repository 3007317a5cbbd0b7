"""Shapes moved by disks, and means over blocks, against SciPy and NumPy themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medomni.segment.grid import BY_DISTANCE_PX, components, dilated, disk, opened
from medomni.volume import among, block_means

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("radius", [1, BY_DISTANCE_PX - 1, BY_DISTANCE_PX, 9])
def test_disks_move_as_in_scipy(radius: int) -> None:
    rng = np.random.default_rng(radius)
    mask = ndimage.gaussian_filter(rng.normal(size=(20, 61, 58)), (0, 6, 6)) > -0.02  # reaches all four borders
    mask[3] = False
    mask[4] = True
    assert 0 < opened(mask, radius).sum() < mask.sum()
    assert np.array_equal(opened(mask, radius), ndimage.binary_opening(mask, disk(radius)))
    assert np.array_equal(dilated(mask, radius), ndimage.binary_dilation(mask, disk(radius)))


def test_sizes_of_components() -> None:
    mask = np.zeros((3, 5, 5), bool)
    mask[0, 0, :3] = mask[2, 4, 4] = True
    labels, sizes = components(mask)
    assert sizes.tolist() == [0, 3, 1]
    assert labels.max() == 2


@pytest.mark.parametrize("steps", [(1, 1, 1), (2, 2, 2), (3, 1, 4), (40, 5, 7)])
def test_means_of_blocks(steps: tuple[int, int, int]) -> None:
    array = np.random.default_rng(2).integers(-3000, 4000, (70, 23, 31)).astype(np.int16)
    here = block_means(array, steps, (-1024, 3071))
    starts = [range(0, n, step) for n, step in zip(array.shape, steps, strict=True)]
    clipped = np.clip(array.astype(np.float64), -1024, 3071)
    there = [[[clipped[k : k + steps[0], j : j + steps[1], i : i + steps[2]].mean() for i in starts[2]]
              for j in starts[1]] for k in starts[0]]
    assert here.dtype == np.float32
    assert np.allclose(here, there, atol=0.01)


def test_labels_among_values() -> None:
    labels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert np.array_equal(among(labels, [3, 7, 23]), np.isin(labels, [3, 7, 23]))
    assert not among(labels, []).any()
    assert among(labels, []).shape == labels.shape
