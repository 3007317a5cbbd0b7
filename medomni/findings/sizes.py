"""Sizes of nodules and masses with what each is uncertain by: in the slice, in space, volume, density, pleura.

The uncertainty of a diameter is half the width of an interval that is to hold the true value in nine of ten: the root
of the sum of squares of

* the voxels: either border lies anywhere within one, standard deviation d / sqrt(12) each;
* the slices, in the slice: the largest section may lie between two of them;
* the border: half contrast is met somewhere within the blur, and noise moves it by noise over slope;

with factors that were fitted on synthetic nodules (``python -m benchmarks.sizes`` counts on others how often the truth
lies within). It says nothing of a border that readers would draw differently. Fleischner
2017 (Bankier et al., Radiology 285:584) names 1.5 to 2 mm as what two readings of one nodule differ by.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.axes import axial_axes, space_axes
from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import Hit
from medomni.findings.lesion import Lesion, lesion_of
from medomni.findings.sensitivity import METHODS
from medomni.records import SizeUncertainty
from medomni.volume import Volume

NINE_OF_TEN = 1.645
SHORT_SHARE = 1.3
"""Of the longest diameter's uncertainty: the perpendicular turns with the longest where a section is nearly round."""
BORDER_SHARE = 0.35
"""Of the border's blur: what half contrast may miss the true border by, as a standard deviation; fitted."""
PLEURA_MM = {"wall": 0.9, "diaphragm": 7.0}
"""Standard deviation of the place of the chest wall in the labels, and of the diaphragm, which is a surface fitted
under the lungs (:mod:`medomni.findings.floor`), beside their voxels."""
POOL_MM = 5.0
"""Fluid or free air no farther than this behind the nearest of both: where the lung ends there is not known well enough
(a millimetre or a centimetre), and no distance is stated."""
AGREEING = (0.6, 1.3)
"""Longest diameter at full resolution over that of the outline, outside which the outline's own is kept: it is then not
one compact thing that lung surrounds."""
REACH_MM = 40.0
MIDDLE_MM = 28.0
"""From the midline: what lies outside the ribs nearer to it belongs to the spine."""
MASS_MM = 30.0
"""Above it a nodule is a mass (Hansell et al. 2008, Radiology 246:697)."""
SIZED = ("lung_nodule", "lung_mass")


def name_by_size(hit: Hit) -> None:
    """Nodule or mass by the longest axis; what the nodule rules found stays a nodule where it may be no larger."""
    doubt = hit.fields["uncertainty_mm"] if hit.method == METHODS["lung_nodule"].method else 0.0
    hit.finding_id = "lung_mass" if hit.fields["longest_mm"] - doubt > MASS_MM else "lung_nodule"


def too_large(hit: Hit) -> bool:
    """Whether the nodule rules found a mass: they were fitted on nodules, and dense parts of airless lung pass them."""
    return hit.finding_id == "lung_mass" and hit.method == METHODS["lung_nodule"].method


def size_fields(volume: Volume, chest: Chest, hit: Hit, floor: NDArray[np.float32], pooled: Mask) -> dict[str, Any]:
    """Fields of :class:`medomni.records.Finding` for a nodule or a mass; of others the spread of their HU alone.

    Args:
        volume: axial, the one that ``chest`` was made of.
        floor: the diaphragm (:func:`medomni.findings.floor.diaphragm`).
        pooled: fluid and free air, which lie before the wall.
    """
    if hit.mask is None or not hit.mask.any():
        return {}
    if hit.finding_id not in SIZED:
        return {"hu_sd": float(chest.hu[hit.mask].std())} if "hu_mean" in hit.fields else {}
    lesion = lesion_of(volume, chest, hit.mask)
    longest, short = axial_axes(lesion.mask, lesion.spacing, 1.0) if lesion else (0.0, 0.0)
    before = hit.fields.get("longest_mm") or longest
    if lesion is None or not AGREEING[0] * before <= longest <= AGREEING[1] * before:
        return {"hu_sd": float(chest.hu[hit.mask].std()), **_pleura(chest, hit.mask, None, floor, pooled)[0]}
    u = tuple(float(np.hypot(mm, hit.hidden_mm)) for mm in diameter_uncertainties(lesion))
    fields: dict[str, Any] = {
        "longest_mm": longest, "short_mm": short, "uncertainty_mm": u[0], "volume_ml": lesion.volume_ml,
        "hu_mean": lesion.core_hu, "hu_sd": float(lesion.hu[lesion.inner].std()),
    }
    in_space = space_axes(lesion.mask, lesion.spacing)
    if in_space is not None:
        fields |= {"longest_3d_mm": max(in_space[0], longest), "short_3d_mm": min(in_space[1], short)}
    round_mm = float(np.cbrt(6000 * lesion.volume_ml / np.pi))
    to_pleura, doubt = _pleura(chest, hit.mask, lesion, floor, pooled)
    fields |= to_pleura
    fields["uncertainty"] = SizeUncertainty(
        short_mm=round(SHORT_SHARE * u[0], 2), longest_3d_mm=round(u[1], 2) if in_space else None,
        short_3d_mm=round(u[1], 2) if in_space else None,
        volume_ml=round(3 * u[1] / max(round_mm, 1.0) * lesion.volume_ml, 4),
        pleura_mm=round(float(np.hypot(u[1] / 2, doubt)), 2) if to_pleura else None)
    return fields


def diameter_uncertainties(lesion: Lesion) -> tuple[float, float]:
    """(in the slice, in space) in millimetres, as the module says."""
    thick, row, column = lesion.acquired
    slope = (lesion.core_hu - lesion.ground_hu) / (lesion.border_mm * float(np.sqrt(2 * np.pi)))
    border = (BORDER_SHARE * lesion.border_mm) ** 2 + 2 * (lesion.noise / max(slope, 1.0)) ** 2 / 9
    pixel = (row * row + column * column) / 2
    tall = max(thick, float(lesion.mask.any(axis=(1, 2)).sum()) * lesion.spacing[0])
    between = (thick * thick / (8 * tall)) ** 2  # a sphere's chord, half a slice off its middle
    flat = NINE_OF_TEN * float(np.sqrt(pixel / 6 + between + border))
    space = NINE_OF_TEN * float(np.sqrt((2 * pixel + thick * thick) / 18 + border))
    return flat, space


def _pleura(chest: Chest, mask: Mask, lesion: Lesion | None, floor: NDArray[np.float32], pooled: Mask
            ) -> tuple[dict[str, Any], float]:
    """Distance in space from the border to the chest wall or the diaphragm, and what its place is uncertain by.

    The mediastinal pleura and the fissures are not looked at. Nothing where no wall is within :data:`REACH_MM`, or
    fluid or free air lies before it.
    """
    at = np.argwhere(mask)
    margin = [int(np.ceil(REACH_MM / s)) for s in chest.spacing]
    lo = [max(0, int(v) - m) for v, m in zip(at.min(0), margin, strict=True)]
    hi = [min(n, int(v) + 1 + m) for v, m, n in zip(at.max(0), margin, chest.hu.shape, strict=True)]
    box = tuple(slice(a, b) for a, b in zip(lo, hi, strict=True))
    z = np.arange(lo[0], hi[0], dtype=np.float32)[:, None, None]
    wall = ~chest.cage[box] & ~chest.masks["spine"][box] & (np.abs(chest.x[box[0], :, box[2]]) > MIDDLE_MM)
    near = {}
    for name, outside in (("wall", wall), ("diaphragm", z <= floor[box[1:]][None]), ("pool", pooled[box])):
        if outside.any():
            away = ndimage.distance_transform_edt(~outside, sampling=chest.spacing)
            if lesion is not None:
                there = lesion.rim_in(chest) - np.array(lo)[:, None]
                nearest = float(ndimage.map_coordinates(away, there, order=1, mode="nearest").min())
            else:
                nearest = float(away[mask[box]].min())
            near[name] = max(0.0, nearest - 0.5 * chest.spacing[1])
    pool = near.pop("pool", np.inf)
    least = min(near.values(), default=np.inf)
    if least > REACH_MM or pool < least + POOL_MM:
        return {}, 0.0
    voxel = float(np.mean(np.square(chest.spacing))) / 12
    doubts = {name: NINE_OF_TEN * float(np.sqrt(voxel + PLEURA_MM[name] ** 2)) for name in near}
    return {"pleura_mm": least}, max(doubts[name] - (mm - least) for name, mm in near.items())
