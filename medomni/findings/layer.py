"""How thick a layer of fluid along the chest wall is: lung, fluid, fat and wall fitted to the rolled out wall.

A layer of 2 mm is thinner than what the images' blur leaves of a border, so that no threshold outlines it; but its
depth shows in how far the lung's border lies inside the pleura, and the pleura in the dark line of fat outside it. How
wide the blur and the fat are is seen where dry lung touches the wall of the same side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import ndtr

from medomni.findings.chest import Mask
from medomni.findings.pleura import INSIDE_MM, STEP_MM, Map

LUNG_HU, FAT_HU, PLEURA_HU = -850.0, -100.0, -430.0
LEVELS_HU = (40.0, 75.0, 110.0)
"""Of what lies outside the fat: muscle, and a rib that the smoothing mixes with it."""
SEEN_HU = (-500.0, 110.0)
"""HU beyond which differences say nothing of the borders."""
DEEPEST_MM, HIDDEN_MM = 11.0, 40.0
WALL_DOUBT_MM, NOISE_HU = 1.4, 21.0
"""Standard deviations of the pleura's place about the ribs' inner side, and of the smoothed wall about the model, which
is correlated between neighbouring samples."""
OUTER_MM = 1.75
FAT_MM = (1.0, 1.51)
"""Between which the fat's width is sought: a dry edge tells it badly from a wider blur."""
LEAST_DRY = 300
EVEN_MM = 3.0


@dataclass(frozen=True)
class Edge:
    """What the dry wall looks like.

    Attributes:
        blur_mm: standard deviation of the images' blur. fat_mm: width of the fat outside the pleura.
        shift_mm: the pleura outside of where a ray rises through ``PLEURA_HU``.
    """

    blur_mm: float = 1.0
    fat_mm: float = 1.25
    shift_mm: float = -0.1


def profile(steps: Map, inner: float, outer: float, edge: Edge, fluid_hu: float, wall_hu: float,
            lung_hu: float = LUNG_HU) -> Map:
    """HU along a ray through lung, fluid from ``inner`` to ``outer`` (millimetres), fat and wall, (steps,) float32."""
    out = np.full(steps.shape, lung_hu, np.float64)
    levels = (lung_hu, fluid_hu, FAT_HU, wall_hu)
    for at, before, after in zip((inner, outer, outer + edge.fat_mm), levels[:-1], levels[1:], strict=True):
        out += (after - before) * ndtr((steps - at) / edge.blur_mm)
    return out.astype(np.float32)


def lung_border(rolled: Map, steps: Map) -> Map:
    """Millimetres at which each ray last rises from lung to soft tissue, (slices, rays), NaN where it does not."""
    low, high = rolled[..., :-1], rolled[..., 1:]
    rises = (low < PLEURA_HU) & (high >= PLEURA_HU)
    at = (rises.shape[-1] - 1 - rises[..., ::-1].argmax(axis=-1))[..., None]
    low, high = np.take_along_axis(low, at, -1)[..., 0], np.take_along_axis(high, at, -1)[..., 0]
    found = steps[at[..., 0]] + STEP_MM * (PLEURA_HU - low) / np.maximum(high - low, 1.0)
    return np.where(rises.any(axis=-1), found, np.nan).astype(np.float32)


def dry_edge(rolled: Map, steps: Map, dry: Mask) -> Edge:
    """Blur and fat fitted to the median of the dry rays, laid on each other by the lung's border.

    Args:
        dry: (slices, rays) bool, where lung touches the wall. The usual edge where there are few.
    """
    border = lung_border(rolled, steps)
    dry = dry & np.isfinite(border)
    if dry.sum() < LEAST_DRY:
        return Edge()
    offsets = np.arange(-4.0, 3.01, STEP_MM, dtype=np.float32)
    at = (border[dry][:, None] + offsets[None] - steps[0]) / STEP_MM
    low = np.clip(np.floor(at).astype(np.intp), 0, steps.size - 2)
    rays, share = rolled[dry], at - low
    values = np.take_along_axis(rays, low, 1) * (1 - share) + np.take_along_axis(rays, low + 1, 1) * share
    seen = np.median(values, axis=0)
    best, found = np.inf, Edge()
    for blur in np.arange(0.4, 1.81, 0.1):
        for fat in np.arange(*FAT_MM, 0.25):
            for shift in np.arange(-0.6, 0.61, 0.1):
                edge = Edge(float(blur), float(fat), float(shift))
                for wall in LEVELS_HU:
                    off = profile(offsets, edge.shift_mm, edge.shift_mm, edge, 0.0, wall, float(seen[0])) - seen
                    error = float(np.square(off).sum())
                    if error < best:
                        best, found = error, edge
    return found


def fitted(rolled: Map, steps: Map, edge: Edge, fluid_hu: float, expected: Map) -> tuple[Map, Map, Map]:
    """(inner, outer, surer) on each ray: the fluid's borders in millimetres of ``steps``, and how much better fluid
    explains the ray than dry pleura or a bare organ, wherever that may lie, as half a chi square.

    Fluid whose inner border lies before the first sample has ``inner`` at :data:`HIDDEN_MM` inside the outer border.

    Args:
        rolled: (rays, steps) HU, smoothed along the wall. expected: (rays,) where the pleura is expected.
    """
    depths = np.r_[np.arange(0.5, 4.0, 0.25), np.arange(4.0, INSIDE_MM - 1, 0.5), HIDDEN_MM]
    wet = [(b - d, b, hu) for b in np.arange(-3.0, 2.01, 0.25) for d in depths for hu in LEVELS_HU]
    dry = [(b, b, hu) for b in np.arange(-9.0, 2.01, 0.25) for hu in LEVELS_HU]
    par = np.array(wet + dry)
    window = steps <= OUTER_MM
    bare = Edge(edge.blur_mm, 0.0, edge.shift_mm)  # an organ or a vessel beside the lung
    rows = [profile(steps[window], a, b, edge, fluid_hu, hu) for a, b, hu in par]
    rows += [profile(steps[window], b, b, bare, fluid_hu, hu) for _, b, hu in dry]
    bank = np.clip(rows, *SEEN_HU).astype(np.float32)
    own: NDArray[np.float32] = np.square(bank).sum(axis=1)
    outer = par[: len(wet), 1].astype(np.float32)
    best, surer = np.empty(len(rolled), np.intp), np.empty(len(rolled), np.float32)
    for start in range(0, len(rolled), 4000):
        part = slice(start, start + 4000)
        rays = np.clip(rolled[part][:, window], *SEEN_HU)
        cost = own[None] - 2 * rays @ bank.T
        cost /= np.float32(2 * NOISE_HU**2)
        with_fluid = cost[:, : len(wet)]
        with_fluid += np.square(outer[None] - expected[part, None]) * np.float32(0.5 / WALL_DOUBT_MM**2)
        best[part] = with_fluid.argmin(axis=1)
        surer[part] = cost[:, len(wet) :].min(axis=1) - with_fluid.min(axis=1)
    return par[best, 0].astype(np.float32), outer[best], surer


def evened(values: Map, weight: Mask, sigma: tuple[float, float]) -> Map:
    """Mean of a map of rays over its neighbours along the wall that count, (slices, rays) float32."""
    counts = weight.astype(np.float32)
    mass = ndimage.gaussian_filter(counts, sigma, mode=("nearest", "wrap"), truncate=3.0)
    total = ndimage.gaussian_filter(np.where(weight, values, 0).astype(np.float32), sigma, mode=("nearest", "wrap"),
                                    truncate=3.0)
    return (total / np.maximum(mass, 1e-4)).astype(np.float32)
