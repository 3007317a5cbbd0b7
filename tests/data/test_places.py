"""Where findings lie in the slabs: the same place as in the volume, on the same side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medomni.data import LABELS, SlabSettings, finding_places, load_cases, save_cases
from medomni.data.places import mirrored_places
from medomni.records import Finding
from medomni.train.augment import augmented, mirrored
from medomni.volume import Label, Segmentation, Volume, reorient
from tests.cases import square_case
from tests.data.test_data import STUDY, chest

pytestmark = pytest.mark.unit
BIT = {label: bit for bit, label in enumerate(LABELS)}


def finding(name: str, side: str, presence: str = "present") -> Finding:
    return Finding(id=f"{name}-{side}", finding_id=name, anatomy_id="lung", side=side, presence=presence,  # type: ignore[arg-type]
                   measured_by="test")


@pytest.mark.parametrize(("order", "flips"), [((0, 1, 2), (False, False, False)), ((2, 0, 1), (False, True, True))])
def test_places_lie_where_the_mask_lies(order, flips) -> None:
    volume, lungs = chest()
    masks = np.zeros(volume.array.shape, np.uint8)
    masks[28:33, 40:60, 60:80] = 1  # the patient's left, near the head
    masks[6:12, 40:60, 20:40] = 2  # the patient's right, near the feet
    masks[15:20, 40:60, 20:40] = 3  # uncertain: no place
    found = [finding("lung_nodule", "left"), finding("consolidation", "right"),
             finding("pneumothorax", "right", "uncertain")]
    array, affine = reorient(volume.array, volume.affine, order, flips)
    turned = Volume(array, affine, STUDY)
    tables = {n: Label(n, "lung", f.side) for n, f in enumerate(found, start=1)}
    parts = [Segmentation(reorient(labels, volume.affine, order, flips)[0], table, affine, "test")
             for labels, table in ((lungs.labels, lungs.table), (masks, tables))]
    places = finding_places(turned, parts[0], found, parts[1], SlabSettings(slices=8, size=64))
    left, right = ((places >> BIT[key] & 1).astype(bool)
                   for key in (("lung_nodule", "left"), ("consolidation", "right")))
    z, _, x = np.argwhere(left).mean(axis=0)
    assert z > 4 and x > 32
    z, _, x = np.argwhere(right).mean(axis=0)
    assert z < 3 and x < 32
    assert not (places >> BIT["pneumothorax", "right"] & 1).any()
    mm = 336 / 64
    volume_mm3 = left.sum() * mm * mm * (30 * 6 / 8)
    true_mm3 = 5 * 6 * 20 * 3.5 * 20 * 3.5
    assert true_mm3 <= volume_mm3 < 2 * true_mm3, "whole slabs of 22 mm, each with at least a quarter of it"


def test_a_mirror_exchanges_sides_and_comes_back() -> None:
    places = np.zeros((2, 4, 4), np.uint16)
    places[0, 1, 3] = 1 << BIT["pleural_effusion", "left"] | 1 << BIT["cardiomegaly", ""]
    other = mirrored_places(places)
    assert other[0, 1, 0] == 1 << BIT["pleural_effusion", "right"] | 1 << BIT["cardiomegaly", ""]
    assert np.array_equal(mirrored_places(other), places)


def with_places(i: int):
    from dataclasses import replace

    case = square_case(i)
    places = np.where(case.hu > -300, 1 << BIT["pleural_effusion", case.findings.findings[0].side], 0)
    return replace(case, places=places.astype(np.uint16))


def test_places_are_kept_in_files_and_absent_ones_stay_absent(tmp_path: Path) -> None:
    cases = [with_places(0), with_places(1)]
    again = load_cases(save_cases(cases, tmp_path / "a.npz"))
    assert all(np.array_equal(a.places, b.places) for a, b in zip(cases, again, strict=True))
    assert load_cases(save_cases([square_case(0)], tmp_path / "b.npz"))[0].places is None


def test_augmentation_moves_places_with_the_image() -> None:
    import torch

    case = with_places(0)
    assert mirrored(case).places[:, :, :16].any() and not mirrored(case).places[:, :, 32:].any()
    for seed in range(6):
        moved = augmented(case, torch.Generator().manual_seed(seed), noise_hu=0, shift_px=5, mirror=0.5)
        side = moved.findings.findings[0].side
        assert np.array_equal((moved.places >> BIT["pleural_effusion", side] & 1).astype(bool), moved.hu > -300)
