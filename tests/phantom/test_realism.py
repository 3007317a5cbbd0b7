"""What makes phantoms no toys, each part shown by its effect on the picture; without it, its test fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from medomni.phantom import SCANNERS, render, sample_patient
from medomni.phantom.anatomy import Anatomy
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.shapes import Ellipsoid, Grid, coverage
from medomni.phantom.texture import noise
from medomni.volume import Volume

pytestmark = pytest.mark.unit
QUIET = replace(SCANNERS["soft"], noise_hu=0.0, blur_mm=0.0, sharpen=0.0)


def _grid(matrix: int = 64) -> Grid:
    return Grid.spanning(128.0, 0.0, (-30.0, 30.0), matrix, 5.0)


@cache
def healthy() -> PhantomPatient:
    """A patient without findings, whose confounders are added one at a time."""
    plain = next(p for p in (sample_patient(s, "A") for s in range(2000, 2200)) if not p.truth)
    return replace(plain, scars=(), granulomas=(),
                   anatomy=replace(plain.anatomy, breast=0.0, arms=False, table=False))


def drawn(patient: PhantomPatient, z: tuple[float, float] | None = None) -> Volume:
    """The picture without noise and blur."""
    return render(patient, 128, 5.0, scanner=QUIET, z_range_mm=z)


def test_partial_volume_has_at_least_27_levels() -> None:
    """3 x 3 x 3 samples a voxel: a border has as many shades, and the volume is right to one per cent."""
    grid = _grid()
    ball = Ellipsoid((1.3, -2.1, 0.7), (24.0, 24.0, 24.0), np.eye(3))
    share = coverage(grid, ball, grid.whole())
    assert len(np.unique(share)) >= 28
    assert share.sum() * np.prod(grid.step) == pytest.approx(4 / 3 * np.pi * 24.0**3, rel=0.01)


@pytest.mark.parametrize("name", sorted(SCANNERS))
def test_noise_is_correlated(name: str) -> None:
    """Neighbouring pixels share their noise, as a reconstruction kernel leaves it; distant ones do not."""
    grid = Grid.spanning(60.0, 0.0, (-20.0, 20.0), 128, 5.0)
    scanner = SCANNERS[name]
    field = noise(np.full(grid.shape, 40.0, np.float32), grid, scanner, np.random.default_rng(3))
    flat = field - field.mean()

    def along(lag: int) -> float:
        return float((flat[:, :, :-lag] * flat[:, :, lag:]).mean() / flat.var())

    expected = np.exp(-((grid.step[2] / (2 * scanner.noise_mm)) ** 2))  # of white noise after the kernel's Gaussian
    assert along(1) > 0.5 * expected > 0.1
    assert abs(along(12)) < 0.1


def test_the_kernel_blurs() -> None:
    """The step from lung to chest wall is wider with the kernel's point spread than without, and most for soft ones."""
    z = (-20.0, -5.0)

    def steepest(**change: float) -> float:
        scanner = replace(QUIET, **change)
        hu = render(healthy(), 256, 5.0, scanner=scanner, z_range_mm=z).array.astype(np.float32)
        return float(np.percentile(np.abs(np.diff(hu, axis=2)), 99.9))

    plain, medium, soft = steepest(), steepest(blur_mm=0.55), steepest(blur_mm=1.2)
    assert plain > 1.05 * medium > 1.05 * 1.05 * soft


def test_vessels_and_airways_branch() -> None:
    """Both trees of a side have forks, and their branches grow thinner from the hilum outwards."""
    patient = healthy()
    for tubes in (patient.vessel_tubes(), patient.airway_tubes()):
        starts = [tuple(np.round(a, 2)) for a in tubes.a]
        forks = sum(n >= 2 for n in Counter(starts).values())
        assert forks >= 10
        assert np.percentile(tubes.ra, 95) > 1.5 * np.percentile(tubes.rb, 10)


def test_fissures_are_drawn() -> None:
    """On the oblique fissure the lung is denser than 8 mm to both sides of it."""
    volume, a = drawn(healthy()), healthy().anatomy
    z, y, x = np.indices(volume.array.shape)
    lps = volume.to_lps(np.stack([z, y, x], axis=-1).reshape(-1, 3)).reshape(*z.shape, 3)
    px, py, pz = (lps[..., i].astype(np.float32) for i in range(3))
    hu = volume.array
    for side in (-1, 1):
        half = (px * side > 35) & (hu < -650) & (pz > a.base_z + 50) & (pz < a.apex_z - 40)
        d = a.oblique_fissure(px, py, pz, side)
        on, off = half & (np.abs(d) < 1.0), half & (np.abs(d) > 8) & (np.abs(d) < 14)
        assert on.sum() > 200
        assert np.mean(hu[on]) > np.mean(hu[off]) + 25


def _sites() -> dict[str, list[tuple[Anatomy, PhantomPatient]]]:
    out: dict[str, list] = {"free": [], "juxtapleural": [], "juxtavascular": []}
    for seed in range(3000, 3080):
        patient = sample_patient(seed, "B")
        for nodule in patient.lesions.nodules:
            out[nodule.site].append((nodule, patient))
    return out


def test_nodules_lie_free_at_the_pleura_and_at_vessels() -> None:
    """Every site occurs; at the pleura a nodule reaches the chest wall, at a vessel it meets one."""
    sites = _sites()
    assert all(len(v) >= 3 for v in sites.values())
    for nodule, patient in sites["juxtapleural"]:
        depth = -float(patient.anatomy.chamber(*(np.float32(c) for c in nodule.centre), nodule.side))
        assert depth < max(nodule.semi) + 1
    for nodule, patient in sites["juxtavascular"]:
        tubes = patient.vessel_tubes()
        ends = np.array([*tubes.a, *tubes.b])
        assert np.linalg.norm(ends - np.array(nodule.centre), axis=1).min() < max(nodule.semi) + 2


def test_confounders_are_drawn_and_occur() -> None:
    """Scars, granulomas, breasts, arms and the table pad change the picture, occur, and are no finding."""
    base, plain = healthy(), drawn(healthy())
    made = {
        "scars": replace(base, scars=(-1,)), "granulomas": replace(base, granulomas=(1,)),
        "breasts": replace(base, anatomy=replace(base.anatomy, breast=60.0)),
        "arms": replace(base, anatomy=replace(base.anatomy, arms=True)),
        "table": replace(base, anatomy=replace(base.anatomy, table=True)),
    }
    for name, patient in made.items():
        changed = np.abs(drawn(patient).array.astype(int) - plain.array) > 60
        assert changed.sum() > (1 if name == "granulomas" else 20), name  # a granuloma has 3 mm
        assert not patient.truth
    many = [sample_patient(s, "A") for s in range(2000, 2050)]
    for share in (sum(bool(p.scars) for p in many), sum(bool(p.granulomas) for p in many),
                  sum(bool(p.anatomy.breasts) for p in many), sum(p.anatomy.arms for p in many),
                  sum(p.anatomy.table for p in many)):
        assert share >= 2
