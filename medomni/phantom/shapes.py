"""Grids and supersampled coverage of implicit shapes.

A shape is a function ``f(x, y, z) -> signed distance`` in millimetres (negative inside) over broadcastable
float32 arrays of LPS coordinates. Distances may be approximate: they only choose the voxels near the surface,
which are then sampled at 3 x 3 x 3 positions, so coverages carry the partial volume of 27 samples a voxel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any  # float32 arrays of any shape, or numpy scalars that broadcast with them
Shape = Callable[[Array, Array, Array], Array]
Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
Window = tuple[slice, slice, slice]
_CHUNK = 60_000


@dataclass(frozen=True, eq=False)
class Grid:
    """Voxel centres of a canonical axial volume: slices to the head, rows to the back, columns to the left.

    Attributes:
        z, y, x: float32 LPS millimetres of the slices, rows and columns, each ascending and equidistant.
    """

    z: Array
    y: Array
    x: Array

    @classmethod
    def spanning(
        cls, fov_mm: float, centre_y: float, z_range: tuple[float, float], matrix: int, slice_mm: float
    ) -> Grid:
        """A square grid of ``matrix`` x ``matrix`` pixels over ``fov_mm``,
        slices of ``slice_mm`` over ``z_range``.
        """
        pixel = fov_mm / matrix
        line = (np.arange(matrix) - (matrix - 1) / 2) * pixel
        count = max(1, int(round((z_range[1] - z_range[0]) / slice_mm)))
        z = z_range[0] + slice_mm * (np.arange(count) + 0.5)
        return cls(z.astype(np.float32), (line + centre_y).astype(np.float32), line.astype(np.float32))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return len(self.z), len(self.y), len(self.x)

    @property
    def step(self) -> tuple[float, float, float]:
        """Voxel size in millimetres: slice, row, column."""
        return tuple(
            float(a[1] - a[0]) if len(a) > 1 else float(self.x[1] - self.x[0])
            for a in (self.z, self.y, self.x)
        )  # type: ignore[return-value]

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in millilitres."""
        s = self.step
        return s[0] * s[1] * s[2] / 1000.0

    @property
    def affine(self) -> NDArray[np.float64]:
        """4x4 from (slice, row, column) indices to LPS millimetres."""
        dz, dy, dx = self.step
        a = np.zeros((4, 4))
        a[2, 0], a[1, 1], a[0, 2] = dz, dy, dx
        a[:, 3] = (self.x[0], self.y[0], self.z[0], 1.0)
        return a

    def window(self, box: Box) -> Window:
        """Index ranges of the voxels whose extent meets the box ((x0, x1), (y0, y1), (z0,
        z1)) in millimetres.
        """
        out = []
        for line, (lo, hi), step in zip((self.z, self.y, self.x), box[::-1], self.step, strict=True):
            a = int(np.floor((lo - line[0]) / step))
            b = int(np.ceil((hi - line[0]) / step)) + 1
            out.append(slice(min(max(a, 0), len(line)), min(max(b, 0), len(line))))
        return out[0], out[1], out[2]

    def whole(self) -> Window:
        """The window of all voxels."""
        return slice(0, len(self.z)), slice(0, len(self.y)), slice(0, len(self.x))

    def axes(self, w: Window) -> tuple[Array, Array, Array]:
        """Broadcastable x (1, 1, C), y (1, R, 1), z (S, 1, 1) of a window."""
        return self.x[w[2]][None, None, :], self.y[w[1]][None, :, None], self.z[w[0]][:, None, None]

    def points(self, w: Window, flat: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        """x, y, z of flat indices into a window."""
        n = (w[1].stop - w[1].start, w[2].stop - w[2].start)
        plane, column = np.divmod(flat, n[1])
        k, row = np.divmod(plane, n[0])
        return self.x[w[2]][column], self.y[w[1]][row], self.z[w[0]][k]

    def offsets(self, n: int = 3) -> tuple[Array, Array, Array]:
        """x, y, z offsets, each (n**3,), of the sub-voxel positions."""
        u = ((np.arange(n) + 0.5) / n - 0.5).astype(np.float32)
        dz, dy, dx = np.meshgrid(u * self.step[0], u * self.step[1], u * self.step[2], indexing="ij")
        return dx.ravel().astype(np.float32), dy.ravel().astype(np.float32), dz.ravel().astype(np.float32)


def coverage(grid: Grid, shape: Shape, w: Window) -> Array:
    """Fraction (0..1) of each voxel of the window that is inside the shape,
    from 27 samples near the surface.
    """
    x, y, z = grid.axes(w)
    d = np.asarray(shape(x, y, z), dtype=np.float32)
    full = tuple(s.stop - s.start for s in w)
    if d.shape != full:
        d = np.broadcast_to(d, full)
    cov = (d < 0).astype(np.float32)
    reach = 0.55 * float(np.linalg.norm(grid.step))
    near = np.flatnonzero(np.abs(d) < reach)
    if near.size:
        ox, oy, oz = grid.offsets()
        flat = cov.reshape(-1)
        for start in range(0, near.size, _CHUNK):
            part = near[start : start + _CHUNK]
            px, py, pz = grid.points(w, part)
            inside = shape(px[:, None] + ox, py[:, None] + oy, pz[:, None] + oz) < 0
            flat[part] = np.count_nonzero(inside, axis=1) * np.float32(1 / ox.size)
    return cov


class Profile:
    """A number as a function of z: linear between knots, tabulated each half millimetre for speed."""

    def __init__(self, knots: Mapping[float, float], scale: float = 1.0, shift: float = 0.0) -> None:
        zs = np.array(sorted(knots))
        self._z0, self._n = -320.0, 1200
        table = np.interp(self._z0 + 0.5 * np.arange(self._n), zs, [knots[z] for z in zs])
        smooth = np.convolve(np.pad(table, 20, mode="edge"), np.full(41, 1 / 41), mode="valid")
        self._table = (smooth * scale + shift).astype(np.float32)

    def __call__(self, z: Array | float) -> Array:
        i = ((np.asarray(z, dtype=np.float32) - self._z0) * 2.0 + 0.5).astype(np.int32)
        return self._table[np.clip(i, 0, self._n - 1)]


def squircle(u: Array, v: Array, s: float) -> Array:
    """Level function between circle (s = 0) and square (s = 1): 1 on the outline,
    homogeneous of degree one.
    """
    a, b = u * u, v * v
    q = a + b
    if s == 0.0:
        return np.sqrt(q)
    return np.sqrt(0.5 * (q + np.sqrt(np.maximum(q * q - np.float32(4 * s * s) * a * b, 0))))


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid: centre and semi-axes in millimetres,
    rows of ``axes`` are the unit directions of the semi-axes.
    """

    centre: tuple[float, float, float]
    semi: tuple[float, float, float]
    axes: NDArray[np.float64] | None = None

    def __call__(self, x: Array, y: Array, z: Array) -> Array:
        dx, dy, dz = (np.float32(c) for c in self.centre)
        x, y, z = x - dx, y - dy, z - dz
        m = np.eye(3) if self.axes is None else self.axes
        total: Array | float = 0.0
        for row, semi in zip(m, self.semi, strict=True):
            r0, r1, r2 = (np.float32(v / semi) for v in row)
            t = x * r0 + y * r1 + z * r2 if self.axes is not None else None
            if t is None:
                k = int(np.argmax(np.abs(row)))
                t = (x, y, z)[k] * np.float32(1 / semi)
            total = total + t * t
        return (np.sqrt(total) - np.float32(1)) * np.float32(min(self.semi))

    def extent(self) -> NDArray[np.float64]:
        """Half-extents along x, y, z in millimetres."""
        m = np.eye(3) if self.axes is None else self.axes
        return np.sqrt(((m * np.array(self.semi)[:, None]) ** 2).sum(axis=0))

    def box(self, margin: float = 2.0) -> Box:
        """Bounding box in millimetres."""
        e = self.extent() + margin
        c = self.centre
        return (c[0] - e[0], c[0] + e[0]), (c[1] - e[1], c[1] + e[1]), (c[2] - e[2], c[2] + e[2])


def rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    """Rows: unit vectors of a frame turned by ``yaw`` about z,
    then its first axis pitched down by ``pitch`` (degrees).
    """
    a, b = np.deg2rad(yaw), np.deg2rad(pitch)
    e1 = np.array([np.cos(a) * np.cos(b), np.sin(a) * np.cos(b), -np.sin(b)])
    e2 = np.array([-np.sin(a), np.cos(a), 0.0])
    return np.stack([e1, e2, np.cross(e1, e2)])
