"""How probable a candidate is a nodule: logistic weights over its shape and surroundings, fitted on phantoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medomni.findings.nodule_candidates import Candidate
from medomni.findings.nodule_shape import Shape

THIN_MM = 3.0
"""Slices up to this thickness have weights of their own."""

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
    "intercept": -4.685, "strength": 0.016, "blob": 2.326, "middle": 3.776, "size": -0.343, "long": -2.773,
    "flat": -3.136, "arms": -13.746, "thick": -2.555, "left": 0.12, "around": 9.984, "air": 0.371, "steep": -10.631,
    "top": 0.309, "mean": -0.088, "radius": 3.75, "depth": -1.029, "central": 0.397, "x": 1.658, "top_mm": 1.027,
    "noise": 2.294, "scale": 0.191, "blob_size": 0.843, "height": -0.513, "lung_hu": 0.572,
}
THICK_FIRST = {
    "intercept": -20.538, "strength": 1.522, "blob": 8.155, "middle": 3.927, "scale": 2.009, "top_mm": 2.071,
    "x": 1.826,
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


def promising(found: Candidate, place: Place, slice_mm: float) -> bool:
    """Whether a candidate is worth outlining, by its curvatures and place; nearly all nodules are."""
    weights = THIN_FIRST if slice_mm <= THIN_MM else THICK_FIRST
    values = {
        "strength": float(np.log(found.strength)), "blob": found.blob, "middle": found.flat,
        "scale": float(np.log(found.scale)), "top_mm": min(place.below_top_mm, 40.0) / 20,
        "x": min(abs(place.midline_mm), 80.0) / 40,
    }
    return weights["intercept"] + sum(w * values[n] for n, w in weights.items() if n != "intercept") >= 0


def probability(shape: Shape, found: Candidate, place: Place, slice_mm: float) -> float:
    """0..1, the share of such candidates that are nodules."""
    weights = THIN if slice_mm <= THIN_MM else THICK
    values = terms(shape, found, place)
    z = weights["intercept"] + sum(w * values[name] for name, w in weights.items() if name != "intercept")
    return float(1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))
