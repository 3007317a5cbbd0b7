"""Airless lung: consolidation and large masses, found as thick soft tissue where lung should be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.axes import axes_mm
from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit, disk, grown, parts
from medomni.findings.lobes import lobe_of
from medomni.findings.sensitivity import METHODS
from medomni.findings.soft_tissue import LINE_MM, features, large_parts, soft_space, without_bulges

THICK_MM = 5.0
LEAST_CORE_ML = 5.0
UNEXPLAINED_ML = 20.0
CENTRAL_FADE, CENTRAL_CONFIDENCE, HILUM_MM = 0.15, 0.65, 10.0
CENTRAL_CONTACT, CENTRAL_HIGH_MM = 0.2, 60.0
"""A mass at the hilum has no free border there, and airless lung behind it blurs the others: its border is as sharp as
this at least, the middle as large a share of its surroundings, and it lies as high above the diaphragm as hila do (what
lies lower may be the heart's apex). It is called a mass with little confidence; of 210 synthetic patients none had a
false one."""
STRIP_SHARE = 0.45
"""Of a mass's own inscribed radius: what is thinner is taken off."""


def opacities(
    chest: Chest, fluid: Mask, gas: Mask, floor: NDArray[np.float32]
) -> tuple[list[Hit], dict[str, float]]:
    """Consolidations (one a side, their parts joined) and masses; and what is left unexplained.

    The second part of the answer maps a side to the millilitres of the largest piece of soft tissue there that is
    as large as a mass and is neither: absence of a mass or a consolidation must not be stated beside it.

    A part counts where lung surrounds at least a third of it, it is denser than fat, not as dense as contrast-filled
    vessels, and not a fold of the mediastinum. A mass is told from consolidation by its border: a mass ends within a
    few millimetres, consolidation fades.
    """
    space = soft_space(chest, fluid | gas, floor)
    core = ndimage.binary_opening(space, disk(chest, THICK_MM))
    smooth = ndimage.gaussian_filter(chest.hu, chest.sigma(1.5, along_z=False))
    within = chest.cage & (smooth > -420) & ~fluid & ~gas & (chest.depth > 1.5) & ~chest.masks["airway"]
    for name in ("heart", "mediastinum", "liver"):
        within = within & ~chest.masks[name]
    hits: list[Hit] = []
    unexplained: dict[str, float] = {}
    for side in SIDES:
        labels, sizes = parts(core & chest.half(side))
        wet = bool((fluid & chest.half(side)).any())
        airless: list[tuple[int, dict[str, float]]] = []
        for i, box in enumerate(ndimage.find_objects(labels), start=1):
            if sizes[i] * chest.voxel_ml < LEAST_CORE_ML:
                continue
            f = features(chest, labels[box] == i, box, side, floor)
            kind = _kind(f, wet)
            if kind == "lung_mass":
                hits.append(_mass(chest, labels == i, within, side, f))
            elif kind == "central_mass":
                part = _without_middle(chest, labels == i)
                if part.any():
                    hits.append(_mass(chest, part, within, side, f, CENTRAL_CONFIDENCE))
                else:
                    unexplained[side] = max(unexplained.get(side, 0.0), f["ml"])
            elif kind == "consolidation" and _is_dome(chest, f):
                unexplained[side] = max(unexplained.get(side, 0.0), f["ml"])
            elif kind == "consolidation":
                airless.append((i, f))
            elif -5 < f["hu"] < 140 and f["ml"] > UNEXPLAINED_ML and f["lung"] > 0.2:
                unexplained[side] = max(unexplained.get(side, 0.0), f["ml"])
        if not airless:
            continue
        whole = np.isin(labels, [i for i, _ in airless])
        told = _without_middle(chest, whole)
        if not told.any():  # all of it hugs the middle: a hilum or a border of the heart looks alike
            if (ml := chest.ml(whole)) > UNEXPLAINED_ML:
                unexplained[side] = max(unexplained.get(side, 0.0), ml)
            continue
        mask = grown(chest, told, within & chest.half(side), 5.0)
        ml, best = chest.ml(mask), max((f for _, f in airless), key=lambda f: f["ml"])
        central = best["lung"] < 0.5 or best["other"] > 0.18  # a fold beside the heart looks alike
        confidence = float(np.clip(0.45 + best["ml"] / 40.0, 0.5, 0.95)) * (0.75 if central else 1.0)
        confidence = max(confidence, 0.5)
        z, y, x = np.argwhere(mask).mean(axis=0)
        hits.append(Hit("consolidation", "lung", side, mask, confidence, METHODS["consolidation"].method, {
            "volume_ml": ml, "hu_mean": float(chest.hu[mask].mean()), "attenuation": "solid",
            "segment": lobe_of(chest, (z, y, x), side)}))
    return hits, unexplained


def _without_middle(chest: Chest, part: Mask) -> Mask:
    """Soft tissue without what hugs the heart and the mediastinum; empty where nothing else is there."""
    return large_parts(chest, without_bulges(chest, part & ~chest.masks["mediastinum"]), LEAST_CORE_ML)


def _kind(f: dict[str, float], wet: bool) -> str | None:
    """``lung_mass``, ``central_mass`` (it runs into the hilum), ``consolidation`` or None for one opened component."""
    if not -5 < f["hu"] < 85 or f["lung"] < 0.35 or f["depth"] < 8:
        return None
    if f["other"] > 0.12 and (f["x"] < 36 or f["x"] < 42 and f["ml"] < 25):  # hilum, or a fold of the mediastinum
        return None
    if wet and f["hu"] < 19 and f["lung"] < 0.7:  # a pool of the effusion
        return None
    if f["other"] > 0.28 and f["x"] < 46 and f["lung"] < 0.62 and f["hu"] > 30:  # a border of the heart left over
        return None
    sharp = f["fade"] < 0.08 and f["lung"] > 0.6 or f["fade"] < 0.105 and f["lung"] > 0.9
    if sharp and f["ml"] > 9 and max(f["wide"], f["tall"]) > 30:
        return "lung_mass"
    if f["fade"] < CENTRAL_FADE and not wet and f["ml"] > 20 and max(f["wide"], f["tall"]) > 30:
        if f["other"] > CENTRAL_CONTACT and f["high"] > CENTRAL_HIGH_MM:
            return "central_mass"
        if f["other"] > 0.12 and f["high"] < CENTRAL_HIGH_MM and f["lung"] < 0.5:
            return None
    return "consolidation" if f["ml"] > 5 and f["fade"] > 0.08 and f["area"] > 1.8 else None


def _is_dome(chest: Chest, f: dict[str, float]) -> bool:
    """A low cap on soft tissue that goes on below: the top of the spleen, the stomach or the liver looks alike.

    The diaphragm is known to about 12 mm where the slices are thin, and to a slice more where they are thick.
    """
    return f["under"] > 0.7 and f["high"] < 12.0 + 1.2 * chest.spacing[0]


def _mass(chest: Chest, core: Mask, within: Mask, side: str, f: dict[str, float], at_most: float = 0.95) -> Hit:
    mask = grown(chest, core, within & chest.half(side), 4.0)
    central = at_most < 0.95
    if central:
        mask = _compact(chest, mask)
    beyond = _beyond(chest, mask) if central else 0.0
    longest, short = axes_mm(chest, mask)
    z, y, x = np.argwhere(mask).mean(axis=0)
    confidence = min(at_most, float(np.clip(0.5 + (longest - 26) / 20.0, 0.5, 0.95)))
    name = "lung_mass" if longest > 30 else "lung_nodule"
    return Hit(name, "lung", side, mask, confidence, METHODS["lung_mass"].method, {
        "volume_ml": chest.ml(mask), "hu_mean": f["hu"], "attenuation": "solid", "longest_mm": longest,
        "short_mm": short, "count": 1, "segment": lobe_of(chest, (z, y, x), side),
        "uncertainty_mm": chest.spacing[1] + 0.2 * chest.spacing[0] + beyond}, hidden_mm=beyond)


def _compact(chest: Chest, mask: Mask) -> Mask:
    """The thickest piece of a mask without what is much thinner: strips beside the heart, vessels of the hilum."""
    depth = ndimage.distance_transform_edt(mask, sampling=chest.spacing)
    least = STRIP_SHARE * float(depth.max())
    labels, _ = ndimage.label(depth > least)
    kept = labels == labels[np.unravel_index(int(depth.argmax()), depth.shape)]
    out: Mask = mask & (ndimage.distance_transform_edt(~kept, sampling=chest.spacing) <= least)
    return out


def _beyond(chest: Chest, mask: Mask) -> float:
    """How far a mass may go on in the slice, in millimetres, where its border is none of its own: half the length along
    which it ends at the labels of heart and mediastinum or at the line beside them, as a round thing does at most."""
    inner = chest.masks["heart"] | chest.masks["mediastinum"] | (np.abs(chest.x) <= LINE_MM + chest.spacing[2])
    rim = mask & ndimage.binary_dilation(inner, np.ones((1, 3, 3), bool))
    lengths = [int(np.ptp(np.flatnonzero(plane.any(axis=1)))) + 1 for plane in rim if plane.any()]
    return float(max(HILUM_MM, 0.5 * max(lengths, default=0) * chest.spacing[1]))
