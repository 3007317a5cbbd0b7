"""Vertebral bodies: density and height on a made-up column and on a synthetic patient with a wedge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medomni.findings.vertebra import Body, bodies, height_losses, vertebrae
from medomni.phantom.patient import sample_patient
from medomni.phantom.vertebrae import body_range, with_wedge
from medomni.records import Acquisition, Study
from medomni.volume import Label, Segmentation, Volume

pytestmark = pytest.mark.unit
STUDY = Study(study_key="k", modality="CT", kernel="B30f", contrast=False,
              acquisition=Acquisition(maker="siemens", kvp=120.0, slice_thickness_mm=2.0))


def _column(wedge: float = 0.0, study: Study = STUDY) -> tuple[Volume, Segmentation]:
    """Bodies of 150 HU, 18 mm high, 30 mm deep, with discs of 6 mm between; the fourth lacks ``wedge`` of its front."""
    shape, step = (84, 90, 80), (2.0, 1.0, 1.0)
    z, y, x = (np.arange(n) * s for n, s in zip(shape, step, strict=True))
    body = (((y[:, None] - 40) / 15) ** 2 + ((x - 40) / 18) ** 2) < 1
    hu = np.full(shape, 40, np.int16)
    for k, height in enumerate(z):
        number, within = divmod(height, 24.0)
        top = np.full(shape[1], 18.0)
        if number == 3:
            top = 18.0 * (1 - wedge * np.clip((55 - y) / 30, 0, 1))
        bone = body & ((within < top)[:, None])
        hu[k][body] = 70
        hu[k][bone] = 150
    hu += np.random.default_rng(1).normal(0, 8, shape).astype(np.int16)
    labels = np.where(np.broadcast_to(body, shape), 8, 0).astype(np.uint8)
    affine = np.diag([0.0, 0, 0, 1])
    affine[2, 0], affine[1, 1], affine[0, 2] = step
    return Volume(hu, affine, study), Segmentation(labels, {8: Label(8, "spine", "midline")}, affine, "test 1")


def test_density_is_that_of_the_bodies_and_judges_nothing() -> None:
    quantity = vertebrae(*_column())
    density = [s for s in quantity.scores if s.score_id == "vertebral_density_hu"]
    assert len(density) >= 4 and all(s.value == pytest.approx(150, abs=4) for s in density)
    row = next(c for c in quantity.rows if c.finding_id == "osteopenia")
    assert not row.assessable and "not judged" in (row.reason or "") and not quantity.hits


@pytest.mark.parametrize(("wedge", "found"), [(0.0, False), (0.45, True)])
def test_a_wedge_is_found_at_its_height(wedge: float, found: bool) -> None:
    quantity = vertebrae(*_column(wedge))
    assert [h.finding_id for h in quantity.hits] == (["vertebral_fracture"] if found else [])
    assert not quantity.rows[-1].assessable  # found or not, none is denied
    if found:
        assert quantity.hits[0].fields["centroid_mm"][2] == pytest.approx(3 * 24 + 8, abs=5)
        assert quantity.hits[0].confidence < 0.5


def test_masks_that_nobody_measured_are_not_believed() -> None:
    volume, labels = _column()
    quantity = vertebrae(volume, replace(labels, untested=frozenset({"spine"})))
    assert not quantity.scores and not quantity.hits
    assert {c.reason for c in quantity.rows} == {"MED-S03: untested class: spine by test 1"}


def test_unmet_conditions_are_coded() -> None:
    for changed, said in (({"contrast": True}, "contrast agent was"), ({"contrast": None}, "contrast agent is neither"),
                          ({"acquisition": None}, "the tube voltage"), ({"kernel": "B70f"}, "kernel B70f is sharp")):
        quantity = vertebrae(*_column(study=STUDY.model_copy(update=changed)))
        row = next(c for c in quantity.rows if c.finding_id == "osteopenia")
        assert (row.reason or "").startswith(f"MED-S20: {said}")
        assert not any(s.score_id == "vertebral_density_hu" for s in quantity.scores)
    volume, labels = _column()
    thick = volume.affine.copy()
    thick[2, 0] = 8.0
    row = vertebrae(replace(volume, affine=thick), replace(labels, affine=thick)).rows[-1]
    assert "slices lie 8.00 mm apart" in (row.reason or "")


def test_a_body_that_is_missed_makes_the_rest_not_assessable() -> None:
    volume, labels = _column()
    array = volume.array.copy()
    array[34:50] = np.where(labels.labels[34:50] > 0, 70, array[34:50])  # one body without bone
    row = vertebrae(replace(volume, array=array), labels).rows[-1]
    assert "could not be told from its neighbours" in (row.reason or "")


def test_losses_are_taken_against_back_and_neighbours() -> None:
    made = [Body((k, 0, 0), 150, h) for k, h in enumerate([(20.0, 20.0, 20.0), (15.0, 18.0, 20.0), (14.0, 14.0, 14.0),
                                                          (20.0, 20.0, 20.0)])]
    assert height_losses(made) == pytest.approx([0.0, 0.25, 0.3, 0.0])
    assert bodies(np.zeros((20, 9, 9), np.int16), np.zeros((20, 9, 9), bool), (2.0, 1.0, 1.0)) == []


def test_a_wedged_phantom_keeps_its_truth_in_place() -> None:
    patient = sample_patient(300_021, "A")
    low, high = body_range(patient.anatomy, -2)
    assert high - low == pytest.approx(17.5 * patient.anatomy.height)
    assert with_wedge(patient, -2, 0.4).extras[-1].loss == 0.4  # type: ignore[attr-defined]
