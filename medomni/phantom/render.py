"""From a patient to a Volume in Hounsfield units.

Painter's order: air, table, body, cage, organs, lungs and their lesions, tubes, bones; each layer enters with
its supersampled coverage. Then the scanner's blur and noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from medomni.phantom import organs
from medomni.phantom.hospitals import HOSPITALS
from medomni.phantom.lesions import lung_masks, side_window
from medomni.phantom.patient import PhantomPatient, phantom_study
from medomni.phantom.scanner import SCANNERS, Scanner
from medomni.phantom.shapes import Array, Grid, Window, coverage
from medomni.phantom.skeleton import bones, is_disc, vertebral_body
from medomni.phantom.texture import blurred, noise, smooth_field
from medomni.phantom.tubes import Tubes
from medomni.records import Acquisition
from medomni.volume import Volume

AIR_HU, FAT_HU, SKIN_HU, MUSCLE_HU = -1000.0, -102.0, 20.0, 52.0


class _Canvas:
    """The HU array under the brush."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.hu = np.full(grid.shape, AIR_HU, np.float32)

    def paint(self, w: Window, cov: Array, hu: float | Array) -> None:
        v = self.hu[w]
        v += cov * (hu - v)

    def shape(self, f: Callable[[Array, Array, Array], Array], hu: float, w: Window | None = None) -> None:
        w = self.grid.whole() if w is None else w
        if all(s.stop > s.start for s in w):
            self.paint(w, coverage(self.grid, f, w), hu)

    def tubes(self, tubes: Tubes, density: float = 1.0, only: Array | None = None) -> None:
        at, fraction, hu = tubes.splat(self.grid, density)
        flat = self.hu.reshape(-1)
        if only is not None:
            fraction = fraction * only.reshape(-1)[at]
        flat[at] += fraction * (hu - flat[at])


def render(
    patient: PhantomPatient,
    matrix: int = 128,
    slice_mm: float = 6.0,
    *,
    scanner: Scanner | None = None,
    z_range_mm: tuple[float, float] | None = None,
) -> Volume:
    """The patient's CT: int16 HU, (slices, matrix, matrix), canonical axial order.

    Slices run to the head, rows to the back, columns to the patient's left, whatever the acquisition; the
    order of the acquisition appears in the DICOM files of :func:`medomni.phantom.write_series`.

    Args:
        matrix: rows and columns over the patient's field of view (360-450 mm).
        slice_mm: slice thickness and distance.
        scanner: another scanner than the hospital's.
        z_range_mm: LPS z range, by default the whole chest.
    """
    a = patient.anatomy
    scanner = scanner or SCANNERS[HOSPITALS[patient.hospital].scanner]
    rng = np.random.default_rng(
        np.random.SeedSequence([patient.seed, HOSPITALS[patient.hospital].number, 77])
    )
    grid = Grid.spanning(a.fov, 8.0, z_range_mm or a.z_range(), matrix, slice_mm)
    c = _Canvas(grid)
    _table(c, patient)
    _trunk(c, patient, rng)
    organs.paint(c, patient)
    free = _lungs(c, patient, scanner, rng)
    c.tubes(organs.great_vessels(a), 2.5)
    c.tubes(organs.trachea(patient), 2.0)
    c.tubes(patient.vessel_tubes(), 1.0, only=free)
    c.tubes(patient.airway_tubes(), 1.0, only=free)
    c.tubes(organs.bronchograms(patient), 1.0)
    _spine(c, patient)
    c.tubes(bones(a, patient.lesions.fractures), 1.0)
    for extra in patient.extras:
        extra.paint(c, patient)
    hu = blurred(c.hu, grid, scanner)
    hu += noise(hu, grid, scanner, rng)
    array = np.clip(np.rint(hu), -1024, 3071).astype(np.int16)
    taken = Acquisition(maker="synthetic", kvp=120.0, slice_thickness_mm=round(grid.step[0], 4), derived=False,
                        ecg_gated=patient.gated, patient_position=HOSPITALS[patient.hospital].position)
    study = phantom_study(patient).model_copy(update={"spacing_mm": grid.step, "kernel": scanner.kernel,
                                                      "acquisition": taken})
    return Volume(array=array, affine=grid.affine, study=study)


def _table(c: _Canvas, patient: PhantomPatient) -> None:
    a = patient.anatomy
    if not a.table:
        return
    g = a.dependent
    zs = np.arange(a.base_z, a.apex_z, 20)
    edge = max(a.wall_outline(float(z))[1] + g * a.wall_outline(float(z))[2] for z in zs) + 0.85 * a.fat + 3
    for depth, thick, hu in ((0.0, 10.0, -940.0), (10.0, 3.0, -150.0), (30.0, 3.0, -200.0)):

        def slab(x: Array, y: Array, z: Array, depth: float = depth, thick: float = thick) -> Array:
            d = g * y - np.float32(edge + depth) + np.square(x) * np.float32(0.0006)
            return np.maximum(np.maximum(-d, d - np.float32(thick)), np.abs(x) - 200)

        c.shape(
            slab,
            hu,
            c.grid.window(
                ((-200, 200), (edge - 30, edge + 40) if g > 0 else (-edge - 40, -edge + 30), (-400, 400))
            ),
        )


def _trunk(c: _Canvas, patient: PhantomPatient, rng: np.random.Generator) -> None:
    a, grid, w = patient.anatomy, c.grid, c.grid.whole()
    c.shape(a.skin, SKIN_HU)
    c.shape(lambda x, y, z: a.skin(x, y, z) + np.float32(2.2), FAT_HU)
    for e in a.breasts:
        inner = replace(e, semi=tuple(0.55 * s for s in e.semi))  # type: ignore[arg-type]
        c.shape(
            lambda x, y, z, e=inner: np.maximum(e(x, y, z), a.skin(x, y, z) + 6),  # type: ignore[misc]
            -35.0,
            grid.window(inner.box()),
        )
    for x0, y0, r in a.arm_ellipses():
        for radius, hu in ((r, SKIN_HU), (r - 2, FAT_HU), (r - 8, MUSCLE_HU), (12.0, 900.0), (7.0, 60.0)):
            c.shape(
                lambda x, y, z, x0=x0, y0=y0, radius=radius: (  # type: ignore[misc]
                    np.hypot(x - x0, (y - y0) * np.float32(0.9)) - radius + 0 * z
                ),
                hu,
                grid.window(((x0 - r, x0 + r), (y0 - r * 1.2, y0 + r * 1.2), (-400, 400))),
            )
    strands = np.clip(smooth_field(grid.shape, grid.step, 13.0, rng) - np.float32(0.9), 0, 1)
    wall = coverage(grid, a.muscle, w)
    c.paint(w, wall, np.float32(MUSCLE_HU) - np.float32(150) * strands)
    c.shape(lambda x, y, z: a.cage(x, y, z) - np.float32(11), FAT_HU + 40)  # between the ribs and the muscles
    c.shape(lambda x, y, z: a.cage(x, y, z) - np.float32(8), MUSCLE_HU - 10)  # intercostal muscles
    c.shape(lambda x, y, z: a.cage(x, y, z) - np.float32(1), FAT_HU)


def _lungs(c: _Canvas, patient: PhantomPatient, scanner: Scanner, rng: np.random.Generator) -> Array:
    a, grid = patient.anatomy, c.grid
    free = np.zeros(grid.shape, np.float32)
    fine = smooth_field(grid.shape, grid.step, 7.0, rng)
    broad = smooth_field(grid.shape, grid.step, 45.0, rng)
    for side in (-1, 1):
        w = side_window(grid, side)
        m = lung_masks(a, patient.lesions, grid, side)
        x, y, z = grid.axes(w)
        slope = np.float32(a.dependent) * y * np.float32(0.7)  # gravity: denser where it hangs
        hu = (
            np.float32(a.lung_hu + scanner.lung_shift)
            + slope
            + np.float32(30) * fine[w]
            + np.float32(50) * np.maximum(fine[w] - np.float32(0.9), 0)  # vessels too small to be drawn
            + np.float32(32) * broad[w]
        )
        # dependent density: the last centimetre along the wall
        hu = hu + np.float32(70) * np.clip(1 + a.cage(x, y, z) / 9, 0, 1) * (np.float32(a.dependent) * y > 45)
        for f, thick in _fissures(patient, side):
            d = np.abs(f(x, y, z))
            width = np.float32(0.6 * grid.step[0] + 0.4 * grid.step[1])
            hu = hu + np.clip(1 - d / width, 0, 1) * np.float32(thick / float(width)) * 620
        c.paint(w, m.cavity, hu)
        here = c.hu[w]  # lesions take the lung's share of a voxel, not the chest wall's, and are disjoint
        for i, cov in m.layers.items():
            layer = patient.lesions.layers[i]
            here += cov * (np.float32(patient.fluid_hu if layer.kind == "pleural_effusion" else -995.0) - hu)
        for cov in m.consolidations.values():
            airless = np.float32(patient.consolidation_hu) + np.float32(14) * fine[w]
            here += cov * (airless - 60 * np.clip(fine[w] - 1.2, 0, 1) - hu)
        open_lung = m.aerated.copy()
        for cov in m.consolidations.values():
            open_lung -= np.float32(0.8) * cov
        for i, cov in m.nodules.items():
            put = patient.lesions.nodules[i].hu + np.float32(8) * fine[w] - hu
            here += cov * (np.maximum(put, 0) if patient.lesions.nodules[i].is_ground_glass else put)  # vessels stay
            open_lung = np.where(cov > 0, 0, open_lung)
        free[w] = np.maximum(free[w], np.clip(open_lung, 0, 1))
    c.tubes(organs.confounders(patient), 1.5, only=free)
    return free


def _fissures(
    patient: PhantomPatient, side: int
) -> list[tuple[Callable[[Array, Array, Array], Array], float]]:
    a = patient.anatomy
    out: list[tuple[Callable[[Array, Array, Array], Array], float]] = [
        (lambda x, y, z: a.oblique_fissure(x, y, z, side), 0.7)
    ]
    if side < 0:
        out.append(
            (
                lambda x, y, z: np.where(
                    a.oblique_fissure(x, y, z, -1) > 0, a.horizontal_fissure(x, y, z), 99
                ),
                0.7,
            )
        )
    return out


def _spine(c: _Canvas, patient: PhantomPatient) -> None:
    a, grid = patient.anatomy, c.grid
    w = grid.window(((-34, 34), (0, 130), (-400, 400)))
    body = coverage(grid, lambda x, y, z: vertebral_body(a, x, y, z), w)
    inner = coverage(grid, lambda x, y, z: vertebral_body(a, x, y, z) + np.float32(2.2), w)
    disc = is_disc(a, grid.axes(w)[2])
    c.paint(w, body, np.where(disc, np.float32(85), np.float32(420)))
    c.paint(w, inner, np.where(disc, np.float32(80), np.float32(patient.bone_hu)))
    centre = np.float32(25)
    for radius, hu in ((13.0, 330.0), (9.5, -60.0), (7.0, 30.0)):
        c.shape(
            lambda x, y, z, radius=radius: np.hypot(x, y - a.spine_y(z) - centre) - np.float32(radius), hu, w  # type: ignore[misc]
        )
