"""Pleural fluid outlined at the images' own resolution, where the measuring grid has found some.

The coarse outline says where fluid lies; along the ribs the depth of the layer is fitted
(:mod:`medomni.findings.layer`) and followed from there as far as it can be told from dry pleura; over the diaphragm it
is seen in columns (:mod:`medomni.findings.dome`). Elsewhere the coarse outline is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.findings.dome import columns_of, composed, filled_dome
from medomni.findings.hit import Fine, Hit, disk
from medomni.findings.layer import DEEPEST_MM, EVEN_MM, dry_edge, evened, fitted, lung_border
from medomni.findings.pleura import Map, Wall, full_size, wall_of
from medomni.volume import Volume

THICKEST_SLICE_MM = 3.0
LEAST_MM = 1.2
"""Depth of a layer that is told from dry pleura, evened out along the wall."""
LEAST_SURER = 3.0
"""By how much fluid must explain a ray better than a dry wall or an organ beside the lung, as half a chi square."""
TOUCHING_MM = 5.0
"""How near the ribs the coarse outline must come for a ray to begin at."""
FOLLOWED_MM, BORDER_MM = 30.0, 3.0
BEYOND_MM = 1.5
"""Outside the measuring grid's cage that the outline may reach: that follows the ribs by whole voxels."""
USUAL_HU, CLEAN_MM, LEAST_CLEAN = 8.0, 3.5, 100
MOST_HU = 150
OFF_WALL_MM = 5.0
"""From the ribs, beyond which the wall's own fit does not reach into the fluid over the diaphragm."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Fluid along the wall of one side, per (slice, ray); millimetres from the ray's centre.

    Attributes:
        inner, outer: float32 borders. wet: bool, fluid with lung inside it. dry: bool, lung on the wall.
        deep: bool, fluid whose inner border is not seen from the wall.
    """

    inner: Map
    outer: Map
    wet: Mask
    dry: Mask
    deep: Mask


def refine(axial: Volume, chest: Chest, hit: Hit) -> Fine | None:
    """The outline of an effusion at full resolution; None where slices are thick or the wall is hardly seen.

    Args:
        axial: the volume that ``chest`` was made of.
    """
    if hit.mask is None or axial.spacing_mm[0] > THICKEST_SLICE_MM:
        return None
    wall = wall_of(axial, chest, hit.side)
    if wall is None:
        return None
    hu = axial.array[wall.box]
    coarse = full_size(chest, hit.mask, wall.box)
    clipped = np.minimum(hu, MOST_HU).astype(np.float32)
    fluid = _fluid_hu(chest, hit)
    outline = _composed(wall, layer_of(wall, coarse, clipped, fluid), coarse)
    lung = full_size(chest, chest.masks[f"lung/{hit.side}"] & ~filled_dome(chest, hit.side), wall.box)
    off_wall = full_size(chest, chest.depth > OFF_WALL_MM, wall.box)
    under = columns_of(clipped, lung, off_wall, axial.spacing_mm, fluid)
    outline = composed(outline, under, off_wall, axial.spacing_mm)
    inside = ndimage.binary_dilation(chest.cage, disk(chest, BEYOND_MM)) if BEYOND_MM else chest.cage
    outline &= full_size(chest, inside, wall.box)
    return Fine(wall.box, outline) if outline.any() else None


def layer_of(wall: Wall, coarse: Mask, hu: Map, fluid_hu: float) -> Layer:
    """The layer along the wall.

    Args:
        coarse, hu: of the wall's box. fluid_hu: of the fluid away from its borders.
    """
    steps, along = wall.steps, wall.along
    rolled = wall.rolled(hu)
    touched = wall.rolled(coarse, order=0) > 0.5
    near = touched[..., steps > -TOUCHING_MM].any(axis=-1) & wall.known
    border = lung_border(rolled, steps)
    sigma = (EVEN_MM / along[0], EVEN_MM / along[1])
    lung = wall.known & (rolled[..., :-8].min(axis=-1) < -600) & np.isfinite(border)
    dry = lung & ~touched.any(axis=-1) & (border > -3.0)
    edge = dry_edge(rolled, steps, dry)
    smooth = ndimage.gaussian_filter(rolled, (*sigma, 0), mode=("nearest", "wrap", "nearest"), truncate=2.5)
    inner, outer, surer = (np.zeros_like(border) for _ in range(3))
    away = ndimage.distance_transform_edt(~near, sampling=along) if near.any() else np.full(near.shape, np.inf)
    there = wall.known & (away < FOLLOWED_MM + 3 * EVEN_MM)
    inner[there], outer[there], surer[there] = fitted(
        smooth[there], steps, edge, fluid_hu, np.zeros(int(there.sum()), np.float32))
    hidden = there & ((outer - inner >= DEEPEST_MM) | ~lung)
    shallow = there & ~hidden
    depth, surer = evened(outer - inner, shallow, sigma), evened(surer, shallow, sigma)
    fluid_seen = shallow & (depth > LEAST_MM) & (surer > LEAST_SURER)
    wet = _followed(fluid_seen & (away < FOLLOWED_MM), near)
    deep = near & hidden
    even_inner, even_outer = evened(inner, wet, sigma), evened(outer, wet | deep, sigma)
    return Layer(wall.radius + even_inner, wall.radius + even_outer, wet, shallow & ~wet, deep)


def _fluid_hu(chest: Chest, hit: Hit) -> float:
    """Median HU of the fluid away from its mixed borders; the usual value where hardly any lies so deep."""
    if hit.mask is None:
        return USUAL_HU
    inner = hit.mask & (ndimage.distance_transform_edt(hit.mask, sampling=chest.spacing) > CLEAN_MM)
    return float(np.median(chest.hu[inner])) if inner.sum() >= LEAST_CLEAN else USUAL_HU


def _followed(wet: Mask, near: Mask) -> Mask:
    """What hangs together with the coarse outline."""
    labels, _ = ndimage.label(wet)
    kept: Mask = wet & np.isin(labels, np.unique(labels[near & wet]))
    return kept


def _composed(wall: Wall, layer: Layer, coarse: Mask) -> Mask:
    """The coarse outline with what the layer says of each ray in its place."""
    out = coarse.copy()
    for k in np.flatnonzero(wall.known.any(axis=1)):
        r, low, high, share = wall.places(int(k))
        nearest = np.where(share < 0.5, low, high)
        inner, outer = (m[k][low] * (1 - share) + m[k][high] * share for m in (layer.inner, layer.outer))
        one = layer.wet[k]
        both = one[low] & one[high]
        inner, outer = (np.where(both, i, m[k][nearest]) for i, m in ((inner, layer.inner), (outer, layer.outer)))
        wet, dry, deep = (m[k][nearest] for m in (layer.wet, layer.dry, layer.deep))
        radius = wall.radius[k][nearest]
        plane = out[k]
        plane[wet & (r > inner - BORDER_MM)] = False
        plane[dry & (r > radius - TOUCHING_MM)] = False
        plane |= wet & (r > inner) & (r <= outer)
        plane |= deep & (r > outer - BORDER_MM) & (r <= outer)
        plane[deep & (r > outer)] = False
    return out
