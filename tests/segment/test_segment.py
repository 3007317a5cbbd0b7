"""The built-in segmenter on phantoms: volumes, sides on any axis order, and abstaining."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.bar_c7 import mirrored
from medomni.errors import MedomniError
from medomni.phantom import render, sample_patient
from medomni.phantom.masks import true_masks
from medomni.segment import BuiltinChestSegmenter, Segmenter, get_segmenter, segmenter_names
from medomni.segment.grid import Grid, far, largest, near
from medomni.segment.situs import Situs, is_inverted
from medomni.volume import Segmentation, Volume
from tests.volumes import turned

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def healthy() -> tuple[Volume, Segmentation]:
    """A phantom without a lesion, 128 x 128 x about 55."""
    volume = render(sample_patient(0, "A"))
    return volume, get_segmenter("builtin").segment(volume)


def test_lungs_heart_and_airway_are_found(healthy: tuple[Volume, Segmentation]) -> None:
    volume, found = healthy
    assert found.matches(volume)
    assert not found.abstained
    ml = {(r.anatomy_id, r.side): found.mask(r.anatomy_id, r.side).sum() * volume.voxel_ml
          for r in found.table.values()}
    assert 800 < ml["lung", "right"] < 4500
    assert 800 < ml["lung", "left"] < 4500
    assert 8 < ml["airway", "midline"] < 90
    assert 150 < ml["heart", "midline"] < 1200
    assert ml["rib", "right"] > 50 and ml["rib", "left"] > 50
    for side, sign in (("right", -1), ("left", 1)):
        at = volume.to_lps(np.argwhere(found.mask("lung", side)).mean(axis=0))
        assert at[0] * sign > 20, "LPS x grows to the patient's left"


@pytest.mark.parametrize(("order", "flips"), [
    ((0, 1, 2), (True, False, True)), ((2, 0, 1), (False, True, False)), ((1, 2, 0), (True, False, True))])
def test_axis_order_changes_nothing_in_space(
    healthy: tuple[Volume, Segmentation], order: tuple, flips: tuple
) -> None:
    """Flipped, feet-first and sagittal arrays get the same label at the same place."""
    volume, found = healthy
    other = turned(volume, order, flips)
    again = get_segmenter().segment(other)
    assert again.matches(other)
    expected = turned(Volume(found.labels.astype(np.int16), volume.affine, volume.study), order, flips)
    assert np.array_equal(again.labels, expected.array)


def test_mirrored_affine_swaps_the_sides(healthy: tuple[Volume, Segmentation]) -> None:
    volume, found = healthy
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0]) @ volume.affine
    again = get_segmenter().segment(replace(volume, affine=mirror))
    was, now = found.mask("lung", "right"), again.mask("lung", "left")
    assert 2 * (was & now).sum() / (was.sum() + now.sum()) > 0.97


def test_short_and_abdominal_volumes_abstain(healthy: tuple[Volume, Segmentation]) -> None:
    volume, _ = healthy
    four = replace(volume, array=volume.array[20:24], slice_uids=())
    assert get_segmenter().segment(four).abstained["lung"].startswith("MED-D17")
    patient = sample_patient(0, "A")
    low = render(patient, z_range_mm=(-240.0, -85.0))
    found = get_segmenter().segment(low)
    assert found.abstained["lung"].startswith("MED-S01")
    assert not found.mask("lung").any()
    half = replace(volume, array=np.ascontiguousarray(volume.array[: int(volume.array.shape[0] * 0.6)]))
    assert get_segmenter().segment(half).abstained["lung"].startswith("MED-S01")


def test_empty_and_other_modalities_are_refused(healthy: tuple[Volume, Segmentation]) -> None:
    volume, _ = healthy
    with pytest.raises(MedomniError, match="MED-S04"):
        get_segmenter().segment(replace(volume, array=np.zeros_like(volume.array)))
    with pytest.raises(MedomniError, match="MED-D07"):
        get_segmenter().segment(replace(volume, study=volume.study.model_copy(update={"modality": "MR"})))


def test_names_and_protocol() -> None:
    assert "builtin" in segmenter_names()
    assert isinstance(BuiltinChestSegmenter(), Segmenter)
    with pytest.raises(MedomniError, match="MED-S05"):
        get_segmenter("no-such-segmenter")


def test_grid_thins_and_returns(healthy: tuple[Volume, Segmentation]) -> None:
    volume, _ = healthy
    fine = Volume(np.repeat(np.repeat(volume.array[:10], 4, 1), 4, 2), volume.affine @ np.diag([1, 0.25, 0.25, 1]),
                  volume.study)
    grid = Grid.of(fine)
    assert grid.steps == (1, 2, 2)
    assert np.isclose(grid.spacing[1], fine.spacing_mm[1] * 2)
    labels = (grid.hu > 0).astype(np.uint8)
    assert grid.to_volume(labels, fine).shape == fine.array.shape


def test_distances_are_millimetres() -> None:
    mask = np.zeros((1, 21, 21), bool)
    mask[0, 5:16, 5:16] = True
    assert far(mask, 4.0, (5.0, 2.0, 2.0)).sum() == 7 * 7
    assert near(mask, 4.0, (5.0, 2.0, 2.0))[0, 10].sum() == 15
    mask[0, 0, 0] = True
    assert largest(mask).sum() == 121


def test_a_lung_lifted_by_fluid_hides_no_liver() -> None:
    patient = sample_patient(330_012, "C")  # 1.2 litres of fluid between the right lung and its half of the diaphragm
    volume = render(patient)
    found, true = get_segmenter().segment(volume), true_masks(patient, volume)
    for name in ("liver", "heart"):
        said = found.mask(name)
        assert 2 * (said & true[name]).sum() > 0.88 * (said.sum() + true[name].sum()), name


def test_mirrored_organs_are_told_and_named_on_their_own_side(healthy: tuple[Volume, Segmentation]) -> None:
    volume, found = healthy
    assert not found.situs_inversus and not found.warnings
    other = get_segmenter("builtin").segment(mirrored(volume))
    assert other.situs_inversus and [w.code for w in other.warnings] == ["MED-S09"]
    for name in ("lung", "liver", "spleen", "rib", "heart"):
        for side, now in (("right", "left"), ("left", "right"), ("midline", "midline")):
            before, after = found.mask(name, side).sum(), other.mask(name, now).sum()
            assert after == pytest.approx(before, rel=0.03), (name, side)


def test_a_heart_pushed_aside_is_no_mirrored_patient() -> None:
    usual, wrong = Situs(20.0, 500.0, 1200.0), Situs(-13.0, 320.0, 1000.0)
    assert is_inverted(wrong, usual) and not is_inverted(usual, wrong)
    assert not is_inverted(Situs(-20.0, 500.0, 1200.0), Situs(20.0, 500.0, 300.0)), "the liver lies on the right"
    assert not is_inverted(Situs(None, 0.0, 0.0), Situs(None, 0.0, 0.0))
    assert not is_inverted(Situs(20.0, 500.0, 0.0), Situs(-20.0, 500.0, 700.0)), "a liver that is not seen"
