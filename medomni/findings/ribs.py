"""Displaced rib fractures: a rib that stands further out on one side than on the other.

Ribs are read in polar maps: for each slice and direction from the spine round to the front, the mean distance of
bone from the lung's surface. A displaced piece lifts that distance by millimetres over several centimetres, on one
side; shoulder blades lift it on both. Only directions count where the lung reaches the ribs on both sides, so neither
fluid nor consolidation looks like a fracture. Undisplaced fractures, those near the spine, in front of the armpit and
behind an effusion are not looked for: the sensitivity in the coverage is that of displaced fractures of the side wall,
the only ones that the synthetic patients have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import SIDES, Chest, Mask
from medomni.findings.hit import Hit
from medomni.findings.sensitivity import METHODS

BINS = 60  # of 3 degrees, from the spine (0) to the front (180)
ANGLES = (38.0, 106.0)
REACH_MM = 19.0
GAP_MM = 12.0
THIN_MM, BESIDE_MM = 1.0, 60.0  # layers beside fluid, too thin to be seen as such, lift ribs off the lung
LAYER_MM, INNER_MM = 9.0, 11.0  # of one rib: its depth, and how far from the lung it may begin
STEP_MM = 3.25  # none of 131 phantoms without a fracture reaches it, more than half of the fractures do
THICKEST_MM = 6.5
LEAST_SEEN = 0.25


@dataclass(frozen=True, eq=False)
class RibMap:
    """Polar map of one side, (slices, BINS) float64 each, NaN where nothing is known.

    Attributes:
        distance: mean distance of bone from the lung in millimetres. gap: distance of the cage's border from the lung.
    """

    distance: NDArray[np.float64]
    gap: NDArray[np.float64]


def rib_map(chest: Chest, side: str, fluid: Mask) -> RibMap:
    """The map of a side; directions in which ``fluid`` lies are left out."""
    reference = chest.lung | fluid
    n = chest.hu.shape[0]
    distance, gap = np.full((n, BINS), np.nan), np.full((n, BINS), np.nan)
    wet = np.zeros((n, BINS), bool)
    y = np.arange(chest.hu.shape[1])[:, None] * chest.spacing[1]
    sign = -1.0 if side == "right" else 1.0
    for k in np.flatnonzero(reference.any(axis=(1, 2))):
        away = ndimage.distance_transform_edt(~reference[k], sampling=chest.spacing[1:])
        rows = np.flatnonzero(chest.cage[k].any(axis=1))
        middle = (rows[0] + rows[-1]) / 2 * chest.spacing[1]
        x = np.broadcast_to(sign * chest.x[k], away.shape)
        turn = np.degrees(np.arctan2(x, np.broadcast_to(y - middle, away.shape)))
        at = np.clip((turn / 180 * BINS).astype(int), 0, BINS - 1)
        weight = np.clip(chest.hu[k] - 180, 0, 600) * ((away < REACH_MM) & (x > 0))
        nearest = np.full(BINS, np.inf)
        np.minimum.at(nearest, at[weight > 60], away[weight > 60])
        bone = (weight > 0) & (away < nearest[at] + LAYER_MM)  # a shoulder blade lies behind the rib, not beside it
        total = np.bincount(at[bone], weights=weight[bone], minlength=BINS)
        moment = np.bincount(at[bone], weights=(weight * away)[bone], minlength=BINS)
        distance[k] = np.where((total > 150) & (nearest < INNER_MM), moment / np.maximum(total, 1), np.nan)
        rim = chest.cage[k] & (chest.depth[k] <= 1.1 * chest.spacing[1]) & (x > 0)
        count = np.bincount(at[rim], minlength=BINS)
        border = np.bincount(at[rim], weights=away[rim], minlength=BINS)
        wet[k] = np.bincount(at[fluid[k] & (x > 0)], minlength=BINS) > 0
        gap[k] = np.where(count > 0, border / np.maximum(count, 1), np.nan)
    reach = (2 * max(1, round(BESIDE_MM / 2 / chest.spacing[0])) + 1, BINS // 6 + 1)
    gap[wet | ndimage.maximum_filter(wet, reach) & (gap > THIN_MM)] = np.nan
    return RibMap(distance, gap)


def asymmetry(chest: Chest, right: RibMap, left: RibMap) -> NDArray[np.float64]:
    """Right minus left distance in millimetres, (slices, BINS), over 18 mm by 12 degrees; NaN where unknown."""
    sound = np.ones(right.gap.shape, bool)
    for side in (right, left):
        sound &= ndimage.maximum_filter(np.nan_to_num(side.gap, nan=99.0), 3) < GAP_MM
    raw = np.where(sound, right.distance - left.distance, np.nan)
    slices = np.flatnonzero(chest.lung.any(axis=(1, 2)))
    edge = round(30.0 / chest.spacing[0])
    raw[: slices[0] + edge] = np.nan
    raw[slices[-1] + 1 - edge :] = np.nan
    raw[:, : int(ANGLES[0] / 180 * BINS)] = np.nan
    raw[:, int(ANGLES[1] / 180 * BINS) :] = np.nan
    if not np.isfinite(raw).any():
        return raw
    raw -= np.nanmedian(raw)
    size = (max(1, round(18.0 / chest.spacing[0])), 4)
    known = np.isfinite(raw)
    value = ndimage.uniform_filter(np.where(known, raw, 0.0), size)
    share = ndimage.uniform_filter(known.astype(float), size)
    return np.where(share > 0.55, value / np.maximum(share, 1e-6), np.nan)


def fractures(chest: Chest, fluid: Mask) -> tuple[list[Hit], tuple[float, float] | None]:
    """(at most one displaced fracture a side, the z range (mm, LPS) looked at, or None where ribs were lost)."""
    if chest.spacing[0] > THICKEST_MM:
        return [], None
    reference = chest.lung | fluid
    maps = [rib_map(chest, side, fluid) for side in SIDES]
    lift = asymmetry(chest, *maps)
    seen = np.isfinite(lift)
    rows = np.flatnonzero(seen.sum(axis=1) > LEAST_SEEN * (ANGLES[1] - ANGLES[0]) / 180 * BINS)
    if rows.size * chest.spacing[0] < 60:
        return [], None
    ends = [chest.point(np.array([float(k), 0.0, 0.0]))[2] for k in (rows[0], rows[-1])]
    z_range = (min(ends), max(ends))
    hits: list[Hit] = []
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        score = sign * np.nan_to_num(lift)
        k, b = (int(v) for v in np.unravel_index(int(score.argmax()), score.shape))
        if score[k, b] < STEP_MM:
            continue
        mask = _rib_near(chest, reference, side, k, b)
        if not mask.any():  # a step with no bone at it: neither a fracture nor its absence was seen
            return hits, None
        confidence = float(np.clip(0.5 + (score[k, b] - STEP_MM) * 0.2, 0.5, 0.9))
        hits.append(Hit("rib_fracture", "rib", side, mask, confidence, METHODS["rib_fracture"].method, {"count": 1}))
    return hits, z_range


def _rib_near(chest: Chest, reference: Mask, side: str, k: int, b: int) -> Mask:
    """Bone of the side wall within 9 mm in height and 9 degrees of a place in the map."""
    out = np.zeros(chest.hu.shape, bool)
    y = np.arange(chest.hu.shape[1])[:, None] * chest.spacing[1]
    sign = -1.0 if side == "right" else 1.0
    reach = max(1, round(9.0 / chest.spacing[0]))
    for s in range(max(0, k - reach), min(chest.hu.shape[0], k + reach + 1)):
        rows = np.flatnonzero(chest.cage[s].any(axis=1))
        if not rows.size:
            continue
        x = np.broadcast_to(sign * chest.x[s], chest.hu.shape[1:])
        turn = np.degrees(np.arctan2(x, np.broadcast_to(y - (rows[0] + rows[-1]) / 2 * chest.spacing[1], x.shape)))
        near = ndimage.distance_transform_edt(~reference[s], sampling=chest.spacing[1:]) < REACH_MM
        out[s] = near & (np.abs(turn - (b + 0.5) / BINS * 180) < 9) & (chest.hu[s] > 180) & (x > 0)
    return out
