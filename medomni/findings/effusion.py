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
from medomni.findings.hit import Hit, parts
from medomni.findings.sensitivity import METHODS

FLUID_HU = (-20.0, 30.0)
PLEURA_HU, FAT_HU = -430.0, -45.0
LEAST_ML = 30.0
WALL_MM = 6.5
ALIKE_HU = 18.0
BORDER_MM, LAYER_MM, FOLLOWED_MM = 4.5, 6.0, 15.0


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


def effusions(chest: Chest) -> list[Hit]:
    """One hit a side with fluid: an anchor along the ribs, and pools over the diaphragm beside it."""
    hits = []
    for side in SIDES:
        here = pleural(chest, side)
        core = here.flat & (here.mean > FLUID_HU[0]) & (here.mean < FLUID_HU[1])
        if chest.spacing[1] < 2.0:
            core = ndimage.binary_opening(core, np.ones((1, 2, 2), bool))
        labels, sizes = parts(core)
        seen = {i: features(chest, labels[box] == i, box, side)
                for i, box in enumerate(ndimage.find_objects(labels), start=1) if sizes[i] * chest.voxel_ml >= 2.0}
        anchors = [i for i, f in seen.items() if _is_anchor(f)]
        if not anchors:
            continue
        usual = float(np.median(here.mean[np.isin(labels, anchors)]))
        pools = [i for i, f in seen.items() if abs(f["hu"] - usual) < ALIKE_HU and f["lung"] > 0.05]
        core = np.isin(labels, anchors + pools) & (np.abs(here.mean - usual) < ALIKE_HU)
        mask = _whole(chest, here, core, usual)
        ml = chest.ml(mask)
        if ml < LEAST_ML:
            continue
        strongest = max((seen[i] for i in anchors), key=lambda f: f["ml"])
        confidence = 0.97 * min(1.0, 0.6 + strongest["ml"] / 60.0) * (0.85 if strongest["hu"] > 22 else 1.0)
        hits.append(Hit("pleural_effusion", "pleural_space", side, mask, confidence, METHODS["pleural_effusion"].method,
                        {"volume_ml": ml, "hu_mean": float(chest.hu[core].mean()), "attenuation": "fluid"}))
    return hits


def _is_anchor(f: dict[str, float]) -> bool:
    """Fluid that lies along the ribs over more than 50 mm and touches the lung: neither a shoulder nor a mixture of fat
    and an organ, whose parts lie deep.

    Much fluid lies mostly inside, so a smaller share of it lies at the ribs.
    """
    return f["wall"] > 0.1 and f["lung"] > 0.01 and f["tall"] >= 54 and f["hu"] < 26 and f["ml"] >= 6


def _whole(chest: Chest, here: Pleural, core: Mask, usual: float) -> Mask:
    """Core with its mixed borders, each nearer to it than to fat or an organ, and the thin layer along the ribs that
    goes on from there."""
    other = here.flat & ~core & ((here.mean < FAT_HU) | (here.mean > usual + ALIKE_HU))
    to_core = ndimage.distance_transform_edt(~core, sampling=chest.spacing)
    to_other = ndimage.distance_transform_edt(~other, sampling=chest.spacing) if other.any() else np.inf
    near = here.space & (to_core <= to_other) & (to_core < BORDER_MM)
    layer = here.space & (chest.depth < LAYER_MM) & ~other & ndimage.binary_dilation(chest.lung, iterations=3)
    layer = ndimage.binary_opening(layer, np.ones((1, 2, 2), bool))
    return near | ndimage.binary_dilation(near, iterations=chest.px(FOLLOWED_MM), mask=layer)


def features(chest: Chest, part: Mask, box: tuple[slice, ...], side: str) -> dict[str, float]:
    """What tells pleural fluid from mediastinal and abdominal mixtures: place, contact, density, thickness."""
    depth = chest.depth[box][part]
    z = np.nonzero(part)[0] + box[0].start
    around = tuple(slice(max(0, b.start - 4), b.stop + 4) for b in box)
    wide = np.zeros(tuple(min(a.stop, n) - a.start for a, n in zip(around, chest.hu.shape, strict=True)), bool)
    at = tuple(slice(b.start - a.start, b.stop - a.start) for a, b in zip(around, box, strict=True))
    wide[at] = part
    halo = ndimage.binary_dilation(wide, iterations=chest.px(5.0)) & ~wide
    lung = chest.masks[f"lung/{side}"][around]
    x = np.abs(np.broadcast_to(chest.x, chest.hu.shape)[box][part])
    floor = np.broadcast_to(chest.floor[None], chest.hu.shape)[box][part]
    return {
        "ml": float(part.sum() * chest.voxel_ml), "hu": float(np.median(chest.hu[box][part])),
        "wall": float((depth < WALL_MM).mean()), "deep": float(np.percentile(depth, 90)),
        "lung": float((halo & lung).sum() / max(1, halo.sum())), "x": float(np.median(x)),
        "above": float((z > floor).mean()), "sd": float(np.median(chest.local_sd[box][part])),
        "tall": float((z.max() - z.min() + 1) * chest.spacing[0]),
    }
