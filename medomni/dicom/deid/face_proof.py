"""A second pair of eyes on heads without faces: originals and outputs of a series, compared from the front."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medomni.dicom.deid.face_scale import FEWEST_BONE, find, places, scale_of, units

CELL_MM = 4.0
BAND_MM, HALF_MM, FACE_MM, FARTHEST_MM = (105.0, 190.0), 45.0, 40.0, 170.0
"""The face: so far below the top of the skull, so far to either side of its middle, so far in front of that."""
DEEPER_MM, SHARE, FEWEST = 10.0, 0.97, 40
Front = dict[tuple[int, int], float]
"""Cell of (x, z) to the foremost y of skin, millimetres."""


def still_shown(pairs: list[tuple[Path, Path]]) -> str:
    """Why the outputs of a series may still show a face; empty where they do not.

    Over a front of :data:`FEWEST` cells or more, below the brow, the output's skin must lie :data:`DEEPER_MM` behind
    the original's in a share of :data:`SHARE` of them, and nothing may be changed into anything but air. In MR that
    must hold at two values of skin, a faint and a strong one: noise and ghosts are no skin to measure by.

    Args:
        pairs: (original, output) of every file of the series.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _still_shown(pairs)
    except Exception as exc:  # what cannot be read cannot be passed
        return f"a face cannot be excluded ({type(exc).__name__})"


def _still_shown(pairs: list[tuple[Path, Path]]) -> str:
    scale = scale_of([original for original, _ in pairs])
    fronts: list[tuple[Front, Front]] = [({}, {}) for _ in scale.skin]
    inner: list[NDArray[np.float64]] = []
    for original, output in pairs:
        before, after = pydicom.dcmread(original, force=True), pydicom.dcmread(output)
        old, new = units(before), units(after)
        if old.shape != new.shape or len(old) != len(list(places(before))):
            return "frames of another size"
        changed = new[old != new]
        if changed.size and changed.max() > scale.air:
            return "pixels changed into something else than air"
        for k, place in enumerate(places(before)):
            points = _points(place, old.shape[1:])
            seen = [scale.seen(values[k], place) for values in (old, new)]
            for level, both in zip(scale.skin, fronts, strict=True):
                for values, front in zip(seen, both, strict=True):
                    _lay(points[values > level], front)
            inner.append(points[seen[0] > scale.inner][::7])
    body = np.concatenate(inner)
    if len(body) < FEWEST_BONE:
        return f"no {'bone' if scale.unit else 'head'}, by which a face is found"
    top = scale.top(body[:, 2])
    middle = np.median(body[:, :2][body[:, 2] > top - BAND_MM[0]], axis=0)
    return next((why for both in fronts if (why := _of_front(both, top, middle))), "")


def _of_front(fronts: tuple[Front, Front], top: float, middle: NDArray[np.float64]) -> str:
    """Why a front may still show a face, by its skin before and after."""
    face = [(cell, y) for cell, y in fronts[0].items()
            if top - BAND_MM[1] <= cell[1] * CELL_MM <= top - BAND_MM[0]
            and abs(cell[0] * CELL_MM - middle[0]) <= HALF_MM
            and middle[1] - FARTHEST_MM < y < middle[1] - FACE_MM]
    if len(face) < FEWEST:
        return "too little of a face in its original to see that it is gone"
    gone = sum(fronts[1].get(cell, np.inf) >= y + DEEPER_MM for cell, y in face)
    return "" if gone >= SHARE * len(face) else "a face is still there"


def _lay(points: NDArray[np.float64], front: Front) -> None:
    """Keep, for every cell of (x, z), the foremost y."""
    if not len(points):
        return
    cells = np.rint(points[:, [0, 2]] / CELL_MM).astype(np.int64)
    order = np.lexsort((points[:, 1], cells[:, 1], cells[:, 0]))
    cells, y = cells[order], points[order, 1]
    first = np.r_[True, (np.diff(cells, axis=0) != 0).any(axis=1)]
    for x, z, value in zip(cells[first, 0].tolist(), cells[first, 1].tolist(), y[first].tolist(), strict=True):
        front[x, z] = min(value, front.get((x, z), np.inf))


def _points(place: list[Dataset], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """LPS millimetres of a frame's pixels, (rows, columns, 3) (PS3.3 C.7.6.2.1.1)."""
    corner, cosines, steps = (np.array([float(v) for v in find(place, name)]) for name in (
        "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"))
    i, j = np.indices(shape)
    return np.asarray(corner + j[..., None] * cosines[:3] * steps[1] + i[..., None] * cosines[3:] * steps[0])
