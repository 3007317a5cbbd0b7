"""Wedged vertebral bodies for synthetic patients: a builder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.shapes import Array, coverage
from medomni.phantom.skeleton import vertebral_body

PERIOD_MM, DISC_MM, RADIUS_MM = 22.5, 5.0, 14.5
COLLAPSED_HU = 80.0


def body_range(anatomy: Anatomy, number: int) -> tuple[float, float]:
    """z of the lower and upper end of a body; ``number`` 0 lies at the carina's height, negative ones below."""
    low = (np.floor(400.0 / PERIOD_MM) * PERIOD_MM - 400.0 + DISC_MM + number * PERIOD_MM) * anatomy.height
    return float(low), float(low + (PERIOD_MM - DISC_MM) * anatomy.height)


@dataclass(frozen=True)
class Wedge:
    """The body ``number`` lacks ``loss`` (0 to 1) of its height at its front, evenly less to its back."""

    number: int
    loss: float

    def paint(self, canvas: Any, patient: PhantomPatient) -> None:
        """Disc where bone was, under the upper end plate."""
        a = patient.anatomy
        low, high = body_range(a, self.number)
        w = canvas.grid.window(((-20, 20), (0, 130), (low, high)))

        def gone(x: Array, y: Array, z: Array) -> Array:
            ahead = np.clip((a.spine_y(z) + np.float32(RADIUS_MM) - y) / np.float32(2 * RADIUS_MM), 0, 1)
            plate = np.float32(high) - np.float32(self.loss * (high - low)) * ahead
            return np.maximum(np.maximum(vertebral_body(a, x, y, z), plate - z), z - np.float32(high))

        if all(s.stop > s.start for s in w):
            canvas.paint(w, coverage(canvas.grid, gone, w), COLLAPSED_HU)


def with_wedge(patient: PhantomPatient, number: int, loss: float) -> PhantomPatient:
    """The same patient with a wedged vertebral body."""
    return replace(patient, extras=(*patient.extras, Wedge(number, loss)))
