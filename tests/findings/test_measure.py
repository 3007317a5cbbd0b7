"""Findings on phantoms with known answers; coverage; what is not assessable is never absent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medomni.errors import MedomniError
from medomni.findings import Measured, measure, ribs
from medomni.findings.chest import chest_of
from medomni.findings.hit import Hit
from medomni.findings.sensitivity import METHODS
from medomni.findings.sizes import name_by_size, too_large
from medomni.phantom import render, sample_patient
from medomni.segment import get_segmenter
from medomni.volume import Volume
from tests.findings.phantoms import compared

pytestmark = pytest.mark.unit


def _measured(seed: int, hospital: str) -> tuple[Volume, Measured]:
    volume = render(sample_patient(seed, hospital))
    return volume, measure(volume, get_segmenter().segment(volume))


@pytest.fixture(scope="module")
def wet() -> tuple[Volume, Measured]:
    """Supine: effusion on the right, pneumothorax on the left."""
    return _measured(5, "A")


def test_effusion_and_pneumothorax_with_side_and_volume(wet: tuple[Volume, Measured]) -> None:
    volume, measured = wet
    truth = {(t.finding_id, t.side): t for t in sample_patient(5, "A").truth}
    for key in (("pleural_effusion", "right"), ("pneumothorax", "left")):
        found = [f for f in measured.findings.findings if (f.finding_id, f.side) == key]
        assert len(found) == 1
        assert found[0].volume_ml == pytest.approx(truth[key].volume_ml, rel=0.25)
        assert found[0].severity == truth[key].severity
        assert measured.findings.state(*key) == "present"
    assert measured.findings.state("pleural_effusion", "left") == "absent"
    assert measured.masks.matches(volume)


def test_masks_follow_the_finding_numbers(wet: tuple[Volume, Measured]) -> None:
    volume, measured = wet
    for n, finding in enumerate(measured.findings.findings, start=1):
        assert finding.id == f"f{n}"
        if finding.mask_ref is None:
            continue
        assert finding.mask_ref == f"finding:{n}"
        at = np.argwhere(measured.masks.labels == n)
        if len(at):
            lps = volume.to_lps(at.mean(axis=0))
            assert np.linalg.norm(lps - np.array(finding.centroid_mm)) < 15


def test_prone_and_contrast(wet: tuple[Volume, Measured]) -> None:
    """Fluid in front, air behind (prone); a heart full of contrast."""
    counts = compared([5, 6], "B") + compared([1, 6], "C")
    for name in ("pleural_effusion", "pneumothorax", "cardiomegaly"):
        assert counts[name, "missed"] == 0
        assert counts[name, "false"] == 0


def test_every_finding_has_coverage_with_a_method(wet: tuple[Volume, Measured]) -> None:
    _, measured = wet
    covered = {c.finding_id for c in measured.findings.coverage}
    assert set(METHODS) <= covered
    assert all(c.method for c in measured.findings.coverage)
    assert all(c.reason for c in measured.findings.coverage if not c.assessable)


def test_sides_follow_the_affine(wet: tuple[Volume, Measured]) -> None:
    """Mirrored in space, everything changes sides; flipped in storage, nothing changes."""
    volume, measured = wet
    mirrored = replace(volume, affine=np.diag([-1.0, 1, 1, 1]) @ volume.affine)
    other = measure(mirrored, get_segmenter().segment(mirrored)).findings
    assert other.state("pleural_effusion", "left") == "present"
    assert other.state("pneumothorax", "right") == "present"
    flipped = volume.affine.copy()
    flipped[:3, 3] += flipped[:3, 0] * (volume.array.shape[0] - 1)
    flipped[:3, 0] *= -1
    feet_first = replace(volume, array=np.ascontiguousarray(volume.array[::-1]), affine=flipped)
    same = measure(feet_first, get_segmenter().segment(feet_first)).findings
    assert [(f.finding_id, f.side, f.volume_ml) for f in same.findings] == \
        [(f.finding_id, f.side, f.volume_ml) for f in measured.findings.findings]


def test_mass_beside_airless_lung_is_not_assessable() -> None:
    _, measured = _measured(30, "B")
    sides = {f.side for f in measured.findings.findings if f.finding_id == "consolidation"}
    assert sides == {"right"}
    assert measured.findings.state("lung_mass", "right") == "not_assessable"
    assert measured.findings.state("lung_mass", "left") == "absent"


def test_short_volumes_withhold_everything() -> None:
    volume = render(sample_patient(5, "A"))
    four = replace(volume, array=np.ascontiguousarray(volume.array[20:24]))
    measured = measure(four, get_segmenter().segment(four))
    assert not measured.findings.findings
    assert not any(o.anatomy_id == "lung" for o in measured.findings.organs)
    for name in METHODS:
        assert measured.findings.state(name) == "not_assessable"
    assert all((c.reason or "").startswith("MED-D17") for c in measured.findings.coverage if c.finding_id in METHODS)
    assert not any(c.assessable for c in measured.findings.coverage)


def test_another_grid_is_refused(wet: tuple[Volume, Measured]) -> None:
    volume, measured = wet
    with pytest.raises(MedomniError, match="MED-S02"):
        measure(replace(volume, array=np.ascontiguousarray(volume.array[1:])), measured.masks)


def test_a_dozen_phantoms() -> None:
    """Short form of the bars on facts: nothing false and little missed among patients never tuned on."""
    counts = compared(range(900, 904), "ABC")
    for name in ("pleural_effusion", "pneumothorax", "consolidation", "cardiomegaly"):
        hit, false, missed = (counts[name, k] for k in ("hit", "false", "missed"))
        assert 2 * hit >= 0.75 * (2 * hit + false + missed), f"{name}: {hit} hit, {false} false, {missed} missed"


@pytest.mark.parametrize(("seed", "side"), [(89, "right"), (96, "left")])
def test_a_displaced_rib_fracture_is_found_at_its_place(seed: int, side: str) -> None:
    _, measured = _measured(seed, "A")
    truth = next(t for t in sample_patient(seed, "A").truth if t.finding_id == "rib_fracture")
    found = [f for f in measured.findings.findings if f.finding_id == "rib_fracture"]
    assert [f.side for f in found] == [side] == [truth.side]
    assert found[0].measured_by == METHODS["rib_fracture"].method
    assert np.linalg.norm(np.subtract(found[0].centroid_mm, truth.centroid_mm)) < 30  # type: ignore[arg-type]
    row = next(c for c in measured.findings.coverage if c.finding_id == "rib_fracture")
    assert row.assessable and row.z_range_mm[0] < truth.centroid_mm[2] < row.z_range_mm[1]  # type: ignore[index]


def test_a_fracture_of_each_side_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = render(sample_patient(89, "A"))
    chest = chest_of(volume, get_segmenter().segment(volume))
    n, beside = len(chest.hu), ribs.BINS // 2
    dry = np.zeros(chest.hu.shape, bool)
    with_bone = [next(k for k in range(at, n) if ribs._rib_near(chest, chest.lung, side, k, beside).any())
                 for side, at in (("right", n // 2), ("left", n // 3))]
    lift = np.zeros((n, ribs.BINS))
    lift[with_bone[0], beside], lift[with_bone[1], beside] = ribs.STEP_MM + 1, -ribs.STEP_MM - 2
    monkeypatch.setattr(ribs, "asymmetry", lambda *_: lift)
    hits, looked = ribs.fractures(chest, dry)
    assert [h.side for h in hits] == ["right", "left"] and looked
    lift[with_bone[1], beside] = 0.5 - ribs.STEP_MM
    assert [h.side for h in ribs.fractures(chest, dry)[0]] == ["right"]


def test_airless_lung_as_dense_as_fluid_is_left_out_of_an_effusion() -> None:
    """A consolidation of 19 HU above an effusion of 19 HU on the same side: two findings, each of its own size."""
    patient = sample_patient(330_039, "A")
    true = {t.finding_id: t for t in patient.truth if t.side == "left"}
    assert set(true) == {"pleural_effusion", "consolidation"}
    volume = render(patient)
    found = {f.finding_id: f for f in measure(volume, get_segmenter().segment(volume)).findings.findings
             if f.side == "left"}
    assert found["consolidation"].volume_ml == pytest.approx(true["consolidation"].volume_ml, rel=0.3)
    assert found["pleural_effusion"].volume_ml == pytest.approx(true["pleural_effusion"].volume_ml, rel=0.3)


def test_fluid_too_thin_to_tell_is_not_called_absent() -> None:
    """The thinnest fluid that phantoms have, at 6 mm: seen, or not assessable, and never absent."""
    states = set()
    for seed in range(330_000, 330_012):
        patient = sample_patient(seed, "A")
        for truth in patient.truth:
            if truth.finding_id == "pleural_effusion":
                volume = render(patient)
                found = measure(volume, get_segmenter().segment(volume)).findings
                states.add(found.state("pleural_effusion", truth.side))
    assert states and "absent" not in states


def test_what_the_nodule_rules_outline_as_large_as_a_mass_is_called_neither() -> None:
    hit = Hit("lung_nodule", "lung", "left", None, 0.9, METHODS["lung_nodule"].method,
              {"longest_mm": 31.0, "uncertainty_mm": 2.0, "volume_ml": 9.0})
    name_by_size(hit)
    assert hit.finding_id == "lung_nodule" and not too_large(hit), "it may be 30 mm or less"
    hit.fields["longest_mm"] = 38.0
    name_by_size(hit)
    assert too_large(hit)
    other = Hit("lung_nodule", "lung", "left", None, 0.9, METHODS["lung_mass"].method,
                {"longest_mm": 31.0, "uncertainty_mm": 2.0})
    name_by_size(other)
    assert other.finding_id == "lung_mass" and not too_large(other)
