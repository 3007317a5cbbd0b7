"""Pneumothorax: gas without lung in it, against the chest wall.

Free air measures about -1000 HU and has no vessels; the emptiest lung stays some 30 HU above, and its vessels show. The
mean is taken over the gas voxels within 6 mm, so that thin vessels do not hide empty lung and noise averages out. Where
it lies does not matter: front (supine), back (prone) or apex.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit, parts
from medomni.findings.sensitivity import METHODS

EMPTY_HU = (-974.0, -952.0)  # 52 HU below the typical lung of the study, within these limits
LEAST_ML = 30.0
GAS_HU = -750.0
EVEN_MM, EDGE_MM, REACH_MM, PLEURA_MM = 1.9, 1.0, 4.0, 2.5
"""Smoothing that shows evenness and the edge, how far the edge lies outside what is even, and the parietal pleura's
mixed voxels."""
ALIKE_SD, ALIKE_HU = 3.0, 6.0


def gas_mean(chest: Chest) -> NDArray[np.float32]:
    """Mean HU of gas voxels (below -750) within about 6 mm, (slices, rows, columns) float32; 0 where no gas is."""
    return _mean(chest, chest.lung & (chest.hu < GAS_HU), (3.0, 4.5, 4.5))


def _mean(chest: Chest, gas: Mask, mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Gaussian mean of the HU of gas voxels, 0 elsewhere; ``mm`` are standard deviations by axis."""
    sigma = [m / s for m, s in zip(mm, chest.spacing, strict=True)]
    w = ndimage.gaussian_filter(gas.astype(np.float32), sigma, truncate=2.0)
    v = ndimage.gaussian_filter(np.where(gas, chest.hu, 0).astype(np.float32), sigma, truncate=2.0)
    return np.where(gas, v / np.maximum(w, 1e-3), 0).astype(np.float32)


def features(chest: Chest, part: Mask, box: tuple[slice, ...], mean: NDArray[np.float32]) -> dict[str, float]:
    """Place, size and emptiness of a gas component."""
    depth = chest.depth[box][part]
    z = np.nonzero(part)[0]
    inside = ndimage.binary_erosion(part, iterations=1)
    return {
        "ml": float(part.sum() * chest.voxel_ml), "wall": float((depth < 9.0).mean()),
        "tall": float((z.max() - z.min() + 1) * chest.spacing[0]), "mean": float(mean[box][part].mean()),
        "vessels": float((chest.hu[box][inside] > -850).mean()) if inside.any() else 0.0,
        "thick": float(inside.sum() / max(1, part.sum())),
    }


def pneumothoraces(chest: Chest) -> list[Hit]:
    """One hit a side with free air of at least 30 ml."""
    mean = gas_mean(chest)
    gas = mean < 0
    typical = float(np.median(mean[gas])) if gas.any() else -850.0
    empty = (mean < np.clip(typical - 52.0, *EMPTY_HU)) & chest.lung
    hits = []
    for side in SIDES:
        lung = chest.masks[f"lung/{side}"]
        labels, sizes = parts(empty & lung)
        kept, features_of = [], []
        for i, box in enumerate(ndimage.find_objects(labels), start=1):
            if sizes[i] * chest.voxel_ml < 15.0:
                continue
            f = features(chest, labels[box] == i, box, mean)
            if _is_free(f):
                kept.append(i)
                features_of.append(f)
        if not kept:
            continue
        core = np.isin(labels, kept)
        mask = _whole(chest, core, side)
        ml = chest.ml(mask)
        if ml < LEAST_ML:
            continue
        confidence = float(min(0.97, 0.2 + ml / 150.0))  # 42 ml were seen in a healthy side: uncertain
        hits.append(Hit("pneumothorax", "pleural_space", side, mask, confidence, METHODS["pneumothorax"].method,
                        {"volume_ml": ml, "hu_mean": float(chest.hu[core].mean()), "attenuation": "gas"}))
    return hits


def _whole(chest: Chest, found: Mask, side: str) -> Mask:
    """Free air with its borders: what is as even and empty as its depth, and around it what lies nearer in density to
    free air than to the lung beside it. Both levels are measured in the study."""
    gas = chest.cage & chest.half(side) & (chest.hu < GAS_HU) & ~chest.masks["airway"]
    deep = ndimage.binary_erosion(found & gas, iterations=2)
    if np.count_nonzero(deep) < 100:
        deep = found & gas
    even = _mean(chest, gas, (EVEN_MM,) * 3)
    level = float(np.median(even[deep]))
    spread = 1.4826 * float(np.median(np.abs(even[deep] - level)))
    core = gas & (even < level + max(ALIKE_SD * spread, ALIKE_HU))
    core = ndimage.binary_opening(core, np.ones((1, 2, 2), bool))
    labels, sizes = parts(core)
    inside = np.bincount(labels[deep], minlength=sizes.size)
    core = ((sizes * chest.voxel_ml > 2.0) & (inside > 0.2 * sizes))[labels]
    if not core.any():
        return found
    away = ndimage.distance_transform_edt(~core, sampling=chest.spacing)
    ring = chest.masks[f"lung/{side}"] & gas & (away > 1.5 * REACH_MM) & (away < 4 * REACH_MM)
    lung = float(np.median(chest.hu[ring])) if ring.any() else level + 130.0
    edge = (_mean(chest, gas, (EDGE_MM,) * 3) < (level + lung) / 2) & gas
    pleura = (chest.depth < PLEURA_MM) & (away < PLEURA_MM) & (chest.hu < -500)
    near = (away < REACH_MM) & chest.cage & chest.half(side) & ~chest.masks["airway"] & (edge | pleura)
    return ndimage.binary_opening(core | near, np.ones((1, 2, 2), bool)) | core


def _is_free(f: dict[str, float]) -> bool:
    """A thin layer along the wall, one that runs along most of the lung, or a thick pocket as empty as air.

    Emptiest lung inside the chest is none of these: it lies deep, is short, or is not quite as empty.
    """
    wall, tall, ml = f["wall"], f["tall"], f["ml"]
    thin = wall > 0.6 and tall >= 84 and ml >= 18 or wall > 0.5 and tall >= 140 and ml > 60
    long = wall > 0.35 and tall >= 190 and ml >= 50
    empty = f["mean"] < -984.5 and ml > 120 or f["mean"] < -980 and ml > 250
    return (thin or long or empty and wall > 0.12) and f["vessels"] < 0.02
