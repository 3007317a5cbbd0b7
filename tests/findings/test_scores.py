"""Emphysema index and coronary calcium on made-up bodies with known answers; what is not allowed is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medomni.findings.calcium import agatston, coronary_calcium
from medomni.findings.emphysema import emphysema
from medomni.findings.hit import Hit
from medomni.findings.inspiration import LEAST_L, breath_of
from medomni.phantom import render
from medomni.phantom.calcium import ARTERIES, Plaque, artery_path, cardiac_view, with_calcium
from medomni.phantom.emphysema import breathed_in, with_emphysema, with_expiration
from medomni.phantom.patient import sample_patient
from medomni.records import Acquisition, Patient, Study
from medomni.volume import Label, Segmentation, Volume

pytestmark = pytest.mark.unit
STUDY = Study(study_key="k", modality="CT", kernel="B30f", contrast=False, patient=Patient(sex="female"),
              acquisition=Acquisition(maker="siemens", kvp=120.0, slice_thickness_mm=1.25))
TABLE = {2: Label(2, "lung", "right"), 3: Label(3, "lung", "left"), 4: Label(4, "airway", "midline"),
         8: Label(8, "spine", "midline")}


def _lungs(share: float, study: Study = STUDY, flat: float = 1.0) -> tuple[Volume, Segmentation]:
    """Two lungs of 1.9 l each, ``share`` of their voxels empty, a trachea of 18 mm, ``flat`` times as deep as wide."""
    rng = np.random.default_rng(4)
    shape, step = (160, 60, 84), (1.25, 2.5, 2.5)
    labels = np.zeros(shape, np.uint8)
    labels[4:156, 3:50, 2:36], labels[4:156, 3:50, 48:82] = 2, 3
    hu = np.full(shape, 40, np.int16)
    hu[labels > 0] = np.where(rng.random(int((labels > 0).sum())) < share, -980, -860)
    y, x = np.mgrid[0:60, 0:84]
    off = np.hypot((y - 30) * 2.5 / flat, (x - 41.5) * 2.5) - 9.0
    hu[100:156] = np.where(off < 2.0, (40 - 1040 * np.clip(0.5 - off / 2.5, 0, 1)).astype(np.int16), hu[100:156])
    labels[100:156, off < 0] = 4
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *step, 1
    return Volume(hu, affine, study), Segmentation(labels, TABLE, affine, "test 1")


@pytest.mark.parametrize(("share", "presence"), [(0.0, None), (0.05, "uncertain"), (0.2, "present")])
def test_the_index_is_the_share_of_empty_voxels(share: float, presence: str | None) -> None:
    quantity = emphysema(*_lungs(share), [])
    assert quantity.scores[0].value == pytest.approx(100 * share, abs=0.3)
    assert [h.confidence >= 0.5 for h in quantity.hits] == ([] if presence is None else [presence == "present"])
    assert quantity.rows[0].assessable is (presence == "present")


@pytest.mark.parametrize(("changed", "said"), [
    ({"kernel": "B70f"}, "kernel B70f is sharp"), ({"kernel": None}, "the kernel is not stated"),
    ({"kernel": "XY9"}, "kernel XY9 is not known"), ({"acquisition": None}, "the slice thickness is not stated"),
    ({"contrast": True}, "contrast agent was given"),
    ({"patient": Patient(sex="male")}, "full inspiration is not certain"),
    ({"acquisition": Acquisition(maker="siemens", kvp=100.0, slice_thickness_mm=1.25)}, "tube voltage 100 kV"),
    ({"acquisition": Acquisition(maker="siemens", kvp=120.0, slice_thickness_mm=3.0)}, "slices are 3.00 mm thick")])
def test_no_index_where_a_condition_is_not_met(changed: dict, said: str) -> None:
    quantity = emphysema(*_lungs(0.2, STUDY.model_copy(update=changed)), [])
    assert not quantity.scores and not quantity.hits
    assert (quantity.rows[0].reason or "").startswith(f"MED-S20: {said}") and not quantity.rows[0].assessable


def test_no_index_on_expiration_beside_free_air_or_without_an_airway() -> None:
    flat = emphysema(*_lungs(0.2, flat=0.45), [])
    assert "bowed inwards" in (flat.rows[0].reason or "")
    free = emphysema(*_lungs(0.2), [Hit("pneumothorax", "pleural_space", "left", None, 0.9, "m")])
    assert "free air" in (free.rows[0].reason or "")
    volume, labels = _lungs(0.2)
    gone = np.where(labels.labels == 4, 0, labels.labels).astype(np.uint8)
    assert emphysema(volume, replace(labels, labels=gone), []).rows[0].reason == "MED-S03: the airway was not segmented"
    shut = replace(labels, untested=frozenset({"lung"}))
    assert "untested class" in (emphysema(volume, shut, []).rows[0].reason or "")


def test_the_breath_is_told_from_litres_and_the_tracheas_shape() -> None:
    volume, labels = _lungs(0.0)
    breath = breath_of(volume.array.astype(np.float32), (labels.labels == 2) | (labels.labels == 3),
                       labels.labels == 4, volume.spacing_mm)
    assert breath.litres == pytest.approx(2 * 152 * 47 * 34 * 1.25 * 2.5 * 2.5 / 1e6)
    assert breath.deep == pytest.approx(1.0, abs=0.1) and (breath.solid or 0) > 0.94
    assert breath.refused(STUDY) is None and LEAST_L["female"] < breath.litres < LEAST_L["male"]


def test_agatston_weighs_area_by_the_greatest_value() -> None:
    hu = np.zeros((2, 20, 20), np.float32)
    hu[0, 2:4, 2:4] = 150  # 4 pixels of 0.5 mm2: 2 mm2, weight 1
    hu[0, 8:10, 8:12] = 150
    hu[0, 8, 8] = 450  # 4 mm2, weight 4
    hu[1, 15, 15] = 900  # one pixel: 0.5 mm2 counts for nothing
    hu[1, 2:4, 2:3] = 129  # below the threshold
    hu[1, 6:8, 6:8] = 200  # 2 mm2, weight 2
    side = float(np.sqrt(0.5))
    score, counted = agatston(hu, np.ones(hu.shape, bool), (3.0, side, side))
    assert score == pytest.approx(2 * 1 + 4 * 4 + 2 * 2) and counted.sum() == 16
    assert agatston(hu, np.ones(hu.shape, bool), (2.5, side, side))[0] == pytest.approx(22 * 2.5 / 3)


def _heart_scan(calcium: list[tuple[int, int, int]], hu_of: int = 600) -> tuple[Volume, Segmentation]:
    """A heart of 90 mm between two lungs, a spine behind it, and pieces of 3 x 3 pixels in two slices."""
    shape, step = (36, 170, 200), (3.0, 1.0, 1.0)
    z, y, x = np.ogrid[0:36, 0:170, 0:200]
    hu = np.full(shape, -1000, np.int16)
    body = ((y - 85) / 80.0) ** 2 + ((x - 100) / 95.0) ** 2 < 1
    hu[np.broadcast_to(body, shape)] = 40
    inner = ((y - 80) / 62.0) ** 2 + ((x - 100) / 82.0) ** 2 < 1
    hu[np.broadcast_to(inner, shape)] = -850
    middle = np.broadcast_to(inner & (np.abs(x - 100) < 22), shape)
    hu[middle] = -100
    heart = ((z - 16) * 3.0 / 45) ** 2 + ((y - 70) / 42.0) ** 2 + ((x - 105) / 48.0) ** 2 < 1
    hu[heart] = 40
    labels = np.zeros(shape, np.uint8)
    bone = np.broadcast_to(((y - 140) / 16.0) ** 2 + ((x - 100) / 18.0) ** 2 < 1, shape)
    hu[bone], labels[bone] = 300, 8
    for k, row, column in calcium:
        hu[k:k + 2, row:row + 3, column:column + 3] = hu_of
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *step, 1
    study = STUDY.model_copy(update={"acquisition": Acquisition(maker="siemens", kvp=120.0, slice_thickness_mm=3.0,
                                                                ecg_gated=True)})
    return Volume(hu, affine, study), Segmentation(labels, TABLE, affine, "test 1")


def test_calcium_at_the_hearts_surface_is_scored_and_no_other() -> None:
    on_surface, in_heart, in_lung, in_bone = (16, 27, 104), (16, 70, 104), (16, 60, 30), (16, 140, 100)
    none = coronary_calcium(*_heart_scan([]))
    assert [s.value for s in none.scores] == [0.0, 0.0] and not none.hits and none.rows[0].assessable
    one = coronary_calcium(*_heart_scan([on_surface]))
    assert one.scores[0].value == pytest.approx(2 * 9 * 4) and one.hits[0].finding_id == "coronary_calcification"
    assert one.hits[0].fields["centroid_mm"] == pytest.approx((105.0, 28.0, 49.5))
    other = coronary_calcium(*_heart_scan([in_heart, in_lung, in_bone]))
    assert other.scores[0].value == 0 and not other.hits


def test_no_calcium_score_where_a_condition_is_not_met() -> None:
    volume, labels = _heart_scan([(16, 27, 104)])
    for changed, said in (({"contrast": None}, "contrast agent is neither"), ({"contrast": True}, "contrast agent was"),
                          ({"kernel": "B70f"}, "kernel B70f"), ({"acquisition": None}, "ECG gating is not stated")):
        study = volume.study.model_copy(update=changed)
        row = coronary_calcium(replace(volume, study=study), labels).rows[0]
        assert not row.assessable and (row.reason or "").startswith(f"MED-S20: {said}")
    noisy = np.random.default_rng(1).normal(0, 45, volume.array.shape) + volume.array
    row = coronary_calcium(replace(volume, array=noisy.astype(np.int16)), labels).rows[0]
    assert "noise of" in (row.reason or "")
    shut = replace(labels, untested=frozenset({"spine"}))
    assert coronary_calcium(volume, shut).rows[0].reason == "MED-S03: untested class: spine by test 1"
    empty = replace(volume, array=np.full(volume.array.shape, 40, np.int16))
    assert "no heart" in (coronary_calcium(empty, labels).rows[0].reason or "")


@pytest.mark.parametrize("seen", [slice(0, 22), slice(11, 36)])
def test_no_calcium_score_of_a_part_of_the_heart(seen: slice) -> None:
    volume, labels = _heart_scan([(16, 27, 104)])
    part, shown = replace(volume, array=volume.array[seen]), replace(labels, labels=labels.labels[seen])
    quantity = coronary_calcium(part, shown)
    said = f"MED-S20: the slices cover {3 * len(part.array)} mm, a whole heart needs 100 mm"
    assert quantity.rows[0].reason == said and not quantity.scores


def test_builders_leave_the_patient_as_drawn_and_change_only_what_they_add() -> None:
    patient = sample_patient(300_010, "A")
    small = {"matrix": 48, "slice_mm": 8.0}
    plain = render(patient, **small)  # type: ignore[arg-type]
    same = render(replace(patient, extras=()), **small)  # type: ignore[arg-type]
    assert np.array_equal(plain.array, same.array)
    holes = render(with_emphysema(patient, 0.3), **small)  # type: ignore[arg-type]
    assert (holes.array < -950).sum() > (plain.array < -950).sum() + 500
    assert breathed_in(patient).anatomy.dome_right < patient.anatomy.dome_right < \
        with_expiration(patient).anatomy.dome_right
    view, (low, high) = cardiac_view(with_calcium(patient, (Plaque("lad", 0.3, 8.0, 2.0, 900.0),)))
    assert view.gated and low < high and view.anatomy.fov == 250.0


def test_arteries_run_just_outside_the_heart() -> None:
    anatomy = sample_patient(300_011, "A").anatomy
    for artery in ARTERIES:
        points = artery_path(anatomy, artery)
        away = anatomy.heart_parts()[0](*points.astype(np.float32).T)
        assert (away > 0).all() and (away < 4).all()
