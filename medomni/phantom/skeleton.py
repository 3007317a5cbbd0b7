"""Ribs, vertebral processes, sternum, scapulae and clavicles as tubes;
vertebral bodies as an implicit shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.shapes import Array
from medomni.phantom.tubes import Tubes

CORTEX_HU, MARROW_HU, CARTILAGE_HU = 780.0, 170.0, 105.0
_LEVELS = np.array([104, 88, 68, 46, 24, 2, -20, -43, -66, -90, -114, -138], float)
_DROP = np.array([26, 42, 56, 66, 72, 76, 78, 78, 74, 66, 44, 26], float)
_END = np.array([138, 140, 142, 143, 143, 142, 140, 136, 130, 122, 100, 78], float)


@dataclass(frozen=True)
class Fracture:
    """A displaced rib fracture: rib 1..12 of a side, at ``angle`` degrees from the spine,
    with gap and step in mm.
    """

    side: int
    rib: int
    angle: float
    gap: float
    step: float


def rib_path(
    anatomy: Anatomy, rib: int, side: int, angles: NDArray[np.float64], out: float = 6.0
) -> NDArray[np.float64]:
    """Points (n,
    3) of a rib's axis at angles in degrees from the spine (0) round the side (90) to the front.
    """
    h = anatomy.height
    z = h * (_LEVELS[rib - 1] - _DROP[rib - 1] * np.clip(angles, 0, 150) / 150)
    points = []
    for t, zz in zip(np.deg2rad(angles), z, strict=True):
        a, b, yc = anatomy.cage_outline(float(zz))
        u, v = np.sin(t), np.cos(t)
        q = u * u + v * v
        k = np.sqrt(2 / (q + np.sqrt(q * q - 4 * 0.62**2 * u * u * v * v)))
        points.append((side * (a * k * u * (1 - 0.06 * k * v) + out * u), yc + b * k * v + out * v, zz))
    return np.array(points)


def fracture_point(anatomy: Anatomy, fracture: Fracture) -> tuple[float, float, float]:
    """LPS position of a fracture's gap."""
    p = rib_path(anatomy, fracture.rib, fracture.side, np.array([fracture.angle]))[0]
    return float(p[0]), float(p[1]), float(p[2])


def bones(anatomy: Anatomy, fractures: tuple[Fracture, ...] = ()) -> Tubes:
    """All tubular bones and the costal cartilage of a patient."""
    t = Tubes()
    h, w = anatomy.height, anatomy.width
    for side in (-1, 1):
        for rib in range(1, 13):
            angles = np.arange(14.0, _END[rib - 1] + 1, 5.0)
            broken = False
            for f in fractures:
                if f.side == side and f.rib == rib:
                    broken = True
                    _broken(t, anatomy, f, angles)
            if not broken:
                path = rib_path(anatomy, rib, side, angles)
                t.add(path, 3.6, MARROW_HU, tall=1.75, rim_hu=CORTEX_HU, core=0.72)
            if rib <= 7:
                end = rib_path(anatomy, rib, side, np.array([_END[rib - 1]]))[0]
                zs = h * (60 - 17 * rib)
                _, b, yc = anatomy.cage_outline(zs)
                t.add(
                    np.array(
                        [end, [side * 40 * w, yc - b - 4, (end[2] + zs) / 2 - 4], [side * 17, yc - b - 9, zs]]
                    ),
                    3.6,
                    CARTILAGE_HU,
                    tall=1.8,
                )
            zc = h * _LEVELS[rib - 1]
            ys = float(anatomy.spine_y(zc))
            head = rib_path(anatomy, rib, side, np.array([14.0]))[0]
            t.add(
                np.array([[side * 12, ys + 14, zc], [side * 26, ys + 20, zc], head]),
                4.2,
                230,
                rim_hu=560,
                core=0.75,
            )
        _shoulder(t, anatomy, side)
    _spinous(t, anatomy)
    top = np.array([66.0, 20.0, -40.0, -74.0]) * h
    plate = []
    for z in top:
        _, b, yc = anatomy.cage_outline(float(z))
        plate.append((0.0, yc - b - 9, z))
    sternum = np.array(plate, float)
    t.add(sternum, [17, 16, 17, 9], 150, tall=0.36, rim_hu=480, core=0.82)
    return t


def _broken(t: Tubes, anatomy: Anatomy, f: Fracture, angles: NDArray[np.float64]) -> None:
    fine = np.arange(angles[0], angles[-1] + 0.1, 1.0)
    path = rib_path(anatomy, f.rib, f.side, fine)
    arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    centre = np.interp(f.angle, fine, arc)
    near, far = arc < centre - f.gap / 2, arc > centre + f.gap / 2
    shifted = rib_path(anatomy, f.rib, f.side, fine, out=6.0 + f.step)
    fade = np.clip(1 - (arc - centre - f.gap / 2) / 70, 0, 1)[
        :, None
    ]  # the far piece swings back to its place
    moved = path + (shifted - path) * fade
    for piece in (path[near], moved[far]):
        if len(piece) > 1:
            t.add(piece, 3.6, MARROW_HU, tall=1.75, rim_hu=CORTEX_HU, core=0.72)


def _shoulder(t: Tubes, anatomy: Anatomy, side: int) -> None:
    h = anatomy.height
    for z, reach in ((84, 1.0), (66, 0.96), (46, 0.86), (26, 0.72), (8, 0.6)):
        a, b, yc = anatomy.cage_outline(z * h)
        wa, wb, wy = anatomy.wall_outline(z * h)
        u = np.linspace(0.62, 0.62 + 0.68 * reach, 6)
        x = side * 0.5 * (a + wa) * np.sin(u) * 1.06
        y = (0.45 * (yc + b * np.cos(u * 0.92)) + 0.55 * (wy + wb * np.cos(u))) + 4
        t.add(np.stack([x, y, np.full(6, z * h)], axis=1), 2.4, 420, tall=4.2)
    _, b, yc = anatomy.cage_outline(92 * h)
    x0 = 150 * anatomy.width
    t.add(
        np.array(
            [
                [side * 20, yc - b - 14, 74 * h],
                [side * 62, yc - b - 16, 92 * h],
                [side * x0 * 0.78, yc - 6, 112 * h],
            ]
        ),
        5.5,
        200,
        rim_hu=640,
        core=0.72,
    )
    t.add(
        np.array([[side * x0 * 0.86, yc + 8, 116 * h], [side * x0 * 0.88, yc + 6, 86 * h]]),
        20,
        210,
        rim_hu=420,
        core=0.9,
    )


def _spinous(t: Tubes, anatomy: Anatomy) -> None:
    for z in _LEVELS * anatomy.height:
        ys = float(anatomy.spine_y(z))
        t.add(np.array([[0, ys + 36, z - 4], [0, ys + 52, z - 14]]), 3.2, 260, tall=2.0, rim_hu=480, core=0.7)
        for side in (-1, 1):
            t.add(
                np.array([[side * 13, ys + 18, z], [side * 12, ys + 28, z - 3], [side * 2, ys + 36, z - 6]]),
                4.0,
                300,
                tall=1.6,
                rim_hu=520,
                core=0.7,
            )


def vertebral_body(anatomy: Anatomy, x: Array, y: Array, z: Array) -> Array:
    """Signed distance to the column of vertebral bodies and discs."""
    v = (y - anatomy.spine_y(z)) / np.float32(14.5)
    u = x / np.float32(18)
    return (np.sqrt(u * u + v * v) - 1) * np.float32(14.5)


def is_disc(anatomy: Anatomy, z: Array) -> Array:
    """Boolean: z is at the height of an intervertebral disc."""
    return np.mod(z / np.float32(anatomy.height) + 400, np.float32(22.5)) < 5.0
