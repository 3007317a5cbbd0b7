"""Images that are no whole chest CT: less is judged, with a coded reason, and no organ is named where it is not.

What is truly in the synthetic chest is known, so every statement that the record still makes is held against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from medomni.findings import measure
from medomni.findings.measure import Measured
from medomni.findings.nodule_score import SHARP_MM
from medomni.phantom import PhantomPatient, render, sample_patient
from medomni.phantom.degraded import with_metal
from medomni.phantom.masks import true_masks
from medomni.phantom.patient import with_more_nodules
from medomni.records import Findings, Patient, Study
from medomni.segment import get_segmenter
from medomni.volume import Segmentation, Volume

pytestmark = pytest.mark.unit
SIDES = ("right", "left")
SIDED = ("pleural_effusion", "pneumothorax", "consolidation", "lung_nodule", "lung_mass")
Mask = NDArray[np.bool_]


@pytest.fixture(scope="module")
def healthy() -> tuple[PhantomPatient, Volume]:
    patient = next(p for p in (sample_patient(seed, "A") for seed in range(60)) if not p.truth)
    return patient, render(patient)


@pytest.fixture(scope="module")
def ill() -> tuple[PhantomPatient, Volume]:
    patient = next(p for p in (sample_patient(seed, "A") for seed in range(60)) if len(
        {(t.finding_id, t.side) for t in p.truth if t.finding_id in SIDED}) >= 3)
    return patient, render(patient)


def judged(volume: Volume) -> tuple[Segmentation, Measured]:
    found = get_segmenter().segment(volume)
    return found, measure(volume, found)


def stated(record: Findings) -> set[tuple[str, str]]:
    """The sided findings that the record calls present or absent."""
    return {(name, side) for name in SIDED for side in SIDES if record.state(name, side) in ("present", "absent")}


def reasons(record: Findings) -> set[str]:
    return {(c.reason or "")[:7] for c in record.coverage if not c.assessable}


def half(volume: Volume, axis: int, first: bool) -> Volume:
    """One half of the volume along an axis, where it lies."""
    middle = volume.array.shape[axis] // 2
    begin, end = (0, middle) if first else (middle, volume.array.shape[axis])
    affine = volume.affine.copy()
    affine[:3, 3] += begin * affine[:3, axis]
    cut = np.ascontiguousarray(np.take(volume.array, range(begin, end), axis=axis))
    return replace(volume, array=cut, affine=affine, slice_uids=())


def narrowed(volume: Volume, side: str, mm: float) -> Volume:
    """Without what lies on a side, up to ``mm`` into that lung."""
    axial = volume.axial()
    at = np.flatnonzero((get_segmenter().segment(axial).mask("lung")).any(axis=(0, 1)))
    pixels = round(mm / axial.spacing_mm[2])
    first, last = (at[0] + pixels, axial.array.shape[2]) if side == "right" else (0, at[-1] + 1 - pixels)
    affine = axial.affine.copy()
    affine[:3, 3] += first * affine[:3, 2]
    return replace(axial, array=np.ascontiguousarray(axial.array[:, :, first:last]), affine=affine, slice_uids=())


@pytest.mark.parametrize("mm", [-4.0, 8.0, 20.0, 60.0])
@pytest.mark.parametrize("side", SIDES)
def test_a_lung_cut_at_its_side_is_not_judged_and_the_other_stays_as_it_was(
        ill: tuple[PhantomPatient, Volume], side: str, mm: float) -> None:
    patient, volume = ill
    _, whole = judged(volume)
    found, measured = judged(narrowed(volume, side, mm))
    record, truth = measured.findings, {(t.finding_id, t.side) for t in patient.truth}
    other = SIDES[1 - SIDES.index(side)]
    absent = {key for key in stated(record) if record.state(*key) == "absent"}
    if mm < 0:  # the edge cuts the wall alone
        assert found.mask("lung", side).sum() > 0.95 * get_segmenter().segment(volume).mask("lung", side).sum()
        assert not {key for key in absent & truth if key[0] != "consolidation"}  # fluid beside it hides it
        return
    assert {name for name, at in absent if at == side} == set()
    assert record.state("cardiomegaly") == record.state("rib_fracture") == "not_assessable"
    assert reasons(record) & {"MED-S01", "MED-Q03"}
    assert ("lung" in found.abstained) == (mm == 60.0)
    if mm == 60.0:
        return
    assert any(i.side == side and f"the {side} lung" in i.reason for i in record.quality.faults if record.quality)
    assert {(f.finding_id, f.side) for f in record.findings if f.presence == "present"} <= truth
    same = {name for name, at in stated(record) if at == other}
    kept = {n: record.state(n, other) for n in same if n != "consolidation"}
    assert len(kept) >= 3 and kept == {n: whole.findings.state(n, other) for n in kept}


@pytest.mark.parametrize("off", [0.0, 0.15, -0.15])
def test_a_circle_of_reconstruction_cuts_the_lung_that_it_reaches(ill: tuple[PhantomPatient, Volume], off: float
                                                                  ) -> None:
    _, volume = ill
    axial = volume.axial()
    whole = get_segmenter().segment(axial)
    at = np.argwhere(whole.mask("lung").any(axis=0))
    (y0, x0), (y1, x1) = at.min(axis=0), at.max(axis=0)
    width = x1 - x0
    r = int(width * (0.56 if off == 0.0 else 0.6))  # all of both lungs, or less than one of them
    y, x = (y0 + y1) // 2, round((x0 + x1) / 2 + off * width)
    part = axial.array[:, max(0, y - r) : y + r, max(0, x - r) : x + r].copy()
    rows, columns = np.ogrid[: part.shape[1], : part.shape[2]]
    part[:, np.hypot(rows - part.shape[1] / 2 + 0.5, columns - part.shape[2] / 2 + 0.5) > r] = -1024
    found, measured = judged(replace(axial, array=part, slice_uids=()))
    faults = {i.kind: i for i in measured.findings.quality.faults} if measured.findings.quality else {}
    for side in SIDES:
        cut = {0.15: "right", -0.15: "left"}.get(off) == side
        share = found.mask("lung", side).sum() / whole.mask("lung", side).sum()
        assert 0.5 < share < 0.95 if cut else share > 0.99
        assert not cut or faults["field_of_view"].side == side
        states = {measured.findings.state(name, side) for name in ("pneumothorax", "lung_nodule")}
        assert states == ({"not_assessable"} if cut else {"absent"})


def test_a_side_whose_lung_is_gone_is_not_judged(healthy: tuple[PhantomPatient, Volume]) -> None:
    patient, volume = healthy
    whole = true_masks(patient, volume)
    for side, other in (SIDES, SIDES[::-1]):
        array = volume.array.copy()
        array[whole[f"lung/{side}"]] = 45
        found, measured = judged(replace(volume, array=array))
        wrong = found.mask("lung", other) & ~whole[f"lung/{other}"]
        assert not found.mask("lung", side).any()
        assert wrong.sum() < 0.1 * whole[f"lung/{other}"].sum(), "the other lung may not take its place"
        assert all(measured.findings.state(name, side) != "absent" for name in SIDED)  # type: ignore[arg-type]


@pytest.mark.parametrize("axis,first", [(2, True), (2, False), (0, True), (0, False), (1, True), (1, False)])
def test_half_a_chest_denies_nothing_that_is_there(
        ill: tuple[PhantomPatient, Volume], axis: int, first: bool) -> None:
    patient, volume = ill
    cut = half(volume, axis, first)
    found, measured = judged(cut)
    true = true_masks(patient, cut)
    for side, other in (SIDES, SIDES[::-1]):
        assert not (found.mask("lung", side) & true.get(f"lung/{other}", np.zeros(cut.array.shape, bool))).sum() > 50
    there = {(t.finding_id, t.side) for t in patient.truth}
    denied = {key for key in stated(measured.findings) & there if measured.findings.state(*key) == "absent"}  # type: ignore[arg-type]
    assert not denied
    assert any(code.startswith("MED-") for code in reasons(measured.findings))


def head(slices: int) -> Volume:
    """An ellipsoid of brain in a shell of bone, with thick bone and gas where the skull's base and its sinuses lie."""
    z, y, x = np.meshgrid(np.arange(slices) * 5.0, *(np.arange(100) * 2.0,) * 2, indexing="ij")
    array = np.full(z.shape, -1000, np.int16)
    deep = np.hypot((y - 100) / 92, (x - 100) / 75)
    array[deep < 1.0] = 40
    array[(deep < 0.95) & (deep > 0.85)] = 1000
    array[(deep < 0.85)] = 30
    array[(deep < 0.9) & (z < 60) & (y > 110)] = 500
    array[(np.hypot(y - 60, x - 100) < 15) & (z < 70)] = -1000
    affine = np.array([[0, 0, 2.0, -100], [0, 2.0, 0, -100], [5.0, 0, 0, 0], [0, 0, 0, 1]])
    return Volume(array, affine, Study(study_key="0" * 16, modality="CT", patient=Patient()))


@pytest.mark.parametrize("slices", [16, 40])
def test_a_head_has_no_organ_of_the_chest_and_no_spine(slices: int) -> None:
    found, measured = judged(head(slices))
    assert measured.findings.organs == () and not stated(measured.findings)
    assert {found.abstained[name][:7] for name in ("lung", "spine")} == {"MED-D17" if slices == 16 else "MED-S01"}


@pytest.mark.parametrize("first", [0.0, 0.3])
def test_the_spine_stays_where_the_apices_are_cut_off(healthy: tuple[PhantomPatient, Volume], first: float) -> None:
    """As scans of the heart do: their calcium is counted in front of the spine."""
    axial = healthy[1].axial()
    n = len(axial.array)
    affine = axial.affine.copy()
    affine[:3, 3] += int(first * n) * affine[:3, 0]
    part = axial.array[int(first * n) : int(0.6 * n)]
    found, _ = judged(replace(axial, array=np.ascontiguousarray(part), affine=affine, slice_uids=()))
    assert "lung" in found.abstained and found.mask("spine").any()


NOT_CT: dict[str, Callable[[Volume], NDArray[np.int16]]] = {
    "noise alone": lambda v: np.random.default_rng(5).normal(0, 400, v.array.shape).astype(np.int16),
    "the values of an MR image": lambda v: np.clip((v.array.astype(np.float32) + 1024) * 0.4, 0, 1200).astype(np.int16),
    "inverted": lambda v: (-v.array.astype(np.int32)).clip(-1024, 3071).astype(np.int16),
}


@pytest.mark.parametrize("name", NOT_CT)
def test_what_is_no_ct_states_nothing(healthy: tuple[PhantomPatient, Volume], name: str) -> None:
    _, volume = healthy
    _, measured = judged(replace(volume, array=NOT_CT[name](volume)))
    assert not stated(measured.findings)
    assert measured.findings.organs == ()
    assert all(code.startswith("MED-") for code in reasons(measured.findings))


def test_metal_takes_no_organ_to_another_place(ill: tuple[PhantomPatient, Volume]) -> None:
    patient, volume = ill
    found, measured = judged(with_metal(volume))
    true = true_masks(patient, volume)
    for side, other in (SIDES, SIDES[::-1]):
        here = found.mask("lung", side)
        assert not (here & true[f"lung/{other}"]).sum() > 50
        gone = measured.findings.state("pneumothorax", side) == "present"
        assert gone or (here & true[f"lung/{side}"]).sum() > 0.85 * true[f"lung/{side}"].sum()
    assert measured.findings.quality is not None
    assert any(item.code == "MED-Q07" for item in measured.findings.quality.faults)


def test_slices_of_ten_millimetres_deny_no_nodule(ill: tuple[PhantomPatient, Volume]) -> None:
    patient, _ = ill
    _, measured = judged(render(patient, slice_mm=10.0))
    assert all(measured.findings.state("lung_nodule", side) != "absent" for side in SIDES)  # type: ignore[arg-type]
    assert "MED-Q08" in {item.code for item in measured.findings.quality.faults}  # type: ignore[union-attr]


@pytest.mark.parametrize("matrix,slice_mm", [(96, 0.5), (128, 1.5), (176, 0.5)])
def test_thin_slices_with_wide_and_narrow_pixels(matrix: int, slice_mm: float) -> None:
    patient = with_more_nodules(sample_patient(230_003, "A"), [12.0], np.random.default_rng(1))
    volume = render(patient, matrix=matrix, slice_mm=slice_mm)
    found, measured = judged(volume)
    true = true_masks(patient, volume)
    for side in SIDES:
        both = (found.mask("lung", side) & true[f"lung/{side}"]).sum()
        assert 2 * both > 0.93 * (found.mask("lung", side).sum() + true[f"lung/{side}"].sum())
    there = [t for t in patient.truth if t.finding_id == "lung_nodule"]
    said = [f for f in measured.findings.findings if f.finding_id == "lung_nodule" and f.presence == "present"]
    near = [f for f in said if any(np.linalg.norm(np.subtract(f.centroid_mm, t.centroid_mm)) < 10 for t in there)]  # type: ignore[arg-type]
    assert len(said) - len(near) <= 1, "a vessel in wide pixels is no nodule"
    if volume.spacing_mm[1] > SHARP_MM:
        assert all(measured.findings.state("lung_nodule", side) != "absent" for side in SIDES)  # type: ignore[arg-type]
    else:
        assert near
