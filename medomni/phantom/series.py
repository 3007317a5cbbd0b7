"""A volume as a CT or MR series in any :class:`Habit` (PS3.3 A.3, A.4, A.36, A.38), beside its truth."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread, dcmwrite
from pydicom.uid import BasicTextSRStorage

from medomni.phantom.dataset import (
    PIXEL_ELEMENTS,
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
from medomni.phantom.encode import SYNTAXES, pixel_bytes, stored
from medomni.phantom.habits import TURNS, Habit
from medomni.phantom.multiframe import enhanced
from medomni.phantom.write import phantom_uid
from medomni.volume import Volume, reorient

PLANES = {"sagittal": (2, 0, 1), "coronal": (1, 0, 2)}
"""Axes of a canonical volume (head, back, left) as slices, rows and columns of the plane."""


@dataclass(frozen=True, eq=False)
class Written:
    """What was written.

    Attributes:
        array: (slices, rows, columns), float64, Hounsfield units (MR: arbitrary) of the slices, in order.
        affine: 4x4, (place, row, column) to LPS millimetres, sheared where the gantry was tilted.
        places: (slices,), where along the affine's first axis each slice lies; 0, 1, 2 ... where the steps are even.
        left_out: the numbers of the slices that were not written.
        paths: every file that holds a slice of the series.
        other: the second volume of the series; its paths are the first's.
    """

    array: NDArray[np.float64]
    affine: NDArray[np.float64]
    places: NDArray[np.float64]
    left_out: frozenset[int]
    paths: list[Path]
    other: Written | None = None

    @property
    def kept(self) -> list[int]:
        """The numbers of the slices that were written."""
        return [k for k in range(len(self.array)) if k not in self.left_out]


def write_habit(volume: Volume, folder: Path, habit: Habit, seed: int = 0) -> Written:
    """Write a volume, int16 HU in canonical axial order, in a habit; the patient is synthetic.

    Raises:
        ValueError: when the volume is not int16 in canonical axial order.
    """
    if volume.array.dtype != np.int16 or (np.diag(volume.affine[:3, [2, 1, 0]]) <= 0).any():
        raise ValueError("write_habit takes int16 HU in canonical axial order: use Volume.axial() first")
    return write_stack(*turned(volume, habit), folder, habit, seed)


def write_stack(array: NDArray[np.int16], affine: NDArray[np.float64], folder: Path, habit: Habit,
                seed: int = 0) -> Written:
    """Write slices that lie anywhere, as they are; the habit's plane, position, turn and tilt are not applied.

    Args:
        array: (slices, rows, columns), int16 HU.
        affine: 4x4, (slice, row, column) to LPS millimetres; rows and columns at right angles.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    count, out = len(array), _left_out(habit, len(array))
    kept = [k for k in range(count) if k not in out]
    numbers: list[int | None] = {
        "up": list(range(count)), "down": list(range(count))[::-1], "mixed": rng.permutation(count).tolist(),
        "equal": [1] * count, "absent": [None] * count}[habit.order]
    key = ("medomni-habit", seed, habit.key)
    planes = _planes(array, habit, _places(habit, count, seed), 0)
    second = [] if habit.volumes == "one" else _planes(
        _second(array), habit, _places(habit, count, seed) + 0.5 * habit.volumes.startswith("between"), 1)
    every = [planes[k] for k in kept] + [second[k] for k in kept if second]
    if habit.frames != "single":
        shuffled = rng.permutation(len(every))
        if habit.frames == "concatenation" and habit.order == "up":  # then a part may hold one of two volumes alone
            shuffled = np.arange(len(every))
        paths = enhanced(folder, habit, affine, [every[int(k)] for k in shuffled], key)
    else:
        names = rng.permutation(count)
        paths = [_slice(folder / f"{'IJ'[p.volume]}{names[p.number]:04d}", habit, affine, p, numbers[p.number], key)
                 for p in every]
    _beside(folder, habit, affine, planes, paths, key)
    other = Written(np.stack([p.truth for p in second]), affine, np.array([p.place for p in second]), out,
                    paths) if second else None
    return Written(np.stack([p.truth for p in planes]), affine, np.array([p.place for p in planes]), out, paths, other)


def _planes(array: NDArray[np.int16], habit: Habit, places: NDArray[np.float64], volume: int) -> list[Plane]:
    return [Plane(k, volume, float(places[k]), *stored(plane, habit, k)) for k, plane in enumerate(array)]


def _second(array: NDArray[np.int16]) -> NDArray[np.int16]:
    """Another image of the same place: moved by three voxels and denser, so that no slice equals its twin."""
    return np.minimum(np.roll(array, 3, axis=2).astype(np.int32) + 60, 2000).astype(np.int16)


def _left_out(habit: Habit, count: int) -> frozenset[int]:
    """A slice; or a slice low in the stack and two above the middle."""
    middle = count // 2
    return frozenset({"slice": [middle], "gaps": [2, middle + 1, middle + 2]}.get(habit.missing, []))


def _places(habit: Habit, count: int, seed: int) -> NDArray[np.float64]:
    """Where each slice lies, in steps."""
    even = np.arange(count, dtype=np.float64)
    if habit.missing == "steps":
        return even + np.maximum(even - count // 2, 0)
    if habit.missing == "irregular":
        return np.concatenate([[0.0], np.cumsum(np.random.default_rng([seed, 77]).uniform(0.8, 1.4, count - 1))])
    return even


def turned(volume: Volume, habit: Habit) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """The same voxels as the habit's plane and position store them, and where they then lie."""
    array, affine = volume.array, volume.affine.copy()
    for _ in range(TURNS[habit.position] // 90):
        array, affine = reorient(array, affine, (0, 2, 1), (False, False, True))
    if habit.position.startswith("F"):  # axial: the stack runs to the feet; else the patient is turned before he is cut
        array, affine = reorient(array, affine, (0, 1, 2), (True, False, habit.plane != "axial"))
    if habit.plane != "axial":
        array, affine = reorient(array, affine, PLANES[habit.plane], (False, True, False))  # rows run to the feet
    angle = np.radians(habit.oblique_deg)
    spin = np.eye(4)
    spin[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = spin @ affine
    if habit.tilt_deg:
        down = affine[:3, 1] / np.linalg.norm(affine[:3, 1])
        affine[:3, 0] += down * np.tan(np.radians(habit.tilt_deg)) * np.linalg.norm(affine[:3, 0])
    return array, affine


def _slice(path: Path, habit: Habit, affine: NDArray[np.float64], plane: Plane, number: int | None, key: tuple) -> Path:
    sop_class = image_class(habit)
    ds = common(habit, sop_class, phantom_uid(*key, "image", path.name), key)
    ds.ImageOrientationPatient, ds.PixelSpacing = directions(affine)
    ds.ImagePositionPatient, ds.SliceThickness = origin(affine, plane.place), thickness(affine, habit)
    if number is not None:
        ds.InstanceNumber = int(number)
    put_rescale(ds, habit, plane.number)
    put_windows(ds, habit)
    put(ds, told_apart(habit, plane.volume)[0])
    return saved(ds, path, habit, plane.values.shape, [pixel_bytes(plane.values, habit, plane.number)])


def _beside(folder: Path, habit: Habit, affine: NDArray[np.float64],
            planes: list[Plane], paths: list[Path], key: tuple) -> None:
    """The other files of the folder."""
    if habit.beside == "copy":
        shutil.copy(paths[1], folder / "copy.dcm")
    elif habit.beside == "junk":
        (folder / "notes.txt").write_text("SYNTHETIC notes", encoding="utf-8")
    elif habit.beside == "report":
        ds = common(habit, BasicTextSRStorage, phantom_uid(*key, "report"), key)
        for name in PIXEL_ELEMENTS:
            if name in ds:
                del ds[name]
        ds.Modality, ds.file_meta.TransferSyntaxUID = "SR", SYNTAXES["explicit"]
        ds.save_as(folder / "report.dcm", implicit_vr=False, little_endian=True)
    elif habit.beside == "localizer":
        ds = common(habit, image_class(habit), phantom_uid(*key, "scout"), key)
        ds.ImageType, ds.ImageOrientationPatient = ["ORIGINAL", "PRIMARY", "LOCALIZER"], [1, 0, 0, 0, 0, -1]
        ds.ImagePositionPatient, ds.PixelSpacing = origin(affine, 0.0), directions(affine)[1]
        ds.RescaleSlope, ds.RescaleIntercept = "1", "0"
        saved(ds, folder / "scout.dcm", habit, planes[0].values.shape, [pixel_bytes(planes[0].values, habit, 0)])
    elif habit.beside == "kernel":
        for k in range(3):
            lifted = replace(planes[k + 1], number=k, place=planes[k].place)
            path = _slice(folder / f"K{k}", habit, affine, lifted, k, key)
            other = dcmread(path)
            other.ConvolutionKernel = "B70f"
            dcmwrite(path, other)
