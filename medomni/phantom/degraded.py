"""Phantoms as a bad examination would show them: what was done to each is known.

Every function takes a rendered :class:`~medomni.volume.Volume` in canonical axial order (int16 HU; slices to the head,
rows to the back, columns to the left) and gives a new one of the same patient; nothing is random but by ``seed``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.volume import Volume

AIR_HU, LEAST_HU, MOST_HU = -1000, -1024, 3071
Array = NDArray[np.float32]


def moved(volume: Volume, shift_mm: float = 6.0, blur_mm: float = 6.0, share: float = 0.5, seed: int = 0) -> Volume:
    """Motion: a share of the slices is doubled (half of the dose ``blur_mm`` away, the edges between smeared) and
    displaced.

    Each such slice lies ``shift_mm`` off in a direction of its own (PS3.3 C.7.6.2 knows no word for it: the affine
    stays), as where the patient moves or breathes between one slice and the next.
    """
    rng = np.random.default_rng([seed, 1])
    hu = volume.array.astype(np.float32)
    _, dy, dx = volume.spacing_mm
    for k in np.flatnonzero(rng.random(len(hu)) < share):
        angle, turn = rng.uniform(0, 2 * np.pi, 2)
        off = np.array([np.sin(angle) * shift_mm / dy, np.cos(angle) * shift_mm / dx])
        smear = np.array([np.sin(turn) * blur_mm / dy, np.cos(turn) * blur_mm / dx])
        parts = [ndimage.shift(hu[k], off + smear * (t - 0.5), order=1, mode="nearest") for t in (0.0, 0.5, 1.0)]
        hu[k] = 0.4 * parts[0] + 0.2 * parts[1] + 0.4 * parts[2]
    return _volume(volume, hu)


def noisy(volume: Volume, factor: float = 4.0, seed: int = 0) -> Volume:
    """Noise whose SD is ``factor`` times what the volume has in its soft tissue, correlated as a kernel does it."""
    rng = np.random.default_rng([seed, 2])
    hu = volume.array.astype(np.float32)
    soft = (hu > -20) & (hu < 120)
    rough = hu - ndimage.uniform_filter(hu, (0, 5, 5))
    inner = soft & (ndimage.uniform_filter(soft.astype(np.float32), (0, 5, 5)) > 0.999)
    sd = float(1.4826 * np.median(np.abs(rough[inner]))) if inner.sum() > 100 else 10.0
    field = ndimage.gaussian_filter(rng.standard_normal(hu.shape, dtype=np.float32), (0, 0.4, 0.4))
    return _volume(volume, hu + field / field.std() * np.float32(sd * np.sqrt(max(factor * factor - 1.0, 0.0))))


def clipped(volume: Volume, low: float = -160.0, high: float = 240.0) -> Volume:
    """Values outside a window are lost, as where a picture was exported and not the measurement."""
    return _volume(volume, np.clip(volume.array.astype(np.float32), low, high))


def grey(volume: Volume, low: float = -160.0, high: float = 240.0) -> Volume:
    """Eight-bit grey values of a window in place of Hounsfield units."""
    hu = np.clip(volume.array.astype(np.float32), low, high)
    return _volume(volume, (hu - low) / (high - low) * 255)


def narrowed(volume: Volume, share: float = 0.62) -> Volume:
    """The middle ``share`` of the columns only: the field of view cuts the body and the lungs sideways."""
    width = volume.array.shape[2]
    first = round(width * (1 - share) / 2)
    return _cut(volume, 2, first, width - first)


def without_apex(volume: Volume, share: float = 0.22) -> Volume:
    """Without the top ``share`` of the slices."""
    return _cut(volume, 0, 0, round(len(volume.array) * (1 - share)))


def without_base(volume: Volume, share: float = 0.35) -> Volume:
    """Without the bottom ``share`` of the slices."""
    return _cut(volume, 0, round(len(volume.array) * share), len(volume.array))


def with_metal(volume: Volume, radius_mm: float = 7.0, strength_hu: float = 500.0, seed: int = 0) -> Volume:
    """A metal rod of 40 mm near the middle of the chest, with bright and dark streaks in its slices."""
    rng = np.random.default_rng([seed, 3])
    hu = volume.array.astype(np.float32)
    dz, dy, dx = volume.spacing_mm
    n, rows, columns = hu.shape
    body = ndimage.binary_opening(hu[n // 2] > -300, iterations=2)
    at = np.argwhere(body).mean(axis=0) + rng.uniform(-40, 40, 2) / (dy, dx)
    middle, half = n // 2 + int(rng.integers(-n // 6, n // 6 + 1)), max(1, round(20 / dz))
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    y, x = (y - np.float32(at[0])) * np.float32(dy), (x - np.float32(at[1])) * np.float32(dx)
    away, angle = np.hypot(y, x), np.arctan2(y, x)
    streaks = np.cos(angle * int(rng.integers(5, 9)) + rng.uniform(0, 6)) * np.exp(-away / 90) * (away > radius_mm)
    for k in range(max(0, middle - half), min(n, middle + half + 1)):
        hu[k] += np.where(hu[k] > -900, streaks, 0) * strength_hu
        hu[k][away <= radius_mm] = MOST_HU
    return _volume(volume, hu)


def thick(volume: Volume, factor: int = 2) -> Volume:
    """Means of ``factor`` slices each."""
    n = len(volume.array) // factor
    hu = volume.array[: n * factor].astype(np.float32).reshape(n, factor, *volume.array.shape[1:]).mean(axis=1)
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 0] * (factor - 1) / 2
    affine[:3, 0] *= factor
    return _placed(volume, _stored(hu), affine)


DEGRADATIONS: MappingProxyType[str, Callable[[Volume], Volume]] = MappingProxyType({
    "motion": moved, "noise": noisy, "clipped": clipped, "grey": grey, "narrow": narrowed, "no apex": without_apex,
    "no base": without_base, "metal": with_metal, "thick": thick,
})
"""Each degradation at its usual strength, by name."""


def _stored(hu: Array) -> NDArray[np.int16]:
    return np.clip(np.rint(hu), LEAST_HU, MOST_HU).astype(np.int16)


def _volume(volume: Volume, hu: Array) -> Volume:
    return replace(volume, array=_stored(hu))


def _cut(volume: Volume, axis: int, first: int, last: int) -> Volume:
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, axis] * first
    place = tuple(slice(first, last) if a == axis else slice(None) for a in range(3))
    return _placed(volume, np.ascontiguousarray(volume.array[place]), affine)


def _placed(volume: Volume, array: NDArray[np.int16], affine: NDArray[np.float64]) -> Volume:
    made = replace(volume, array=array, affine=affine, slice_uids=())
    return replace(made, study=volume.study.model_copy(update={"spacing_mm": made.spacing_mm}))
