"""B2: 300 phantom series in drawn habits, compared voxel by voxel with their truth: none silently wrong."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from itertools import chain, combinations
from pathlib import Path

import numpy as np

from benchmarks.between import faulty_grid
from medomni.dicom import read_study
from medomni.errors import MedomniError
from medomni.phantom import CHOICES, Habit, Written, habits, pairs, render, sample_patient, write_habit
from medomni.phantom.habits import OF_MR
from medomni.volume import Volume

SERIES, PATIENTS, MATRIX, SLICE_MM = 300, 6, 40, 16.0
LEAST_RIGHT, LEAST_PAIRS = 0.75, 0.95
"""Of the series those that must be read right (the rest shows that what must be refused is), of the pairs those that
must be met: a reader that refuses all, or a draw of a few habits, meets nothing."""
WARNED = {"localizer": "MED-D14", "kernel": "MED-D14", "report": "MED-D14", "copy": "MED-D15"}
SAME_PLACE = 0.011
"""Of a step: nearer than this a resampled slice may be the real one itself."""


def run() -> tuple[bool, str]:
    """Draw, write, read, compare; ``MEDOMNI_B2_SERIES`` asks for fewer."""
    volumes = [render(sample_patient(900 + k, "ABC"[k % 3]), MATRIX, SLICE_MM) for k in range(PATIENTS)]
    count: Counter[str] = Counter()
    drawn = habits(int(os.environ.get("MEDOMNI_B2_SERIES") or SERIES))
    for k, habit in enumerate(drawn):
        with tempfile.TemporaryDirectory(prefix="medomni-b2-") as folder:
            fault = verdict(volumes[k % PATIENTS], Path(folder), habit, k)
        code, mended = refused(habit)
        count["wrong" if fault else "right" if not code else "mended" if mended else "refused"] += 1
        if fault:
            print(f"  {habit}: {fault}", flush=True)
    met_pairs = len(set(chain.from_iterable(pairs(h) for h in drawn)))
    possible = sum(len(a) * len(b) for a, b in combinations(CHOICES.values(), 2))
    enough = count["right"] + count["mended"] >= LEAST_RIGHT * len(drawn) and (
        met_pairs >= LEAST_PAIRS * possible or len(drawn) < SERIES)
    return count["wrong"] == 0 and enough, (
        f"{len(drawn)} series with {met_pairs} of {possible} pairs of habits (some exclude each other): "
        f"{count['right']} right, {count['mended']} of uneven steps refused and right with resample, "
        f"{count['refused']} refused by their rule, {count['wrong']} wrong")


def refused(habit: Habit) -> tuple[str, bool]:
    """The code with which a habit must be refused, empty where it must be read; and whether resampling mends it."""
    if habit.missing == "part":
        return "MED-D05", False
    if habit.missing != "none":
        return "MED-D05", _later(habit) == ""
    return _later(habit), False


def _later(habit: Habit) -> str:
    """The code of what shows only when the pixels are read."""
    if habit.rescale == "table_us" and habit.volumes not in OF_MR:
        return "MED-D11"  # of a CT without a unit
    return "MED-D06" if habit.volumes == "unsaid" else ""


def verdict(volume: Volume, folder: Path, habit: Habit, seed: int = 0) -> str:
    """What is wrong with reading the volume back; empty where nothing is."""
    written = write_habit(volume, folder, habit, seed)
    code, mended = refused(habit)
    if code:
        fault = _not_refused(folder, code, resample=False)
        if fault or not mended:
            last = code if habit.missing in ("none", "part") else _later(habit)
            return fault or _not_refused(folder, last, resample=True)
    try:
        read = read_study(folder, resample=mended)
        more = read_study(folder, series=1, resample=mended) if written.other else None
    except MedomniError as exc:
        return f"{exc.code} {exc.detail}"
    said = {w.code for w in read.study.warnings}
    wanted = {WARNED[habit.beside]} if habit.beside in WARNED else set()
    wanted |= {"MED-D14"} if written.other else set()
    wanted |= {"MED-D16"} if habit.padding != "none" else set()
    few = {"MED-D17"} if len(written.kept) < 8 else set()
    if mended:
        wanted |= {"MED-D19"}
        if not wanted <= said <= wanted | few | {"MED-D22"}:  # the median step may be a wide one
            return f"the record says {sorted(said)}, not {sorted(wanted)}"
    else:
        wanted |= {"MED-D13"} if habit.tilt_deg else set()
        wanted |= {"MED-D22"} if habit.thickness == "thin" else set()
        if wanted | few != said:
            return f"the record says {sorted(said)}, not {sorted(wanted)}"
    compare = (unlike if habit.tilt_deg else different_evenly) if mended else different
    if more is None or written.other is None:
        return compare(read, written)
    fault = compare(read, written) or compare(more, written.other)
    swapped = compare(read, written.other) or compare(more, written) if fault else ""  # which comes first is free
    return fault if swapped else ""


def _not_refused(folder: Path, code: str, *, resample: bool) -> str:
    try:
        read_study(folder, resample=resample)
    except MedomniError as exc:
        return "" if exc.code == code else f"{exc.code} {exc.detail}, not {code}"
    return f"{code} was not seen"


def different(read: Volume, written: Written) -> str:
    """Every voxel of every slice that was written, at its own millimetres."""
    count, rows, columns = written.array.shape
    if read.array.shape != written.array.shape:
        return f"shape {read.array.shape}, not {written.array.shape}"
    corners = np.array([[p, r, c, 1.0] for p in written.places for r in (0, rows - 1) for c in (0, columns - 1)])
    index = read.to_index((corners @ written.affine.T)[:, :3])
    places = np.rint(index[::4, 0]).astype(int)
    expected = np.column_stack([np.repeat(places, 4), corners[:, 1], corners[:, 2]])
    if np.abs(index - expected).max() > 1e-3 or sorted(places) != list(range(count)):
        return f"voxels lie up to {np.abs(index - expected).max():.3f} voxels off"
    for k, place in enumerate(places):
        if not np.allclose(read.array[place], written.array[k], rtol=0, atol=1e-3):
            return f"{(np.abs(read.array[place] - written.array[k]) > 1e-3).mean():.1%} of slice {k} differ"
    return ""


def different_evenly(read: Volume, written: Written) -> str:
    """Every voxel of an upright, even grid: a real slice at its own place, else what lies between two, rounded."""
    count, rows, columns = read.array.shape
    if (rows, columns) != written.array.shape[1:]:
        return f"{rows} x {columns} pixels, not {written.array.shape[1:]}"
    corners = np.array([[k, r, c] for k in range(count) for r in (0, rows - 1) for c in (0, columns - 1)], dtype=float)
    index = (np.linalg.inv(written.affine) @ np.column_stack([read.to_lps(corners), np.ones(len(corners))]).T).T[:, :3]
    at = index[::4, 0]
    if max(np.abs(index[:, 1:] - corners[:, 1:]).max(), np.abs(index[:, 0] - np.repeat(at, 4)).max()) > 1e-3:
        return "voxels lie off their rows and columns"
    places, real = written.places[written.kept], written.array[written.kept]
    step = float(np.abs(np.diff(at)).max())
    if np.ptp(np.diff(at)) > 1e-3 or min(at) < places[0] - 0.02 or max(at) > places[-1] + 0.02 or (
            np.ptp(at) < np.ptp(places) - step):
        return "the grid is not even, or does not cover the slices"
    rounding = 1e-3 if read.array.dtype.kind == "f" else 0.501
    for k, place in enumerate(at):
        near = int(np.abs(places - place).argmin())
        after = int(np.clip(np.searchsorted(places, place), 1, len(places) - 1))
        share = float(np.clip((place - places[after - 1]) / (places[after] - places[after - 1]), 0.0, 1.0))
        apart = abs(places[near] - place)
        faults = [np.abs(read.array[k] - real[near]).max() > 1e-3] if apart < SAME_PLACE * step else []
        if apart > 1e-3 * step:
            between = (1 - share) * real[after - 1] + share * real[after]
            faults.append(bool(np.abs(read.array[k] - between).max() > rounding))
        if all(faults):
            return f"slice {k} is neither a real one nor what lies between two"
    return ""


def unlike(read: Volume, written: Written) -> str:
    """The same for a tilted stack on an upright grid: every voxel that lies between its slices."""
    return faulty_grid(read, [
        (written.array[k], written.affine[:3, 3] + written.places[k] * written.affine[:3, 0], written.affine[:3, 1],
         written.affine[:3, 2]) for k in written.kept])
