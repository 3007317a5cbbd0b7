"""Emphysema and expiration for synthetic patients: builders that leave :func:`sample_patient` as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from medomni.phantom import organs
from medomni.phantom.lesions import lung_masks, side_window
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.texture import smooth_field
from medomni.phantom.tubes import Tubes

HOLE_HU = -985.0


@dataclass(frozen=True)
class Emphysema:
    """Holes of a few millimetres that fill ``share`` (0 to 1) of the aerated lung, more of them towards the apex.

    Attributes:
        seed: of the holes' places. length_mm: typical width of a hole. upper: how much the apex is preferred.
    """

    share: float
    seed: int
    length_mm: float = 7.0
    upper: float = 0.6

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """Empty the holes; vessels and walls stay. The filled share of the lung is exact on any grid."""
        grid, rng = canvas.grid, np.random.default_rng([self.seed, 31])
        field = smooth_field(grid.shape, grid.step, self.length_mm, rng)
        field = field + np.float32(self.upper) * (grid.z / np.float32(60.0))[:, None, None]
        lung = np.zeros(grid.shape, np.float32)
        for side in (-1, 1):
            masks = lung_masks(patient.anatomy, patient.lesions, grid, side)
            free = masks.aerated.copy()
            for cov in (*masks.consolidations.values(), *masks.nodules.values()):
                free -= cov
            lung[side_window(grid, side)] += np.clip(free, 0, 1)
        inside = (lung > 0.5) & (canvas.hu < -600)
        edge = float(np.quantile(field[inside], 1.0 - self.share)) if self.share > 0 else np.inf
        holes = np.clip((field - np.float32(edge)) * np.float32(40.0) + np.float32(0.5), 0, 1) * inside
        canvas.hu += holes * (np.float32(HOLE_HU) - canvas.hu)


@dataclass(frozen=True)
class ClearTrachea:
    """The lumen of trachea and main bronchi at the density of air: where wall and lumen are drawn as one they mix."""

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """Empty the lumen."""
        canvas.tubes(organs.lumen(patient.anatomy), 2.0)


@dataclass(frozen=True)
class BowedTrachea:
    """The back wall of the trachea bows inwards: its lumen becomes a crescent, as on expiration."""

    reach: float = 0.75

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """Fill the back of the lumen over its whole length above the carina."""
        a, h = patient.anatomy, patient.anatomy.height
        radius = 8.6 * a.width
        path = np.array([[0, float(a.spine_y(140 * h)) - 38, 140 * h], [0, float(a.spine_y(50 * h)) - 34, 50 * h],
                         [1, 10, 4 * h]])
        path[:, 1] += radius * (1.75 - self.reach)
        wall = Tubes()
        wall.add(path, radius * 1.05, 30.0)
        canvas.tubes(wall, 2.0)


def with_emphysema(patient: PhantomPatient, share: float, seed: int | None = None) -> PhantomPatient:
    """The same patient with emphysema that fills ``share`` (0 to 1) of the aerated lung."""
    return replace(patient, extras=(*patient.extras, Emphysema(share, patient.seed if seed is None else seed)))


def with_expiration(patient: PhantomPatient, rise_mm: float = 38.0, denser_hu: float = 120.0) -> PhantomPatient:
    """The same patient breathed out: the diaphragm higher, the lungs denser, the trachea's back wall bowed inwards."""
    a = patient.anatomy
    out = replace(a, dome_right=a.dome_right + rise_mm, dome_left=a.dome_left + rise_mm, lung_hu=a.lung_hu + denser_hu)
    return replace(patient, anatomy=out, extras=(*patient.extras, ClearTrachea(), BowedTrachea()))


def breathed_in(patient: PhantomPatient, drop_mm: float = 22.0) -> PhantomPatient:
    """The same patient with a lower diaphragm, so that the lungs hold more air, and air in the trachea."""
    a = patient.anatomy
    out = replace(a, dome_right=a.dome_right - drop_mm, dome_left=a.dome_left - drop_mm)
    return replace(patient, anatomy=out, extras=(*patient.extras, ClearTrachea()))
