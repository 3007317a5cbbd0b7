"""The chest wall of one side, rolled out flat: what rays from the middle of a hemithorax meet near the ribs.

Each slice has its own centre, the middle of that side's cage, so that the rays meet the wall nearly at right angles.
The rolled out wall is (slices, directions, steps outwards) about the ribs' inner side as the measuring grid has it;
neighbours in it lie along the wall, so that it may be smoothed along the wall without blurring the pleura.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.volume import Volume

BINS = 256
STEP_MM, INSIDE_MM, OUTSIDE_MM = 0.5, 14.0, 6.0
REACH_MM = 200.0
EVEN_MM = 5.0
"""Over which the ribs' inner side is evened out along the wall, as a Gaussian's standard deviation."""
MIDDLE_MM = 12.0
"""From the midline: a ray that leaves the cage nearer to it has met the other side or the spine, not the wall."""
Map = NDArray[np.float32]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Wall:
    """The wall of one side.

    Attributes:
        volume: axial, as acquired. box: the part of it in which the side lies.
        rows, columns: of the centre per slice of the box, in pixels of the axial volume.
        radius: (slices, BINS) float32, millimetres from the centre to the ribs' inner side, evened out.
        known: (slices, BINS) bool, whether the ray meets the wall of this side.
    """

    volume: Volume
    box: Box
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    radius: Map
    known: Mask

    @property
    def steps(self) -> Map:
        """Millimetres outwards from ``radius`` of the samples of :meth:`rolled`."""
        return np.arange(-INSIDE_MM, OUTSIDE_MM + STEP_MM / 2, STEP_MM, dtype=np.float32)

    @property
    def along(self) -> tuple[float, float]:
        """Millimetres between neighbours of the rolled out wall: slices, directions."""
        around = float(np.median(self.radius[self.known])) if self.known.any() else 80.0
        return self.volume.spacing_mm[0], 2 * np.pi * around / BINS

    def rolled(self, array: NDArray[np.float32] | Mask, order: int = 1) -> Map:
        """An array of the box's shape along the wall, (slices, BINS, steps) float32: nearest (0) or linear (1)."""
        _, sy, sx = self.volume.spacing_mm
        turn = (np.arange(BINS) + 0.5) / BINS * 2 * np.pi - np.pi
        dy, dx = (np.cos(turn) / sy).astype(np.float32), (np.sin(turn) / sx).astype(np.float32)
        out = np.empty((*self.radius.shape, self.steps.size), np.float32)
        for k in np.flatnonzero(self.known.any(axis=1)):
            r = self.radius[k][:, None] + self.steps[None]
            at = np.stack([r * dy[:, None] + np.float32(self.rows[k] - self.box[1].start),
                           r * dx[:, None] + np.float32(self.columns[k] - self.box[2].start)])
            ndimage.map_coordinates(array[k].astype(np.float32), at, out[k], order=order, mode="nearest")
        out[~self.known.any(axis=1)] = 0
        return out

    def places(self, k: int) -> tuple[Map, NDArray[np.intp], NDArray[np.intp], Map]:
        """Of the pixels of slice ``k``: distance from the centre, the two nearest rays, the second's share."""
        _, sy, sx = self.volume.spacing_mm
        dy = ((np.arange(self.box[1].start, self.box[1].stop) - self.rows[k]) * sy).astype(np.float32)[:, None]
        dx = ((np.arange(self.box[2].start, self.box[2].stop) - self.columns[k]) * sx).astype(np.float32)[None, :]
        at = (np.arctan2(dx, dy) + np.float32(np.pi)) * np.float32(BINS / (2 * np.pi)) - np.float32(0.5)
        low = np.floor(at).astype(np.intp)
        return np.hypot(dy, dx), low % BINS, (low + 1) % BINS, (at - low).astype(np.float32)


def full_size(chest: Chest, mask: Mask, box: Box) -> Mask:
    """A mask of the chest's grid on the part ``box`` of the axial volume."""
    index = [np.clip((np.arange(b.start, b.stop) - o) // s, 0, n - 1)
             for b, o, s, n in zip(box, chest.origin, chest.steps, mask.shape, strict=True)]
    out: Mask = mask[np.ix_(*index)]
    return out


def wall_of(volume: Volume, chest: Chest, side: str) -> Wall | None:
    """The wall of a side; None where there is too little of it.

    Args:
        volume: axial, the one that ``chest`` was made of.
    """
    own = chest.cage & chest.half(side) & (np.abs(chest.x) > MIDDLE_MM)
    slices = np.flatnonzero(own.any(axis=(1, 2)))
    if slices.size < 4:
        return None
    box = _box(chest, own, slices)
    centres = _centres(chest, own, slices)
    n = box[0].stop - box[0].start
    index = (np.arange(box[0].start, box[0].stop) - chest.origin[0] - (chest.steps[0] - 1) / 2) / chest.steps[0]
    rows, columns = (np.interp(index, slices, c) * s + o + (s - 1) / 2 for c, s, o in
                     zip(centres, chest.steps[1:], chest.origin[1:], strict=True))
    start = Wall(volume, box, rows, columns, np.zeros((n, BINS), np.float32), np.ones((n, BINS), bool))
    radius, known = _edge(chest, start, full_size(chest, chest.cage, box), side)
    weight = known.astype(np.float32)
    along = (volume.spacing_mm[0], 2 * np.pi * 80.0 / BINS)
    sigma = [EVEN_MM / a for a in along]
    mass = ndimage.gaussian_filter(weight, sigma, mode=("nearest", "wrap"), truncate=3.0)
    even = ndimage.gaussian_filter(radius * weight, sigma, mode=("nearest", "wrap"), truncate=3.0)
    return Wall(volume, box, rows, columns, (even / np.maximum(mass, 1e-3)).astype(np.float32), known & (mass > 0.3))


def _box(chest: Chest, own: Mask, slices: NDArray[np.intp]) -> Box:
    """The part of the axial volume that holds a side with 10 mm around it."""
    out = []
    for axis in range(3):
        at = slices if axis == 0 else np.flatnonzero(own.any(axis=tuple(a for a in range(3) if a != axis)))
        pad = round(10.0 / chest.spacing[axis]) if axis else 0
        lo = max(0, (int(at[0]) - pad) * chest.steps[axis] + chest.origin[axis])
        hi = min(chest.shape[axis], (int(at[-1]) + 1 + pad) * chest.steps[axis] + chest.origin[axis])
        out.append(slice(lo, hi))
    return out[0], out[1], out[2]


def _centres(chest: Chest, own: Mask, slices: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Row and column of the middle of the cage in each of ``slices``, evened out over 20 mm."""
    out = []
    for axis in (1, 2):
        count = own[slices].sum(axis=3 - axis).astype(float)
        middle = (count * np.arange(count.shape[1])).sum(axis=1) / count.sum(axis=1)
        out.append(ndimage.gaussian_filter1d(middle, 20.0 / chest.spacing[0], mode="nearest"))
    return out


def _edge(chest: Chest, start: Wall, cage: Mask, side: str) -> tuple[Map, Mask]:
    """Where each ray leaves the cage for good, in millimetres, and whether it does so beside the ribs of this side."""
    _, sy, sx = start.volume.spacing_mm
    turn = (np.arange(BINS) + 0.5) / BINS * 2 * np.pi - np.pi
    r = np.arange(0.0, REACH_MM, 2 * STEP_MM, dtype=np.float32)
    dy, dx = np.cos(turn)[:, None] * r / sy, np.sin(turn)[:, None] * r / sx
    radius, known = np.zeros_like(start.radius), np.zeros(start.known.shape, bool)
    sign = -1 if side == "right" else 1
    middle = np.interp((np.arange(start.box[0].start, start.box[0].stop) - chest.origin[0]) / chest.steps[0],
                       np.arange(len(chest.midline)), chest.midline) * chest.steps[2] + chest.origin[2]
    for k in range(len(radius)):
        y = np.rint(dy + start.rows[k] - start.box[1].start).astype(np.intp)
        x = np.rint(dx + start.columns[k] - start.box[2].start).astype(np.intp)
        there = (y >= 0) & (x >= 0) & (y < cage.shape[1]) & (x < cage.shape[2])
        inside = np.zeros(there.shape, bool)
        inside[there] = cage[k][y[there], x[there]]
        last = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
        radius[k] = r[last] + STEP_MM
        end = start.columns[k] + np.sin(turn) * radius[k] / sx
        known[k] = inside.any(axis=1) & ((end - middle[k]) * sign * sx > MIDDLE_MM)
        known[k] &= there[np.arange(BINS), np.minimum(last + 4, len(r) - 1)]
    return radius, known
