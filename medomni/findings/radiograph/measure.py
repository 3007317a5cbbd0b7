"""What is measured on a frontal chest radiograph, and what is not assessable there, with its code."""

from __future__ import annotations

import numpy as np

from medomni.errors import MedomniError
from medomni.findings.conditions import acquisition_of
from medomni.findings.coverage import not_assessable
from medomni.findings.measure import Measured
from medomni.findings.radiograph.fields import Fields, cardiothoracic, excess, lung_fields
from medomni.records import Coverage, Finding, Findings, Score
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

RADIOGRAPHS = ("CR", "DX")
CHESTS = ("CHEST", "THORAX", "LUNG", "HEART", "RIB")
METHOD = "rules:radiograph 1"
SOURCE = "Danzer 1919, Am J Med Sci 157:513"
ENLARGED, NEAR = 0.5, 0.04
"""Ratio above which the heart is called enlarged, and how near to it both readings are *uncertain*."""
RATIO_UNCERTAINTY = 0.09
OPAQUE, POSSIBLE = 0.12, 0.05
"""Share of the expected field that must be denser than the other side's; between both it is *uncertain*."""
HEART_SENSITIVITY = 0.57
"""Lower end of the 95 % interval (Wilson) of 5 of 5 enlarged synthetic hearts for which the ratio was told,
``python -m benchmarks.scores radiographs 24``."""
NOT_ON_FILM = "MED-S21: not looked for on radiographs"


def chest_radiograph(volume: Volume) -> bool:
    """Whether a volume is a radiograph, of the chest or of no stated part."""
    part = volume.study.body_part
    return volume.study.modality.upper() in RADIOGRAPHS and (part is None or part in CHESTS)


def measure_radiograph(volume: Volume) -> Measured:
    """Findings of a frontal chest radiograph, (1, rows, columns), bright where dense, sides by its affine.

    The cardiothoracic ratio is measured in PA views only: an AP view magnifies the heart. The side of an opacity needs
    a side that is known, and it is never denied: two of six were found. Lesions on both sides alike, behind the heart
    and below the diaphragm are not seen; whatever else CT measures is *not assessable*.

    Raises:
        MedomniError: MED-D07 where it is no radiograph of a chest, MED-S04 where it is empty.
    """
    if not chest_radiograph(volume):
        raise MedomniError("MED-D07", f"{volume.study.modality} of {volume.study.body_part}", where="measure")
    if float(np.ptp(volume.array)) == 0:
        raise MedomniError("MED-S04", "all pixels are equal", where="measure")
    upright, _ = reorient(volume.array, volume.affine, *axis_alignment(volume.affine))
    image = upright[::-1].mean(axis=1, dtype=np.float32)
    steps = volume.axial().spacing_mm
    told = acquisition_of(volume.study)
    frontal = told.view in ("PA", "AP")
    reason = None if frontal else f"MED-S21: the view is {told.view or 'not stated'}: PA or AP is needed"
    fields = lung_fields(image, steps[0] / steps[2]) if frontal else ""
    if isinstance(fields, str):
        reason = reason or f"MED-S22: {fields}"
    rows = [c.model_copy(update={"method": METHOD, "min_size_mm": None, "sensitivity": None})
            for c in not_assessable(NOT_ON_FILM) if c.finding_id != "cardiomegaly"]
    found, scores = [], []
    dense: list[str] = []
    if isinstance(fields, Fields):
        more, row, dense = _opacity(fields, told.side_known, told.side_reason)
        found, rows = more, [row, *rows]
    else:
        rows = [_row("lung_opacity", "lung", reason), *rows]
    heart, score, row = _heart(fields, told.view, reason, bool(dense))
    found += heart
    scores += score
    record = Findings(study=volume.study, findings=tuple(
        f.model_copy(update={"id": f"f{n}"}) for n, f in enumerate(found, start=1)),
        coverage=(row, *rows), scores=tuple(scores))
    return Measured(record, Segmentation(np.zeros(volume.array.shape, np.uint8), {}, volume.affine, METHOD))


def _row(finding_id: str, anatomy_id: str, reason: str | None, sensitivity: float | None = None) -> Coverage:
    return Coverage(finding_id=finding_id, anatomy_id=anatomy_id, method=METHOD, assessable=reason is None,
                    reason=reason, sensitivity=sensitivity if reason is None else None)


def _heart(fields: Fields | str, view: str | None, reason: str | None, hidden: bool,
           ) -> tuple[list[Finding], list[Score], Coverage]:
    if reason is None and view != "PA":
        reason = f"MED-S21: the view is {view}, which magnifies the heart: PA is needed"
    measured = cardiothoracic(fields) if reason is None and isinstance(fields, Fields) else None
    if reason is None and (measured is None or measured[1] < 0.8):
        reason = "MED-S22: the heart's borders are not seen on both sides"
    if reason is None and hidden:
        reason = "MED-S22: an opacity may hide a border of the heart"
    if reason or measured is None:
        return [], [], _row("cardiomegaly", "heart", reason)
    ratio = round(measured[0], 3)
    score = Score(score_id="ratio", anatomy_id="heart", value=ratio, uncertainty=RATIO_UNCERTAINTY, measured_by=METHOD,
                  source=SOURCE)
    near = abs(ratio - ENLARGED) < NEAR
    if ratio <= ENLARGED and not near:
        return [], [score], _row("cardiomegaly", "heart", None, HEART_SENSITIVITY)
    finding = Finding(id="f0", finding_id="cardiomegaly", anatomy_id="heart", side="midline", ratio=ratio,
                      presence="uncertain" if near else "present", confidence=0.4 if near else 0.7, measured_by=METHOD)
    why = f"MED-S22: a ratio of {ratio:.2f} is too near to {ENLARGED:g} to tell" if near else None
    return [finding], [score], _row("cardiomegaly", "heart", why, HEART_SENSITIVITY)


def _opacity(fields: Fields, side_known: bool | None, side_reason: str) -> tuple[list[Finding], Coverage, list[str]]:
    shares = excess(fields)
    sides = [s for s, share in shares.items() if share >= POSSIBLE]
    if not side_known:
        why = f"MED-S21: the patient's side is not known ({side_reason or 'not stated'})"
        return [], _row("lung_opacity", "lung", why), sides
    found = []
    for side in sides:
        sure = shares[side] >= OPAQUE
        found.append(Finding(id="f0", finding_id="lung_opacity", anatomy_id="lung", side=side,  # type: ignore[arg-type]
                             presence="present" if sure else "uncertain", confidence=0.7 if sure else 0.4,
                             measured_by=METHOD))
    reason = "MED-S22: too many are missed on radiographs to exclude an opacity"
    if found and not any(f.presence == "present" for f in found):
        reason = "MED-S22: a difference between the lungs is too small to tell"
    return found, _row("lung_opacity", "lung", reason), sides
