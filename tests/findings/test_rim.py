"""Free air of one or two voxels, told by the lung behind it: on a slab of known truth and on synthetic patients."""

from __future__ import annotations

import numpy as np
import pytest

from medomni.findings import measure
from medomni.findings.chest import Chest, chest_of
from medomni.findings.pneumothorax import LEAST_CM2, SURE_CM2, pneumothoraces
from medomni.findings.rim import empty_rim
from medomni.phantom import render, sample_patient
from medomni.phantom.degraded import noisy
from medomni.phantom.masks import true_masks
from medomni.segment import get_segmenter

SPACING = (6.0, 3.0, 3.0)
ORGANS = ("lung/right", "lung/left", "hemithorax/right", "hemithorax/left", "airway", "heart", "mediastinum", "liver",
          "spine", "rib/right", "rib/left")


def slab(layer_hu: float, rows: slice = slice(10, 50)) -> Chest:
    """A lung of -850 HU, 30 slices of 120 mm by 60 mm, whose outer two voxels at the patient's left hold ``layer_hu``
    over some rows; 15 HU of noise."""
    hu = np.full((30, 60, 60), 40.0, np.float32)
    lung = np.zeros(hu.shape, bool)
    lung[:, 10:50, 35:55] = True
    hu[lung] = -850.0
    hu[:, rows, 53:55] = layer_hu
    hu += np.random.default_rng(3).normal(0, 15, hu.shape).astype(np.float32)
    masks = {name: np.zeros(hu.shape, bool) for name in ORGANS} | {"lung/left": lung}
    return Chest(hu, SPACING, masks, np.full(30, 20.0), (0, 0, 0), (1, 1, 1), np.eye(4), hu.shape)  # type: ignore[arg-type]


@pytest.mark.unit
def test_an_emptier_rim_is_measured_on_the_wall() -> None:
    layer = empty_rim(slab(-925.0), "left")
    assert layer.area_cm2 == pytest.approx(30 * 0.6 * 40 * 0.3, rel=0.35)  # 216 cm²; ends and corners count apart
    assert layer.mask[:, :, 53:55].sum() > 0.95 * layer.mask.sum()


@pytest.mark.unit
@pytest.mark.parametrize("hu", [-850.0, -880.0, -780.0])
def test_a_rim_like_the_lung_or_denser_is_none(hu: float) -> None:
    assert empty_rim(slab(hu), "left").area_cm2 < 5


@pytest.mark.unit
def test_a_small_patch_says_nothing_and_the_other_side_has_none() -> None:
    chest = slab(-925.0, slice(24, 34))
    assert 0 < empty_rim(chest, "left").area_cm2 < SURE_CM2 / 2
    assert empty_rim(chest, "right").area_cm2 == 0


def test_thin_layers_are_found_outlined_and_healthy_sides_are_not() -> None:
    """Layers of 154 to 195 ml in voxels of 3 x 3 x 6 mm; no pocket in them is as empty as air."""
    for hospital, seed in (("A", 330_007), ("C", 330_019), ("C", 330_023)):
        patient = sample_patient(seed, hospital)
        volume = render(patient)
        chest = chest_of(volume, get_segmenter().segment(volume))
        side = next(t.side for t in patient.truth if t.finding_id == "pneumothorax")
        found = {hit.side: hit for hit in pneumothoraces(chest)}
        assert set(found) == {side} and found[side].confidence > 0.5
        true = true_masks(patient, volume)[f"pneumothorax/{side}"]
        box = tuple(slice(o, o + n) for o, n in zip(chest.origin, chest.hu.shape, strict=True))
        assert chest.ml(found[side].mask) == pytest.approx(chest.ml(true[box]), rel=0.35)
        assert (found[side].mask & true[box]).sum() > 0.5 * true[box].sum()
        other = "left" if side == "right" else "right"
        assert empty_rim(chest, other).area_cm2 < LEAST_CM2


@pytest.mark.parametrize("seed", [330_001, 330_002])
def test_noise_makes_no_free_air(seed: int) -> None:
    volume = noisy(render(sample_patient(seed, "B")), 3.0, seed)
    found = measure(volume, get_segmenter().segment(volume)).findings
    assert not [f for f in found.findings if f.finding_id == "pneumothorax" and f.presence == "present"]
