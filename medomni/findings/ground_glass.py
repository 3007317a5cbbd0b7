"""Ground glass by rules: lung denser than the lung around it, that hides no vessel; never more than *uncertain*.

Hansell et al. 2008 (Radiology 246:697): hazy increased attenuation with preservation of bronchial and vascular margins.
Here: compact regions at least :data:`CORE_MM` deep whose density lies well above what the lung has at that place (a
plane fitted to each lung, which takes its gradient towards the back) and below soft tissue, with lung around them.
Vessels are thinner, and what is thicker hides what is in it. What lies at the lung's border, beside airless lung or at
a nodule is left out, for partial volume looks alike there. Synthetic lungs have no other haze than the nodules that
were put in; real ones have: blood and water towards the back, expiration, motion. So what is found is shown and proves
nothing, and what is not found is *not assessable*. ``python -m benchmarks.ground_glass`` prints the sensitivity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.axes import axial_axes
from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit, parts
from medomni.findings.lobes import lobe_of
from medomni.findings.sensitivity import GROUND_GLASS
from medomni.findings.sizes import MASS_MM
from medomni.volume import block_means, thinning

STEP_MM = 2.5
ABOVE_HU, DENSEST_HU = 110.0, -300.0
BORDER_MM = 4.0
CORE_MM = 5.0
"""Half of the least thickness, in the coarse grid's steps: deeper than in any vessel but those at the hilum, which are
too dense. Of ten synthetic chests 13 of 18 nodules from 12 mm on reach it, and at 4.2 mm ten times as many vessels."""
RING_MM = (1.5, 5.0)
RING_HU, RING_SHARE = -740.0, 0.25
"""Around a patch: the mean (HU) is lung's, and no more than this share is as dense as the patch. Where vessels part
there is more."""
VESSEL_HU = -480.0
"""Nine tenths of a patch are emptier: a fat vessel's middle is not."""
POSSIBLE = 0.45
THIN_MM = 3.0


def ground_glass(chest: Chest, taken: Mask) -> list[Hit]:
    """Patches of both lungs, as *uncertain* ground-glass nodules, or opacities where they are longer than 30 mm.

    Args:
        taken: fluid, free air, airless lung, masses and nodules, of the shape of ``chest.hu``.

    Returns:
        None in slices of more than 3 mm, where borders of vessels and the diaphragm are as dense over millimetres.
    """
    if chest.spacing[0] / chest.steps[0] > THIN_MM:
        return []
    steps = thinning(chest.spacing, STEP_MM, STEP_MM)
    spacing = (chest.spacing[0] * steps[0], chest.spacing[1] * steps[1], chest.spacing[2] * steps[2])
    hu, free = block_means(chest.hu, steps), block_means(taken, steps) == 0
    hits = []
    for side in SIDES:
        lung = (block_means(chest.masks[f"lung/{side}"], steps) > 0.99) & free
        if not lung.any():
            continue
        inner = ndimage.distance_transform_edt(lung, sampling=spacing) > BORDER_MM
        dense = inner & (hu > normal(hu, lung) + ABOVE_HU) & (hu < DENSEST_HU)
        labels, sizes = parts(ndimage.distance_transform_edt(dense, sampling=spacing) > CORE_MM)
        pad = [round((CORE_MM + RING_MM[1]) / mm) + 1 for mm in spacing]
        for i, core in enumerate(ndimage.find_objects(labels), start=1):
            box = tuple(slice(max(0, b.start - p), b.stop + p) for b, p in zip(core, pad, strict=True))
            away = ndimage.distance_transform_edt(labels[box] != i, sampling=spacing)
            mask = dense[box] & (away <= CORE_MM)
            if _is_haze(hu[box], mask, dense[box], inner[box], spacing):
                hits.append(_hit(chest, side, hu, mask, box, steps))
    return hits


def normal(hu: NDArray[np.float32], lung: Mask) -> NDArray[np.float32]:
    """What a lung has at each place (HU): a plane over height and depth, fitted to where nothing denser lies."""
    at = np.argwhere(lung)
    at = at[:: len(at) // 50_000 + 1]
    values, terms = hu[tuple(at.T)], np.column_stack([np.ones(len(at)), at[:, 0], at[:, 1]])
    keep, fit = values < -600, np.array([-850.0, 0.0, 0.0])
    for _ in range(4):
        if keep.sum() < 100:
            break
        fit = np.linalg.lstsq(terms[keep], values[keep], rcond=None)[0]
        keep = np.abs(values - terms @ fit) < 100
    z, y = np.arange(hu.shape[0])[:, None, None], np.arange(hu.shape[1])[None, :, None]
    return (fit[0] + fit[1] * z + fit[2] * y).astype(np.float32)


def _is_haze(hu: NDArray[np.float32], mask: Mask, dense: Mask, inner: Mask, spacing: tuple[float, float, float]
             ) -> bool:
    away = ndimage.distance_transform_edt(~mask, sampling=spacing)
    ring = (away > RING_MM[0]) & (away <= RING_MM[1]) & inner
    return bool(ring.any() and float(hu[ring].mean()) < RING_HU and float(dense[ring].mean()) < RING_SHARE
                and float(np.percentile(hu[mask], 90)) < VESSEL_HU)


def _hit(chest: Chest, side: str, hu: NDArray[np.float32], mask: Mask, box: tuple[slice, ...],
         steps: tuple[int, int, int]) -> Hit:
    coarse = np.zeros(hu.shape, bool)
    coarse[box] = mask
    whole = coarse.repeat(steps[0], 0).repeat(steps[1], 1).repeat(steps[2], 2)
    whole = whole[: chest.hu.shape[0], : chest.hu.shape[1], : chest.hu.shape[2]]
    longest, short = axial_axes(whole, chest.spacing)
    middle = tuple(float(v) for v in np.argwhere(whole).mean(axis=0))
    name = "ground_glass_opacity" if longest > MASS_MM else "ground_glass_nodule"
    return Hit(name, "lung", side, whole, POSSIBLE, GROUND_GLASS.method, {
        "longest_mm": longest, "short_mm": short, "volume_ml": chest.ml(whole), "count": 1,
        "hu_mean": float(chest.hu[whole].mean()), "attenuation": "ground_glass",
        "segment": lobe_of(chest, middle, side), "uncertainty_mm": chest.spacing[1] * steps[1]})  # type: ignore[arg-type]
