"""Emphysema index: the share of the lungs below -950 HU.

Definition: voxels below -950 HU in percent of all lung voxels, airways taken out (%LAA-950; Gevenois 1996, Am J Respir
Crit Care Med 154:187). It holds for thin slices (Gevenois took 1 mm), a soft kernel and full inspiration: with a sharp
kernel the same lungs gave 15 % instead of 5 % (Lee 2019, Korean J Radiol 20:295). Where one of these is not met or not
stated, there is no index, nor where contrast agent or a tube voltage other than 120 kV is stated. A low index denies
nothing: a little emphysema that a reader sees need not reach the limit.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from medomni.findings.conditions import CODE, acquisition_of, first, slices_within, soft_kernel
from medomni.findings.hit import Hit
from medomni.findings.inspiration import breath_of
from medomni.findings.needs import untested
from medomni.findings.quantity import Quantity, refusal
from medomni.records import Coverage, Score
from medomni.volume import Segmentation, Volume, among, axis_alignment, reorient

METHOD = "rules:laa-950 1"
SOURCE = "Gevenois 1996, Am J Respir Crit Care Med 154:187"
MOST_MM = 1.25
LAA_HU = -950.0
WALL_MM = 2.5
"""Around the airway's label that is taken out with it: its wall and what partial volume makes of its lumen."""
PRESENT, POSSIBLE = 6.0, 4.0
"""Percent from which emphysema is called present, and from which it is uncertain (own limits; on synthetic healthy
lungs the index stays below 4 %, see ``benchmarks/scores.py``)."""
UNCERTAINTY = 5.0
"""Percent points: the four synthetic indices that were counted lay 3.1 above the truth (no holes: noise, and the thin
lung in front) to 4.4 below it (30 % of holes, whose rims are mixed), ``python -m benchmarks.scores emphysema``."""
AIR_HU = (-1024.0, -950.0)
"""What the air in the trachea may read; else the scale is off, and with it the threshold."""


def emphysema(volume: Volume, segmentation: Segmentation, hits: list[Hit]) -> Quantity:
    """The index of both lungs, or the coded reason why there is none; ``hits`` are the findings measured before."""
    study = volume.study
    reason = first(
        slices_within(volume, 0.0, MOST_MM), soft_kernel(study),
        f"{CODE}: contrast agent was given" if study.contrast else None,
        f"{CODE}: tube voltage {acquisition_of(study).kvp:g} kV, 120 kV is needed"
        if acquisition_of(study).kvp not in (None, 120.0) else None,
        *(_missing(segmentation, name) for name in (("lung", "right"), ("lung", "left"), ("airway", "midline"))),
        f"{CODE}: free air beside the lung lies below -950 HU too"
        if any(hit.finding_id == "pneumothorax" for hit in hits) else None)
    if reason:
        return refusal("emphysema", "lung", METHOD, reason)
    axial = volume.axial()
    labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
    values = {row.anatomy_id: [v for v, r in segmentation.table.items() if r.anatomy_id == row.anatomy_id]
              for row in segmentation.table.values()}
    lungs, airway = among(labels, values["lung"]), among(labels, values["airway"])
    box = ndimage.find_objects(lungs.astype(np.uint8) | airway)[0]
    lungs, airway, hu = lungs[box], airway[box], axial.array[box].astype(np.float32)
    breath = breath_of(hu, lungs, airway, axial.spacing_mm)
    inner = ndimage.binary_erosion(airway, iterations=max(1, round(1.5 / axial.spacing_mm[1])))
    air = float(np.median(hu[inner])) if inner.sum() > 50 else None
    reason = first(breath.refused(study), None if air is None or AIR_HU[0] <= air <= AIR_HU[1]
                   else f"{CODE}: air in the trachea reads {air:.0f} HU")
    if reason:
        return refusal("emphysema", "lung", METHOD, reason)
    step = max(1, round(WALL_MM / axial.spacing_mm[1]))
    lungs &= ~ndimage.binary_dilation(airway, iterations=step)
    index = 100.0 * float(np.count_nonzero(hu[lungs] < LAA_HU)) / max(1, np.count_nonzero(lungs))
    score = Score(score_id="laa_950", anatomy_id="lung", side="bilateral", value=round(index, 2), unit="%",
                  uncertainty=UNCERTAINTY, measured_by=METHOD, source=SOURCE)
    found = []
    if index >= POSSIBLE:
        sure = 0.85 if index >= PRESENT + UNCERTAINTY else 0.6 if index >= PRESENT else 0.4
        found = [Hit("emphysema", "lung", "bilateral", None, sure, METHOD, {})]
    row = Coverage(finding_id="emphysema", anatomy_id="lung", method=METHOD, assessable=index >= PRESENT,
                   reason=None if index >= PRESENT else f"{CODE}: an index of {index:.1f} % excludes no emphysema")
    return Quantity(tuple(found), (score,), (row,))


def _missing(segmentation: Segmentation, key: tuple[str, str]) -> str | None:
    name, side = key
    if name in segmentation.abstained:
        abstained = segmentation.abstained[name]
        return abstained if abstained.startswith("MED-") else f"MED-S03: {abstained}"
    if not segmentation.mask(name, side).any():
        return f"MED-S03: the {'' if side == 'midline' else side + ' '}{name} was not segmented"
    if why := untested(segmentation, name):
        return why
    if any(segmentation.table[v].anatomy_id == name == "lung" for v in segmentation.truncated):
        return "MED-S01: the field of view cuts this lung"
    return None
