"""How long a real chest CT takes from DICOM files to findings, and what memory it needs.

The series of 64 slices of 5 mm is resampled to 300 slices of 512 x 512 over the same space (linear interpolation) and
written as DICOM; ``medomni measure`` then runs on it as a process of its own, on two threads. lungmask and
TotalSegmentator segment the same volume (lungs alone; all 117 classes) where their package and weights are on this
machine; where they are not, the error that says so is printed, and no ratio.

``python -m benchmarks.segment`` prints a line for each.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.common import SHARED, Done, measured, medomni

SERIES = SHARED / "dicom" / "chest_ct_a0001_lung5mm"
SHAPE = (300, 512, 512)
PEERS = ("lungmask", "totalsegmentator")
THREADS = {name: "2" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
PEER = ("import sys, time; from medomni.dicom import read_study; from medomni.segment import get_segmenter; "
        "v = read_study(sys.argv[1]); s = get_segmenter(sys.argv[2]); t = time.perf_counter(); s.segment(v); "
        "print(time.perf_counter() - t)")


def written(series: Path, folder: Path, shape: tuple[int, int, int] = SHAPE) -> Path:
    """The series of a folder resampled to a shape (slices, rows, columns) and written as DICOM under ``folder``."""
    from dataclasses import replace

    from scipy import ndimage

    from medomni.dicom import read_study
    from medomni.phantom.habits import Habit
    from medomni.phantom.series import write_habit

    volume = read_study(series).axial()
    at = volume.array.shape
    array = ndimage.zoom(volume.array.astype(np.float32), [m / n for m, n in zip(shape, at, strict=True)], order=1)
    affine = volume.affine.copy()
    affine[:3, :3] *= [(n - 1) / (m - 1) for m, n in zip(shape, at, strict=True)]
    fine = replace(volume, array=np.round(array).astype(np.int16), affine=affine, slice_uids=())
    write_habit(fine, folder / "fine", Habit())
    return folder / "fine"


def ours(series: Path, folder: Path) -> Done:
    """``medomni measure`` on a series, watched."""
    return measured([medomni(), "measure", str(series), "-o", str(folder / "findings.json")], env=THREADS)


def peer(name: str, series: Path) -> tuple[float | None, str]:
    """(seconds of a peer's segmentation, or None; the last line that it printed)."""
    done = measured([sys.executable, "-c", PEER, str(series), name], env={**THREADS, "PYTHONPATH": os.getcwd()})
    last = (done.output.strip().splitlines() or [""])[-1]
    return (float(last), last) if done.status == 0 else (None, last)


def compare(shape: tuple[int, int, int] = SHAPE) -> Done:
    """Print all lines; returns how ``medomni measure`` did."""
    with tempfile.TemporaryDirectory(prefix="medomni-c3-") as name:
        series = written(SERIES, Path(name), shape)
        done = ours(series, Path(name))
        if done.status != 0:
            print(done.output, flush=True)
            return done
        found = (Path(name) / "findings.json").stat().st_size
        print(f"medomni measure: {done.seconds:.1f} s, {done.peak_bytes / 1e9:.2f} GB at most, "
              f"findings of {found} bytes", flush=True)
        for other in PEERS:
            seconds, last = peer(other, series)
            print(f"{other}: {seconds:.1f} s, {done.seconds / seconds:.2f} of it is ours" if seconds else
                  f"{other}: not run here: {last}", flush=True)
    return done


if __name__ == "__main__":
    compare()
