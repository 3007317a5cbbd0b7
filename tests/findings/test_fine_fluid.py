"""Pleural fluid at the images' own resolution: known depths are fitted, and an outline comes nearer to the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from medomni.findings.chest import Chest, chest_of
from medomni.findings.dome import LEAST_MM, columns_of, composed, filled_dome
from medomni.findings.effusion import effusions
from medomni.findings.fine_fluid import refine
from medomni.findings.hit import Hit
from medomni.findings.layer import Edge, dry_edge, fitted, lung_border, profile
from medomni.findings.measure import measure
from medomni.findings.pleura import full_size
from medomni.phantom import render, sample_patient
from medomni.phantom.masks import true_masks
from medomni.segment import get_segmenter
from medomni.volume import Segmentation, Volume

pytestmark = pytest.mark.unit
STEPS = np.arange(-14.0, 6.01, 0.5, dtype=np.float32)
EDGE = Edge(0.9, 1.25, -0.1)


@pytest.mark.parametrize("depth", [1.5, 2.2, 3.4, 6.3, 9.1])
@pytest.mark.parametrize("outer", [-0.6, -0.3, 0.3])
def test_a_layer_of_known_depth_is_fitted(depth: float, outer: float) -> None:
    rng = np.random.default_rng(3)
    ray = profile(STEPS, outer - depth, outer, EDGE, 10.0, 60.0)
    rays = ray + ndimage.gaussian_filter1d(rng.normal(0, 12, (200, STEPS.size)), 0.8).astype(np.float32)
    inner, border, surer = fitted(rays, STEPS, EDGE, 10.0, np.zeros(200, np.float32))
    assert float(np.mean(border - inner)) == pytest.approx(depth, abs=0.3)
    assert float(np.mean(border)) == pytest.approx(outer, abs=0.4)
    assert np.median(surer) > 3


def test_a_dry_wall_and_an_organ_are_no_fluid() -> None:
    walls = np.stack([profile(STEPS, b, b, EDGE, 0.0, 60.0) for b in (-6.0, -2.0, 0.0, 0.7)])
    organs = np.stack([profile(STEPS, b, b, Edge(0.9, 0.0), 0.0, 40.0) for b in (-6.0, -3.0)])
    *_, surer = fitted(np.concatenate([walls, organs]), STEPS, EDGE, 10.0, np.zeros(6, np.float32))
    assert (surer < 1).all(), surer


def test_the_dry_edge_tells_the_blur() -> None:
    places = np.linspace(-1.5, 0.5, 400)
    rolled = np.stack([profile(STEPS, b, b, EDGE, 0.0, 75.0) for b in places])[None]
    assert np.abs(lung_border(rolled, STEPS)[0] - places).max() < 0.3
    assert dry_edge(rolled, STEPS, np.ones((1, 400), bool)).blur_mm == pytest.approx(EDGE.blur_mm, abs=0.15)
    assert dry_edge(rolled, STEPS, np.zeros((1, 400), bool)) == Edge()


@pytest.fixture(scope="module")
def study() -> tuple[Volume, Segmentation, Chest, Hit, np.ndarray]:
    patient = sample_patient(310011, "C")
    volume = render(patient, matrix=256, slice_mm=2.5)
    segmentation = get_segmenter().segment(volume)
    chest = chest_of(volume, segmentation)
    hit, = effusions(chest)[0]
    return volume, segmentation, chest, hit, true_masks(patient, volume)[f"pleural_effusion/{hit.side}"]


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def test_the_outline_comes_nearer_to_the_truth(study: tuple[Volume, Segmentation, Chest, Hit, np.ndarray]) -> None:
    volume, _, chest, hit, truth = study
    fine = refine(volume, chest, hit)
    assert fine is not None and hit.mask is not None
    coarse, true = full_size(chest, hit.mask, fine.box), truth[fine.box]
    assert _dice(fine.mask, true) > _dice(coarse, true) + 0.01
    cage = full_size(chest, chest.cage, fine.box)
    pixels = np.stack([ndimage.distance_transform_edt(~plane) for plane in cage])
    assert (pixels[fine.mask] <= max(chest.steps[1:])).all(), "beyond the pixel that the cage's border lies in"
    bone = full_size(chest, chest.masks[f"rib/{hit.side}"], fine.box)
    assert (bone & fine.mask).sum() < 0.01 * fine.mask.sum()


def test_thick_slices_are_left_alone(study: tuple[Volume, Segmentation, Chest, Hit, np.ndarray]) -> None:
    volume, _, chest, hit, _ = study
    affine = volume.affine.copy()
    affine[:3, 0] *= 3.2 / volume.spacing_mm[0]
    assert refine(replace(volume, affine=affine), chest, hit) is None


def test_the_record_and_its_mask_agree(study: tuple[Volume, Segmentation, Chest, Hit, np.ndarray]) -> None:
    volume, segmentation, chest, hit, _ = study
    measured = measure(volume, segmentation)
    n, found = next((n, f) for n, f in enumerate(measured.findings.findings, start=1)
                    if f.finding_id == "pleural_effusion")
    mask = measured.masks.labels == n
    fine = refine(volume, chest, hit)
    assert fine is not None and found.volume_ml is not None and found.bbox is not None
    whole = np.zeros_like(mask)
    whole[fine.box] = fine.mask
    assert not (mask & ~whole).any() and mask.sum() > 0.97 * whole.sum()
    assert mask.sum() * volume.voxel_ml == pytest.approx(found.volume_ml, rel=0.03)
    at = np.argwhere(whole)
    assert found.bbox == tuple(int(v) for pair in zip(at.min(0), at.max(0) + 1, strict=True) for v in pair)


@pytest.mark.parametrize("organ", [60.0, -100.0])
@pytest.mark.parametrize("mm", [0.0, 4.0, 9.0])
def test_fluid_over_the_diaphragm_is_as_deep_as_it_was_made(mm: float, organ: float) -> None:
    """A dome with a mantle of fluid below a lung, blurred and noisy; the flanks are steeper than columns can tell."""
    spacing = (1.0, 1.2, 1.2)
    z, y, x = np.mgrid[:70, :60, :60].astype(float)
    top = 45.0 - ((y - 30) ** 2 + (x - 30) ** 2) * 1.44 / 40.0  # millimetres, slices of one
    lung = z > top
    made = np.where(lung, -850.0, np.where(z > top - mm, 8.0, organ))
    noisy = ndimage.gaussian_filter(made, 0.8) + np.random.default_rng(3).normal(0, 25, made.shape)
    found = columns_of(noisy.astype(np.float32), lung, np.ones(lung.shape, bool), spacing, 8.0)
    away = np.hypot(y[0] - 30, x[0] - 30) * 1.2
    assert found.known[away < 20].mean() > 0.95 and found.known[away > 38].mean() < 0.15
    middle = found.depth[found.known & (away < 20)]
    bare = found.thickness[found.known & (away < 20)]
    assert abs(float(np.median(middle)) - mm) < 0.8 if mm else float(np.quantile(bare, 0.95)) < LEAST_MM
    coarse = (z <= top) & (z > top - 5.0) & (np.abs(x - 30) < 8)  # too thick, too thin, or of a bare diaphragm
    out = composed(coarse, found, np.ones(lung.shape, bool), spacing)
    near = found.known & (np.abs(x[0] - 30) < 6) & (away < 20)
    ml = float(out[:, near].sum()) / max(1.0, float(near.sum()))
    assert abs(ml - mm) < 1.2


def test_a_dome_that_the_lung_has_filled_is_found_and_what_hangs_in_the_lung_is_not() -> None:
    z, y, x = np.mgrid[:40, :64, :64].astype(float)
    lung = z >= 10
    dome = ((z - 9) ** 2 + (y - 32) ** 2 / 3 + (x - 20) ** 2 / 3 < 81) & lung
    mass = (z - 28) ** 2 + (y - 32) ** 2 + (x - 20) ** 2 < 36
    hu = np.where(dome | mass | ~lung, 50.0, -850.0).astype(np.float32)
    none = np.zeros(lung.shape, bool)
    masks = {"lung/right": lung, "lung/left": none, "hemithorax/right": ~lung, "hemithorax/left": none, "airway": none,
             "heart": none, "mediastinum": none, "liver": none}
    chest = Chest(hu, (2.5, 1.5, 1.5), masks, np.full(40, 60.0), (0, 0, 0), (1, 1, 1), np.eye(4), lung.shape)
    found = filled_dome(chest, "right")
    assert (found & dome).sum() > 0.8 * dome.sum()
    assert not (found & ~dome).any()
