"""Synthetic heads with a known face, brain, skull and skin, as voxels that can be laid on any grid.

The head's own frame has its origin in the middle of the brain: x to the left, y to the back, z to the top, millimetres.
Sizes follow adults' heads (breadth about 150 mm, length 190 mm, vertex to chin 220 mm), scaled and varied by a seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

VOXEL_MM = 1.5
LOW, HIGH = np.array([-108.0, -132.0, -172.0]), np.array([108.0, 126.0, 104.0])  # x, y, z of the frame's box
AIR, SKIN, FAT, MUSCLE, BONE, BRAIN, FLUID, EYE = range(8)
VALUES: Mapping[str, tuple[float, ...]] = {
    "CT": (-1000, 20, -90, 55, 900, 35, 8, 15),
    "T1": (2, 380, 620, 260, 45, 420, 110, 120),
    "T2": (2, 260, 420, 180, 40, 300, 720, 700),
}
"""Value of each tissue in order: HU for CT, arbitrary units for MR."""


@dataclass(frozen=True, eq=False)
class Head:
    """A head.

    Attributes:
        tissue: (z, y, x), uint8, one of :data:`AIR` to :data:`EYE`, every :data:`VOXEL_MM` from :data:`LOW` on.
        brain: (z, y, x), bool, brain without the cord.
        face: (n, 3), x, y, z of voxels of skin at the outer air in the face: brow to chin, ear to ear in front.
        ears: (m, 3), the same of the ears.
        landmarks: name to x, y, z.
    """

    tissue: NDArray[np.uint8]
    brain: NDArray[np.bool_]
    face: NDArray[np.float64]
    ears: NDArray[np.float64]
    landmarks: Mapping[str, NDArray[np.float64]]


def synthetic_head(seed: int) -> Head:
    """A head, the same for the same seed."""
    rng = np.random.default_rng([seed, 7401])
    size = rng.uniform(0.9, 1.04)
    wide, long, high = size * rng.uniform(0.96, 1.04, 3)
    jaw, nose = rng.uniform(0.92, 1.06), rng.uniform(0.85, 1.25)
    axes = [np.arange(low, high_ + 1e-6, VOXEL_MM) for low, high_ in zip(LOW, HIGH, strict=True)]
    x, y, z = axes[0][None, None] / wide, axes[1][None, :, None] / long, axes[2][:, None, None] / high
    brain = _brain(x, y, z)
    soft, ears = _face(x, y, z, jaw, nose)
    inside = _within(brain, 2.5)
    skull = _within(brain, 2.5 + rng.uniform(5.0, 8.0)) & ~inside
    canal = _ball(x, y, z, (0, 30, -78), (11, 10, 40))
    skull &= ~canal
    scalp = _within(inside | skull, rng.uniform(4.0, 7.0))
    body = scalp | soft | ears | _neck(x, y, z)
    body = ndimage.binary_closing(body, iterations=2) | body
    cavities = _cavities(x, y, z)
    depth = ndimage.distance_transform_edt(body, sampling=VOXEL_MM)
    tissue = np.where(body, MUSCLE, AIR).astype(np.uint8)
    tissue[body & (depth < 7) & ~ears] = FAT
    tissue[body & (depth < 2.5)] = SKIN
    tissue[_bones(x, y, z, jaw) & (depth > 3)] = BONE
    tissue[skull & body] = BONE
    tissue[(inside & ~brain) | (canal & body & ~brain)] = FLUID
    tissue[brain] = BRAIN
    tissue[_ball(x, y, z, (0, 26, -70), (6, 6, 45)) & canal & body] = BRAIN
    tissue[(_ball(x, y, z, (13, 0, 16), (7, 32, 9)) | _ball(x, y, z, (-13, 0, 16), (7, 32, 9))) & brain] = FLUID
    tissue[cavities & ~inside & (depth > 4)] = AIR
    tissue[_eyes(x, y, z, 19) & ~inside & body & (depth > 2)] = FAT
    tissue[_eyes(x, y, z, 12) & ~inside & body] = EYE
    outer = ndimage.binary_dilation(_outside(body)) & body
    at = np.argwhere(outer)[:, ::-1] * VOXEL_MM + LOW
    own = at / (wide, long, high)
    in_front = (own[:, 1] < -38) & (own[:, 2] < -14) & (own[:, 2] > -140) & (np.abs(own[:, 0]) < 62)
    pinna = ears[tuple(np.argwhere(outer).T)] & (np.abs(own[:, 0]) > 78)
    marks = {"left eye": (32, -94, -26), "right eye": (-32, -94, -26), "nose": (0, -105 - 16 * nose, -58),
             "mouth": (0, -98 * jaw, -90), "chin": (0, -92 * jaw, -118)}
    return Head(tissue, brain & (tissue != BONE), at[in_front], at[pinna],
                {name: np.array(p) * (wide, long, high) for name, p in marks.items()})


def _ball(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64], centre: tuple[float, float, float],
          radii: tuple[float, float, float], power: float = 2.0) -> NDArray[np.bool_]:
    """A (super-)ellipsoid, (z, y, x)."""
    total = 0.0
    for v, c, r in zip((x, y, z), centre, radii, strict=True):
        total = total + np.abs((v - c) / r) ** power
    return np.asarray(total <= 1)


def _within(mask: NDArray[np.bool_], mm: float) -> NDArray[np.bool_]:
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=VOXEL_MM) <= mm)


def _outside(body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The air around the body, not that within it."""
    labels, _ = ndimage.label(~body)
    return np.asarray(labels == labels[-1, 0, 0])


def _brain(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Hemispheres above a frontal base that rises to the front, temporal lobes, cerebellum, brain stem."""
    cerebrum = _ball(x, y, z, (0, 0, 8), (66, 84, 62), 2.3) & (z > np.where(y < -22, -14, -24))
    stem = _ball(x, y, z, (0, 22, -45), (13, 12, 32))
    lobes = [_ball(x, y, z, (side * 42, -16, -24), (21, 34, 21)) for side in (-1, 1)]
    return cerebrum | lobes[0] | lobes[1] | _ball(x, y, z, (0, 50, -38), (50, 32, 25)) | stem


def _face(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64], jaw: float, nose: float,
          ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Soft parts in front and below, and the ears."""
    middle = _ball(x, y, z, (0, -40, -62), (64, 56, 66), 2.6)
    chin = _ball(x, y, z, (0, -60, -112), (36, 36 * jaw, 22))
    bridge = (np.abs(x) < 5 + 13 * np.clip((-26 - z) / 34, 0, 1)) & (z < -24) & (z > -66) & (
        y > -88 - (17 + 16 * nose) * np.clip((-22 - z) / 36, 0, 1)) & (y < -60)
    lips = _ball(x, y, z, (0, -86, -90), (24, 14 * jaw, 10))
    eyes = _eyes(x, y, z, 13.5)
    ears = np.zeros_like(middle)
    for side in (-1, 1):
        ears |= _ball(x, y, z, (side * 84, 14, -24), (13, 14, 31)) & (
            np.abs(np.abs(x) - 80 - 0.25 * (y - 8)) < 4.5)
        ears |= _ball(x, y, z, (side * 76, 12, -24), (9, 7, 12))
    return middle | chin | bridge | lips | eyes, ears


def _eyes(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64], radius: float) -> NDArray[np.bool_]:
    return _ball(x, y, z, (32, -82, -26), (radius,) * 3) | _ball(x, y, z, (-32, -82, -26), (radius,) * 3)


def _neck(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(((x / 58) ** 2 + ((y - 28 + 0.18 * (z + 90)) / 60) ** 2 <= 1) & (z < -40))


def _cavities(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Air in nose, sinuses, throat and mastoids."""
    out = _ball(x, y, z, (0, -62, -52), (13, 34, 22)) & (np.abs(x) > 1.5)
    for side in (-1, 1):
        out |= _ball(x, y, z, (side * 28, -60, -54), (13, 16, 16)) | _ball(x, y, z, (side * 58, 24, -40), (8, 9, 9))
    return out | _ball(x, y, z, (0, -88, -6), (17, 5, 9)) | _ball(x, y, z, (0, -14, -100), (10, 8, 44))


def _bones(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64], jaw: float) -> NDArray[np.bool_]:
    """Upper and lower jaw, cheek bones, rims of the orbits, nasal bone, vertebrae."""
    ring = (((x / 46) ** 2 + ((y + 34) / (54 * jaw)) ** 2 <= 1) & ((x / 36) ** 2 + ((y + 34) / (42 * jaw)) ** 2 > 1))
    jaws = ring & (y < -22) & (((z > -124) & (z < -98)) | ((z > -86) & (z < -70)))
    out = jaws | (_eyes(x, y, z, 23) & ~_eyes(x, y, z, 19.5) & (y > -88))
    for side in (-1, 1):
        out |= _ball(x, y, z, (side * 50, -58, -50), (10, 26, 7)) | _ball(x, y, z, (side * 44, -2, -90), (5, 12, 30))
    out |= (np.abs(x) < 4) & (np.abs(y + 88 + 0.4 * (-30 - z)) < 4) & (z > -46) & (z < -20)
    column = ((x / 26) ** 2 + ((y - 26) / 24) ** 2 <= 1) & (z < -76)
    return np.asarray(out | column)
