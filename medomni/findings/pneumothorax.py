"""Pneumothorax: gas without lung in it, against the chest wall.

Free air measures about -1000 HU and has no vessels; the emptiest lung stays some 30 HU above, and its vessels show. The
mean is taken over the gas voxels within 6 mm, so that thin vessels do not hide empty lung and noise averages out. A
layer of one or two voxels is nowhere as empty as that: :mod:`medomni.findings.rim` tells it by the lung behind it.
Where free air lies does not matter: front (supine), back (prone) or apex.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit, parts
from medomni.findings.mean import mean_over
from medomni.findings.rim import empty_rim
from medomni.findings.sensitivity import METHODS

EMPTY_HU = (-974.0, -952.0)  # 52 HU below the typical lung of the study, within these limits
LEAST_ML = 30.0
GAS_HU = -750.0
FREE_HU = -995.0
LIKE_AIR = 0.6
"""How near to air, on the way from the lung around, a voxel's density lies that belongs to free air: mixed voxels
half way would outline a seventh too much."""
EVEN_MM, AROUND_MM, AWAY_MM = 1.9, 15.0, 6.0
PLEURA_PX, PLEURA_HU = 1.2, -500.0
"""Voxels that wall and free air share: how deep inside the ribs, and more air than wall."""
LEAST_CM2, SURE_CM2 = 25.0, 90.0
"""Area of emptier rim: what less is says nothing, and at half of ``SURE_CM2`` the layer is believed. In healthy sides
of 195 synthetic patients at most 23, with layers of 150 to 560 ml at least 55."""


def gas_mean(chest: Chest) -> NDArray[np.float32]:
    """Mean HU of gas voxels (below -750) within about 6 mm, (slices, rows, columns) float32; 0 where no gas is."""
    return _mean(chest, chest.lung & (chest.hu < GAS_HU), (3.0, 4.5, 4.5))


def _mean(chest: Chest, gas: Mask, mm: tuple[float, float, float]) -> NDArray[np.float32]:
    """Gaussian mean of the HU of gas voxels, 0 elsewhere; ``mm`` are standard deviations by axis."""
    sigma = tuple(m / s for m, s in zip(mm, chest.spacing, strict=True))
    return np.where(gas, mean_over(chest.hu, gas, sigma)[0], 0).astype(np.float32)


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
        core = _pockets(chest, empty & chest.masks[f"lung/{side}"], mean)
        layer = empty_rim(chest, side)
        pocket = core.any()
        if layer.area_cm2 >= LEAST_CM2:
            core |= layer.mask
        if not core.any():
            continue
        mask = _whole(chest, core, side)
        ml = chest.ml(mask)
        if ml < LEAST_ML:
            continue
        believed = [layer.area_cm2 / SURE_CM2]
        if pocket:
            believed.append(0.2 + ml / 300.0)  # 61 ml were seen in a healthy side: uncertain
        hits.append(Hit("pneumothorax", "pleural_space", side, mask, float(min(0.97, max(believed))),
                        METHODS["pneumothorax"].method,
                        {"volume_ml": ml, "hu_mean": float(chest.hu[core].mean()), "attenuation": "gas"}))
    return hits


def _pockets(chest: Chest, empty: Mask, mean: NDArray[np.float32]) -> Mask:
    """The parts of what is as empty as air that are free air."""
    labels, sizes = parts(empty)
    kept = [i for i, box in enumerate(ndimage.find_objects(labels), start=1)
            if sizes[i] * chest.voxel_ml >= 15.0 and _is_free(features(chest, labels[box] == i, box, mean))]
    return np.isin(labels, kept)


def _whole(chest: Chest, found: Mask, side: str) -> Mask:
    """Free air with its borders: what goes on from ``found`` and is nearer to air than the lung around it is, and the
    voxels that it shares with the wall. The lung's level is that of 15 mm around, free air left out."""
    gas = chest.cage & chest.half(side) & (chest.hu < GAS_HU) & ~chest.masks["airway"]
    even = _mean(chest, gas, (EVEN_MM,) * 3)
    away = ndimage.distance_transform_edt(~found, sampling=chest.spacing)
    lung = chest.masks[f"lung/{side}"] & gas & (away > AWAY_MM)
    free = found
    for _ in range(2):  # the lung's level without the free air that was seen with the level before
        around = _level(chest, lung)
        free = gas & (even < around + LIKE_AIR * (FREE_HU - around))
        lung &= ~free
    free = ndimage.binary_propagation(found, mask=free | found)
    away = ndimage.distance_transform_edt(~free, sampling=chest.spacing)
    px = max(chest.spacing[1:])
    shared = (away < 1.05 * px) & chest.cage & chest.half(side) & (chest.depth < PLEURA_PX * px)
    return free | shared & (chest.hu < PLEURA_HU)


def _level(chest: Chest, lung: Mask) -> NDArray[np.float32]:
    """Mean HU of the lung within about 15 mm, the whole lung's median where there is none, float32."""
    mean, share = mean_over(chest.hu, lung, chest.sigma(AROUND_MM), 2.5)
    usual = float(np.median(chest.hu[lung])) if lung.any() else -850.0
    return np.where(share > 0.01, mean, usual).astype(np.float32)


def _is_free(f: dict[str, float]) -> bool:
    """A thin layer along the wall, one that runs along most of the lung, or a thick pocket as empty as air.

    Emptiest lung inside the chest is none of these: it lies deep, is short, or is not quite as empty.
    """
    wall, tall, ml = f["wall"], f["tall"], f["ml"]
    thin = wall > 0.6 and tall >= 84 and ml >= 18 or wall > 0.5 and tall >= 140 and ml > 60
    long = wall > 0.35 and tall >= 190 and ml >= 50
    empty = f["mean"] < -984.5 and ml > 120 or f["mean"] < -980 and ml > 250
    return (thin or long or empty and wall > 0.12) and f["vessels"] < 0.02
