"""Slices as the frames of one enhanced image, or of the parts of a concatenation (PS3.3 C.7.6.16)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence

from medomni.phantom.dataset import (
    Plane,
    common,
    directions,
    image_class,
    origin,
    put,
    put_rescale,
    put_windows,
    saved,
    thickness,
    told_apart,
)
from medomni.phantom.encode import pixel_bytes
from medomni.phantom.habits import Habit
from medomni.phantom.write import phantom_uid

PARTS = 3


def enhanced(folder: Path, habit: Habit, affine: NDArray[np.float64], planes: list[Plane], key: tuple) -> list[Path]:
    """Write the planes as frames in the order given: one file, or one for every part that was not lost."""
    if habit.frames == "enhanced":
        return [_file(folder / "enhanced.dcm", habit, affine, planes, phantom_uid(*key, "enhanced"), key)]
    cuts = [len(planes) * k // PARTS for k in range(PARTS + 1)]
    lost = PARTS - 1 if habit.missing == "part" else None
    paths = []
    for part in range(PARTS):
        more = Dataset()
        more.ConcatenationUID = phantom_uid(*key, "concatenation")
        more.SOPInstanceUIDOfConcatenationSource = phantom_uid(*key, "enhanced")
        more.ConcatenationFrameOffsetNumber = cuts[part]
        more.InConcatenationNumber, more.InConcatenationTotalNumber = part + 1, PARTS
        if part != lost:
            paths.append(_file(folder / f"part{part}.dcm", habit, affine, planes[cuts[part]:cuts[part + 1]],
                               phantom_uid(*key, "part", part), key, more))
    return paths


def _file(path: Path, habit: Habit, affine: NDArray[np.float64], planes: list[Plane], instance: str, key: tuple,
          more: Dataset | None = None) -> Path:
    ds = common(habit, image_class(habit), instance, key)
    ds.update(more or {})
    ds.NumberOfFrames = len(planes)
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient, measures.PixelSpacing = directions(affine)
    measures.SliceThickness = thickness(affine, habit)
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence([])
    for plane in planes:
        item, position, transform = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = origin(affine, plane.place)
        put_rescale(transform, habit, plane.number)
        item.PlanePositionSequence, item.PixelValueTransformationSequence = Sequence([position]), Sequence([transform])
        if habit.windows != "none":
            window = Dataset()
            put_windows(window, habit)
            item.FrameVOILUTSequence = Sequence([window])
        _, group, elements = told_apart(habit, plane.volume)
        if elements:
            setattr(item, group, Sequence([put(Dataset(), elements)]))
        ds.PerFrameFunctionalGroupsSequence.append(item)
    return saved(ds, path, habit, planes[0].values.shape,
                 [pixel_bytes(plane.values, habit, plane.number) for plane in planes])
