"""What the field of view leaves out: lung tops and bases along the body, lungs and body sideways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from medomni.quality.view import Mask, View

LEAST_GAS_ML, LEAST_LUNG_HU = 500.0, -960.0


def end_shares(view: View) -> tuple[float, float] | None:
    """Lung area in the bottom and in the top slice, each as a part of the greatest area of any slice.

    Where the lungs were not segmented, all gas inside the trunk stands for them if it is at least 500 ml; else None: a
    volume without lungs has no apex to miss.
    """
    lung = view.lung if view.lung.any() else _chest_gas(view)
    if lung is None:
        return None
    area = lung.sum(axis=(1, 2)).astype(float)
    return float(area[0] / area.max()), float(area[-1] / area.max())


@dataclass(frozen=True)
class Sideways:
    """The greatest length in any slice, in millimetres, along which the right lung, the left one, both together and
    the body touch the edge of what was reconstructed; the edge is the picture's, or the circle inside it where the
    corners hold one value throughout."""

    right: float
    left: float
    lungs: float
    body: float


def sideways_mm(view: View) -> Sideways:
    """What the field of view cuts sideways. A lung's side is that of the edge it touches: the columns run to the
    patient's left, and half-way is half-way between the lungs, or the picture's middle where they were not segmented.
    """
    edge = _edge(view)
    inside = _chest_gas(view)  # a segmenter may leave out a lung that is open at the edge
    if inside is not None:
        inside = _without_air(view, inside)
    pixel = (view.spacing[1] + view.spacing[2]) / 2
    on_right = np.arange(edge.shape[1])[None, :] < _middle(view)

    def longest(mask: Mask, where: Mask) -> float:
        return float((mask & where).sum(axis=(1, 2)).max()) * pixel

    if inside is None:
        return Sideways(0.0, 0.0, 0.0, longest(view.body, edge))
    return Sideways(longest(inside, edge & on_right), longest(inside, edge & ~on_right), longest(inside, edge),
                    longest(view.body, edge))


def _without_air(view: View, gas: Mask) -> Mask:
    """Gas without the pieces that are the air around the patient, caught between skin and edge."""
    pieces, n = ndimage.label(gas)
    middle = ndimage.median(view.hu, pieces, np.arange(1, n + 1))
    kept = np.concatenate([[False], np.asarray(middle) > LEAST_LUNG_HU])
    return kept[pieces]


def _middle(view: View) -> float:
    """The column between the lungs' outermost ones."""
    at = np.flatnonzero(view.lung.any(axis=(0, 1)))
    return float(at[0] + at[-1]) / 2 if at.size else view.hu.shape[2] / 2


def _chest_gas(view: View) -> Mask | None:
    """The gas of a trunk with much of it, smoothed in the slice."""
    found = ndimage.binary_opening(view.gas, np.ones((1, 3, 3)))
    return found if view.ml(found) >= LEAST_GAS_ML else None


def _edge(view: View) -> Mask:
    """(rows, columns): the outermost pixels that were reconstructed."""
    return view.valid & ~ndimage.binary_erosion(view.valid, np.ones((3, 3)), border_value=0)
