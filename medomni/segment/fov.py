"""Field of view: does the volume hold a chest at all?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medomni.segment.airway import Airway
from medomni.segment.grid import Grid, Mask, components, depths
from medomni.segment.lungs import SKIN_MM
from medomni.volume import reconstructed

LEAST_SLICES = 8
LEAST_EXTENT_MM = 120.0
EMPTY_HU, LUNG_HU, LEAST_LUNG_ML = -950.0, -600.0, 30.0
"""Lung lies between empty gas and tissue; how much of it tells a trunk from a head."""
CUT_MM2 = (40.0, 15_000.0)
"""Of a lung at the picture's edge: from where on it is cut, and from where on so much is gone that nothing is judged.
On a synthetic chest cut 20 mm into a lung (13,000 and 14,500 mm2) the other side's findings stayed; 60 mm in (16,000
and 19,600), the organs between did not."""


@dataclass(frozen=True)
class View:
    """What the field of view allows.

    Attributes:
        refused: why lungs cannot be judged, empty where they can; begins with an error code.
        right_cut, left_cut: the field of view cuts that lung.
    """

    refused: str = ""
    right_cut: bool = False
    left_cut: bool = False


def refused_by_extent(grid: Grid) -> str:
    """Reason to refuse a volume that is too short along the body, or empty text."""
    n = grid.shape[0]
    extent = grid.hu.shape[0] * grid.spacing[0]
    if n < LEAST_SLICES or extent < LEAST_EXTENT_MM:
        needed = f"{LEAST_SLICES} slices and {LEAST_EXTENT_MM:.0f} mm are needed"
        return f"MED-D17: {n} slices over {extent:.0f} mm; {needed}"
    return ""


def shows_lung(grid: Grid, air: Mask) -> bool:
    """Whether some of the gas inside the trunk, ``air``, is aerated lung: one piece of at least 30 ml with the density
    of lung. Bowels, paranasal sinuses and the pharynx hold empty gas, and its rims are thin."""
    _, sizes = components(air & (grid.hu > EMPTY_HU) & (grid.hu < LUNG_HU))
    return bool((sizes * grid.voxel_ml >= LEAST_LUNG_ML).any())


def view_of(grid: Grid, right: Mask, left: Mask, airway: Airway) -> View:
    """Whether both lungs are in the field of view, and which of them it cuts.

    Bowel gas and lung bases alone are refused: a chest shows a trachea of at least 20 mm (or, where thick slices hide
    it, 400 ml a side with the mean density of lung), two air spaces of at least 100 ml that together exceed 800 ml
    and reach over 100 mm, and neither the top nor the bottom slice shows most of the lung's greatest area.
    """
    ml_right, ml_left = grid.ml(right), grid.ml(left)
    both = right | left
    if airway.carina is None or airway.length_mm < 20:
        texture = float(grid.hu[both].mean()) if both.any() else -1000.0  # bowel gas is empty, lung is not
        if min(ml_right, ml_left) < 400 or not -920 < texture < -600:
            return View(f"MED-S01: no trachea found; gas right {ml_right:.0f} ml, left {ml_left:.0f} ml")
    slices = np.flatnonzero(both.any(axis=(1, 2)))
    extent = slices.size * grid.spacing[0]
    if ml_right + ml_left < 800 or min(ml_right, ml_left) < 100 or extent < 100:
        return View(f"MED-S01: lungs of {ml_right:.0f} ml and {ml_left:.0f} ml over {extent:.0f} mm")
    area = both.sum(axis=(1, 2)) / both.sum(axis=(1, 2)).max()
    if area[-1] > 0.5:
        return View("MED-S01: the field of view ends below the lung apices")
    if area[0] > 0.75:
        return View("MED-S01: the field of view ends above the lung bases")
    edge = _edge(grid)
    open_mm2 = [float((m & edge).sum()) * grid.spacing[0] * grid.spacing[1] for m in (right, left)]
    if max(open_mm2) > CUT_MM2[1]:
        return View("MED-S01: the field of view cuts a lung sideways")
    cut = area[-1] > 0.05 or area[0] > 0.15
    ends = [bool(cut and (m[-1].any() or m[0].sum() > 0.15 * m.sum(axis=(1, 2)).max())) for m in (right, left)]
    return View("", *(end or mm2 > CUT_MM2[0] for end, mm2 in zip(ends, open_mm2, strict=True)))


def _edge(grid: Grid) -> Mask:
    """(rows, columns): the outermost pixels in which lung is looked for; it is not within 4 mm of a circle's edge."""
    valid = reconstructed(grid.hu)
    if not valid.all():
        depth = depths(valid[None], grid.spacing)[0]
        return (depth > SKIN_MM) & (depth <= SKIN_MM + grid.spacing[1])
    edge = np.ones_like(valid)
    edge[1:-1, 1:-1] = False
    return edge
