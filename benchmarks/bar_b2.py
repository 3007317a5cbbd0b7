"""B2: 300 phantom series in drawn habits, compared voxel by voxel with their truth: none silently wrong."""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import chain, combinations
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

from medomni.dicom import read_study
from medomni.errors import MedomniError
from medomni.phantom import CHOICES, Habit, Written, habits, pairs, render, sample_patient, write_habit
from medomni.volume import Volume

SERIES, PATIENTS, MATRIX, SLICE_MM = 300, 6, 40, 16.0
WARNED = {"localizer": "MED-D14", "kernel": "MED-D14", "report": "MED-D14", "copy": "MED-D15"}


def run() -> tuple[bool, str]:
    """Draw, write, read, compare."""
    volumes = [render(sample_patient(900 + k, "ABC"[k % 3]), MATRIX, SLICE_MM) for k in range(PATIENTS)]
    count: Counter[str] = Counter()
    drawn = habits(SERIES)
    for k, habit in enumerate(drawn):
        with tempfile.TemporaryDirectory(prefix="medomni-b2-") as folder:
            fault = verdict(volumes[k % PATIENTS], Path(folder), habit, k)
        kind = "wrong" if fault else "refused, right on request" if habit.missing != "none" else "right"
        count[kind] += 1
        if fault:
            print(f"  {habit}: {fault}", flush=True)
    met_pairs = len(set(chain.from_iterable(pairs(h) for h in drawn)))
    possible = sum(len(a) * len(b) for a, b in combinations(CHOICES.values(), 2))
    return count["wrong"] == 0, (f"{SERIES} series with {met_pairs} of {possible} pairs of habits (some exclude each "
                                 f"other): {count['right']} right, {count['refused, right on request']} with a gap "
                                 f"refused and right with resample, {count['wrong']} wrong")


def verdict(volume: Volume, folder: Path, habit: Habit, seed: int = 0) -> str:
    """What is wrong with reading the volume back; empty where nothing is."""
    written = write_habit(volume, folder, habit, seed)
    try:
        read = read_study(folder)
    except MedomniError as exc:
        if exc.code != "MED-D05" or habit.missing == "none":
            return f"{exc.code} {exc.detail}"
        read = read_study(folder, resample=True)
        return unlike(read, written) if habit.tilt_deg else different(read, written)
    if habit.missing != "none":
        return "a gap was not seen"
    said = {w.code for w in read.study.warnings}
    wanted = {WARNED[habit.beside]} if habit.beside in WARNED else set()
    wanted |= {"MED-D13"} if habit.tilt_deg else set()
    wanted |= {"MED-D16"} if habit.padding != "none" else set()
    if wanted != said:
        return f"the record says {sorted(said)}, not {sorted(wanted)}"
    return different(read, written)


def different(read: Volume, written: Written) -> str:
    """Every voxel of every slice that was written, at its own millimetres."""
    count, rows, columns = written.array.shape
    if read.array.shape != written.array.shape:
        return f"shape {read.array.shape}, not {written.array.shape}"
    corners = np.array([[k, r, c, 1.0] for k in range(count) for r in (0, rows - 1) for c in (0, columns - 1)])
    index = read.to_index((corners @ written.affine.T)[:, :3])
    places = np.rint(index[::4, 0]).astype(int)
    expected = np.column_stack([np.repeat(places, 4), corners[:, 1], corners[:, 2]])
    if np.abs(index - expected).max() > 1e-3 or sorted(places) != list(range(count)):
        return f"voxels lie up to {np.abs(index - expected).max():.3f} voxels off"
    for k, place in enumerate(places):
        if k != written.left_out and not np.allclose(read.array[place], written.array[k], rtol=0, atol=1e-3):
            return f"{(read.array[place] != written.array[k]).mean():.1%} of slice {k} differ"
    return ""


def unlike(read: Volume, written: Written) -> str:
    """The same after interpolation, for a tilted stack on an upright grid."""
    kept = [k for k in range(len(written.array)) if k != written.left_out]
    grid = np.indices(written.array.shape)[:, kept].reshape(3, -1).T
    at = read.to_index(grid @ written.affine[:3, :3].T + written.affine[:3, 3])
    found = map_coordinates(read.array.astype(float), at.T, order=1, mode="nearest")
    likeness = float(np.corrcoef(found, written.array[kept].reshape(-1))[0, 1])
    return "" if likeness >= 0.97 else f"correlation {likeness:.3f} after interpolation"
