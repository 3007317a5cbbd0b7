"""Planes that pass by a brain; without a brain there are none."""

from __future__ import annotations

import numpy as np
import pytest

from medomni.dicom.deid.shear import BELOW_MM, BUFFER_MM, GRID_MM, brain_in_ct, shear_of

pytestmark = pytest.mark.unit


def test_no_brain_no_shear() -> None:
    air, water = (np.full((40, 40, 40), v, dtype=np.float32) for v in (-1000, 30))
    assert brain_in_ct(air) is None and brain_in_ct(water) is None


def test_nothing_of_the_brain_is_cut_and_nothing_far_below_it() -> None:
    origin = np.array([-20.0, -30.0, 100.0])
    shear = shear_of(np.ones((20, 20, 20), dtype=bool), origin)
    brain = np.argwhere(np.ones((20, 20, 20)))[:, ::-1] * GRID_MM + origin
    assert not shear.cuts(brain).any()
    front = origin + (19, -2 * BUFFER_MM, -2 * BUFFER_MM)
    behind, below = origin + (19, 200, 0), origin + (19, -50, -BELOW_MM - 1)
    assert shear.cuts(np.stack([front, behind, below])).tolist() == [True, False, False]
