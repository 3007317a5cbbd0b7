"""Soft organs and great tubes: heart, liver, spleen, stomach, aorta, veins, trachea, and confounders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.lesions import Consolidation
from medomni.phantom.shapes import Array, Ellipsoid
from medomni.phantom.tubes import Tubes

if TYPE_CHECKING:
    from medomni.phantom.patient import PhantomPatient


def paint(canvas: Any, patient: PhantomPatient) -> None:
    """Heart, liver, spleen and stomach onto the canvas."""
    a, grid = patient.anatomy, canvas.grid
    parts = a.heart_parts(8.0)
    box = tuple((min(p.box()[i][0] for p in parts), max(p.box()[i][1] for p in parts)) for i in range(3))
    w = grid.window(box)  # type: ignore[arg-type]
    wall, cavity = a.blood_hu * 0.45 + 28.0, a.blood_hu
    canvas.shape(a.heart, wall, w)
    inner = a.heart_parts(-11.0)[0]
    canvas.shape(lambda x, y, z: np.maximum(inner(x, y, z), a.heart(x, y, z) + 8), cavity, w)
    atrium = a.heart_parts(-3.0)[1]
    canvas.shape(lambda x, y, z: np.maximum(atrium(x, y, z), a.heart(x, y, z) + 3), cavity, w)
    low = grid.window(((-160, 160), (-130, 130), (-400.0, max(a.dome_left, a.dome_right) * a.height + 6)))
    canvas.shape(lambda x, y, z: liver(a, x, y, z), a.liver_hu, low)
    canvas.shape(lambda x, y, z: spleen(a, x, y, z), a.liver_hu - 6, low)
    stomach = Ellipsoid((58 * a.width, -26, a.dome_left * a.height - 48), (46, 46, 44))
    level = np.float32(-26 - a.dependent * 14)
    canvas.shape(lambda x, y, z: _below(a, stomach(x, y, z), x, y, z, 1), 36.0, low)
    canvas.shape(
        lambda x, y, z: np.maximum(_below(a, stomach(x, y, z) + 4, x, y, z, 1), a.dependent * (y - level)),
        -960.0,
        low,
    )


def _below(a: Anatomy, d: Array, x: Array, y: Array, z: Array, side: int) -> Array:
    return np.maximum(np.maximum(d, a.cage(x, y, z) + 2), np.float32(1.5) - a.diaphragm(x, y, z, side))


def spleen(a: Anatomy, x: Array, y: Array, z: Array) -> Array:
    """The spleen: left and posterior under the diaphragm."""
    body = Ellipsoid((92 * a.width, 44, a.dome_left * a.height - 52), (34, 52, 48))
    return _below(a, body(x, y, z), x, y, z, 1)


def liver(a: Anatomy, x: Array, y: Array, z: Array) -> Array:
    """The liver: right and anterior under the diaphragm, its left lobe across the midline."""
    cut = (x + np.float32(0.55) * (y + 20) - 22) * np.float32(0.85)
    dome = np.where(
        x < 12, a.diaphragm(x, y, z, -1), np.minimum(a.diaphragm(x, y, z, 1), a.diaphragm(x, y, z, -1))
    )
    d = np.maximum(np.maximum(cut, a.cage(x, y, z) + 1), np.float32(0.5) - dome)
    return np.maximum(d, np.float32(34) - np.hypot(x, y - a.spine_y(z)))


def aorta(a: Anatomy) -> Tubes:
    """The aorta from its valve to the diaphragm's level."""
    t = Tubes()
    h, r, b = a.height, a.aorta_radius, a.blood_hu
    ys = [float(a.spine_y(z * h)) for z in (20, 0, -40, -80, -120, -190)]
    t.add(
        np.array(
            [
                [6, -28, -48 * h],
                [-12, -32, -20 * h],
                [-14, -28, 8 * h],
                [-6, -16, 28 * h],
                [8, 0, 37 * h],
                [20, 18, 32 * h],
                [23, ys[0] - 14, 16 * h],
                [23, ys[1] - 12, 0],
                [22, ys[2] - 12, -40 * h],
                [20, ys[3] - 13, -80 * h],
                [15, ys[4] - 16, -120 * h],
                [6, ys[5] - 20, -190 * h],
            ]
        ),
        np.array([1.15, 1.3, 1.25, 1.15, 1.1, 1.05, 1, 1, 0.95, 0.92, 0.9, 0.85]) * r,
        b,
    )
    return t


def great_vessels(a: Anatomy) -> Tubes:
    """Aorta, pulmonary trunk and arteries, caval and brachiocephalic vessels, oesophagus."""
    t = aorta(a)
    h, b = a.height, a.blood_hu
    t.add(
        np.array(
            [[16, -44, -42 * h], [20, -34, -14 * h], [22, -18, -4 * h], [36, 4, -6 * h], [44, 14, -18 * h]]
        ),
        [13, 13, 12, 10, 8],
        b,
    )
    t.add(
        np.array([[20, -20, -10 * h], [0, -8, -14 * h], [-22, 0, -14 * h], [-38, 6, -18 * h]]),
        [11, 10, 10, 8],
        b,
    )
    t.add(
        np.array(
            [
                [-26, -22, -44 * h],
                [-25, -22, 10 * h],
                [-22, -18, 44 * h],
                [-30, -14, 80 * h],
                [-34, -8, 140 * h],
            ]
        ),
        [9, 9, 8.5, 7, 6],
        b,
    )
    t.add(np.array([[-24, 0, -66 * h], [-26, 10, -110 * h], [-24, 22, -190 * h]]), 11, b)
    t.add(np.array([[-22, -18, 44 * h], [0, -34, 50 * h], [28, -20, 78 * h], [36, -8, 140 * h]]), 6.5, b)
    for path in (
        [[-4, -12, 34 * h], [-14, -6, 64 * h], [-24, 2, 140 * h]],
        [[6, -4, 38 * h], [10, 0, 70 * h], [18, 4, 140 * h]],
        [[14, 8, 36 * h], [24, 10, 80 * h], [30, 16, 140 * h]],
    ):
        t.add(np.array(path), 4.6, b)
    zs = np.array([140, 90, 40, 0, -40, -80, -120]) * h
    t.add(np.array([[3 + 0.03 * max(0, -z), float(a.spine_y(z)) - 26, z] for z in zs]), 7.5, 38, rim_hu=40)
    return t


def trachea(patient: PhantomPatient) -> Tubes:
    """Trachea and main bronchi: wall and air. Radius 8-9 mm, ends at the carina (z = 0)."""
    t = _windpipe(patient.anatomy, 2.0, 25.0)
    _merge(t, lumen(patient.anatomy))
    return t


def lumen(a: Anatomy) -> Tubes:
    """The air in trachea and main bronchi."""
    return _windpipe(a, 0.0, -985.0)


def _windpipe(a: Anatomy, grow: float, hu: float) -> Tubes:
    t, h = Tubes(), a.height
    top, mid = float(a.spine_y(140 * h)) - 38, float(a.spine_y(50 * h)) - 34
    wind = np.array([[0, top, 140 * h], [0, mid, 50 * h], [1, 10, 4 * h]])
    right = np.array([[0, 10, 4 * h], [-14, 12, -10 * h], [-26, 12, -18 * h], [-42, 16, -36 * h]])
    left = np.array([[1, 10, 4 * h], [18, 13, -10 * h], [30, 14, -19 * h], [42, 22, -38 * h]])
    t.add(wind, 8.6 * a.width + grow, hu)
    t.add(right, np.array([7.6, 7, 6.2, 4.5]) * a.width + grow, hu)
    t.add(left, np.array([7.2, 6.4, 5.6, 4.2]) * a.width + grow, hu)
    return t


def _merge(t: Tubes, other: Tubes) -> None:
    for name in ("a", "b", "ra", "rb", "tall", "hu", "rim_hu", "core"):
        getattr(t, name).extend(getattr(other, name))


def bronchograms(patient: PhantomPatient) -> Tubes:
    """Air-filled bronchi inside each consolidation."""
    t = Tubes()
    for i, c in enumerate(patient.lesions.consolidations):
        rng = np.random.default_rng([patient.seed, 5, i])
        _bronchi(t, patient.anatomy, c, rng)
    return t


def _bronchi(t: Tubes, a: Anatomy, c: Consolidation, rng: np.random.Generator) -> None:
    centre, root = np.array(c.centre), np.array([c.side * 34.0, 12.0, -20.0 * a.height])
    start = centre + (root - centre) * min(0.45, 0.8 * min(c.semi) / (np.linalg.norm(root - centre) + 1))
    for _ in range(6):
        tip = centre + rng.normal(0, 0.32, 3) * np.array(c.semi)
        bend = (start + tip) / 2 + rng.normal(0, 3, 3)
        t.add(np.array([start, bend, tip]), [2.0, 1.6, 1.1], -900)


def confounders(patient: PhantomPatient) -> Tubes:
    """What is no lesion: linear scar bands, an apical cap of scar strands,
    a calcified granuloma below 3 mm.
    """
    t = Tubes()
    a = patient.anatomy
    rng = np.random.default_rng([patient.seed, 9])
    for side in patient.scars:
        z = a.apex_z - rng.uniform(18, 30)
        for _ in range(4):
            p = np.array([side * rng.uniform(30, 60), rng.uniform(0, 40), z])
            t.add(np.stack([p, p + rng.normal(0, 9, 3)]), 0.8, 0)
        p = np.array([side * rng.uniform(60, 95), rng.uniform(-10, 40), rng.uniform(-70, -50) * a.height])
        t.add(
            np.stack([p, p + [side * rng.uniform(12, 26), rng.uniform(-6, 10), rng.uniform(-3, 3)]]), 0.9, 0
        )
    for side in patient.granulomas:
        p = np.array([side * rng.uniform(50, 90), rng.uniform(-30, 40), rng.uniform(-40, 50)])
        t.add(np.stack([p, p + [0, 0, 2.0]]), 1.2, 600)
    return t
