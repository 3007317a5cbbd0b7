"""The aorta by rules: a disk beside the spine followed downwards, one before it followed upwards, an arch between.

Works on the density of blood as it is in the study, native or with contrast. What cannot be followed is left out: the
ascending part and the arch alone, or the whole, then with a coded reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.segment.arch import find_arch
from medomni.segment.bone import Skeleton
from medomni.segment.disks import Floats, Path, filled, followed, matched, outlined
from medomni.segment.grid import Grid, Mask

RADII_MM = tuple(float(r) for r in range(8, 36, 1))
DESCENDING_MM = {"x": (-14.0, 70.0), "y": (-60.0, 26.0)}
"""Where its centre may lie: to the left of the midline, and behind the front of the spine (LPS)."""
ASCENDING_MM = {"x": (-58.0, 26.0), "y": (-125.0, -28.0)}
CANAL_MM = 17.0
"""Half the width behind the front of the spine in which nothing is a vessel: the canal is as round as one."""
USUAL_RATIO, RATIO_WIDTH, RATIO_COST = 1.35, 0.4, 0.15
"""Ascending to descending diameter (33 to 24 mm; Wolak 2008, JACC Cardiovasc Imaging 1:200), and what it costs to
be off by the width."""
LEAST_MATCH, LEAST_MEAN, LEAST_MM = 0.42, 0.55, 60.0
"""A slice whose match is less ends the path; the mean over it, and its length, that a descending aorta must reach."""
ASCENDING_MATCH, ASCENDING_MEAN = 0.42, 0.5  # it lies against the caval vein and the pulmonary trunk
CALIBRE_MM = (14.0, 85.0)


@dataclass(frozen=True, eq=False)
class Aorta:
    """The aorta as far as it could be followed, (slices, rows, columns) bool.

    Attributes:
        descending, ascending, arch: its parts; empty where not followed.
        reason: why there is no aorta at all, beginning with an error code; empty where there is.
    """

    descending: Mask
    ascending: Mask
    arch: Mask
    reason: str = ""

    @property
    def mask(self) -> Mask:
        """All parts."""
        return self.descending | self.ascending | self.arch


def find_aorta(grid: Grid, skeleton: Skeleton, blood_hu: float | None, lungs: Mask) -> Aorta:
    """Follow the aorta over the slices that show lung and those below.

    Args:
        blood_hu: density of the blood in this study (of the heart), None where unknown: then that of native blood.
    """
    none = np.zeros(grid.hu.shape, bool)
    slices = np.flatnonzero(lungs.any(axis=(1, 2)))
    if not slices.size:
        return Aorta(none, none, none, "MED-S06: no lungs beside it")
    top = int(slices[-1]) + 1
    blood = 40.0 if blood_hu is None else float(blood_hu)
    full = fullness(grid, blood, skeleton)[:top]
    down = _descending(grid, full, skeleton)
    if down is None:
        return Aorta(none, none, none, "MED-S06: no round vessel could be followed left of and before the spine")
    inner = filled(full.shape, down, np.repeat(0.6 * down.radii[:, None], 16, 1), grid.spacing)
    seen = float(np.median(grid.hu[:top][inner]))
    if abs(seen - blood) > 45:  # the heart was filled otherwise than the aorta
        blood = seen
        full = fullness(grid, blood, skeleton)[:top]
        down = _descending(grid, full, skeleton) or down
    hu = grid.smooth(grid.hu[:top], 0.7)
    descending, ascending, arch = none.copy(), none.copy(), none.copy()
    descending[:top] = filled(full.shape, down, outlined(hu, down, grid.spacing, blood), grid.spacing)
    up = _ascending(grid, full, skeleton, down)
    if up is not None:
        ascending[:top] = filled(full.shape, up, outlined(hu, up, grid.spacing, blood), grid.spacing)
        bow = find_arch(grid, full, down, up)
        if bow is not None:
            arch[:top] = bow.mask
            descending[bow.above_descending:] = False
            ascending[bow.above_ascending:] = False
    return Aorta(descending, ascending & ~descending, arch & ~descending & ~ascending)


def fullness(grid: Grid, blood_hu: float, skeleton: Skeleton) -> Floats:
    """How much a voxel is like blood, 0 to 1; bone and lime are not, and nothing is inside the vertebrae.

    It is 0.5 at a third of the way from blood to what surrounds vessels, after smoothing, so that a thin layer of fat
    parts vessels that touch.
    """
    around = -90.0 if blood_hu < 100 else 40.0
    half, width = blood_hu - 0.35 * (blood_hu - around), 0.4 * (blood_hu - around)
    smooth = ndimage.gaussian_filter1d(grid.smooth(grid.hu, 1.8), 1.8 / grid.spacing[0], axis=0)
    low = np.clip((smooth - half) / width + 0.5, 0, 1)
    high = np.clip((blood_hu + max(130.0, 0.6 * blood_hu) - smooth) / 60.0 + 0.5, 0, 1)
    rows, columns = np.arange(grid.hu.shape[1])[None, :, None], np.arange(grid.hu.shape[2])[None, None, :]
    spine = (np.abs(columns - skeleton.midline[:, None, None]) * grid.spacing[2] < CANAL_MM) & \
        (rows > skeleton.front[:, None, None])
    return np.where(spine, 0.0, low * high).astype(np.float32)


def _window(grid: Grid, skeleton: Skeleton, slices: int, limits: dict[str, tuple[float, float]],
            ) -> tuple[tuple[slice, slice], Mask]:
    """A box that holds the places allowed in all slices, and which of its pixels are allowed in each."""
    rows, columns = np.arange(grid.hu.shape[1]), np.arange(grid.hu.shape[2])
    y = (rows[None] - skeleton.front[:slices, None]) * grid.spacing[1]
    x = (columns[None] - skeleton.midline[:slices, None]) * grid.spacing[2]
    in_y = (y > limits["y"][0]) & (y < limits["y"][1])
    in_x = (x > limits["x"][0]) & (x < limits["x"][1])
    r, c = np.flatnonzero(in_y.any(axis=0)), np.flatnonzero(in_x.any(axis=0))
    box = slice(int(r[0]), int(r[-1]) + 1), slice(int(c[0]), int(c[-1]) + 1)
    return box, in_y[:, box[0], None] & in_x[:, None, box[1]]


def _followed(grid: Grid, full: Floats, skeleton: Skeleton, part: slice, limits: dict[str, tuple[float, float]],
              radii: tuple[float, ...], usual: float | None = None) -> Path | None:
    """The best path over a run of slices within limits, in pixels of the grid; ``usual`` is the radius expected."""
    box, allowed = _window(grid, skeleton, len(full), limits)
    margin = int(np.ceil((max(radii) + 5) / grid.spacing[1]))
    wide = tuple(slice(max(0, b.start - margin), b.stop + margin) for b in box)
    match, size = matched(full[part][:, wide[0], wide[1]], grid.spacing[1], radii,
                          [0.0 if usual is None else RATIO_COST * ((r / usual - 1) / RATIO_WIDTH) ** 2 for r in radii])
    inside = tuple(slice(b.start - w.start, b.start - w.start + (b.stop - b.start)) for b, w in
                   zip(box, wide, strict=True))
    match, size = match[:, inside[0], inside[1]], size[:, inside[0], inside[1]]
    if min(match.shape) == 0:
        return None
    match = np.where(allowed[part], match, -1.0).astype(np.float32)
    path = followed(match, size, grid.spacing)
    return Path(path.slices + (part.start or 0), path.rows + box[0].start, path.columns + box[1].start,
                path.radii, path.matches)


def _descending(grid: Grid, full: Floats, skeleton: Skeleton) -> Path | None:
    """The longest run of slices with a good match; None where none is long and good enough."""
    path = _followed(grid, full, skeleton, slice(0, len(full)), DESCENDING_MM, RADII_MM[:20])
    if path is None:
        return None
    if not (path.matches > 0.6).any():
        return None
    middle = float(np.median(path.radii[path.matches > 0.6]))
    again = _followed(grid, full, skeleton, slice(0, len(full)), DESCENDING_MM,
                      tuple(r for r in RADII_MM if 0.7 * middle <= r <= 1.6 * middle), middle)
    path = again or path
    good = (path.matches > LEAST_MATCH) & (path.radii > 0.68 * middle)
    good = ndimage.binary_closing(np.pad(good, 2), iterations=1)[2:-2] | good
    labels, n = ndimage.label(good)
    if not n:
        return None
    longest = int(np.bincount(labels)[1:].argmax()) + 1
    run = path.part(labels == longest)
    if len(run.slices) * grid.spacing[0] < LEAST_MM or run.matches.mean() < LEAST_MEAN:
        return None
    return _smooth(grid, run)


def _ascending(grid: Grid, full: Floats, skeleton: Skeleton, down: Path) -> Path | None:
    """From the height of the descending path's top, or up to 30 mm lower, down to the root of the heart."""
    dz = grid.spacing[0]
    end = int(down.slices[-1]) + 1
    begin = max(0, end - round(105.0 / dz))
    typical = float(np.median(down.radii[-max(3, round(60 / dz)):]))
    radii = tuple(r for r in RADII_MM if 0.9 * typical <= r <= max(2.0 * typical, 26.0))
    path = _followed(grid, full, skeleton, slice(begin, end), ASCENDING_MM, radii, USUAL_RATIO * typical)
    if path is None:
        return None
    labels, _ = ndimage.label(path.matches > ASCENDING_MATCH)
    best = int(labels[int(path.matches.argmax())])
    if not best:
        return None
    run = path.part(labels == best)
    if len(run.slices) * dz < 20 or run.matches.mean() < ASCENDING_MEAN:
        return None
    return _smooth(grid, run)


def _smooth(grid: Grid, path: Path) -> Path:
    """Centre and radius without jumps: a running median and mean over 20 mm."""
    size = max(1, round(20.0 / grid.spacing[0])) | 1
    sigma = 4.0 / grid.spacing[0]

    def even(values: NDArray[np.float64], median: bool) -> NDArray[np.float64]:
        values = ndimage.median_filter(values, size, mode="nearest") if median else values
        return ndimage.gaussian_filter1d(values, sigma, mode="nearest")

    return Path(path.slices, even(path.rows, False), even(path.columns, False), even(path.radii, True), path.matches)

