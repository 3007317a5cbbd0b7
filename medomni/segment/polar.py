"""Polar coordinates around a centre of each slice: what a ray from the middle of the chest meets."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.segment.grid import Grid, Mask

BINS = 240
"""Directions, from the front (the first) over the left side and the back (the middle) to the right side."""
REACH_MM = 260.0
Map = NDArray[np.float32]
Rays = NDArray[Any]


def turns() -> NDArray[np.float64]:
    """Angle of each direction from the front in radians, positive to the left, (BINS,)."""
    out: NDArray[np.float64] = (np.arange(BINS) + 0.5) / BINS * 2 * np.pi - np.pi
    return out


class Polar:
    """Rays of a run of slices.

    Attributes:
        radii: distances from the centre in millimetres, as far as the farthest corner, one a pixel.

    Args:
        rows, columns: of the centre per slice, in pixels.
    """

    def __init__(self, grid: Grid, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> None:
        self._spacing, self._shape = grid.spacing, grid.hu.shape[1:]
        self._rows, self._columns = rows, columns
        self.step = min(grid.spacing[1:])
        extent = np.hypot(self._shape[0] * grid.spacing[1], self._shape[1] * grid.spacing[2])
        self.radii = np.arange(0.0, min(REACH_MM, extent), self.step, dtype=np.float32)

    @cached_property
    def _places(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Offsets in rows and columns of each (direction, radius) from the centre."""
        turn = turns()
        dy = np.cos(turn)[:, None] * self.radii / self._spacing[1]
        dx = np.sin(turn)[:, None] * self.radii / self._spacing[2]
        return dy.astype(np.float32), dx.astype(np.float32)

    def sampled(self, array: NDArray[Any], order: int = 1) -> Rays:
        """An array of the run, (slices, rows, columns), along the rays, (slices, BINS, radii): nearest or linear."""
        dy, dx = self._places
        out = np.empty((len(array), *dy.shape), np.uint8 if array.dtype == bool else np.float32)
        for k, plane in enumerate(array):
            at = np.stack([dy + np.float32(self._rows[k]), dx + np.float32(self._columns[k])])
            ndimage.map_coordinates(plane.view(np.uint8) if plane.dtype == bool else plane, at, out[k], order=order,
                                    mode="constant" if plane.dtype == bool else "nearest")
        return out

    @staticmethod
    def first(seen: Mask) -> NDArray[np.intp]:
        """Index of the first radius at which something is met, 0 where nothing is."""
        return seen.argmax(axis=-1)

    @staticmethod
    def last(seen: Mask) -> NDArray[np.intp]:
        """Index of the last radius at which something is met, 0 where nothing is."""
        return np.where(seen.any(axis=-1), seen.shape[-1] - 1 - seen[..., ::-1].argmax(axis=-1), 0)

    def crossing(self, rays: Rays, level: float, begin: NDArray[np.intp], within: int = 6) -> Map:
        """Radius in millimetres at which a ray first rises through a level from index ``begin`` on, between samples;
        that of the middle of what was searched where it does not."""
        index = np.clip(begin[..., None] + np.arange(within + 1), 0, rays.shape[-1] - 1)
        values = np.take_along_axis(rays, index, axis=-1)
        low, high = values[..., :-1], values[..., 1:]
        rises = (low < level) & (high >= level)
        at = rises.argmax(axis=-1)[..., None]
        low, high = np.take_along_axis(low, at, -1)[..., 0], np.take_along_axis(high, at, -1)[..., 0]
        share = np.clip((level - low) / np.maximum(high - low, 1e-3), 0, 1)
        found = begin + at[..., 0] + share
        return (np.where(rises.any(axis=-1), found, begin + 2) * self.step).astype(np.float32)

    def within(self, radius: Map) -> Mask:
        """Voxels of the run, (slices, rows, columns), that lie within a radius per (slice, direction)."""
        out = np.empty((len(radius), *self._shape), bool)
        y = np.arange(self._shape[0], dtype=np.float32)[:, None]
        x = np.arange(self._shape[1], dtype=np.float32)[None, :]
        for k, row in enumerate(radius):
            dy = (y - np.float32(self._rows[k])) * self._spacing[1]
            dx = (x - np.float32(self._columns[k])) * self._spacing[2]
            at = (np.arctan2(dx, dy) + np.pi) / (2 * np.pi) * BINS - 0.5
            low = np.floor(at).astype(np.intp)
            share = (at - low).astype(np.float32)
            limit = row[low % BINS] * (1 - share) + row[(low + 1) % BINS] * share
            out[k] = np.hypot(dy, dx) <= limit
        return out
