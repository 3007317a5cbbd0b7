"""Pneumothorax: gas without lung in it, against the chest wall.

Free air measures about -1000 HU and has no vessels; the emptiest lung stays some 30 HU above, and its vessels show. The
mean is taken over the gas voxels within 6 mm, so that thin vessels do not hide empty lung and noise averages out. Where
it lies does not matter: front (supine), back (prone) or apex.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit, parts
from medomni.findings.sensitivity import METHODS

EMPTY_HU = (-974.0, -952.0)  # 52 HU below the typical lung of the study, within these limits
BORDER_HU = -955.0
LEAST_ML = 30.0


def gas_mean(chest: Chest) -> np.ndarray:
    """Mean HU of gas voxels (below -750) within about 6 mm, (slices, rows, columns) float32; 0 where no gas is."""
    gas = chest.lung & (chest.hu < -750)
    s = (3.0 / chest.spacing[0], 4.5 / chest.spacing[1], 4.5 / chest.spacing[2])
    w = ndimage.gaussian_filter(gas.astype(np.float32), s, truncate=2.0)
    v = ndimage.gaussian_filter(np.where(gas, chest.hu, 0).astype(np.float32), s, truncate=2.0)
    return np.where(gas, v / np.maximum(w, 1e-3), 0).astype(np.float32)


def features(chest: Chest, part: Mask, box: tuple[slice, ...], mean: np.ndarray) -> dict[str, float]:
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
        border = ndimage.binary_dilation(core, iterations=chest.px(3.0), mask=lung & (mean < BORDER_HU))
        rim = ndimage.binary_dilation(border, iterations=1) & chest.cage & (chest.hu < -500) & (chest.depth < 4.0)
        mask = border | (rim & chest.half(side))
        ml = chest.ml(mask)
        if ml < LEAST_ML:
            continue
        confidence = float(min(0.97, 0.6 + ml / 200.0))
        hits.append(Hit("pneumothorax", "pleural_space", side, mask, confidence, METHODS["pneumothorax"].method,
                        {"volume_ml": ml, "hu_mean": float(chest.hu[core].mean()), "attenuation": "gas"}))
    return hits


def _is_free(f: dict[str, float]) -> bool:
    """A thin layer along the wall, one that runs along most of the lung, or a thick pocket as empty as air.

    Emptiest lung inside the chest is none of these: it lies deep, is short, or is not quite as empty.
    """
    wall, tall, ml = f["wall"], f["tall"], f["ml"]
    thin = wall > 0.6 and tall >= 84 and ml >= 18 or wall > 0.5 and tall >= 140 and ml > 60
    long = wall > 0.35 and tall >= 190 and ml >= 50
    empty = f["mean"] < -984.5 and ml > 120 or f["mean"] < -980 and ml > 250
    return (thin or long or empty and wall > 0.12) and f["vessels"] < 0.02
