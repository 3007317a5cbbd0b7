"""Synthetic heads as MR shows them: contrasts, grey and white matter, receive field, noise, ghosts and wrap.

They are made, not measured: the anatomy is that of :mod:`medomni.phantom.head`, with a white matter of a shape that
noise draws; values are arbitrary units of about the order that spin echo (T1, T2, PD), inversion recovery (FLAIR) and
fat-suppressed images have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.phantom.head import BRAIN, LOW, VALUES, VOXEL_MM, Head

WHITE = 8
CONTRASTS: Mapping[str, tuple[float, ...]] = {
    "T1": (*VALUES["T1"], 520),
    "T2": (*VALUES["T2"], 220),
    "FLAIR": (2, 240, 420, 170, 35, 430, 60, 90, 340),
    "PD": (2, 420, 520, 380, 70, 620, 680, 640, 520),
    "T2FS": (2, 150, 90, 170, 35, 300, 720, 700, 220),
}
"""Value of air, skin, fat, muscle, bone, grey matter, fluid, eye and white matter; T2FS is with suppressed fat."""
SUB_MM = 1.5
"""Tissue is averaged over samples this far apart."""


@dataclass(frozen=True)
class MrHabit:
    """How a head is scanned.

    Attributes:
        contrast: a key of :data:`CONTRASTS`.
        step_mm: z, y, x: the distance of voxels, over which the tissue is averaged.
        low, high: the field of view, x, y, z in LPS millimetres from the middle of the brain.
        noise: sigma of either channel before the magnitude is taken.
        field: how much the receive field differs between the middle and the rim, a share.
        ghost: share of a copy that lies half a field of view away along the phase.
        phase: the axis of ghosts and wrap, 0 to 2 for z, y, x.
        wrap_mm: tissue that lies so far outside the field along the phase comes in at its other end.
    """

    contrast: str = "T1"
    step_mm: tuple[float, float, float] = (2.0, 2.0, 2.0)
    low: tuple[float, float, float] = (-110.0, -140.0, -150.0)
    high: tuple[float, float, float] = (110.0, 130.0, 115.0)
    noise: float = 8.0
    field: float = 0.3
    ghost: float = 0.0
    phase: int = 1
    wrap_mm: float = 0.0


def mr_head(head: Head, habit: MrHabit, turn: NDArray[np.float64], seed: int,
            ) -> tuple[NDArray[np.int16], NDArray[np.float64], NDArray[np.float64]]:
    """A head turned by a rotation matrix, scanned.

    Returns:
        (z, y, x) magnitudes; 4x4, (slice, row, column) to LPS millimetres; the brain's voxels, (n, 3) LPS millimetres.
    """
    rng = np.random.default_rng([seed, 7404])
    values = np.array(CONTRASTS[habit.contrast], dtype=np.float32)[_with_white(head, rng)]
    step, low, high = (np.array(v, dtype=float) for v in (habit.step_mm, habit.low, habit.high))
    wide = np.zeros(3)
    wide[habit.phase] = habit.wrap_mm
    low, high = low - wide[::-1], high + wide[::-1]
    shape = np.rint((high - low)[::-1] / step).astype(int)
    sub = np.maximum(np.rint(step / SUB_MM).astype(int), 1)
    seen = np.zeros(shape, dtype=np.float32)
    for a, b, c in np.ndindex(*sub):
        moved = ((np.array([a, b, c]) + 0.5) / sub - 0.5) * step
        seen += _laid(values, turn, low + moved[::-1], step, shape, 1)
    seen /= sub.prod()
    inner = _laid(head.brain.astype(np.uint8), turn, low, step, shape, 0) > 0
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij", sparse=True)
    seen *= 1 + habit.field * ((z**2 + y**2 + x**2) / 1.5 - 0.5 + 0.4 * y * rng.choice([-1, 1]))
    if habit.ghost:
        seen += habit.ghost * np.roll(seen, shape[habit.phase] // 2, axis=habit.phase)
    if habit.wrap_mm:
        seen, inner, low = _wrapped(seen, inner, low, habit)
    seen = np.hypot(seen + rng.normal(0, habit.noise, seen.shape), rng.normal(0, habit.noise, seen.shape))
    affine = np.eye(4)
    affine[:3, :3] = np.diag(step[::-1])[:, ::-1]
    affine[:3, 3] = low
    return np.rint(seen).astype(np.int16), affine, np.argwhere(inner)[:, ::-1] * step[::-1] + low


def _with_white(head: Head, rng: np.random.Generator) -> NDArray[np.uint8]:
    depth = ndimage.distance_transform_edt(head.tissue == BRAIN, sampling=VOXEL_MM)
    folds = ndimage.gaussian_filter(rng.normal(0, 1, depth.shape), 3.0 / VOXEL_MM)
    tissue = head.tissue.copy()
    tissue[(tissue == BRAIN) & (depth > 5 + 3 * folds / folds.std())] = WHITE
    return tissue


def _laid(values: NDArray[np.generic], turn: NDArray[np.float64], low: NDArray[np.float64], step: NDArray[np.float64],
          shape: NDArray[np.int_], order: int) -> NDArray[np.float32]:
    """Values of the head's own grid on the scan's: a point p of the scan is ``turn.T @ p`` of the head."""
    back = turn.T
    matrix = (back[::-1, ::-1] * step) / VOXEL_MM  # (z, y, x) of the scan to (z, y, x) of the head
    offset = (back @ low - LOW)[::-1] / VOXEL_MM
    cval = float(values[0, 0, 0])
    return np.asarray(ndimage.affine_transform(values, matrix, offset, output_shape=tuple(shape), order=order,
                                               cval=cval), dtype=np.float32)


def _wrapped(seen: NDArray[np.float32], inner: NDArray[np.bool_], low: NDArray[np.float64], habit: MrHabit,
             ) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """The field without its margins, which are added at the other end."""
    axis, step = habit.phase, habit.step_mm[habit.phase]
    n = int(round(habit.wrap_mm / step))
    turned, mask = np.moveaxis(seen, axis, 0), np.moveaxis(inner, axis, 0)
    core = turned[n:-n].copy()
    core[-n:] += turned[:n]
    core[:n] += turned[-n:]
    shift = np.zeros(3)
    shift[2 - axis] = n * step
    return np.moveaxis(core, 0, axis), np.moveaxis(mask[n:-n], 0, axis), low + shift
