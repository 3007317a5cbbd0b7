"""A second pair of eyes on heads without faces: originals and outputs of a series, compared from the front."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

CELL_MM = 4.0
SKIN_HU, BONE_HU, AIR_HU = -300.0, 250.0, -900.0
BAND_MM, HALF_MM, FACE_MM = (105.0, 190.0), 45.0, 40.0
"""The face: so far below the highest bone, so far to either side of the bones' middle, so far in front of it."""
DEEPER_MM, SHARE, FEWEST = 10.0, 0.97, 40
FEWEST_BONE = 20


def still_shown(pairs: list[tuple[Path, Path]]) -> str:
    """Why the outputs of a series may still show a face; empty where they do not.

    Over a front of :data:`FEWEST` cells or more, below the brow, the output's skin must lie :data:`DEEPER_MM` behind
    the original's in a share of :data:`SHARE` of them, and nothing may be changed into anything but air.

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
    fronts: tuple[dict[tuple[int, int], float], ...] = ({}, {})
    bones: list[NDArray[np.float64]] = []
    for original, output in pairs:
        before, after = pydicom.dcmread(original, force=True), pydicom.dcmread(output)
        old, new = _units(before), _units(after)
        if old.shape != new.shape or len(old) != len(list(_places(before))):
            return "frames of another size"
        changed = new[old != new]
        if changed.size and changed.max() > AIR_HU:
            return "pixels changed into something else than air"
        for k, place in enumerate(_places(before)):
            points = _points(place, old.shape[1:])
            for values, front in ((old[k], fronts[0]), (new[k], fronts[1])):
                _lay(points[values > SKIN_HU], front)
            bones.append(points[old[k] > BONE_HU][::7])
    bone = np.concatenate(bones)
    if len(bone) < FEWEST_BONE:
        return "no bone, by which a face is found"
    top = float(np.sort(bone[:, 2])[-FEWEST_BONE])
    middle = np.median(bone[:, :2][bone[:, 2] > top - BAND_MM[0]], axis=0)
    face = [(cell, y) for cell, y in fronts[0].items()
            if top - BAND_MM[1] <= cell[1] * CELL_MM <= top - BAND_MM[0]
            and abs(cell[0] * CELL_MM - middle[0]) <= HALF_MM and y < middle[1] - FACE_MM]
    if len(face) < FEWEST:
        return "too little of a face in its original to see that it is gone"
    gone = sum(fronts[1].get(cell, np.inf) >= y + DEEPER_MM for cell, y in face)
    return "" if gone >= SHARE * len(face) else "a face is still there"


def _lay(points: NDArray[np.float64], front: dict[tuple[int, int], float]) -> None:
    """Keep, for every cell of (x, z), the foremost y."""
    if not len(points):
        return
    cells = np.rint(points[:, [0, 2]] / CELL_MM).astype(np.int64)
    order = np.lexsort((points[:, 1], cells[:, 1], cells[:, 0]))
    cells, y = cells[order], points[order, 1]
    first = np.r_[True, (np.diff(cells, axis=0) != 0).any(axis=1)]
    for x, z, value in zip(cells[first, 0].tolist(), cells[first, 1].tolist(), y[first].tolist(), strict=True):
        front[x, z] = min(value, front.get((x, z), np.inf))


def _units(ds: Dataset) -> NDArray[np.float32]:
    """HU, (frames, rows, columns)."""
    values = ds.pixel_array.astype(np.float32).reshape(-1, int(ds.Rows), int(ds.Columns))
    for k, place in enumerate(_places(ds)):
        values[k] = values[k] * float(_find(place, "RescaleSlope")) + float(_find(place, "RescaleIntercept"))
    return values


def _places(ds: Dataset) -> Iterator[list[Dataset]]:
    """For each frame, the data sets in which its attributes stand."""
    if "PerFrameFunctionalGroupsSequence" not in ds:
        yield [ds]
        return
    for item in ds.PerFrameFunctionalGroupsSequence:
        held = [*item, *ds.SharedFunctionalGroupsSequence[0]]
        yield [ds, *(group for element in held for group in _item_of(element))]


def _item_of(element: Any) -> list[Dataset]:
    value = getattr(element, "value", None)
    return list(value)[:1] if element.VR == "SQ" and value else []


def _find(place: list[Dataset], name: str) -> Any:
    return next(ds[name].value for ds in place if name in ds)


def _points(place: list[Dataset], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """LPS millimetres of a frame's pixels, (rows, columns, 3) (PS3.3 C.7.6.2.1.1)."""
    corner, cosines, steps = (np.array([float(v) for v in _find(place, name)]) for name in (
        "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"))
    i, j = np.indices(shape)
    return np.asarray(corner + j[..., None] * cosines[:3] * steps[1] + i[..., None] * cosines[3:] * steps[0])
