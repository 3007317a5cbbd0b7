"""Round cross-sections matched to disks and followed from slice to slice as one smooth path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.fft import set_workers
from scipy.signal import fftconvolve

Floats = NDArray[np.float32]
INNER, GAP_MM, RING_MM = 0.85, 0.5, 4.0
"""A disk is held full up to this share of its radius; the ring around it begins and ends so far outside."""
EDGE_HU, NEXT_MM, LUNG_HU, BONE_OVER_HU = 45.0, 3.5, -750.0, 90.0
"""A border drops by so much at least; what lies outside is looked for so far beyond; no emptier than lung; bone begins
so far above the density inside."""
STEEPNESS = 0.012
"""What a shift costs: this times its square (mm) over the distance of the slices (mm), in units of the match."""


@dataclass(frozen=True, eq=False)
class Path:
    """A followed tube.

    Attributes:
        slices: ascending indices, shape (n,). rows, columns: centre per slice in pixels, float, shape (n,).
        radii: millimetres, shape (n,). matches: -1 to 1 per slice, 1 where the disk is full and its ring empty.
    """

    slices: NDArray[np.int64]
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    radii: NDArray[np.float64]
    matches: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_]) -> Path:
        """The same path where ``chosen``."""
        return Path(*(getattr(self, n)[chosen] for n in ("slices", "rows", "columns", "radii", "matches")))


def matched(full: Floats, pixel_mm: float, radii_mm: tuple[float, ...], costs: list[float] | None = None,
            ) -> tuple[Floats, Floats]:
    """(match, radius in mm) of the best disk at each pixel of (slices, rows, columns) values from 0 to 1.

    The match is the mean inside the disk less the mean in a ring around it (a top hat) less the
    cost of that radius.
    """
    best = np.full(full.shape, -2.0, np.float32)
    size = np.zeros(full.shape, np.float32)
    reach = int(np.ceil((max(radii_mm) + RING_MM) / pixel_mm))
    padded = np.pad(full, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    a = np.arange(-reach, reach + 1) * pixel_mm
    away = np.hypot(a[:, None], a[None, :])
    for r, cost in zip(radii_mm, costs or [0.0] * len(radii_mm), strict=True):
        disk = np.clip((INNER * r - away) / pixel_mm + 0.5, 0, 1)
        ring = np.clip((r + RING_MM - away) / pixel_mm + 0.5, 0, 1) * \
            np.clip((away - r - GAP_MM) / pixel_mm + 0.5, 0, 1)
        kernel = (disk / disk.sum() - ring / ring.sum()).astype(np.float32)
        with set_workers(2):
            match = fftconvolve(padded, kernel[None], mode="valid", axes=(1, 2)).astype(np.float32) - np.float32(cost)
        better = match > best
        best[better], size[better] = match[better], r
    return best, size


def followed(match: Floats, size: Floats, spacing: tuple[float, float, float], steepest: float = 1.2) -> Path:
    """The path through all slices with the greatest sum of matches less what its shifts cost (Bellman 1957).

    Args:
        match, size: of :func:`matched`, (slices, rows, columns).
        steepest: millimetres of shift for each millimetre between slices.
    """
    n, height, width = match.shape
    reach = max(1, round(steepest * spacing[0] / spacing[1]))
    offsets = [(i, j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1) if i * i + j * j <= reach**2]
    total = match[0].copy()
    back = np.zeros((n, height, width), np.int16)
    for k in range(1, n):
        best = np.full((height, width), -np.inf, np.float32)
        padded = np.pad(total, reach, constant_values=-1e6)
        for number, (i, j) in enumerate(offsets):
            cost = STEEPNESS * ((i * spacing[1]) ** 2 + (j * spacing[2]) ** 2) / spacing[0]
            came = padded[reach + i : reach + i + height, reach + j : reach + j + width] - np.float32(cost)
            better = came > best
            best[better] = came[better]
            back[k][better] = number
        total = match[k] + best
    row, column = (int(v) for v in np.unravel_index(int(total.argmax()), total.shape))
    at = [(row, column)]
    for k in range(n - 1, 0, -1):
        i, j = offsets[back[k, row, column]]
        row, column = row + i, column + j
        at.append((row, column))
    rows, columns = (np.array(v, float) for v in zip(*at[::-1], strict=True))
    slices = np.arange(n)
    index = (slices, rows.astype(int), columns.astype(int))
    return Path(slices, rows, columns, size[index].astype(float), match[index].astype(float))


def outlined(hu: Floats, path: Path, spacing: tuple[float, float, float], inside_hu: float,
             angles: int = 48) -> NDArray[np.float64]:
    """Radius in millimetres per (slice of the path, angle) of the tube's border.

    The border lies half-way between the density inside and what the ray meets next outside, fat or lung; or where
    bone begins. A ray that leaves the tube into something as dense (another vessel, the gullet) finds no edge between
    0.7 and 1.35 radii; there the radius of the neighbouring rays holds.
    """
    turn = np.arange(angles) / angles * 2 * np.pi
    steps = np.linspace(0.55, 1.5, 39)
    out = np.empty((len(path.slices), angles))
    for n, k in enumerate(path.slices):
        r = path.radii[n] * steps
        at = np.stack([path.rows[n] + np.sin(turn)[:, None] * r / spacing[1],
                       path.columns[n] + np.cos(turn)[:, None] * r / spacing[2]])
        ray = ndimage.map_coordinates(hu[k], at, order=1, mode="nearest")
        below = ray < inside_hu - EDGE_HU
        first = below.argmax(axis=1)
        reach = first[:, None] + np.arange(1 + int(NEXT_MM / (r[1] - r[0])))
        outside = np.take_along_axis(ray, np.minimum(reach, ray.shape[1] - 1), axis=1).min(axis=1)
        level = np.where(below.any(axis=1), (inside_hu + np.maximum(outside, LUNG_HU)) / 2, -np.inf)
        bone = inside_hu + max(BONE_OVER_HU, 0.4 * inside_hu)
        away = np.where(ray > inside_hu, (ray - inside_hu) / (bone - inside_hu),
                        (inside_hu - ray) / np.where(np.isfinite(level), inside_hu - level, np.inf)[:, None])
        over = away >= 1.0
        first = over.argmax(axis=1)
        rows = np.flatnonzero(over.any(axis=1) & (first > 0))
        low, high = away[rows, first[rows] - 1], away[rows, first[rows]]
        edge = r[first[rows] - 1] + (1.0 - low) / np.maximum(high - low, 1e-6) * (r[1] - r[0])
        good = (edge > 0.7 * path.radii[n]) & (edge < 1.35 * path.radii[n])
        known, values = turn[rows[good]], edge[good]
        if len(known) < angles // 4:
            out[n] = path.radii[n]
            continue
        values = np.clip(values, 0.75 * np.median(values), 1.3 * np.median(values))
        every = np.interp(turn, known, values, period=2 * np.pi)
        out[n] = ndimage.median_filter(every, 5, mode="wrap")
    return out


def filled(shape: tuple[int, ...], path: Path, edges: NDArray[np.float64],
           spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Voxels within the outlines of a path, (slices, rows, columns) bool."""
    out = np.zeros(shape, bool)
    angles = edges.shape[1]
    y, x = np.arange(shape[1])[:, None], np.arange(shape[2])[None, :]
    for n, k in enumerate(path.slices):
        dy, dx = (y - path.rows[n]) * spacing[1], (x - path.columns[n]) * spacing[2]
        at = np.mod(np.arctan2(dy, dx), 2 * np.pi) / (2 * np.pi) * angles
        low = np.floor(at).astype(int) % angles
        share = at - np.floor(at)
        out[k] = np.hypot(dy, dx) <= edges[n][low] * (1 - share) + edges[n][(low + 1) % angles] * share
    return out
