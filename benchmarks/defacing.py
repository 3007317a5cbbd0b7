"""How much of the face `medomni deidentify --deface` cuts, of the ears and of the brain, on synthetic heads turned by
up to 10 degrees and written as DICOM in different habits: `python -m benchmarks.defacing [CT|MR] [heads] [first seed]`.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from medomni.phantom.habits import Habit
from medomni.phantom.head import LOW, VALUES, VOXEL_MM, Head, synthetic_head
from medomni.records import Patient, Study
from medomni.volume import Volume

FIRST_SEED, HEADS = 200, 24
GRID_MM = 2.0
ORIGIN, SHAPE = np.array([-140.0, -160.0, -190.0]), (165, 160, 140)  # x, y, z; (z, y, x)
HABITS = (Habit(), Habit(plane="sagittal"), Habit(plane="coronal", syntax="rle"), Habit(position="FFP", order="down"),
          Habit(tilt_deg=18.5), Habit(frames="enhanced", syntax="jpeg_ls"),
          Habit(signed=False, bits=12, syntax="implicit"), Habit(rescale="per_slice", oblique_deg=12.0))
SKIN_HU = -300


class Measured(NamedTuple):
    """Of one head, shares of voxels: face's and ears' skin gone, brain as it was; whether all landmarks were cut."""

    face: float
    ears: float
    brain: float
    landmarks: bool


@lru_cache(2)
def head_of(seed: int) -> Head:
    """:func:`synthetic_head`, kept for the next scan of the same head."""
    return synthetic_head(seed)


def scanned(head: Head, turn: NDArray[np.float64], seed: int) -> tuple[Volume, NDArray[np.float64]]:
    """A head turned by a rotation matrix, HU with noise; and its brain's voxels, (n, 3) in LPS millimetres."""
    rng = np.random.default_rng([seed, 7402])
    grid = np.stack(np.meshgrid(*(np.arange(n) * GRID_MM for n in SHAPE), indexing="ij"), -1)[..., ::-1] + ORIGIN
    own = (grid @ turn - LOW) / VOXEL_MM
    index = [own[..., 2], own[..., 1], own[..., 0]]
    values = np.array(VALUES["CT"], dtype=np.float32)[head.tissue]
    hu = ndimage.map_coordinates(values, index, order=1, cval=-1000.0) + rng.normal(0, 8, SHAPE)
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[:, ::-1] * GRID_MM
    affine[:3, 3] = ORIGIN
    study = Study(study_key=f"{seed:016d}", modality="CT", patient=Patient(), synthetic=True)
    volume = Volume(np.clip(np.rint(hu), -1020, 3000).astype(np.int16), affine, study)
    return volume, grid[ndimage.map_coordinates(head.brain.astype(np.uint8), index, order=0) > 0]


def turn_of(seed: int, most_deg: float = 10.0) -> NDArray[np.float64]:
    """How a head lies."""
    angles = np.random.default_rng([seed, 7403]).uniform(-most_deg, most_deg, 3)
    return np.asarray(Rotation.from_euler("xyz", angles, degrees=True).as_matrix())


class Points(NamedTuple):
    """Where a written head has its parts, (n, 3) in LPS millimetres."""

    face: NDArray[np.float64]
    ears: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    brain: NDArray[np.float64]


def write_head(seed: int, folder: Path, habit: Habit, turn: NDArray[np.float64]) -> Points:
    """A head as a DICOM series of the body part HEAD."""
    from medomni.phantom.series import turned, write_habit

    head = head_of(seed)
    volume, brain = scanned(head, turn, seed)
    written = write_habit(volume, folder, habit, seed)
    for path in written.paths:
        ds = pydicom.dcmread(path)
        ds.BodyPartExamined = "HEAD"
        ds.save_as(path)
    upright = turned(volume, replace(habit, tilt_deg=0.0, oblique_deg=0.0))[1]
    moved = written.affine @ np.linalg.inv(upright)  # a tilt shears the patient with the stack

    def at(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(points @ moved[:3, :3].T + moved[:3, 3])

    marks = np.stack(list(head.landmarks.values()))
    return Points(at(head.face @ turn.T), at(head.ears @ turn.T), at(marks @ turn.T), at(brain))


def measured(seed: int, habit: Habit, work: Path) -> Measured | str:
    """One head through files; the reason where it was refused or withdrawn."""
    from medomni.dicom import read_study
    from medomni.dicom.deid import Keyed, Options, deidentify

    points = write_head(seed, work / "in", habit, turn_of(seed))
    report = deidentify(work / "in", work / "out", Options(deface=True), Keyed(b"k" * 32))
    if not report["files"]["written"]:
        return str([row["reason"] for row in [*report["refused"], *report["withdrawn"]]])
    before, after = read_study(work / "in"), read_study(work / "out")
    gone = [values_at(after, p) < SKIN_HU for p in (points.face, points.ears, points.landmarks)]
    kept = values_at(after, points.brain) == values_at(before, points.brain)
    return Measured(float(gone[0].mean()), float(gone[1].mean()), float(kept.mean()), bool(gone[2].all()))


def values_at(volume: Volume, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest voxels' values at points, (n, 3) in LPS millimetres."""
    back = np.linalg.inv(volume.affine)
    index = np.rint(points @ back[:3, :3].T + back[:3, 3]).astype(int)
    index = np.clip(index, 0, np.array(volume.array.shape) - 1)
    return np.asarray(volume.array[tuple(index.T)], dtype=np.float64)


def run(modality: str = "CT", heads: int = HEADS, first: int = FIRST_SEED) -> str:
    """The figures as one line."""
    from benchmarks.defacing_mr import SCANS, measured_mr

    done, refused = [], []
    for k in range(heads):
        with tempfile.TemporaryDirectory(prefix="medomni-") as work:
            habit: object
            if modality == "MR":
                habit = SCANS[k % len(SCANS)]
                found = measured_mr(first + k, SCANS[k % len(SCANS)], Path(work))
            else:
                habit = HABITS[k % len(HABITS)]
                found = measured(first + k, HABITS[k % len(HABITS)], Path(work))
        print(f"  {first + k} {habit}: {found}", flush=True)
        (refused if isinstance(found, str) else done).append(found)
    if not done:
        return f"{heads} heads: every one refused"
    face, ears, brain = (np.array([m[k] for m in done]) for k in range(3))
    return (f"{heads} heads, {len(refused)} refused; face's skin gone: mean {face.mean():.4f}, least "
            f"{face.min():.4f}; ears' skin gone: mean {ears.mean():.4f}; brain kept: least {brain.min():.5f}; all of "
            f"eyes, nose, mouth and chin gone in {sum(m.landmarks for m in done)} of {len(done)}")


if __name__ == "__main__":
    print(run(*sys.argv[1:2], *(int(a) for a in sys.argv[2:])))
