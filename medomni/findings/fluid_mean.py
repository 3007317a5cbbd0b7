"""Pleural fluid in thick slices, by its density's mean over 8 mm.

In slices of more than 3 mm a voxel mixes more than a border's width, and a thin layer never lies flat
(:mod:`medomni.findings.effusion`). The smooth local mean decides here, so that noise of 50 HU does not, and the local
standard deviation keeps edges between fat and muscle, whose mixed voxels have the same mean, out.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import grown, parts
from medomni.findings.pool import Fluid, features

FLUID_HU = (-15.0, 24.0)
WALL_MM = 9.0
LAYER_TALL_MM = 54.0


def fluid_space(chest: Chest) -> Mask:
    """Voxels that could belong to a pleural effusion, before any test of place.

    Only voxels 3 mm inside the ribs whose own value is near that of fluid count, so that the mixed voxels of a healthy
    pleura (lung beside rib) leave next to nothing; the mean over 8 mm of what is left then decides, with its density.
    """
    margin = 45.0 + 1.5 * chest.noise
    core = chest.cage & (np.abs(chest.hu - 10) < margin) & (chest.depth > 3.0) & ~chest.lung & ~chest.masks["airway"]
    mean, spread, density = _mean_of(chest, core)
    fluid = core & (mean > FLUID_HU[0]) & (mean < FLUID_HU[1]) & (spread < 1.35 * chest.noise + 14) & (density > 0.10)
    return fluid & (np.abs(chest.x) > 26)


def _mean_of(chest: Chest, core: Mask) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and standard deviation of HU within about 8 mm over the core only, and the share of core there."""
    s = (3.5 / chest.spacing[0], 5.5 / chest.spacing[1], 5.5 / chest.spacing[2])
    hu = np.where(core, np.clip(chest.hu, -250, 300), 0).astype(np.float32)
    w = np.maximum(ndimage.gaussian_filter(core.astype(np.float32), s, truncate=2.0), 1e-3)
    mean = ndimage.gaussian_filter(hu, s, truncate=2.0) / w
    square = ndimage.gaussian_filter(hu * hu, s, truncate=2.0) / w
    return mean, np.sqrt(np.maximum(square - mean * mean, 0)), w


def mean_fluid(chest: Chest, fluid: Mask, side: str) -> Fluid | None:
    """Fluid of one side in :func:`fluid_space`: an anchor along the ribs, and pools over the diaphragm beside it."""
    labels, sizes = parts(fluid & chest.half(side))
    seen = [(i, features(chest, labels[box] == i, box, side, WALL_MM))
            for i, box in enumerate(ndimage.find_objects(labels), start=1) if sizes[i] * chest.voxel_ml >= 5.0]
    anchors = [i for i, f in seen if _is_anchor(f) or is_layer(f) and f["tall"] >= LAYER_TALL_MM]
    if not anchors:
        return None
    pools = _whole(chest, np.isin(labels, [i for i, f in seen if i not in anchors and _is_pool(f)]), side)
    core = np.isin(labels, anchors)
    strongest = max((f for i, f in seen if i in anchors), key=lambda f: f["ml"])
    return Fluid(core, _whole(chest, core, side) | pools, strongest, pools)


def _is_pool(f: dict[str, float]) -> bool:
    """Fluid over the diaphragm: low, and beside the lung as no mixture of the abdomen is (0.11 of the surroundings at
    most in 180 synthetic patients); airless lung of the same density lies above the diaphragm."""
    return f["wall"] < 0.4 and f["lung"] > 0.15 and f["above"] < 0.7


def is_layer(f: dict[str, float]) -> bool:
    """Thin, along the ribs and beside the lung: hardly anything healthy is (no side of 330 in synthetic patients)."""
    return f["wall"] > 0.8 and f["lung"] > 0.1 and f["ml"] >= 2.0 and f["tall"] >= 30


def traces(chest: Chest, fluid: Mask, side: str) -> bool:
    """Whether a thin layer in :func:`fluid_space` lies along the ribs of a side, be it too little to call it fluid."""
    labels, sizes = parts(fluid & chest.half(side))
    return any(is_layer(features(chest, labels[box] == i, box, side, WALL_MM))
               for i, box in enumerate(ndimage.find_objects(labels), start=1) if sizes[i] * chest.voxel_ml >= 2.0)


def _is_anchor(f: dict[str, float]) -> bool:
    """Fluid that lies along the ribs over 80 mm and touches the lung: neither a shoulder nor an abdominal mixture.

    Much fluid lies mostly inside, so a smaller share of it lies at the ribs.
    """
    touches = f["lung"] > 0.12 or (f["ml"] > 150 and f["lung"] > 0.03)
    return f["wall"] > (0.1 if f["ml"] > 300 else 0.2) and touches and f["tall"] >= 78 and f["hu"] < 26 and f["ml"] >= 8


def _whole(chest: Chest, core: Mask, side: str) -> Mask:
    """Core with its mixed borders: soft voxels within 6 mm that are not denser than fluid may be."""
    smooth = chest.local_mean
    within = chest.cage & chest.half(side) & (chest.hu > -420) & (smooth < 60)
    return grown(chest, core, within & ~chest.masks["airway"], 4.5)


