"""Synthetic chests at the resolution of thin-slice CT, held against what is truly in them.

Patients are drawn as everywhere (:func:`medomni.phantom.sample_patient`), each with two more solid nodules from 6 mm
on; pixels of 0.9 to 1.4 mm, slices of 1 to 2.5 mm. Seeds from 450,000 on are the bar's; what is fitted uses those from
300,000 on. The bar's were once those from 400,000 on, until pictures of what was missed there had been looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
FIRST = {"fit": 300_000, "seen": 400_000, "bar": 450_000}
MATRICES, SLICES_MM = (288, 320, 384), (1.0, 2.5)
SIDES = ("right", "left")
NEAR_MM = 5.0


def case(k: int, split: str = "bar") -> tuple[Any, Any]:
    """The k-th patient and the volume that it is seen in."""
    from medomni.phantom import render, sample_patient
    from medomni.phantom.patient import with_more_nodules

    seed = FIRST[split] + k
    rng = np.random.default_rng([seed, 4])
    sizes = [float(v) for v in np.exp(rng.uniform(np.log(6.2), np.log(14.0), 2))]
    patient = with_more_nodules(sample_patient(seed, "ABC"[k % 3]), sizes, rng)
    return patient, render(patient, matrix=int(rng.choice(MATRICES)), slice_mm=float(rng.uniform(*SLICES_MM)))


def judged(k: int, split: str = "bar") -> dict[str, Any]:
    """Dice by organ and side, what became of each true nodule, how many false ones, and findings on a wrong side."""
    from medomni.findings import measure
    from medomni.phantom.masks import true_masks
    from medomni.segment import get_segmenter

    patient, volume = case(k, split)
    segmentation = get_segmenter().segment(volume)
    measured = measure(volume, segmentation)
    true = true_masks(patient, volume)
    dices = {}
    for side in SIDES:  # the segmenter counts free air as lung; what was measured as such is taken off
        lung = segmentation.mask("lung", side) & ~mask_of(measured, "pneumothorax", side)
        dices[f"lung/{side}"] = dice(lung, true[f"lung/{side}"])
    for name in ("heart", "airway", "aorta", "liver", "spleen"):
        if any(row.anatomy_id == name for row in segmentation.table.values()):
            dices[name] = dice(segmentation.mask(name), true[name])
    for kind in ("pleural_effusion", "pneumothorax", "consolidation"):
        for side in SIDES:
            said = mask_of(measured, kind, side)
            if f"{kind}/{side}" in true or said.any():
                dices[f"{kind}/{side}"] = dice(said, true.get(f"{kind}/{side}", np.zeros_like(said)))
    nodules, false = _nodules(patient, measured.findings.findings)
    return {"dice": dices, "nodules": nodules, "false": false, "wrong_side": wrong_sides(patient, measured.findings),
            "spacing_mm": volume.spacing_mm, "hospital": patient.hospital}


def dice(a: Mask, b: Mask) -> float:
    """Twice the overlap over the sum of both (Dice 1945); 1 where both are empty."""
    total = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


def mask_of(measured: Any, kind: str, side: str) -> Mask:
    """The outline of every finding of a kind on a side, (slices, rows, columns)."""
    out = np.zeros(measured.masks.labels.shape, bool)
    for n, found in enumerate(measured.findings.findings, start=1):
        if found.finding_id == kind and found.side == side and found.presence == "present":
            out |= measured.masks.labels == n
    return out


def _nodules(patient: Any, findings: Any) -> tuple[list[dict[str, Any]], int]:
    """Each true nodule or mass with the nearest finding that may be it; and how many findings belong to none."""
    said = [f for f in findings if f.finding_id in ("lung_nodule", "lung_mass") and f.presence == "present"]
    used: set[int] = set()
    rows = []
    for truth in (f for f in patient.truth if f.finding_id in ("lung_nodule", "lung_mass")):
        away = [float(np.linalg.norm(np.subtract(f.centroid_mm, truth.centroid_mm))) for f in said]
        within = [i for i in np.argsort(away) if away[i] <= max(NEAR_MM, truth.longest_mm / 2) and int(i) not in used]
        best = said[int(within[0])] if within else None
        used.update(int(i) for i in within[:1])
        rows.append({"longest_mm": truth.longest_mm, "found": best is not None, "side": truth.side,
                     "error_mm": None if best is None else round(best.longest_mm - truth.longest_mm, 2),
                     "right_side": best is None or best.side == truth.side, "attenuation": truth.attenuation})
    near = [i for i, f in enumerate(said) if i not in used and not any(
        np.linalg.norm(np.subtract(f.centroid_mm, t.centroid_mm)) <= max(NEAR_MM, (t.longest_mm or 0) / 2)
        for t in patient.truth if t.finding_id in ("lung_nodule", "lung_mass"))]
    return rows, len(near)


def wrong_sides(patient: Any, findings: Any) -> list[str]:
    """Findings on a side on which there is none of their kind, while there is one on the other."""
    out = []
    for f in findings.findings:
        if f.presence == "present" and f.side in SIDES:
            sides = {t.side for t in patient.truth if t.finding_id == f.finding_id}
            if sides and f.side not in sides and f.finding_id not in ("lung_nodule", "lung_mass"):
                out.append(f"{f.finding_id}/{f.side}")
    return out
