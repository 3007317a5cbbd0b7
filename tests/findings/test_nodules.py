"""Where nodules are sought and how they are outlined, on made-up lungs: beside the mediastinum and on the diaphragm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from medomni.findings.chest import Chest, chest_of
from medomni.findings.nodule_candidates import MEDIASTINAL_MM, envelope
from medomni.findings.nodules import nodules, outlined
from medomni.records import Study
from medomni.volume import Label, Segmentation, Volume

pytestmark = pytest.mark.unit
RIGHT, LEFT, REST, MIDDLE, SPINE = 1, 2, 3, 4, 5
TABLE = {v: Label(v, name, side) for v, name, side in (
    (RIGHT, "lung", "right"), (LEFT, "lung", "left"), (REST, "hemithorax", "right"), (MIDDLE, "mediastinum", "midline"),
    (SPINE, "spine", "midline"))}
SHAPE, MM = (60, 100, 160), 1.5


def made(nodule: tuple[float, float, float], radius_mm: float = 6.0, lung: bool = True,
         ) -> tuple[Volume, Segmentation, Chest]:
    """Two lungs over a flat diaphragm at 20 slices, a mediastinum of 24 mm between them, one nodule (slice, row,
    column), which is a part of the lung's label or not."""
    z, y, x = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    inside = (np.abs(y - 50) < 42) & (np.abs(x - 80) < 70)
    labels = np.zeros(SHAPE, np.uint8)
    labels[inside & (z >= 20)] = RIGHT
    labels[inside & (z >= 20) & (x >= 80)] = LEFT
    labels[inside & (np.abs(x - 80) < 8) & (z >= 20)] = MIDDLE
    labels[inside & (z < 20)] = REST
    labels[(np.abs(x - 80) < 10) & (np.abs(y - 96) < 4)] = SPINE
    ball = sum((g - c) ** 2 for g, c in zip((z, y, x), nodule, strict=True)) * MM**2 < radius_mm**2
    hu = np.where(np.isin(labels, (RIGHT, LEFT)), -850.0, 45.0)
    hu[ball] = 45.0
    labels[ball & (labels != MIDDLE) & (z >= 20)] = REST if not lung else RIGHT if nodule[2] < 80 else LEFT
    hu = ndimage.gaussian_filter(hu, 0.6) + np.random.default_rng(1).normal(0, 12, SHAPE)
    study = Study(study_key="made", modality="CT", spacing_mm=(MM, MM, MM), source="phantom", synthetic=True)
    volume = Volume(hu.astype(np.int16), np.array([[0, 0, MM, 0], [0, MM, 0, 0], [MM, 0, 0, 0], [0, 0, 0, 1.0]]), study)
    segmentation = Segmentation(labels, TABLE, volume.affine, "made")
    return volume, segmentation, chest_of(volume, segmentation)


@pytest.mark.parametrize("place", [(23.0, 50.0, 40.0), (40.0, 50.0, 70.0), (40.0, 50.0, 30.0)])
def test_a_nodule_is_outlined_wherever_it_leans(place: tuple[float, float, float]) -> None:
    """On the diaphragm, on the mediastinum near the midline, and free in the lung."""
    volume, segmentation, chest = made(place)
    assert 0.45 < share_outlined(volume, segmentation, chest, place) < 1.5


@pytest.mark.parametrize("too_high_mm", [0.0, 4.0])
def test_a_nodule_on_the_diaphragm_is_outlined_where_the_smooth_surface_is_off(too_high_mm: float) -> None:
    place = (24.0, 50.0, 40.0)
    assert 0.8 < share_outlined(*made(place, lung=False), place, too_high_mm) < 1.3


def share_outlined(volume: Volume, segmentation: Segmentation, chest: Chest, place: tuple[float, float, float],
                   too_high_mm: float = 0.0) -> float:
    """Volume of the outline nearest to a nodule of 6 mm, by the nodule's own."""
    none = np.zeros(chest.hu.shape, bool)
    floor = np.full(chest.hu.shape[1:], (20.0 * MM + too_high_mm) / chest.spacing[0], np.float32)
    found = list(outlined(volume, segmentation, chest, none, none, floor))
    axial = volume.axial()
    true = axial.to_lps(np.array(place))
    away = {i: float(np.linalg.norm(axial.to_lps(one.box.axial(np.argwhere(one.shape.mask).mean(axis=0))) - true))
            for i, one in enumerate(found)}
    assert away
    best = min(away, key=lambda i: away[i])
    assert away[best] < 3.0
    return float(found[best].shape.features["ml"] / (4 / 3 * np.pi * 0.6**3))


@pytest.mark.parametrize(("reaches", "side"), [(80, "left"), (112, "right")])
def test_a_nodule_is_of_the_lung_that_it_lies_in(reaches: int, side: str) -> None:
    """On the left of the midline, in a right lung that reaches over it or not."""
    place = (40.0, 50.0, 100.0)
    volume, segmentation, _ = made(place)
    x = np.broadcast_to(np.arange(SHAPE[2]), SHAPE)
    labels = np.where((segmentation.labels == LEFT) & (x < reaches), RIGHT, segmentation.labels).astype(np.uint8)
    segmentation = replace(segmentation, labels=labels)
    chest = chest_of(volume, segmentation)
    none, floor = np.zeros(chest.hu.shape, bool), np.full(chest.hu.shape[1:], 20.0 * MM / chest.spacing[0], np.float32)
    hits = nodules(volume, segmentation, chest, none, none, floor)
    near = [h for h in hits if h.mask is not None and h.mask[tuple(np.round(
        (np.array(place) - chest.origin) / chest.steps).astype(int))]]
    assert [h.side for h in near] == [side]


def test_what_lies_deep_in_the_mediastinum_is_not_sought() -> None:
    volume, segmentation, chest = made((40.0, 50.0, 30.0))
    floor = np.full(chest.hu.shape[1:], 20.0 * MM / chest.spacing[0], np.float32)
    space = envelope(chest, np.zeros(chest.hu.shape, bool), floor)
    away = ndimage.distance_transform_edt(~chest.lung, sampling=chest.spacing)
    middle = chest.masks["mediastinum"] & (chest.depth > 5)
    middle[: round(30 * MM / chest.spacing[0])] = False  # not beside the diaphragm
    assert space[middle & (away < MEDIASTINAL_MM - 2 * MM)].mean() > 0.9
    assert not space[middle & (away > MEDIASTINAL_MM + 3 * MM)].any()
    assert volume.array.shape == SHAPE
