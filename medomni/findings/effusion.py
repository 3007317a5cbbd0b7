"""Pleural effusion: homogeneous fluid inside the ribs that lies against the chest wall.

Fluid measures -15..27 HU (transudate and exudate; Abramowitz et al. 2009, AJR 192:618), soft organs and
consolidation more. The smooth local mean decides, so that noise of 50 HU does not, and the local standard deviation
keeps edges between fat and muscle, whose mixed voxels have the same mean, out. Either dependent side is found:
nothing here knows whether the patient lay on the back.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit, grown, parts
from medomni.findings.sensitivity import METHODS

FLUID_HU = (-15.0, 24.0)
LEAST_ML = 30.0
WALL_MM = 9.0


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


def effusions(chest: Chest) -> list[Hit]:
    """One hit a side with fluid: an anchor along the ribs, and pools over the diaphragm beside it."""
    fluid = fluid_space(chest)
    hits = []
    for side in SIDES:
        labels, sizes = parts(fluid & chest.half(side))
        seen = [(i, features(chest, labels[box] == i, box, side))
                for i, box in enumerate(ndimage.find_objects(labels), start=1) if sizes[i] * chest.voxel_ml >= 5.0]
        anchors = [i for i, f in seen if _is_anchor(f)]
        if not anchors:
            continue
        pools = [i for i, f in seen if i not in anchors and f["wall"] < 0.2 and f["lung"] > 0.2 and f["above"] < 0.45]
        core = np.isin(labels, anchors + pools)
        mask = _whole(chest, core, side)
        ml = chest.ml(mask)
        if ml < LEAST_ML:
            continue
        strongest = max((f for i, f in seen if i in anchors), key=lambda f: f["ml"])
        confidence = 0.97 * min(1.0, 0.6 + strongest["ml"] / 60.0) * (0.85 if strongest["hu"] > 22 else 1.0)
        hits.append(Hit("pleural_effusion", "pleural_space", side, mask, confidence, METHODS["pleural_effusion"].method,
                        {"volume_ml": ml, "hu_mean": float(chest.hu[core].mean()), "attenuation": "fluid"}))
    return hits


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
