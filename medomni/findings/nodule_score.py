"""How probable a candidate is a nodule: logistic weights over its shape and surroundings, fitted on phantoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medomni.findings.nodule_candidates import Candidate
from medomni.findings.nodule_shape import Shape

THIN_MM, SHARP_MM = 3.0, 2.5
"""Slices up to this thickness with pixels up to this width have weights of their own."""

# weights begin
THIN = {
    "intercept": -18.469, "strength": 3.899, "blob": 0.373, "middle": 2.904, "size": 0.828, "long": -7.331,
    "flat": -3.964, "arms": -10.861, "thick": -1.214, "left": 0.264, "around": 6.831, "air": 1.212, "steep": -1.487,
    "top": 0.282, "mean": 0.097, "radius": 3.184, "depth": -0.219, "central": 0.029, "x": 1.444, "top_mm": 3.296,
    "noise": 0.362, "scale": -3.873, "blob_size": -0.915, "height": -0.416, "lung_hu": 0.736,
}
THIN_FIRST = {
    "intercept": -30.418, "strength": 4.935, "blob": 5.856, "middle": 2.024, "scale": 0.565, "top_mm": 1.374,
    "x": 1.118,
}
THICK = {
    "intercept": -3.33, "strength": -0.0, "blob": 1.763, "middle": 4.249, "size": -0.422, "long": -2.65,
    "flat": -3.532, "arms": -15.905, "thick": -2.358, "left": 0.127, "around": 11.872, "air": 0.298,
    "steep": -10.584, "top": 0.317, "mean": -0.094, "radius": 3.897, "depth": -1.067, "central": -0.087, "x": 1.333,
    "top_mm": 0.345, "noise": 1.987, "scale": 0.153, "blob_size": 1.004, "height": -0.485, "lung_hu": 0.467,
}
THICK_FIRST = {
    "intercept": -21.273, "strength": 1.515, "blob": 8.403, "middle": 4.201, "scale": 1.949, "top_mm": 1.726,
    "x": 1.837,
}
# weights end


@dataclass(frozen=True)
class Place:
    """Where a candidate lies: millimetres inside the ribs, from the midline, under the lungs' top, over the diaphragm;
    and the noise there in HU."""

    depth_mm: float
    midline_mm: float
    below_top_mm: float
    above_floor_mm: float
    noise: float


def terms(shape: Shape, found: Candidate, place: Place) -> dict[str, float]:
    """The terms of the score by name, see :func:`medomni.findings.nodule_shape.shape_of` for the features."""
    f = shape.features
    size = float(np.log(f["size"] + 1))
    return {
        "strength": float(np.log(found.strength)), "blob": found.blob, "middle": found.flat, "size": size,
        "long": float(np.log(f["long"])), "flat": float(np.log(f["flat"])), "arms": f["arms"], "thick": f["thick"],
        "left": f["left"], "around": f["around"], "air": f["air"], "steep": f["steep"], "top": f["top"] / 100,
        "mean": f["mean"] / 100, "radius": float(np.log(f["radius"] + 0.5)), "depth": min(place.depth_mm, 20.0) / 10,
        "central": float(abs(place.midline_mm) < 45), "x": min(abs(place.midline_mm), 80.0) / 40,
        "top_mm": min(place.below_top_mm, 40.0) / 20, "noise": place.noise / 20, "scale": float(np.log(found.scale)),
        "blob_size": found.blob * size, "height": min(max(place.above_floor_mm, -10.0), 40.0) / 20,
        "lung_hu": f["lung_hu"] / 100,
    }


def is_thin(spacing: tuple[float, float, float]) -> bool:
    """Whether the weights for thin slices hold: for millimetres between slices, rows, columns. With wide pixels a
    vessel is as round as a nodule however thin the slices are."""
    return spacing[0] <= THIN_MM and max(spacing[1:]) <= SHARP_MM


def promising(found: Candidate, place: Place, spacing: tuple[float, float, float]) -> bool:
    """Whether a candidate is worth outlining, by its curvatures and place; nearly all nodules are."""
    weights = THIN_FIRST if is_thin(spacing) else THICK_FIRST
    values = {
        "strength": float(np.log(found.strength)), "blob": found.blob, "middle": found.flat,
        "scale": float(np.log(found.scale)), "top_mm": min(place.below_top_mm, 40.0) / 20,
        "x": min(abs(place.midline_mm), 80.0) / 40,
    }
    return weights["intercept"] + sum(w * values[n] for n, w in weights.items() if n != "intercept") >= 0


def probability(shape: Shape, found: Candidate, place: Place, spacing: tuple[float, float, float]) -> float:
    """0..1, the share of such candidates that are nodules."""
    weights = THIN if is_thin(spacing) else THICK
    values = terms(shape, found, place)
    z = weights["intercept"] + sum(w * values[name] for name, w in weights.items() if name != "intercept")
    return float(1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))
