"""Pleural effusion: homogeneous fluid inside the ribs that lies against the chest wall.

Fluid measures -15..27 HU (transudate and exudate; Abramowitz et al. 2009, AJR 192:618), soft organs and
consolidation more. Mixed voxels of fat and an organ measure the same: they lie where the density changes, so that the
gradient tells them apart. Mixed voxels of lung and rib would blur both, and count next to nothing in the means. Either
dependent side is found: nothing here knows whether the patient lay on the back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.fluid_mean import fluid_space, mean_fluid, traces
from medomni.findings.hit import Hit, disk, parts
from medomni.findings.pool import Fluid, features
from medomni.findings.sensitivity import METHODS

FLUID_HU = (-20.0, 30.0)
PLEURA_HU, FAT_HU = -430.0, -45.0
LEAST_ML = 30.0
THICK_MM = 3.0
LEAST_SHARE = 0.5
"""Of the volume that the mean sees in thick slices: what is flat is outlined more closely, unless it is less of it."""
ALONE, LAYER_SHARE = 0.45, 0.5
"""Confidence of fluid in thick slices that is flat and not seen by the mean: uncertain, unless this share of it lies
along the ribs as a thin layer does."""
WALL_MM, OFF_LAYER_MM = 6.5, 3.0
UNEVEN_HU = 5.6
"""Standard deviation of the smoothed density within a piece: of fluid 4.6 at most, of airless lung from 6 on."""
ALIKE_HU = 18.0
BORDER_MM, LAYER_MM, FOLLOWED_MM = 4.5, 6.0, 15.0
SHARED_PX, SHARED_HU, SHARED_MM = 2.2, 60.0, 40.0
"""Voxels of thick slices that thin fluid shares with wall and lung: how deep inside the ribs, how dense at most, and
how far they are followed along the ribs."""
MOSTLY_ABOVE, ALL_ABOVE = 0.75, 0.97
"""Share of a pool above where the diaphragm was first seen: on a dome that hides a pool up to 0.94 lay above, of
airless lung with the density of fluid all of it (60 synthetic patients of each hospital, and thin slices)."""


@dataclass(frozen=True, eq=False)
class Pleural:
    """What may be pleural fluid on one side, on the chest's grid.

    Attributes:
        space: soft tissue inside the ribs beside the midline. mean: its HU over about 4 mm, borders left out, float32.
        flat: where that mean does not change.
    """

    space: Mask
    mean: NDArray[np.float32]
    flat: Mask


def pleural(chest: Chest, side: str) -> Pleural:
    """The space between lung and ribs of a side with its smoothed density."""
    rows = np.arange(chest.hu.shape[1])[None, :, None]
    middle = np.median(np.nonzero(chest.lung.any(axis=(0, 2)))[0])
    away = np.abs(chest.x)
    beside = (away > 18) | (rows < middle - 25 / chest.spacing[1]) & (away > 5)
    space = chest.cage & chest.half(side) & beside & ~chest.lung & ~chest.masks["airway"] & (chest.hu > PLEURA_HU)
    edge = ndimage.binary_dilation(chest.lung | ~chest.cage, np.ones((1, 3, 3), bool))
    weight = np.where(space, np.where(edge, 0.03, 1.0), 0.0).astype(np.float32)
    sigma = [1.8 / s for s in chest.spacing]
    total = np.maximum(ndimage.gaussian_filter(weight, sigma, truncate=3.0), 1e-4)
    mean = ndimage.gaussian_filter(np.clip(chest.hu, -200, 150) * weight, sigma, truncate=3.0) / total
    slope = np.sqrt(sum(np.square(g) for g in np.gradient(mean, *chest.spacing)))
    return Pleural(space, mean.astype(np.float32), space & (slope < 4.5 + 0.1 * chest.noise))


def effusions(chest: Chest) -> tuple[list[Hit], frozenset[str]]:
    """One hit a side with fluid, and the sides without one where fluid cannot be excluded.

    In slices of more than 3 mm a thin layer is hardly ever flat: :mod:`medomni.findings.fluid_mean` looks too, and
    what one of the two rules sees alone is believed less, or not at all (:data:`ALONE`).
    """
    thick = chest.spacing[0] > THICK_MM
    smooth = fluid_space(chest) if thick else None
    hits, unsure = [], set()
    for side in SIDES:
        flat = flat_fluid(chest, side)
        mean = mean_fluid(chest, smooth, side) if smooth is not None else None
        seen = [fluid for fluid in (flat, mean) if fluid is not None and chest.ml(fluid.mask) >= LEAST_ML]
        if not seen:
            if flat is not None or mean is not None or smooth is not None and traces(chest, smooth, side):
                unsure.add(side)
            continue
        fluid = seen[0] if chest.ml(seen[0].mask) > LEAST_SHARE * chest.ml(seen[-1].mask) else seen[-1]
        mask = fluid.mask
        if thick:
            mask = _with_shared(chest, side, mask if mean is None or mean.pools is None else mask | mean.pools)
        strongest = fluid.strongest
        confidence = 0.97 * min(1.0, 0.6 + strongest["ml"] / 60.0) * (0.85 if strongest["hu"] > 22 else 1.0)
        if thick and mean is None and strongest["wall"] < LAYER_SHARE:
            confidence = min(confidence, ALONE)
        hits.append(Hit("pleural_effusion", "pleural_space", side, mask, confidence,
                        METHODS["pleural_effusion"].method,
                        {"volume_ml": chest.ml(mask), "hu_mean": float(chest.hu[fluid.core].mean()),
                         "attenuation": "fluid"}))
    return hits, frozenset(unsure)


def flat_fluid(chest: Chest, side: str) -> Fluid | None:
    """Fluid of one side where its density is flat: an anchor along the ribs, and what is like it."""
    here = pleural(chest, side)
    core = here.flat & (here.mean > FLUID_HU[0]) & (here.mean < FLUID_HU[1])
    if chest.spacing[1] < 2.0:
        core = ndimage.binary_opening(core, np.ones((1, 2, 2), bool))
    labels, sizes = parts(core)
    seen = {i: features(chest, labels[box] == i, box, side, WALL_MM)
            for i, box in enumerate(ndimage.find_objects(labels), start=1) if sizes[i] * chest.voxel_ml >= 2.0}
    for i, f in seen.items():
        f["spread"] = float(here.mean[labels == i].std())
    anchors = [i for i, f in seen.items() if _is_anchor(f)]
    if not anchors:
        return None
    usual = float(np.median(here.mean[np.isin(labels, anchors)]))
    pools = [i for i, f in seen.items() if abs(f["hu"] - usual) < ALIKE_HU and f["lung"] > 0.05 and _lies_low(f)]
    core = np.isin(labels, anchors + pools) & (np.abs(here.mean - usual) < ALIKE_HU)
    uneven = _uneven(chest, core, here, side)
    core &= ~uneven
    dense = np.isin(labels, [i for i in seen if i not in anchors + pools]) | uneven
    return Fluid(core, _whole(chest, here, core, usual, dense), max((seen[i] for i in anchors), key=lambda f: f["ml"]))


def _uneven(chest: Chest, core: Mask, here: Pleural, side: str) -> Mask:
    """What hangs on the layer along the ribs, lies above the diaphragm and is not of one density: airless lung, whose
    least dense parts are as fluid."""
    labels, sizes = parts(ndimage.binary_opening(core & (chest.depth > WALL_MM + 1.5), disk(chest, OFF_LAYER_MM)))
    found = [i for i, box in enumerate(ndimage.find_objects(labels), start=1) if sizes[i] * chest.voxel_ml >= 3.0
             and float(here.mean[box][labels[box] == i].std()) > UNEVEN_HU
             and features(chest, labels[box] == i, box, side, WALL_MM)["above"] > ALL_ABOVE]
    if not found:
        return np.zeros_like(core)
    seed = np.isin(labels, found)
    away = core & (chest.depth > WALL_MM)
    out: Mask = ndimage.binary_dilation(seed, iterations=chest.px(OFF_LAYER_MM), mask=away)
    return out


def _is_anchor(f: dict[str, float]) -> bool:
    """Fluid that lies along the ribs over more than 50 mm and touches the lung: neither a shoulder nor a mixture of fat
    and an organ, whose parts lie deep.

    Much fluid lies mostly inside, so a smaller share of it lies at the ribs. Airless lung lies above the diaphragm,
    reaches the ribs in places and is not of one density: of layers above the diaphragm 0.31 at least lay at the ribs,
    of airless lung that was taken for one 0.21.
    """
    least = 0.1 if f["above"] < 0.75 else 0.2
    if f["above"] > ALL_ABOVE and f["spread"] > UNEVEN_HU:
        least = 0.3
    return f["wall"] > least and f["lung"] > 0.01 and f["tall"] >= 54 and f["hu"] < 26 and f["ml"] >= 6


def _lies_low(f: dict[str, float]) -> bool:
    """On the diaphragm or along the ribs, where fluid runs to; airless lung of the same density lies in the lung."""
    return f["above"] < MOSTLY_ABOVE or f["wall"] > (0.08 if f["above"] < ALL_ABOVE else 0.3)


def _whole(chest: Chest, here: Pleural, core: Mask, usual: float, airless: Mask) -> Mask:
    """Core with its mixed borders, each nearer to it than to fat, an organ or ``airless`` lung, and the layer along
    the ribs that goes on from there."""
    other = here.flat & ~core & ((here.mean < FAT_HU) | (here.mean > usual + ALIKE_HU)) | airless
    to_core = ndimage.distance_transform_edt(~core, sampling=chest.spacing)
    to_other = ndimage.distance_transform_edt(~other, sampling=chest.spacing) if other.any() else np.inf
    near = here.space & (to_core <= to_other) & (to_core < BORDER_MM)
    layer = here.space & (chest.depth < LAYER_MM) & ~other & ndimage.binary_dilation(chest.lung, iterations=3)
    layer = ndimage.binary_opening(layer, np.ones((1, 2, 2), bool))
    return near | ndimage.binary_dilation(near, iterations=chest.px(FOLLOWED_MM), mask=layer)


def _with_shared(chest: Chest, side: str, mask: Mask) -> Mask:
    """Fluid of thick slices with the voxels that it shares with the lung, and its thin end along the ribs, where no
    voxel is fluid alone. Without them three in ten millilitres of a small effusion are missing."""
    soft = chest.cage & chest.half(side) & ~chest.masks["airway"] & (chest.hu > PLEURA_HU) & (chest.hu < SHARED_HU)
    cross = ndimage.generate_binary_structure(3, 1)
    cross[0] = cross[2] = False
    mask = mask | ndimage.binary_dilation(mask, cross) & soft & ndimage.binary_dilation(chest.lung, cross)
    thin = soft & ~chest.lung & (chest.depth < SHARED_PX * max(chest.spacing[1:]))
    thin &= ndimage.binary_dilation(chest.lung, cross, iterations=2)
    square = np.ones((1, 3, 3), bool)
    return mask | ndimage.binary_dilation(mask, square, iterations=chest.px(SHARED_MM), mask=thin | mask)
