"""What lung encloses in a slice: the top of an organ below is none of it, a mass, a nodule and airless lung are."""

from __future__ import annotations

import numpy as np
import pytest

from medomni.segment.grid import Grid, Mask
from medomni.segment.lungs import split_lungs

pytestmark = pytest.mark.unit

SHAPE, SPACING = (60, 160, 200), (2.5, 1.5, 1.5)
BASE = 10
"""The first slice of the lungs, flat but for the dome."""


def ball(z: float, y: float, x: float, mm: float) -> Mask:
    """Around a voxel."""
    at = np.indices(SHAPE).astype(float)
    inside: Mask = sum(((a - c) * s) ** 2 for a, c, s in zip(at, (z, y, x), SPACING, strict=True)) <= mm**2
    return inside


def right_lung(dense: Mask) -> Mask:
    """What is called right lung where ``dense`` lies in the right of two blocks of air."""
    air = np.zeros(SHAPE, bool)
    air[BASE:55, 20:140, 15:90] = True
    air[BASE:55, 20:140, 110:185] = True
    grid = Grid(np.where(air, -850, 40).astype(np.float32), SPACING, (1, 1, 1), SHAPE)
    right, left = split_lungs(grid, air & ~dense, np.zeros(SHAPE, bool), np.full(SHAPE[0], 100.0))
    assert left[30, 80, 150] and not (right & left).any()
    return right


def test_the_top_of_a_dome_is_no_lung() -> None:
    dome = ball(5, 80, 50, 35.0)
    lung = right_lung(dome)
    inside = dome[BASE:]
    assert (lung[BASE:] & inside).sum() < 0.05 * inside.sum(), "its tip alone, hardly a millimetre high"
    assert lung[BASE:55, 20:140, 15:90][~dome[BASE:55, 20:140, 15:90]].mean() > 0.98


def test_a_nodule_on_the_dome_is_lung() -> None:
    lung = right_lung(ball(5, 80, 50, 35.0) | ball(17, 80, 68, 6.0))
    assert lung[18, 80, 69]


@pytest.mark.parametrize("mm", [12.0, 25.0])
def test_a_mass_within_the_lung_is_lung(mm: float) -> None:
    mass = ball(32, 80, 50, mm)
    assert right_lung(mass)[mass].all()


def test_airless_lung_that_reaches_the_base_is_lung_above_it() -> None:
    y, x = np.indices(SHAPE[1:])
    column = np.broadcast_to(((y - 80) * 1.5) ** 2 + ((x - 50) * 1.5) ** 2 <= 20.0**2, SHAPE).copy()
    column[45:] = False
    lung = right_lung(column)
    assert lung[30:45][column[30:45]].all() and not lung[BASE + 2, 80, 50]
