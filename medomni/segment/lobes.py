"""Lobes of the lungs where their fissures are seen: thin sheets in thin slices, a smooth surface through them.

A fissure shows as a sheet denser than lung, so its second derivative across is strongly negative and along it is not
(Wiemker 2005, Proc. CARS 1121, takes the eigenvalues of the same Hessian matrix). The surface is fitted to what is seen
and held against surfaces beside it: without a clear difference, or in slices above 2.5 mm, the side's lobes are *not
assessed* and no lobe is guessed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.segment.classes import LUNGMASK_LOBES
from medomni.segment.grid import Grid
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

THICKEST_MM = 2.6
SCALE_MM = 1.6
TABLE = {20 + value: replace(row, value=20 + value) for value, row in LUNGMASK_LOBES.items()}
"""Values apart from those of the built-in chest, which the organs' rows stand beside."""
VALUE = {(row.side, row.anatomy_id): value for value, row in TABLE.items()}
OBLIQUE = np.array([1.0, -1.0]) / np.sqrt(2.0)
"""Across the oblique fissure: to the head and to the front (slice and row direction)."""
SLOPES, LEAST_CONTRAST, LEAST_SHARE = (0.6, 0.8, 1.0, 1.2, 1.4, 1.7), 2.2, 0.45
"""Slopes tried (height over depth); the sheet on the surface over that beside it, and the share of the surface on which
it is seen, that are needed."""
SIDES, NAME = ("right", "left"), "builtin lobes 1"
Floats = NDArray[np.float64]


def find_lobes(volume: Volume, segmentation: Segmentation) -> Segmentation:
    """Lobes on the volume's grid; a side whose fissures are not seen is left out with a coded reason.

    Args:
        segmentation: with lungs by side, of the same grid.

    Returns:
        The table is :data:`TABLE`; ``abstained`` maps ``upper_lobe/right`` and
        so on to the reason.
    """
    axes = axis_alignment(volume.affine)
    thick = float(np.linalg.norm(volume.affine[:3, axes[0][0]]))
    if thick > THICKEST_MM or segmentation.situs_inversus:
        why = "organs are mirrored" if segmentation.situs_inversus else f"slices of {thick:.1f} mm"
        reasons = {f"{row.anatomy_id}/{row.side}": f"MED-S07: {why}" for row in TABLE.values()}
        return Segmentation(np.zeros(volume.array.shape, np.uint8), TABLE, volume.affine, NAME, frozenset(), reasons)
    grid = Grid.of(volume, slice_mm=1.5)
    labels = np.zeros(grid.hu.shape, np.uint8)
    abstained: dict[str, str] = {}
    for side in SIDES:
        lung = reorient(segmentation.mask("lung", side), volume.affine, *axes)[0]
        lung = lung[tuple(slice(s // 2 if n > s // 2 else 0, None, s)
                          for s, n in zip(grid.steps, lung.shape, strict=True))]
        lung = np.pad(lung, [(0, h - n) for h, n in zip(grid.hu.shape, lung.shape, strict=True)], mode="edge")
        reason = _label(grid, lung, side, labels)
        if reason:
            names = ("upper_lobe", "lower_lobe") + (("middle_lobe",) if side == "right" else ())
            abstained |= {f"{name}/{side}": reason for name in names}
    return Segmentation(grid.to_volume(labels, volume), TABLE, volume.affine, NAME, frozenset(), abstained)


def _label(grid: Grid, lung: NDArray[np.bool_], side: str, labels: NDArray[np.uint8]) -> str:
    """Write one side's lobes in place; returns why not, or empty text."""
    if not lung.any():
        return "MED-S07: no lung"
    at = [np.flatnonzero(lung.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    box = tuple(slice(int(a[0]), int(a[-1]) + 1) for a in at)
    part = lung[box]
    inner = ndimage.binary_erosion(part, iterations=max(1, round(3.0 / grid.spacing[1])))
    sheets = _sheets(grid, grid.hu[box], part)
    z, y, x = (np.arange(n) * s for n, s in zip(part.shape, grid.spacing, strict=True))
    oblique = np.where(inner, sheets[0], 0.0)
    start = _start(oblique, inner, z, y)
    surface = _fitted(oblique, inner, start, z, y, x)
    if not _seen(oblique, inner, surface, z):
        return "MED-S07: the oblique fissure is not seen"
    above = z[:, None, None] > surface[None]
    if side == "left":
        labels[box][part] = np.where(above, VALUE[side, "upper_lobe"], VALUE[side, "lower_lobe"])[part]
        return ""
    front = np.where(inner & above, sheets[1], 0.0)
    level = _level(front, inner & above, z)
    flat = _fitted(front, inner & above, np.full(surface.shape, level), z, y, x)
    if not _seen(front, inner & above, flat, z):
        return "MED-S07: the horizontal fissure is not seen"
    middle = above & (z[:, None, None] < flat[None])
    lower = np.where(above, VALUE[side, "upper_lobe"], VALUE[side, "lower_lobe"])
    labels[box][part] = np.where(middle, VALUE[side, "middle_lobe"], lower)[part]
    return ""


def _sheets(grid: Grid, hu: NDArray[np.float32], lung: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """How much a voxel is part of an oblique, and of a horizontal, sheet, in HU per square millimetre; 0 elsewhere."""
    typical = float(np.median(hu[lung]))
    flat = np.where(lung, np.clip(hu, -1000, -300), typical).astype(np.float32)
    sigma = [SCALE_MM / s for s in grid.spacing]

    def second(*order: int) -> Floats:
        scale = np.prod([s**o for s, o in zip(grid.spacing, order, strict=True)])
        return ndimage.gaussian_filter(flat, sigma, order=order, truncate=3.0) / scale

    zz, yy, xx, zy = second(2, 0, 0), second(0, 2, 0), second(0, 0, 2), second(1, 1, 0)
    a, b = OBLIQUE
    across = a * a * zz + b * b * yy + 2 * a * b * zy
    along = b * b * zz + a * a * yy - 2 * a * b * zy
    tilted = np.maximum(-across, 0) - np.abs(along) - np.abs(xx)
    level = np.maximum(-zz, 0) - np.abs(yy) - np.abs(xx)
    return np.maximum(tilted, 0), np.maximum(level, 0)


def _start(sheet: Floats, inner: NDArray[np.bool_], z: Floats, y: Floats) -> Floats:
    """Heights (rows, columns) of the plane with the greatest mean sheet, falling from the back to the front."""
    profile, count = sheet.sum(axis=2), inner.sum(axis=2)
    best, chosen = -1.0, np.zeros(len(y))
    depth = y - y.mean()
    for slope in SLOPES:
        for middle in np.arange(z[0] + 0.25 * np.ptp(z), z[0] + 0.8 * np.ptp(z), 2.0):
            line = middle + slope * depth
            k = np.rint((line - z[0]) / (z[1] - z[0])).astype(int)
            ok = np.flatnonzero((k >= 1) & (k < len(z) - 1))
            if ok.size < 10:
                continue
            total = sum(profile[k[ok] + i, ok].sum() for i in (-1, 0, 1))
            area = count[k[ok], ok].sum()
            score = total / (area + 0.2 * count.max(axis=0).sum())
            if score > best:
                best, chosen = score, line
    return np.repeat(chosen[:, None], sheet.shape[2], axis=1)


def _level(sheet: Floats, inner: NDArray[np.bool_], z: Floats) -> float:
    """The height with the greatest mean horizontal sheet."""
    area = inner.sum(axis=(1, 2))
    mean = ndimage.uniform_filter1d(sheet.sum(axis=(1, 2)), 3) / (area + 0.2 * area.max())
    return float(z[int(mean.argmax())])


def _fitted(sheet: Floats, inner: NDArray[np.bool_], surface: Floats, z: Floats, y: Floats, x: Floats) -> Floats:
    """A cubic surface through the sheet within 14, then 8, 5 and 4 mm of the one before."""
    strong = np.nonzero(sheet > np.percentile(sheet[inner], 90)) if inner.any() else ((), (), ())
    if len(strong[0]) < 200:
        return surface
    zz, weight = z[strong[0]], sheet[strong]
    u, v = (y - y.mean()) / np.ptp(y) * 2, (x - x.mean()) / np.ptp(x) * 2
    basis = _basis(u[strong[1]], v[strong[2]])
    whole = _basis(np.repeat(u[:, None], len(v), 1).ravel(), np.repeat(v[None], len(u), 0).ravel())
    for reach in (14.0, 8.0, 5.0, 4.0):
        near = np.abs(zz - surface[strong[1], strong[2]]) < reach
        if near.sum() < 100:
            return surface
        w = weight[near][:, None]
        a = basis[near]
        trust = np.diag([1e-6] * 3 + [2e-3] * 3 + [2e-2] * (basis.shape[1] - 6)) * w.sum()
        fit = np.linalg.solve(a.T @ (a * w) + trust, a.T @ (zz[near] * w[:, 0]))
        surface = (whole @ fit).reshape(surface.shape)
    return surface


def _basis(u: Floats, v: Floats) -> Floats:
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v, u**3, u * u * v, u * v * v, v**3], axis=1)


def _seen(sheet: Floats, inner: NDArray[np.bool_], surface: Floats, z: Floats) -> bool:
    """Whether the sheet on the surface stands out from that 7 and 11 mm beside it, over enough of it."""
    step = z[1] - z[0]
    rows, columns = np.indices(surface.shape)

    def on(shift: float) -> Floats:
        k = np.rint((surface + shift - z[0]) / step).astype(int)
        ok = (k >= 1) & (k < len(z) - 1)
        kk = np.clip(k, 1, len(z) - 2)
        value = np.maximum.reduce([sheet[kk + i, rows, columns] for i in (-1, 0, 1)])
        return np.where(ok & inner[kk, rows, columns], value, np.nan)

    here, beside = on(0.0), np.concatenate([on(s)[None] for s in (-11.0, -7.0, 7.0, 11.0)])
    known = np.isfinite(here)
    if known.sum() < 150 or not np.isfinite(beside).any():
        return False
    typical = float(np.nanmean(beside)) + 1e-6
    limit = np.nanpercentile(beside, 80)
    return bool(np.nanmean(here) / typical > LEAST_CONTRAST and np.mean(here[known] > limit) > LEAST_SHARE)
