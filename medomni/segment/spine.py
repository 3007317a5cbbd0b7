"""Vertebral bodies one by one: numbered from the top of what is seen, and named only where a count is sure.

Discs are darker than the bodies on either side and come back at regular distances: they are the minima of the density
along the middle of the bodies. Names (T7) need a landmark to count from; the rules have none that is sure (a first rib
is often out of the field of view, a last one often missing), so they give numbers alone and say so with a code: a wrong
name is never given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import find_peaks

from medomni.volume import Segmentation, Volume, axis_alignment, reorient

THICKEST_MM = 3.1
PERIOD_MM, LEAST_LEVELS = (14.0, 34.0), 4
"""Height of a body with its disc in adults (Panjabi 1991, Spine 16:888 gives bodies of 14 to 24 mm); and how many must
follow each other."""
UNNAMED = "MED-S08: numbered from the top of the field of view; no landmark to count from is sure"
HALF_MM = (7.0, 7.0)


@dataclass(frozen=True)
class Level:
    """One vertebral body.

    Attributes:
        number: 1 is the highest that is seen whole. name: such as ``T7``, empty where no count is sure.
        centre_mm: LPS. bottom_mm, top_mm: LPS z of the middles of the discs below and above.
        hu_mean: mean HU of the middle of the body, clipped to -100 to 700 HU a voxel.
    """

    number: int
    name: str
    centre_mm: tuple[float, float, float]
    bottom_mm: float
    top_mm: float
    hu_mean: float


@dataclass(frozen=True)
class Levels:
    """Bodies from the head downwards; ``reason`` begins with a code where they are not found or not named."""

    bodies: tuple[Level, ...]
    reason: str


def find_levels(volume: Volume, segmentation: Segmentation) -> Levels:
    """Vertebral bodies between discs, as far as discs are seen regularly.

    Args:
        segmentation: with a label ``spine`` on the volume's grid.
    """
    axial = volume.axial()
    spacing = axial.spacing_mm
    if spacing[0] > THICKEST_MM:
        return Levels((), f"MED-S08: slices of {spacing[0]:.1f} mm hide the discs")
    spine, _ = reorient(segmentation.mask("spine"), volume.affine, *axis_alignment(volume.affine))
    rows, columns = _middle(spine, spacing)
    known = np.flatnonzero(np.isfinite(rows))
    if known.size * spacing[0] < LEAST_LEVELS * PERIOD_MM[0]:
        return Levels((), "MED-S08: no spine is seen over four bodies")
    first, last = int(known[0]), int(known[-1])
    profile = np.array([_mean(axial.array[k], rows[k], columns[k], spacing) for k in range(first, last + 1)])
    discs = _discs(profile, spacing[0])
    if len(discs) < LEAST_LEVELS + 1:
        return Levels((), "MED-S08: discs are not seen at regular distances")
    bodies = []
    for number, (low, high) in enumerate(zip(discs[-2::-1], discs[:0:-1], strict=True), start=1):
        k = first + (low + high) / 2
        inside = profile[int(np.ceil(low + (high - low) * 0.3)) : int(high - (high - low) * 0.3) + 1]
        index = np.array([k, np.interp(k, np.arange(len(rows)), rows), np.interp(k, np.arange(len(rows)), columns)])
        x, y, z = (round(float(v), 1) for v in axial.to_lps(index))
        ends = [float(axial.to_lps(np.array([first + e, 0.0, 0.0]))[2]) for e in (low, high)]
        density = round(float(inside.mean()), 1)
        bodies.append(Level(number, "", (x, y, z), round(ends[0], 1), round(ends[1], 1), density))
    return Levels(tuple(bodies), UNNAMED)


def _middle(spine: NDArray[np.bool_], spacing: tuple[float, float, float],
            ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column of the middle of the vertebral body per slice: 14 mm behind the front of the spine."""
    n = spine.shape[0]
    front, columns = np.full(n, np.nan), np.full(n, np.nan)
    for k in np.flatnonzero(spine.any(axis=(1, 2))):
        profile = spine[k].sum(axis=0) * spacing[1]
        columns[k] = float((profile * np.arange(len(profile))).sum() / profile.sum())
        near = slice(max(0, int(columns[k] - 8 / spacing[2])), int(columns[k] + 8 / spacing[2]) + 1)
        seen = np.flatnonzero(spine[k, :, near].any(axis=1))
        if seen.size:
            front[k] = seen[0]
    known = np.flatnonzero(np.isfinite(front))
    if known.size < 5:
        return np.full(n, np.nan), np.full(n, np.nan)
    span = np.arange(n)
    size = max(3, round(50.0 / spacing[0])) | 1  # a disc shows no bone: its neighbours tell where it lies
    inside = (span >= known[0]) & (span <= known[-1])
    rows = ndimage.percentile_filter(np.interp(span, known, front[known]), 30, size, mode="nearest") + 14.0 / spacing[1]
    middle = ndimage.median_filter(np.interp(span, known, columns[known]), size, mode="nearest")
    return np.where(inside, rows, np.nan), np.where(inside, middle, np.nan)


def _mean(plane: NDArray[np.int16], row: float, column: float, spacing: tuple[float, float, float]) -> float:
    r, c = HALF_MM[0] / spacing[1], HALF_MM[1] / spacing[2]
    box = plane[max(0, round(row - r)) : round(row + r) + 1, max(0, round(column - c)) : round(column + c) + 1]
    return float(np.clip(box, -100, 700).mean()) if box.size else 0.0


def _discs(profile: NDArray[np.float64], dz: float) -> list[float]:
    """Positions of the longest run of minima whose distances are those of discs, and alike (within a quarter)."""
    even = profile - ndimage.uniform_filter1d(profile, max(3, round(45.0 / dz)), mode="nearest")
    even = ndimage.gaussian_filter1d(even, 1.2 / dz)
    depth = float(np.std(even))
    if depth < 12.0:
        return []
    minima, _ = find_peaks(-even, distance=max(1, round(PERIOD_MM[0] / dz)), prominence=1.2 * depth)
    best: list[float] = []
    run: list[float] = []
    for at in minima.astype(float):
        gaps = np.diff([*run, at]) * dz
        usual = np.median(gaps) if gaps.size else 0.0
        if run and not (PERIOD_MM[0] <= gaps[-1] <= PERIOD_MM[1] and abs(gaps[-1] - usual) < 0.25 * usual):
            run = []
        run.append(float(at))
        best = run[:] if len(run) > len(best) else best
    return best
