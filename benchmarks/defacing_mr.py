"""The measure of :mod:`benchmarks.defacing` for MR: synthetic heads of several contrasts, planes and fields of view."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from benchmarks.defacing import Measured, Points, head_of, turn_of, values_at
from medomni.phantom.habits import Habit
from medomni.phantom.head_mr import MrHabit, mr_head
from medomni.volume import Volume

ROUNDED = 2.0
"""What is cut has one value, but for the rounding of each slice's own slope."""


@dataclass(frozen=True)
class Scan:
    """How a head is scanned, and how its images are written."""

    mr: MrHabit = field(default_factory=MrHabit)
    habit: Habit = field(default_factory=Habit)
    rescaled: bool = False


SCANS = (
    Scan(MrHabit("T1", (1.0, 1.0, 1.0), phase=2), Habit(plane="sagittal")),
    Scan(MrHabit("T2", (5.0, 1.0, 1.0), (-112.0, -134.0, -90.0), (112.0, 122.0, 110.0))),
    Scan(MrHabit("FLAIR", (4.0, 1.0, 1.0), (-112.0, -134.0, -90.0), (112.0, 122.0, 110.0)),
         Habit(syntax="jpeg_ls", signed=False)),
    Scan(MrHabit("PD", (4.0, 1.5, 1.5), ghost=0.04), Habit(order="mixed")),
    Scan(MrHabit("T2FS", (2.0, 3.0, 2.0)), Habit(plane="coronal", syntax="rle")),
    Scan(MrHabit("T1", (3.0, 1.2, 1.2), field=0.5, noise=16.0), Habit(oblique_deg=12.0)),
    Scan(MrHabit("T2", (2.0, 2.0, 2.0)), Habit(frames="enhanced", syntax="jpeg_2000"), rescaled=True),
    Scan(MrHabit("FLAIR", (1.5, 1.5, 1.5), ghost=0.03), Habit(plane="sagittal", rescale="per_slice"), rescaled=True),
)


def write_mr(seed: int, folder: Path, scan: Scan, turn: NDArray[np.float64]) -> Points:
    """A head as an MR series of the body part HEAD."""
    from medomni.phantom.series import turned, write_habit
    from medomni.records import Patient, Study

    head = head_of(seed)
    array, affine, brain = mr_head(head, scan.mr, turn, seed)
    study = Study(study_key=f"{seed:016d}", modality="MR", patient=Patient(), synthetic=True)
    volume = Volume(array, affine, study)
    written = write_habit(volume, folder, scan.habit, seed)
    for path in written.paths:
        ds = pydicom.dcmread(path)
        as_mr(ds, scan)
        ds.save_as(path)
    upright = turned(volume, replace(scan.habit, tilt_deg=0.0, oblique_deg=0.0))[1]
    moved = written.affine @ np.linalg.inv(upright)

    def at(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(points @ moved[:3, :3].T + moved[:3, 3])

    marks = np.stack(list(head.landmarks.values()))
    return Points(at(head.face @ turn.T), at(head.ears @ turn.T), at(marks @ turn.T), at(brain))


def as_mr(ds: FileDataset, scan: Scan) -> None:
    """Make an MR image of a CT image; its values stay."""
    enhanced = scan.habit.frames == "enhanced"
    ds.SOPClassUID = EnhancedMRImageStorage if enhanced else MRImageStorage
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.Modality, ds.BodyPartExamined = "MR", "HEAD"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    for name in ("ConvolutionKernel", "RescaleType", *(() if scan.rescaled else ("RescaleSlope", "RescaleIntercept"))):
        if name in ds:
            del ds[name]


def measured_mr(seed: int, scan: Scan, work: Path, turn: NDArray[np.float64] | None = None) -> Measured | str:
    """One head through files; the reason where it was refused or withdrawn."""
    from medomni.dicom import read_study
    from medomni.dicom.deid import Keyed, Options, deidentify

    points = write_mr(seed, work / "in", scan, turn_of(seed) if turn is None else turn)
    report = deidentify(work / "in", work / "out", Options(deface=True), Keyed(b"k" * 32))
    if not report["files"]["written"]:
        return str([row["reason"] for row in [*report["refused"], *report["withdrawn"]]])
    before, after = read_study(work / "in"), read_study(work / "out")
    fill = float(np.median(after.array[after.array != before.array]))
    gone = [np.abs(values_at(after, shown(before, p)) - fill) <= ROUNDED for p in (
        points.face, points.ears, points.landmarks)]
    kept = values_at(after, points.brain) == values_at(before, points.brain)
    return Measured(float(gone[0].mean()), float(gone[1].mean()), float(kept.mean()), bool(gone[2].all()))


def shown(volume: Volume, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of the points, (n, 3) in LPS millimetres, that lie in the volume."""
    back = np.linalg.inv(volume.affine)
    index = np.rint(points @ back[:3, :3].T + back[:3, 3])
    return points[((index >= 0) & (index < volume.array.shape)).all(axis=1)]
