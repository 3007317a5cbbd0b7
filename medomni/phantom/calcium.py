"""Calcium in the coronary arteries, and what is mistaken for it, for synthetic patients; builders only.

Frame: LPS millimetres. A plaque is a short tube of an even density along the artery; the true volume is the tubes'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medomni.phantom import organs
from medomni.phantom.anatomy import Anatomy
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.tubes import Tubes

Artery = Literal["lad", "lcx", "rca"]
ARTERIES: tuple[Artery, ...] = ("lad", "lcx", "rca")
_COURSE: dict[str, tuple[tuple[float, float], ...]] = {  # (angle from the apex, angle about the long axis), degrees
    "lad": ((112, 80), (92, 104), (70, 112), (48, 114), (28, 114)),
    "lcx": ((112, 70), (100, 52), (96, 34), (92, 14)),
    "rca": ((112, 118), (104, 150), (98, 176), (92, 200)),
}
"""Own drawing, after the usual course in the grooves between ventricles and atria."""
OUTSIDE_MM = 2.0
CARDIAC_FOV_MM = 250.0


def artery_path(anatomy: Anatomy, artery: Artery) -> NDArray[np.float64]:
    """Points (n, 3) of an artery about 2 mm outside the ventricles, from its origin to its end."""
    body = anatomy.heart_parts()[0]
    axes = body.axes if body.axes is not None else np.eye(3)
    knots = np.array(_COURSE[artery], float)
    at = np.linspace(0, len(knots) - 1, 41)
    away, about = (np.deg2rad(np.interp(at, np.arange(len(knots)), knots[:, i])) for i in (0, 1))
    along = np.stack([np.cos(away), np.sin(away) * np.cos(about), np.sin(away) * np.sin(about)], axis=1)
    reach = 1.0 / np.sqrt(((along / np.array(body.semi)) ** 2).sum(axis=1))
    return np.array(body.centre) + ((reach + OUTSIDE_MM)[:, None] * along) @ axes


@dataclass(frozen=True)
class Plaque:
    """Calcium over a part of an artery: ``begin`` as a share of its length, ``length_mm``, radius, HU."""

    artery: Artery
    begin: float
    length_mm: float
    radius_mm: float
    hu: float

    def tubes(self, anatomy: Anatomy) -> Tubes:
        """The plaque's tube."""
        path = artery_path(anatomy, self.artery)
        arc = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
        ends = self.begin * arc[-1] + np.linspace(0, self.length_mm, max(2, round(self.length_mm / 1.5)))
        points = np.stack([np.interp(ends, arc, path[:, i]) for i in range(3)], axis=1)
        out = Tubes()
        out.add(points, self.radius_mm, self.hu)
        return out

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """Calcium over what is there."""
        canvas.tubes(self.tubes(patient.anatomy), 8.0)


@dataclass(frozen=True)
class AorticPlaque:
    """Calcium in the wall of the ascending aorta or of the root: no coronary artery.

    Attributes:
        height_mm: z before the patient's height is applied. turn: degrees about the aorta's axis, 0 to the left.
    """

    height_mm: float
    turn: float
    length_mm: float
    radius_mm: float
    hu: float

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """A strip along the wall."""
        wall = organs.aorta(patient.anatomy)
        line = np.array([*wall.a[:3], wall.b[2]])  # the ascending part
        radii = np.array([*wall.ra[:3], wall.rb[2]])
        z = self.height_mm * patient.anatomy.height + np.linspace(0, self.length_mm, 5)
        centre = np.stack([np.interp(z, line[:, 2], line[:, i]) for i in (0, 1)], axis=1)
        out = np.interp(z, line[:, 2], radii)[:, None] * np.array(
            [np.cos(np.deg2rad(self.turn)), np.sin(np.deg2rad(self.turn))])
        strip = Tubes()
        strip.add(np.column_stack([centre + out, z]), self.radius_mm, self.hu)
        canvas.tubes(strip, 8.0)


@dataclass(frozen=True)
class RingCalcium:
    """Calcium of the mitral ring, deep between left ventricle and atrium: no coronary artery."""

    length_deg: float
    radius_mm: float
    hu: float

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """An arc of 12 mm radius about the long axis, behind the middle of the ventricles."""
        body = patient.anatomy.heart_parts()[0]
        axes = body.axes if body.axes is not None else np.eye(3)
        turn = np.deg2rad(np.linspace(0, self.length_deg, 8))
        around = np.stack([np.full(8, -0.35 * body.semi[0]), 12 * np.cos(turn), 12 * np.sin(turn)], axis=1)
        ring = Tubes()
        ring.add(np.array(body.centre) + around @ axes, self.radius_mm, self.hu)
        canvas.tubes(ring, 8.0)


def with_calcium(patient: PhantomPatient, plaques: tuple[Any, ...], *, gated: bool | None = True) -> PhantomPatient:
    """The same patient with calcium (plaques and what is mistaken for them), in a scan that is said to be gated."""
    return replace(patient, extras=(*patient.extras, *plaques), gated=gated)


def cardiac_view(patient: PhantomPatient) -> tuple[PhantomPatient, tuple[float, float]]:
    """The patient in a heart scan's field of view, and the z range from above the root of the aorta to the apex."""
    h = patient.anatomy.height
    low = min(e.centre[2] - e.extent()[2] for e in patient.anatomy.heart_parts())
    return replace(patient, anatomy=replace(patient.anatomy, fov=CARDIAC_FOV_MM)), (low - 12.0, 14.0 * h)


def sampled_plaques(rng: np.random.Generator, burden: int) -> tuple[Plaque, ...]:
    """``burden`` plaques in random arteries, from specks of a millimetre to long dense ones."""
    out = []
    for _ in range(burden):
        artery = ARTERIES[int(rng.integers(3))]
        radius = float(np.exp(rng.uniform(np.log(0.6), np.log(2.2))))
        out.append(Plaque(artery, float(rng.uniform(0.05, 0.75)), float(rng.uniform(2, 14)), radius,
                          float(rng.uniform(350, 1000))))
    return tuple(out)


def sampled_confounders(rng: np.random.Generator) -> tuple[Any, ...]:
    """Calcium of the aortic wall above the root, and at times of the mitral ring."""
    out: list[Any] = [AorticPlaque(float(rng.uniform(-4, 6)), float(rng.uniform(0, 360)), float(rng.uniform(3, 9)),
                                   float(rng.uniform(0.8, 1.8)), float(rng.uniform(400, 900)))]
    if rng.random() < 0.5:
        out.append(RingCalcium(float(rng.uniform(40, 140)), float(rng.uniform(1.0, 2.2)), float(rng.uniform(400, 900))))
    return tuple(out)
