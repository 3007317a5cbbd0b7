"""Texture: lung parenchyma, kernel blur, correlated noise."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.phantom.scanner import Scanner
from medomni.phantom.shapes import Array, Grid


def smooth_field(
    shape: tuple[int, int, int], step: tuple[float, float, float], length_mm: float, rng: np.random.Generator
) -> Array:
    """A random field (float32, mean 0, SD about 1) with a correlation length in millimetres."""
    coarse = tuple(max(2, int(np.ceil(n * s / length_mm)) + 3) for n, s in zip(shape, step, strict=True))
    seed = rng.standard_normal(coarse, dtype=np.float32)
    for axis, (n, s) in enumerate(zip(shape, step, strict=True)):
        at = np.arange(n) * (s / length_mm)
        low = np.floor(at).astype(int)
        t = (at - low).astype(np.float32)
        view = [1, 1, 1]
        view[axis] = n
        t = t.reshape(view)
        norm = np.sqrt(
            t * t + (1 - t) * (1 - t)
        )  # linear interpolation would damp the variance between knots
        seed = (np.take(seed, low, axis=axis) * (1 - t) + np.take(seed, low + 1, axis=axis) * t) / norm
    return seed


def blurred(hu: Array, grid: Grid, scanner: Scanner) -> Array:
    """In-plane point spread of the kernel; a sharp kernel overshoots at edges (unsharp mask)."""
    pixel = grid.step[2]
    sigma = scanner.blur_mm / pixel
    out = hu if sigma < 0.12 else ndimage.gaussian_filter(hu, (0, sigma, sigma), truncate=3)
    if scanner.sharpen:
        wide = max(1.1 / pixel, 0.3)
        out = out + np.float32(scanner.sharpen) * (
            out - ndimage.gaussian_filter(out, (0, wide, wide), truncate=3)
        )
    return out


def noise(hu: Array, grid: Grid, scanner: Scanner, rng: np.random.Generator) -> Array:
    """Correlated noise (float32, HU): fades from the body's inside to the air outside,
    less in thick or large voxels.
    """
    dz, _, pixel = grid.step
    field = rng.standard_normal(hu.shape, dtype=np.float32)
    sigma = scanner.noise_mm / pixel
    if sigma > 0.15:
        field = ndimage.gaussian_filter(field, (0, sigma, sigma), truncate=3)
        field /= field.std() + np.float32(1e-9)
    area = (2.2 * scanner.noise_mm) ** 2 + 0.3  # of one noise grain in mm2: larger pixels average several
    inner = np.sqrt((area + 0.49) / (area + pixel * pixel)) * np.sqrt(6.0 / dz) ** 0.5
    cell = max(1, int(round(24 / pixel)))
    thick = np.clip((hu[:, ::4, ::4] + 1000) / 1000, 0, 1)
    thick = ndimage.uniform_filter(thick, (0, max(cell // 4, 1) * 3, max(cell // 4, 1) * 3))
    share = np.repeat(np.repeat(thick, 4, axis=1), 4, axis=2)[:, : hu.shape[1], : hu.shape[2]]
    share = np.float32(scanner.air_share) + np.float32(1 - scanner.air_share) * np.sqrt(
        np.clip(share * np.float32(1.25), 0, 1)
    )
    return field * share * np.float32(scanner.noise_hu * inner)
