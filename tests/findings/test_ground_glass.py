"""Ground glass: shown as uncertain in thin slices, its absence never stated; vessels and solid nodules are none."""

from __future__ import annotations

import numpy as np
import pytest

from medomni.check import check_report
from medomni.findings import measure
from medomni.findings.chest import Chest
from medomni.findings.ground_glass import CORE_MM, ground_glass
from medomni.phantom import render, sample_patient
from medomni.phantom.patient import with_ground_glass
from medomni.segment import get_segmenter

pytestmark = pytest.mark.unit
SHAPE, MM = (60, 80, 100), (1.5, 1.5, 1.5)
MIDDLE = (45.0, 60.0, 75.0)


def chest(hu: np.ndarray) -> Chest:
    lung, none = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    lung[3:-3, 3:-3, 3:-3] = True
    masks = {"lung/right": lung, "lung/left": none, "hemithorax/right": none, "hemithorax/left": none}
    return Chest(hu.astype(np.float32), MM, masks, np.full(SHAPE[0], 98.0), (0, 0, 0), (1, 1, 1), np.eye(4), SHAPE)


def air() -> np.ndarray:
    """Lung that is denser towards the back, with noise."""
    rows = np.arange(SHAPE[1])[None, :, None]
    return np.random.default_rng(3).normal(-880 + rows * 1.0, 30, SHAPE)


def away() -> np.ndarray:
    """Millimetres from the middle."""
    at = np.meshgrid(*(np.arange(n) * mm for n, mm in zip(SHAPE, MM, strict=True)), indexing="ij")
    return np.sqrt(sum((a - m) ** 2 for a, m in zip(at, MIDDLE, strict=True)))


@pytest.mark.parametrize(("radius", "hu", "found"), [
    (10.0, -600, "ground_glass_nodule"), (20.0, -600, "ground_glass_opacity"), (10.0, -820, None),
    (10.0, 30, None), (CORE_MM - 1.5, -600, None)], ids=["nodule", "opacity", "faint", "solid", "small"])
def test_a_ball_of_haze_is_found_and_what_is_solid_is_not(radius: float, hu: float, found: str | None) -> None:
    volume = np.where(away() < radius, hu, air())
    hits = ground_glass(chest(volume), np.zeros(SHAPE, bool))
    assert [h.finding_id for h in hits] == ([found] if found else [])
    for h in hits:
        assert h.side == "right" and h.confidence < 0.5 and h.fields["attenuation"] == "ground_glass"
        assert abs(h.fields["longest_mm"] - 2 * radius) < 4 and abs(h.fields["hu_mean"] - hu) < 40


def test_a_vessel_is_no_haze() -> None:
    z, y, x = np.meshgrid(*(np.arange(n) * mm for n, mm in zip(SHAPE, MM, strict=True)), indexing="ij")
    volume = air()
    for radius, row in ((2.0, 30.0), (4.0, 60.0), (7.0, 90.0)):
        volume[np.hypot(y - row, z - 45) < radius] = 40
    assert ground_glass(chest(volume), np.zeros(SHAPE, bool)) == []


def test_what_is_taken_is_left_out() -> None:
    hazy = away() < 10
    assert ground_glass(chest(np.where(hazy, -600, air())), hazy) == []


@pytest.mark.parametrize("slice_mm", [1.5, 5.0])
def test_it_is_uncertain_and_its_absence_is_not_stated(slice_mm: float) -> None:
    plain = next(p for p in (sample_patient(seed, "A") for seed in range(60)) if not p.truth)
    patient = with_ground_glass(plain, [22.0], np.random.default_rng(2))
    glass, = patient.truth
    assert glass.finding_id == "ground_glass_nodule" and glass.attenuation == "ground_glass"
    volume = render(patient, matrix=256, slice_mm=slice_mm)
    record = measure(volume, get_segmenter().segment(volume)).findings
    assert all(record.state(glass.finding_id, side) == "not_assessable" for side in ("right", "left"))  # type: ignore[arg-type]
    row, = (c for c in record.coverage if c.finding_id == glass.finding_id)
    shown = [f for f in record.findings if f.finding_id == glass.finding_id]
    assert not row.assessable and not [f for f in record.findings if f.presence == "present"]
    if slice_mm > 3:
        assert not shown and row.sensitivity is None and "solid lesions only" in (row.reason or "")
        return
    assert {f.presence for f in shown} == {"uncertain"} and len(shown) <= 2  # a vessel may be taken for one
    near, = (f for f in shown if f.side == glass.side)
    assert np.linalg.norm(np.subtract(near.centroid_mm, glass.centroid_mm)) < 4  # type: ignore[arg-type]
    assert abs((near.longest_mm or 0) - (glass.longest_mm or 0)) < 5
    assert row.sensitivity and row.min_size_mm == 12.0
    denied = check_report(f"No nodule in the {glass.side} lung.", record)
    assert [c.state for c in denied.claims] == ["not_assessable"] and not denied.flags
