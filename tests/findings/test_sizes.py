"""Sizes of nodules: in the slice and in space, volume, pleura, each within what is stated."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.sizes import SIZES, rows_of
from medomni.findings import measure
from medomni.findings.axes import axial_axes, space_axes
from medomni.phantom import render, sample_patient
from medomni.phantom.extent import nodule_extent
from medomni.phantom.patient import PhantomPatient, with_more_nodules
from medomni.records import Finding, Findings
from medomni.segment import get_segmenter
from medomni.volume import Volume

pytestmark = pytest.mark.unit


def test_diameters_of_known_bodies() -> None:
    z, y, x = np.mgrid[-14:15, -14:15, -14:15]
    longest, short = axial_axes((z / 4.0) ** 2 + (y / 7.0) ** 2 + (x / 12.0) ** 2 <= 1, (1.0, 1.0, 1.0), 1.0)
    assert (longest, short) == (pytest.approx(25, abs=1), pytest.approx(15, abs=1))
    upright = space_axes((z / 12.0) ** 2 + (y / 7.0) ** 2 + (x / 4.0) ** 2 <= 1, (2.0, 1.0, 1.0))
    assert upright == (pytest.approx(48, abs=3), pytest.approx(9, abs=1.5))
    assert space_axes(z == 0, (1.0, 1.0, 1.0)) is None, "a plane spans no space"


@pytest.fixture(scope="module")
def seen() -> tuple[PhantomPatient, Volume, Findings]:
    patient = with_more_nodules(sample_patient(300_004, "B"), [13.0, 11.0], np.random.default_rng(4))
    volume = render(patient, matrix=208, slice_mm=2.5)
    return patient, volume, measure(volume, get_segmenter().segment(volume)).findings


def test_the_truth_lies_within_what_is_stated(seen: tuple[PhantomPatient, Volume, Findings]) -> None:
    rows = rows_of(*seen)
    assert {name for name, *_ in rows} >= set(SIZES) - {"pleura_mm"}
    within = [abs(said - true) <= stated for _, true, said, stated in rows]
    assert np.mean(within) >= 0.85, rows


def test_sizes_are_of_one_another(seen: tuple[PhantomPatient, Volume, Findings]) -> None:
    sized = [f for f in seen[2].findings if f.uncertainty is not None]
    assert sized
    for f in sized:
        assert f.short_3d_mm <= f.short_mm <= f.longest_mm <= f.longest_3d_mm  # type: ignore[operator]
        assert f.hu_sd is not None and f.hu_sd > 0
        assert f.finding_id == ("lung_mass" if f.longest_mm > 30 else "lung_nodule")  # type: ignore[operator]


def test_a_truth_that_touches_the_wall_is_no_distance_from_it() -> None:
    patient = next(p for k in range(300_000, 300_020) for p in [with_more_nodules(
        sample_patient(k, "A"), [9.0] * 3, np.random.default_rng(k))]
        if any(n.site == "juxtapleural" for n in p.lesions.nodules))
    far = {n.site: nodule_extent(patient.anatomy, patient.lesions, n).pleura for n in patient.lesions.nodules}
    assert far["juxtapleural"] == 0


def test_old_records_still_read() -> None:
    old = {"id": "f1", "finding_id": "lung_nodule", "anatomy_id": "lung", "measured_by": "rules", "longest_mm": 9.0}
    assert Finding.model_validate(old).uncertainty is None
