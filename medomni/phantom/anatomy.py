"""The healthy chest: parameters of one synthetic patient and the implicit shapes that follow from them.

Frame: LPS millimetres with the origin near the carina: +x patient's left, +y posterior, +z head. Sizes follow
the proportions of adult chest CT; they are drawn, not measured from anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from medomni.phantom.shapes import Array, Ellipsoid, Profile, rotation, squircle

_CAGE_A = {
    126: 20,
    118: 48,
    110: 66,
    98: 80,
    78: 96,
    40: 113,
    0: 124,
    -40: 130,
    -80: 133,
    -130: 131,
    -200: 126,
}
_CAGE_B = {126: 6, 118: 16, 110: 27, 98: 39, 78: 54, 40: 73, 0: 87, -40: 94, -80: 97, -130: 96, -200: 92}
_CAGE_Y = {126: 26, 100: 20, 60: 10, 0: 1, -60: -4, -200: -4}
_WALL_A = {180: 120, 150: 160, 120: 166, 90: 164, 60: 156, 0: 150, -60: 153, -130: 151, -200: 147}
_WALL_B = {180: 58, 150: 66, 120: 76, 90: 88, 60: 99, 0: 112, -60: 117, -130: 115, -200: 112}
_WALL_Y = {150: 32, 100: 24, 60: 17, 0: 10, -60: 6, -200: 6}


@dataclass(frozen=True)
class Anatomy:
    """Body parameters. Lengths in millimetres, angles in degrees.

    Attributes:
        width, depth, height: scale of the thorax along x, y, z (1 = average adult).
        fat: thickness of subcutaneous fat. breast: semi-axis of a breast, 0 for none.
        dome_right, dome_left: z of the diaphragm domes (before ``height``).
        heart_ratio: cardiothoracic ratio that the heart is scaled to.
        heart_yaw, heart_pitch: direction of the heart's long axis from the patient's left to the front and
            down.
        lung_hu: HU of mid-level lung parenchyma without vessels. blood_hu: HU of heart and great vessels.
        dependent: +1 when gravity pulls to the back (supine), -1 to the front (prone).
    """

    width: float = 1.0
    depth: float = 1.0
    height: float = 1.0
    fat: float = 14.0
    breast: float = 0.0
    dome_right: float = -82.0
    dome_left: float = -96.0
    heart_ratio: float = 0.43
    heart_yaw: float = -38.0
    heart_pitch: float = 24.0
    mediastinum: float = 27.0
    aorta_radius: float = 12.5
    lung_hu: float = -868.0
    blood_hu: float = 42.0
    liver_hu: float = 58.0
    dependent: int = 1
    arms: bool = False
    fov: float = 380.0
    table: bool = True

    @cached_property
    def _p(self) -> dict[str, Profile]:
        def made(knots: Mapping[int, int], scale: float, shift: float = 0.0) -> Profile:
            return Profile({z * self.height: v for z, v in knots.items()}, scale, shift)

        return {
            "a": made(_CAGE_A, self.width),
            "b": made(_CAGE_B, self.depth),
            "y": made(_CAGE_Y, self.depth),
            "wa": made(_WALL_A, self.width),
            "wb": made(_WALL_B, self.depth),
            "wy": made(_WALL_Y, self.depth),
        }

    @property
    def apex_z(self) -> float:
        """z of the lung apices."""
        return 122.0 * self.height

    @property
    def base_z(self) -> float:
        """z of the deepest costophrenic recess, about."""
        return (min(self.dome_left, self.dome_right) - 78.0) * self.height

    def cage_width(self) -> float:
        """Greatest inner width of the thoracic cage in millimetres."""
        z = np.arange(self.base_z, self.apex_z, 2.0, dtype=np.float32)
        return float(2 * self._p["a"](z).max())

    def spine_y(self, z: Array | float) -> Array:
        """y of the centre of the vertebral bodies."""
        return self._p["y"](z) + self._p["b"](z) * np.float32(0.5) + np.float32(14)

    def cage_outline(self, z: float) -> tuple[float, float, float]:
        """Half-width, half-depth and centre y of the inner cage at z."""
        return float(self._p["a"](z)), float(self._p["b"](z)), float(self._p["y"](z))

    def wall_outline(self, z: float) -> tuple[float, float, float]:
        """Half-width, half-depth and centre y of the muscular chest wall at z."""
        return float(self._p["wa"](z)), float(self._p["wb"](z)), float(self._p["wy"](z))

    def cage(self, x: Array, y: Array, z: Array) -> Array:
        """Inside of the ribs (lungs, mediastinum, upper abdomen)."""
        a, b = self._p["a"](z), self._p["b"](z)
        v = (y - self._p["y"](z)) / b
        u = x / (a * (1 - np.float32(0.06) * v))
        return (squircle(u, v, 0.62) - 1) * np.minimum(a, b)

    def muscle(self, x: Array, y: Array, z: Array) -> Array:
        """Body without fat and skin."""
        a, b = self._p["wa"](z), self._p["wb"](z)
        v = (y - self._p["wy"](z)) / b
        return (squircle(x / a, v + np.float32(0.1) * np.exp(-((x / 18) ** 2)) * (v > 0), 0.68) - 1) * b

    def skin(self, x: Array, y: Array, z: Array) -> Array:
        """Outer surface of the trunk, breasts included, arms not."""
        f = np.float32(self.fat)
        a, b = self._p["wa"](z) + f, self._p["wb"](z) + f * np.float32(0.85)
        v = (y - self._p["wy"](z) + f * np.float32(0.1)) / b
        d = (squircle(x / a, v, 0.66) - 1) * b
        for e in self.breasts:
            d = np.minimum(d, e(x, y, z))
        return d

    @cached_property
    def breasts(self) -> tuple[Ellipsoid, ...]:
        """Fat ellipsoids on the anterior wall, both sides, or none."""
        if self.breast <= 0:
            return ()
        s, z = self.breast, -35.0 * self.height
        _, b, yc = self.wall_outline(z)
        flat = 0.75 if self.dependent > 0 else 0.5  # prone breasts are pressed against the table
        return tuple(
            Ellipsoid((side * 78 * self.width, yc - b - 0.15 * s, z), (1.15 * s, flat * s, 1.05 * s))
            for side in (-1, 1)
        )

    def arm_ellipses(self) -> tuple[tuple[float, float, float], ...]:
        """Centre x, centre y and radius of the arms beside the body, empty when the arms are up."""
        if not self.arms:
            return ()
        reach = float(self._p["wa"](0.0)) + self.fat + 44
        return ((-reach, 30.0, 40.0), (reach, 30.0, 40.0))

    def diaphragm(self, x: Array, y: Array, z: Array, side: int) -> Array:
        """Positive below the dome of one side (-1 right, +1 left), about the distance in millimetres."""
        h = np.float32(self.height)
        top = np.float32(self.dome_right if side < 0 else self.dome_left) * h
        dx = x - np.float32(side * 60 * self.width)
        dy = y + np.float32(12)
        surface = (
            top
            - dx * dx * np.float32(1 / 72)
            - dy * dy * np.where(dy > 0, np.float32(1 / 165), np.float32(1 / 260))
        )
        return (surface - z) * np.float32(0.72)

    def mediastinal(self, x: Array, y: Array, z: Array) -> Array:
        """The mediastinum between the lungs: slab, spine, heart with its fat, hila, descending aorta."""
        p = self._p
        front = p["y"](z) - p["b"](z)
        t = np.clip((y - front) / np.float32(75), 0, 1)
        w = np.float32(5) + (np.float32(self.mediastinum) - 5) * t * t * (3 - 2 * t)
        narrow = np.clip((z / np.float32(self.height) - 60) / 60, 0, 1)
        d = np.abs(x - np.float32(2)) - w * (1 - np.float32(0.12) * narrow)
        ys = self.spine_y(z)
        d = np.minimum(d, np.hypot(x * np.float32(0.9), y - ys) - np.float32(25))
        d = np.minimum(
            d, np.hypot(x - np.float32(22), y - ys + np.float32(12)) - np.float32(self.aorta_radius + 2)
        )
        for e in (*self.heart_parts(5.0), *self.hila):
            d = np.minimum(d, e(x, y, z))
        return d

    @cached_property
    def hila(self) -> tuple[Ellipsoid, ...]:
        """The hila as ellipsoids, right then left."""
        return (
            Ellipsoid((-30, 10, -22 * self.height), (14, 17, 22)),
            Ellipsoid((32, 14, -18 * self.height), (14, 17, 22)),
        )

    @cached_property
    def heart_scale(self) -> float:
        """Scale at which the heart's transverse width is ``heart_ratio`` of the cage's."""
        width = self.heart_ratio * self.cage_width()
        parts = self._heart_at(1.0, 0.0)
        right = min(e.centre[0] - e.extent()[0] for e in parts)
        left = max(e.centre[0] + e.extent()[0] for e in parts)
        return width / (left - right)

    def _heart_at(self, k: float, grow: float) -> tuple[Ellipsoid, Ellipsoid]:
        m = rotation(self.heart_yaw, self.heart_pitch)
        h = self.height
        centre = (8 + 17 * k, -30 - 4 * k, -62 * h)
        atrium = (centre[0] - 38 * k, centre[1] + 16 * k, centre[2] + 12 * k)
        flat = min(1.0, 1.12 / k) if k > 0 else 1.0
        semi = (66 * k, 48 * k * flat, 47 * k * flat)
        return (
            Ellipsoid(centre, tuple(s + grow for s in semi), m),  # type: ignore[arg-type]
            Ellipsoid(atrium, (27 * k + grow, 32 * k * flat + grow, 36 * k * flat + grow)),
        )

    def heart_parts(self, grow: float = 0.0) -> tuple[Ellipsoid, Ellipsoid]:
        """Ventricles and atria as two ellipsoids, grown by ``grow`` millimetres (pericardial fat)."""
        return self._heart_at(self.heart_scale, grow)

    def heart(self, x: Array, y: Array, z: Array) -> Array:
        """The heart, clipped by the chest wall and the spine."""
        a, b = self.heart_parts()
        d = np.minimum(a(x, y, z), b(x, y, z))
        d = np.maximum(d, self.cage(x, y, z) + 6)
        return np.maximum(d, np.float32(30) - np.hypot(x, y - self.spine_y(z)))

    def hull(self, x: Array, y: Array, z: Array, side: int) -> Array:
        """Pleural cavity of one side (-1 right, +1 left): what lung, fluid and free air share."""
        d = np.maximum(self.cage(x, y, z), -self.mediastinal(x, y, z))
        d = np.maximum(d, -side * (x - np.float32(2)))
        return np.maximum(d, self.diaphragm(x, y, z, side))

    def chamber(self, x: Array, y: Array, z: Array, side: int) -> Array:
        """Cage above the diaphragm of one side, without regard to the mediastinum."""
        return np.maximum(self.cage(x, y, z), self.diaphragm(x, y, z, side))

    def oblique_fissure(self, x: Array, y: Array, z: Array, side: int) -> Array:
        """Signed distance to the oblique fissure: negative in the lower lobe."""
        h = np.float32(self.height)
        bow = np.float32(0.0009) * (np.abs(x) - 60) ** 2
        return (
            z - h * (np.float32(36 if side < 0 else 42) + bow) - np.float32(1.02) * (y - 66)
        ) * np.float32(0.7)

    def horizontal_fissure(self, x: Array, y: Array, z: Array) -> Array:
        """Signed distance to the right horizontal fissure: negative in the middle lobe."""
        return z - np.float32(self.height) * (np.float32(-18) - np.float32(0.08) * (y + 40))

    def lobe_at(self, point: tuple[float, float, float], side: int) -> str:
        """``upper_lobe``, ``middle_lobe`` or ``lower_lobe`` of an LPS point in the lung of a side."""
        x, y, z = (np.float32(c) for c in point)
        if self.oblique_fissure(x, y, z, side) < 0:
            return "lower_lobe"
        return "middle_lobe" if side < 0 and self.horizontal_fissure(x, y, z) < 0 else "upper_lobe"

    def z_range(self) -> tuple[float, float]:
        """z of a chest acquisition: above the apices to below the costophrenic recess."""
        return self.base_z - 12.0, self.apex_z + 14.0
