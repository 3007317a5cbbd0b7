"""What the field of view leaves out: lung tops and bases along the body, lungs and body sideways."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.quality.view import Mask, View

LEAST_GAS_ML = 500.0


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


def sideways_mm(view: View) -> tuple[float, float]:
    """(lung, body): the greatest length in any slice, in millimetres, along which it touches the edge of what was
    reconstructed; the edge is the picture's, or the circle inside it where the corners hold one value throughout."""
    edge = _edge(view)
    inside = _chest_gas(view)  # a segmenter may leave out a lung that is open at the edge
    pixel = (view.spacing[1] + view.spacing[2]) / 2

    def longest(mask: Mask) -> float:
        return float((mask & edge).sum(axis=(1, 2)).max()) * pixel

    return (0.0 if inside is None else longest(inside)), longest(view.body)


def _chest_gas(view: View) -> Mask | None:
    """The gas of a trunk with much of it, smoothed in the slice."""
    found = ndimage.binary_opening(view.gas, np.ones((1, 3, 3)))
    return found if view.ml(found) >= LEAST_GAS_ML else None


def _edge(view: View) -> Mask:
    """(rows, columns): the outermost pixels that were reconstructed."""
    shape = view.hu.shape[1:]
    valid = np.ones(shape, bool)
    corner = view.hu[:, :1, :1]
    if len(view.hu) < 2 or min(shape) < 16:
        return valid & ~ndimage.binary_erosion(valid, np.ones((3, 3)), border_value=0)
    still = np.all(view.hu == corner, axis=0)
    y, x = (np.abs(np.linspace(-1, 1, n)) for n in shape)
    circle = np.hypot(y[:, None], x[None, :]) > 0.95
    if still[circle].mean() > 0.8 and still[~circle].mean() < 0.05:
        valid &= ~still
    inner = ndimage.binary_erosion(valid, np.ones((3, 3)), border_value=0)
    return valid & ~inner
