"""Tubes as low-discrepancy point clouds: vessels, airways, ribs, bronchograms.

A tube is a chain of segments with elliptical cross-sections. It is filled with at least 27 points a voxel (a
Kronecker sequence, Roberts 2018), which are counted into voxels: the same partial volume as 3 x 3 x 3
supersampling, at a cost that follows the tube's volume and not its bounding box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from medomni.phantom.shapes import Array, Grid

_PHI3 = 1.2207440846057596  # root of x**4 = x + 1
_R1, _R2, _R3 = 1 / _PHI3, 1 / _PHI3**2, 1 / _PHI3**3


@dataclass
class Tubes:
    """Segments from ``a`` to ``b`` (mm) with semi-axes at both ends: ``ra``/``rb`` horizontal, times ``tall``
    upright.

    ``hu`` fills the tube; beyond the fraction ``core`` of the radius it is ``rim_hu`` (cortex, wall).
    """

    a: list[NDArray[np.float64]] = field(default_factory=list)
    b: list[NDArray[np.float64]] = field(default_factory=list)
    ra: list[float] = field(default_factory=list)
    rb: list[float] = field(default_factory=list)
    tall: list[float] = field(default_factory=list)
    hu: list[float] = field(default_factory=list)
    rim_hu: list[float] = field(default_factory=list)
    core: list[float] = field(default_factory=list)

    def add(
        self,
        path: NDArray[np.float64],
        radius: float | Sequence[float] | NDArray[np.float64],
        hu: float,
        *,
        tall: float = 1.0,
        rim_hu: float | None = None,
        core: float = 1.0,
    ) -> None:
        """Append a polyline (n, 3) with one radius or one per vertex."""
        path = np.asarray(path, dtype=float)
        r = np.broadcast_to(np.asarray(radius, dtype=float), (len(path),))
        n = len(path) - 1
        self.a.extend(path[:-1])
        self.b.extend(path[1:])
        self.ra.extend(r[:-1])
        self.rb.extend(r[1:])
        self.tall.extend([tall] * n)
        self.hu.extend([hu] * n)
        self.rim_hu.extend([hu if rim_hu is None else rim_hu] * n)
        self.core.extend([core] * n)

    def splat(self, grid: Grid, density: float = 1.0) -> tuple[NDArray[np.int64], Array, Array]:
        """Voxels met, the fraction (0..1) of each that is tube, and the mean HU of that fraction.

        Args:
            density: multiplies the 27 points a voxel volume.
        """
        if not self.a:
            return np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32)
        a, b = np.array(self.a, np.float32), np.array(self.b, np.float32)
        ra, rb = np.array(self.ra, np.float32), np.array(self.rb, np.float32)
        tall = np.array(self.tall, np.float32)
        d = b - a
        length = np.linalg.norm(d, axis=1) + 1e-6
        reach = np.maximum(ra, rb) * tall + grid.step[0]
        keep = (np.minimum(a[:, 2], b[:, 2]) < grid.z[-1] + reach) & (
            np.maximum(a[:, 2], b[:, 2]) > grid.z[0] - reach
        )
        volume = np.pi * tall * length * (ra * ra + ra * rb + rb * rb) / 3 * keep
        voxel = grid.voxel_ml * 1000.0
        count = np.where(keep, np.maximum(np.ceil(volume / voxel * 27 * density), 12), 0).astype(np.int64)
        weight = np.divide(volume, count, out=np.zeros_like(volume), where=count > 0) / voxel
        t = d / length[:, None]
        e1 = np.cross(t, np.array([0, 0, 1], np.float32))
        upright = np.linalg.norm(e1, axis=1) < 0.2
        e1[upright] = np.cross(t[upright], np.array([0, 1, 0], np.float32))
        e1 /= np.linalg.norm(e1, axis=1)[:, None]
        e2 = np.cross(t, e1)
        seg = np.repeat(np.arange(len(a)), count)
        j = np.arange(len(seg), dtype=np.float64)
        s = np.mod(j * _R1, 1.0).astype(np.float32)
        rho = np.sqrt(np.mod(j * _R2, 1.0)).astype(np.float32)
        theta = np.mod(j * _R3, 1.0).astype(np.float32) * np.float32(2 * np.pi)
        r = (ra[seg] + (rb - ra)[seg] * s) * rho
        c1 = r * np.cos(theta)
        c2 = r * np.sin(theta) * tall[seg]
        flat = np.zeros(len(seg), np.int64)
        ok = np.ones(len(seg), bool)
        for axis, line, step, n in (
            (2, grid.z, grid.step[0], grid.shape[0]),
            (1, grid.y, grid.step[1], grid.shape[1]),
            (0, grid.x, grid.step[2], grid.shape[2]),
        ):
            p = a[:, axis][seg] + d[:, axis][seg] * s + e1[:, axis][seg] * c1 + e2[:, axis][seg] * c2
            i = np.floor((p - line[0]) * np.float32(1 / step) + np.float32(0.5)).astype(np.int32)
            ok &= (i >= 0) & (i < n)
            flat = flat * n + i
        hu = np.where(
            rho > np.array(self.core, np.float32)[seg],
            np.array(self.rim_hu, np.float32)[seg],
            np.array(self.hu, np.float32)[seg],
        )
        flat, w, hu = flat[ok], weight.astype(np.float32)[seg][ok], hu[ok]
        if flat.size == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32)
        base = int(flat.min())
        total = np.bincount(flat - base, weights=w)
        mean = np.bincount(flat - base, weights=w * hu)
        met = np.flatnonzero(total > 0)
        fraction = np.minimum(total[met] * 1.12, 1.0).astype(np.float32)
        return met + base, fraction, (mean[met] / total[met]).astype(np.float32)
