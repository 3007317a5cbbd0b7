"""Vertebral bodies are told apart where discs are seen, numbered, and never named on a guess."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medomni.dicom import read_study
from medomni.phantom import render, sample_patient
from medomni.phantom.masks import grid_of
from medomni.phantom.skeleton import is_disc
from medomni.segment import get_segmenter
from medomni.segment.spine import find_levels
from medomni.volume import Segmentation, Volume

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def back() -> tuple[Volume, Segmentation, np.ndarray]:
    """A phantom in slices of 2.5 mm, and the heights of its discs."""
    patient = sample_patient(300_001, "B")
    volume = render(patient, matrix=160, slice_mm=2.5)
    z = np.arange(volume.affine[2, 3], grid_of(volume).z[-1], 0.5, dtype=np.float32)
    disc = is_disc(patient.anatomy, z)
    edges = np.flatnonzero(np.diff(disc.astype(int)))
    return volume, get_segmenter().segment(volume), (z[edges[:-1]] + z[edges[1:]])[disc[edges[:-1] + 1]] / 2


def test_bodies_lie_between_the_discs(back: tuple) -> None:
    volume, found, discs = back
    levels = find_levels(volume, found)
    assert len(levels.bodies) >= len(discs) - 5
    for n, body in enumerate(levels.bodies, start=1):
        assert body.number == n and body.name == ""
        assert np.abs(discs - body.top_mm).min() < 4 and np.abs(discs - body.bottom_mm).min() < 4
        assert body.bottom_mm < body.centre_mm[2] < body.top_mm and abs(body.centre_mm[0]) < 6
    assert all(a.centre_mm[2] > b.centre_mm[2] for a, b in zip(levels.bodies, levels.bodies[1:], strict=False))
    assert levels.reason.startswith("MED-S08: numbered")


def test_without_discs_no_level(back: tuple) -> None:
    """Discs filled with the density of bodies: nothing is counted."""
    volume, found, _ = back
    spine = found.mask("spine")
    rows, columns = (np.flatnonzero(spine.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    array = volume.array.copy()
    array[:, rows[0] : rows[-1], columns[0] : columns[-1]] = 300
    noise = np.random.default_rng(3).normal(0, 15, array.shape)
    levels = find_levels(replace(volume, array=(array + noise).astype(np.int16)), found)
    assert not levels.bodies and levels.reason.startswith("MED-S08")


def test_thick_slices_hide_the_discs(real_dicom: Path) -> None:
    volume = read_study(real_dicom / "chest_ct_a0002_b40f8mm")
    empty = Segmentation(np.zeros(volume.array.shape, np.uint8), {}, volume.affine, "t")
    assert find_levels(volume, empty).reason == "MED-S08: slices of 8.0 mm hide the discs"
