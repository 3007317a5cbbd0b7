"""Patients are repeatable, their truth is what was drawn, left is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from medomni.phantom import HOSPITALS, PHANTOM_FINDINGS, phantom_findings, render, sample_patient
from medomni.phantom.anatomy import Anatomy
from medomni.phantom.lesions import Layer, Lesions, lung_masks, measured_truth, side_window
from medomni.phantom.shapes import Ellipsoid, Grid, coverage
from medomni.phantom.skeleton import bones
from medomni.phantom.tubes import Tubes
from medomni.records import volume_grade


@pytest.mark.unit
def test_same_seed_same_patient() -> None:
    a, b = sample_patient(5, "B"), sample_patient(5, "B")
    assert a.truth == b.truth and a.anatomy == b.anatomy and a.history == b.history
    assert np.array_equal(render(a, 32, 20.0).array, render(b, 32, 20.0).array)
    assert sample_patient(5, "A").anatomy != a.anatomy


@pytest.mark.unit
def test_coverage_is_a_volume() -> None:
    """An ellipsoid's coverage sums to its volume within 1 %, also where voxels are large."""
    grid = Grid.spanning(60.0, 0.0, (-30.0, 30.0), 20, 6.0)
    ball = Ellipsoid((1.3, -0.7, 2.1), (14.0, 11.0, 17.0))
    got = float(coverage(grid, ball, grid.whole()).sum()) * grid.voxel_ml
    assert got == pytest.approx(4 / 3 * np.pi * 14 * 11 * 17 / 1000, rel=0.01)


@pytest.mark.unit
def test_tube_is_a_volume() -> None:
    grid = Grid.spanning(60.0, 0.0, (-30.0, 30.0), 20, 6.0)
    t = Tubes()
    t.add(np.array([[-20.0, 0, 0], [20, 3, 4]]), 4.0, 50.0)
    _, fraction, hu = t.splat(grid)
    length = np.sqrt(40**2 + 3**2 + 4**2)
    assert float(fraction.sum()) * grid.voxel_ml == pytest.approx(np.pi * 16 * length / 1000, rel=0.13)
    assert np.allclose(hu, 50)


@pytest.mark.unit
def test_heart_left_liver_right_aorta_left() -> None:
    p = next(q for q in (sample_patient(s, "C") for s in range(60)) if not q.truth)
    v = render(p, 96, 8.0)
    z, y, x = np.indices(v.array.shape)
    lps = v.to_lps(np.stack([z, y, x], axis=-1).reshape(-1, 3)).reshape(*v.array.shape, 3)
    blood = (
        (v.array > 130)
        & (v.array < 260)
        & (np.abs(lps[..., 2] + 62 * p.anatomy.height) < 20)
        & (lps[..., 1] < 20)
    )
    assert lps[blood][:, 0].mean() > 5
    low = lps[..., 2] < (p.anatomy.dome_right - 30) * p.anatomy.height
    liver = low & (v.array > 70) & (v.array < 140) & (np.abs(lps[..., 1]) < 40)
    assert lps[liver][:, 0].mean() < -20
    assert v.study.synthetic and v.study.source == "phantom"


@pytest.mark.unit
@pytest.mark.parametrize("dependent", [1, -1])
@pytest.mark.parametrize("side", [-1, 1])
def test_fluid_sinks_and_air_rises(side: int, dependent: int) -> None:
    a = Anatomy(dependent=dependent)
    lesions = Lesions(layers=(Layer("pleural_effusion", side, 40.0), Layer("pneumothorax", -side, 30.0)))
    for f in measured_truth(a, lesions):
        expect = dependent if f.finding_id == "pleural_effusion" else -dependent
        centre = f.centroid_mm
        assert centre is not None and centre[1] * expect > 10
        assert (centre[0] > 0) == (f.side == "left")
        assert f.volume_ml and f.severity == volume_grade(f.volume_ml)


@pytest.mark.unit
def test_masks_do_not_overlap() -> None:
    a = Anatomy()
    lesions = Lesions(layers=(Layer("pleural_effusion", 1, 30.0), Layer("pneumothorax", 1, 30.0)))
    grid = Grid.spanning(380, 8, a.z_range(), 64, 8.0)
    m = lung_masks(a, lesions, grid, 1)
    total = m.aerated + sum(m.layers.values())
    assert np.allclose(total, m.cavity, atol=1e-5)
    assert m.cavity.shape == tuple(s.stop - s.start for s in side_window(grid, 1))


@pytest.mark.unit
def test_truth_agrees_with_the_drawn_image() -> None:
    """Threshold volumes of free air (< -960 HU in the cavity) follow the truth of the parameters."""
    p = next(
        q
        for q in (sample_patient(s, "A") for s in range(200))
        if [f.finding_id for f in q.truth] == ["pneumothorax"] and q.truth[0].volume_ml > 300
    )
    v = render(p, 128, 6.0)
    grid = Grid.spanning(p.anatomy.fov, 8.0, p.anatomy.z_range(), 128, 6.0)
    side = -1 if p.truth[0].side == "right" else 1
    w = side_window(grid, side)
    cavity = coverage(grid, lambda x, y, z: p.anatomy.hull(x, y, z, side), w)
    air = float(((v.array[w] < -950) * cavity).sum()) * v.voxel_ml
    assert air == pytest.approx(p.truth[0].volume_ml, rel=0.25)


@pytest.mark.unit
def test_facts_are_decidable_and_mixed() -> None:
    seen: Counter[str] = Counter()
    n = 40
    for hospital in HOSPITALS:
        for seed in range(2000, 2000 + n):
            p = sample_patient(seed, hospital)
            kinds = {f.finding_id for f in p.truth}
            seen.update(kinds or {"normal"})
            ratio = p.anatomy.heart_ratio
            assert ratio > 0.53 if "cardiomegaly" in kinds else ratio < 0.47
            for f in p.truth:
                assert f.finding_id in PHANTOM_FINDINGS and f.measured_by == "phantom truth"
                if f.finding_id == "lung_nodule":
                    assert 5 <= f.longest_mm <= 30 and f.segment
                elif f.finding_id == "lung_mass":
                    assert 30 < f.longest_mm <= 65
                elif f.finding_id in ("pleural_effusion", "pneumothorax"):
                    assert 55 <= f.volume_ml <= 1600
                elif f.finding_id == "consolidation":
                    assert 20 <= f.volume_ml <= 300
    share = {k: v / (3 * n) for k, v in seen.items()}
    assert 0.18 <= share["normal"] <= 0.38
    for kind in ("pleural_effusion", "pneumothorax", "consolidation", "cardiomegaly", "lung_nodule"):
        assert 0.13 <= share[kind] <= 0.45, (kind, share)


@pytest.mark.unit
def test_findings_cover_everything() -> None:
    p = sample_patient(3, "A")
    record = phantom_findings(p, render(p, 32, 20.0))
    have = {f.finding_id for f in p.truth}
    for kind in PHANTOM_FINDINGS:
        assert record.state(kind) == ("present" if kind in have else "absent")
    assert record.study.synthetic


@pytest.mark.unit
def test_broken_rib_has_a_gap() -> None:
    from medomni.phantom.skeleton import Fracture, fracture_point

    a, f = Anatomy(), Fracture(1, 6, 80.0, 6.0, 6.0)
    at = np.array(fracture_point(a, f))

    def near(tubes: Tubes) -> float:
        mid = (np.array(tubes.a) + np.array(tubes.b)) / 2
        return float(np.linalg.norm(mid - at, axis=1).min())

    assert near(bones(a, (f,))) > 2.4 > 2.0
    assert fracture_point(a, f)[0] > 0


@pytest.mark.parametrize(("seed", "kind", "least", "most"), [(330_001, "pleural_effusion", 0.92, 1.1),
                                                            (330_007, "pneumothorax", 0.9, 1.4)])
def test_a_layer_takes_no_part_of_the_wall(seed: int, kind: str, least: float, most: float) -> None:
    """In voxels that cavity and wall share, what a layer changes is its own share, and not the wall's too.

    Free air also takes the vessels, which are denser than the lung that the level is of.
    """
    patient = sample_patient(seed, "A")
    dry = replace(patient, lesions=replace(patient.lesions, layers=()))
    changed = render(patient).array.astype(np.float32) - render(dry).array
    grid = Grid.spanning(patient.anatomy.fov, 8.0, patient.anatomy.z_range(), 128, 6.0)
    for side in {layer.side for layer in patient.lesions.layers if layer.kind == kind}:
        masks = lung_masks(patient.anatomy, patient.lesions, grid, side)
        drawn = np.sum(list(masks.layers.values()), axis=0)
        here = changed[side_window(grid, side)]
        level = float(np.median(here[drawn > 0.99]))
        shared = (drawn > 0) & (masks.cavity < 0.99)
        assert least < float(here[shared].sum()) / level / float(drawn[shared].sum()) < most
