"""Where the organs and lesions of a synthetic patient truly lie, on the grid of a volume."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from medomni.phantom import organs
from medomni.phantom.lesions import lung_masks, side_window
from medomni.phantom.patient import PhantomPatient
from medomni.phantom.shapes import Array, Grid, coverage
from medomni.phantom.skeleton import vertebral_body
from medomni.phantom.tubes import Tubes
from medomni.volume import Volume

HALF = 0.5
SIDES = ((-1, "right"), (1, "left"))
Mask = NDArray[np.bool_]


def grid_of(volume: Volume) -> Grid:
    """The grid that a rendered volume lies on; ValueError when it is not in canonical axial order."""
    a = volume.affine
    steps = (a[2, 0], a[1, 1], a[0, 2])
    if min(steps) <= 0 or np.count_nonzero(a[:3, :3]) != 3:
        raise ValueError("a phantom's volume runs to the head, to the back and to the left")
    return Grid(*[np.float32(a[axis, 3] + step * np.arange(n))
                  for axis, step, n in zip((2, 1, 0), steps, volume.array.shape, strict=True)])


def true_masks(patient: PhantomPatient, volume: Volume) -> dict[str, Mask]:
    """Boolean (slices, rows, columns) by name; a voxel belongs to what fills at least half of it.

    ``lung/right``, ``lung/left``: aerated lung with vessels, airways and nodules; ``pleural_effusion``,
    ``pneumothorax``, ``consolidation`` by side; ``nodule/n``; ``heart``, ``airway``, ``aorta``, ``liver``, ``spleen``,
    ``spine``.
    """
    a, grid = patient.anatomy, grid_of(volume)
    whole = grid.whole()
    out: dict[str, Mask] = {
        "heart": coverage(grid, a.heart, whole) >= HALF,
        "liver": coverage(grid, partial(organs.liver, a), whole) >= HALF,
        "spleen": coverage(grid, partial(organs.spleen, a), whole) >= HALF,
        "spine": coverage(grid, partial(vertebral_body, a), whole) >= HALF,
        "airway": _filled(grid, organs.lumen(a)),
        "aorta": _filled(grid, organs.aorta(a)),
    }
    for side, name in SIDES:
        window = side_window(grid, side)
        truth = lung_masks(a, patient.lesions, grid, side)
        lung = truth.aerated.copy()
        for cov in truth.consolidations.values():
            lung -= cov
        _put(out, grid, f"lung/{name}", window, lung)
        for i, cov in truth.layers.items():
            _put(out, grid, f"{patient.lesions.layers[i].kind}/{name}", window, cov)
        for cov in truth.consolidations.values():
            _put(out, grid, f"consolidation/{name}", window, cov)
        for i, cov in truth.nodules.items():
            _put(out, grid, f"nodule/{i}", window, cov)
    return out


def _put(out: dict[str, Mask], grid: Grid, name: str, window: tuple[slice, slice, slice], cov: Array) -> None:
    out.setdefault(name, np.zeros(grid.shape, bool))[window] |= cov >= HALF


def _filled(grid: Grid, tubes: Tubes) -> Mask:
    at, fraction, _ = tubes.splat(grid, 2.0)
    out = np.zeros(grid.shape, bool)
    out.reshape(-1)[at[fraction >= HALF]] = True
    return out
