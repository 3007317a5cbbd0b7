"""Cardiothoracic ratio on axial CT."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import Hit, disk
from medomni.findings.sensitivity import METHODS

THRESHOLD = 0.5  # Danzer 1919 for PA radiographs; on axial CT 0.5 keeps a specificity of 0.9 (Gollub 2012, JCAT 36:67)
FAT_HU = -30.0
HIDING_MM, HIDING_ML = 9.0, 25.0


def heart_region(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> Mask:
    """The heart with the great vessels at its base: thick tissue between the lungs, in front of the spine.

    It lies above the diaphragm; opened in-plane by 9 mm, so that hila, pericardial fat and junction lines fall off.
    """
    lungs = np.flatnonzero(chest.lung.any(axis=(1, 2)))
    z = np.arange(chest.hu.shape[0], dtype=np.float32)[:, None, None]
    top = lungs[-1] - 0.42 * (lungs[-1] - lungs[0]) if lungs.size else 0
    soft = chest.cage & ~chest.lung & ~chest.masks["airway"] & (chest.local_mean > FAT_HU)
    soft &= ~ndimage.binary_dilation(taken, iterations=1) if taken.any() else True
    soft &= (z > floor[None] + 2.0 / chest.spacing[0]) & (z <= top) & (chest.depth > 3.0)
    within = chest.cage & ~chest.lung & (chest.hu > -350)
    spine = chest.masks["spine"]
    front = np.array([np.flatnonzero(s.any(axis=1))[0] if s.any() else s.shape[0] for s in spine], float)
    front = ndimage.median_filter(front, 7, mode="nearest")
    rows = np.arange(chest.hu.shape[1])[None, :, None]
    soft &= rows < front[:, None, None] - 8.0 / chest.spacing[1]
    opened = ndimage.binary_opening(soft, disk(chest, 9.0))
    labels, n = ndimage.label(opened)
    if not n:
        return opened
    central = np.bincount(labels[(np.abs(chest.x) < 50) & (labels > 0)], minlength=n + 1)
    if not central[1:].any():
        return np.zeros_like(opened)
    return ndimage.binary_dilation(labels == int(central.argmax()), disk(chest, 3.0)) & within  # what opening cut off


def heart_width(chest: Chest, region: Mask, taken: Mask) -> tuple[float, float, int] | None:
    """(heart width, inner chest width, slice) in millimetres at the heart's widest slice, or None where it is not seen.

    The heart's width is its second greatest transverse extent over the slices, the chest's the greatest extent of
    the lungs with what lies in them and beside them.
    """
    widths = np.zeros(region.shape[0])
    for k in np.flatnonzero(region.any(axis=(1, 2))):
        if region[k].sum() * chest.spacing[1] * chest.spacing[2] < 1500:
            continue
        columns = np.flatnonzero(region[k].sum(axis=0) * chest.spacing[1] >= 9.0)
        widths[k] = (columns[-1] - columns[0] + 1) * chest.spacing[2] if columns.size else 0.0
    seen = widths[widths > 0]
    if seen.size * chest.spacing[0] < 25:
        return None
    width = float(np.sort(seen)[-min(2, seen.size)])
    filled = chest.lung | taken
    columns_of = (np.flatnonzero(filled[k].any(axis=0)) for k in np.flatnonzero(filled.any(axis=(1, 2))))
    chest_mm = max(((c[-1] - c[0] + 1) * chest.spacing[2] for c in columns_of), default=0.0)
    return (width, float(chest_mm), int(np.abs(widths - width).argmin())) if chest_mm > 100 else None


def cardiomegaly(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> tuple[list[Hit], float | None]:
    """(a hit where the ratio exceeds 0.5, the ratio or None where the heart is not seen).

    Within 0.03 of the threshold the confidence stays near 0.6: one pixel at either border moves the ratio by 0.01.
    Fluid or airless lung along a border of the heart hides it, so the confidence stays below 0.7 then.
    """
    region = heart_region(chest, taken, floor)
    measured = heart_width(chest, region, taken)
    if measured is None:
        return [], None
    ratio = measured[0] / measured[1]
    if ratio <= THRESHOLD:
        return [], ratio
    confidence = float(np.clip(0.6 + (ratio - THRESHOLD) * 8, 0.6, 0.97))
    if chest.ml(taken & ndimage.binary_dilation(region, disk(chest, HIDING_MM))) > HIDING_ML:
        confidence = min(confidence, 0.7)
    return [Hit("cardiomegaly", "heart", "midline", region, confidence, METHODS["cardiomegaly"].method,
                {"ratio": ratio})], ratio
