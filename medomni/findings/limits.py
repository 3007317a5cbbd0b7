"""What the quality of the images leaves of the findings: less confidence, less coverage, never a bolder statement."""

from __future__ import annotations

from medomni.quality.limits import gravest, unusable, weight_of
from medomni.records import Coverage, Finding, Findings, Quality
from medomni.volume import Volume

LEAST_CONFIDENCE, OF_A_CUT_WIDTH = 0.5, 0.45
"""From what confidence on a finding is present; what a ratio to a chest of which a part is missing is given."""
AT_END = {"apex": ("pneumothorax",), "base": ("pleural_effusion",)}
"""What collects there: without that end of the lungs, its absence cannot be told."""
EITHER = ("bilateral", "unspecified", "midline")
BESIDE = ("cardiomegaly", "rib_fracture")
"""What needs the whole width of the chest: the ratio to it, the ribs' course."""
LUNGS_VIEW = ("apex", "base", "field_of_view")
"""Faults that say what of the lungs and the trunk is not in view."""
OWN_VIEW = ("coronary_artery", "vertebra", "aorta", "ascending_aorta", "descending_aorta")
"""Anatomy whose rules ask themselves whether what they need is in view: a calcium scan shows no apex and is none the
worse for it."""
IN_LUNG = ("pneumothorax", "consolidation", "lung_nodule", "lung_mass", "pleural_effusion")


def limited(record: Findings, quality: Quality, volume: Volume) -> Findings:
    """The findings with their quality: confidence times its weight, coverage where the images do not allow it.

    A present finding whose confidence falls below 0.5 is *uncertain*, and what it may be is then not assessable on its
    side, so that it is never called absent. Of an unusable image nothing is assessable, and no score is kept; where
    the values are no Hounsfield units no organ is listed either. Without an apex or a base what collects there is not
    assessable, and the z range that was seen is said of all else in the lungs. Of a lung that the field of view cuts
    sideways nothing is assessable, nor is what needs the chest's whole width. What is said of the lungs' ends and
    sides is nothing to :data:`OWN_VIEW`.
    """
    narrow = any(item.side for item in quality.faults)
    findings = tuple(_finding(f, _for(f.anatomy_id, quality).weight, narrow) for f in record.findings)
    lost = {(f.finding_id, f.side) for f, g in zip(record.findings, findings, strict=True) if f.presence != g.presence}
    coverage = tuple(_coverage(c, _for(c.anatomy_id, quality), lost, volume) for c in record.coverage)
    scores = tuple(s for s in record.scores if not unusable(_for(s.anatomy_id, quality)))
    organs = () if unusable(quality, "values") else record.organs
    return record.model_copy(update={"findings": findings, "coverage": coverage, "quality": quality, "scores": scores,
                                     "organs": organs})


def _for(anatomy_id: str, quality: Quality) -> Quality:
    """The quality without what is nothing to an anatomy."""
    if anatomy_id not in OWN_VIEW:
        return quality
    items = tuple(i for i in quality.items if i.kind not in LUNGS_VIEW)
    return quality.model_copy(update={"items": items, "weight": weight_of(items)})


def _finding(finding: Finding, weight: float, narrow: bool) -> Finding:
    if weight == 1.0:
        return finding
    confidence = round(finding.confidence * weight, 3)
    if narrow and finding.finding_id == "cardiomegaly":
        confidence = min(confidence, OF_A_CUT_WIDTH)
    presence = "uncertain" if finding.presence == "present" and confidence < LEAST_CONFIDENCE else finding.presence
    return finding.model_copy(update={"confidence": confidence, "presence": presence})


def _coverage(row: Coverage, quality: Quality, lost: set, volume: Volume) -> Coverage:
    wrong = unusable(quality, "values")
    if wrong and row.method != "none":  # then "no trachea found" is not the reason
        return _dark(row, wrong.reason)
    if not row.assessable:
        return row
    worst = unusable(quality)
    if worst:
        return _dark(row, worst.reason)
    for item in quality.faults:
        if row.finding_id in AT_END.get(item.kind, ()):
            return _dark(row, item.reason)
        if item.side and (row.finding_id in BESIDE or row.finding_id in IN_LUNG and (
                item.side == "bilateral" or row.side in (item.side, *EITHER))):
            return _dark(row, item.reason)
    grave = gravest(quality)
    if grave and any(name == row.finding_id and (row.side == "bilateral" or side in (row.side, *EITHER))
                     for name, side in lost):
        return _dark(row, grave.reason)
    if row.finding_id in IN_LUNG and row.z_range_mm is None and any(i.kind in AT_END for i in quality.faults):
        axial = volume.axial()
        ends = sorted(float(axial.to_lps([k, 0.0, 0.0])[2]) for k in (-0.5, len(axial.array) - 0.5))  # type: ignore[arg-type]
        return row.model_copy(update={"z_range_mm": (round(ends[0], 1), round(ends[1], 1))})
    return row


def _dark(row: Coverage, reason: str) -> Coverage:
    return row.model_copy(update={"assessable": False, "reason": reason})
