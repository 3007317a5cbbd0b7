"""Findings of a study: what was measured, and what was looked for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from medomni.errors import MedomniError
from medomni.findings.aorta import aorta_coverage, calibres, dilated
from medomni.findings.chest import Chest, chest_of
from medomni.findings.consolidation import CENTRAL_CONFIDENCE, opacities
from medomni.findings.coverage import coverage_of, not_assessable
from medomni.findings.effusion import effusions
from medomni.findings.fine_fluid import refine
from medomni.findings.floor import diaphragm
from medomni.findings.ground_glass import ground_glass
from medomni.findings.heart import cardiomegaly
from medomni.findings.hit import Hit
from medomni.findings.limits import LEAST_CONFIDENCE, limited
from medomni.findings.lobes import lobe_at
from medomni.findings.needs import figures, unmet
from medomni.findings.nodules import nodules
from medomni.findings.onto import on_axial
from medomni.findings.organs import organs_of
from medomni.findings.outlines import union
from medomni.findings.pneumothorax import pneumothoraces
from medomni.findings.quantities import quantities
from medomni.findings.ribs import fractures
from medomni.findings.sizes import SIZED, name_by_size, size_fields, too_large
from medomni.findings.tested import Tested
from medomni.quality import quality_of
from medomni.records import Finding, Findings, Warned, volume_grade
from medomni.volume import Label, Segmentation, Volume, from_upright

UNTESTED_CONFIDENCE = 0.45


@dataclass(frozen=True, eq=False)
class Measured:
    """Findings with their outlines.

    Attributes:
        findings: the record.
        masks: label ``n`` is the mask of the n-th finding (from 1); ``mask_ref`` of that finding is ``finding:n``.
    """

    findings: Findings
    masks: Segmentation


def measure(volume: Volume, segmentation: Segmentation, *, working: Segmentation | None = None,
            tested: Tested | None = None) -> Measured:
    """Measure a CT volume whose organs are segmented.

    Args:
        segmentation: whose organs are listed.
        working: the label map that is measured where ``segmentation`` does not part the chest as the measuring rooms
            need it (:func:`medomni.segment.working.working_labels`).
        tested: sensitivities measured with that segmenter; what they do not name of a segmenter from elsewhere is
            *not assessable*, and what is found by it *uncertain*.

    Raises:
        MedomniError: MED-S02 when the segmentation lies on another grid, MED-D07 for another modality than CT.
    """
    for labels in (segmentation, working or segmentation):
        if not labels.matches(volume):
            shapes = f"volume {volume.array.shape}, labels {labels.labels.shape}"
            raise MedomniError("MED-S02", shapes, where="measure")
    if volume.study.modality.upper() != "CT":
        raise MedomniError("MED-D07", f"findings are measured on CT, this is {volume.study.modality}", where="measure")
    with ThreadPoolExecutor(1) as beside:
        quality = beside.submit(quality_of, volume, working or segmentation)
        record, outlines = _record_of(volume, segmentation, working or segmentation, tested or Tested())
        return Measured(limited(record, quality.result(), volume), outlines)


def _record_of(volume: Volume, listed: Segmentation, segmentation: Segmentation, tested: Tested,
               ) -> tuple[Findings, Segmentation]:
    """The record before the quality of the images is known, and the findings' outlines.

    Args:
        listed: whose organs are listed. segmentation: what is measured.
    """
    wide = calibres(volume, listed)
    organs = organs_of(volume, listed, wide)
    aortic = aorta_coverage(wide, listed)
    if "lung" in segmentation.abstained or not segmentation.mask("lung").any():
        reason = segmentation.abstained.get("lung", "MED-S01: no lung was segmented")
        aortic = aortic.model_copy(update={"assessable": False, "reason": reason})
        more = quantities(volume, segmentation, [])
        found = tuple(_record(None, hit, n) for n, hit in enumerate(more.hits, start=1))
        record = Findings(study=volume.study, coverage=(*not_assessable(reason), aortic, *more.rows), organs=organs,
                          findings=found, scores=more.scores)
        return record, _masks(volume, segmentation, None, list(more.hits))
    chest = chest_of(volume, segmentation)
    (wet, maybe_wet), dry = effusions(chest), pneumothoraces(chest)
    fluid, gas = union(chest.hu.shape, wet), union(chest.hu.shape, dry)
    floor = diaphragm(chest, fluid)
    dense, unexplained = opacities(chest, fluid, gas, floor)
    taken = fluid | union(chest.hu.shape, dense)
    hearts, ratio = cardiomegaly(chest, taken | gas, floor)
    broken, ribs_seen = fractures(chest, fluid)
    small = nodules(volume, segmentation, chest, taken, gas, floor)
    hits = wet + dry + dense + small + hearts + broken + dilated(wide)
    hits += ground_glass(chest, taken | gas | union(chest.hu.shape, small))
    airless = "airless lung on this side may hide a mass, which density alone cannot tell apart"
    hidden = {("lung_mass", hit.side): airless for hit in dense if hit.finding_id == "consolidation"}
    alike = "a mass at the hilum and airless lung look alike on this side"
    hidden |= {("consolidation", hit.side): alike for hit in dense
               if hit.finding_id == "lung_mass" and hit.confidence <= CENTRAL_CONFIDENCE}
    hidden |= {("pleural_effusion", side): "less fluid than can be told from the pleura" for side in maybe_wet}
    for side, ml in unexplained.items():
        for name in ("lung_mass", "consolidation"):
            hidden.setdefault((name, side), f"{ml:.0f} ml of soft tissue on this side could not be told apart")
    missing = unmet(segmentation, tested)
    for hit in hits:  # found by masks that were never measured: shown, and no more than possible
        side = hit.side if (hit.finding_id, hit.side) in missing else "bilateral"
        if "untested" in missing.get((hit.finding_id, side), ""):
            hit.confidence = min(hit.confidence, UNTESTED_CONFIDENCE)
    axial = volume.axial()
    pooled = union(chest.hu.shape, [hit for hit in wet + dry if hit.confidence >= LEAST_CONFIDENCE])
    for hit in wet:
        hit.fine = refine(axial, chest, hit)
        if hit.fine is not None:
            hit.fields["volume_ml"] = float(np.count_nonzero(hit.fine.mask)) * axial.voxel_ml
    for hit in hits:
        hit.fields |= size_fields(axial, chest, hit, floor, pooled)
        if hit.finding_id in SIZED:
            name_by_size(hit)
    for hit in [hit for hit in hits if too_large(hit)]:
        hits.remove(hit)
        for name in ("lung_mass", "consolidation"):
            hidden.setdefault((name, hit.side), f"{hit.fields['volume_ml']:.0f} ml of soft tissue on this side could "
                              "not be told apart")
    more = quantities(volume, segmentation, hits)
    hits += more.hits
    findings = tuple(_record(chest, hit, n) for n, hit in enumerate(hits, start=1))
    rows = coverage_of(chest, segmentation, ratio, ribs_seen, hidden, frozenset(hit.side for hit in wet), missing)
    known = figures(segmentation, tested)
    coverage = tuple(c.model_copy(update={"sensitivity": known.get(c.finding_id, c.sensitivity)}) for c in rows)
    record = Findings(study=volume.study, organs=organs, findings=findings, coverage=(*coverage, aortic, *more.rows),
                      scores=more.scores)
    return record, _masks(volume, segmentation, chest, hits)


def with_lobes(measured: Measured, volume: Volume, lobes: Segmentation) -> Measured:
    """Findings with traced lobes: those are listed as organs, and what lies in one says so, instead of an estimate by
    its place.

    Args:
        lobes: on the volume's grid; why some were not traced (MED-S07) becomes a warning of the study.

    Raises:
        MedomniError: MED-S02 when the lobes lie on another grid.
    """
    if not lobes.matches(volume):
        raise MedomniError("MED-S02", f"volume {volume.array.shape}, labels {lobes.labels.shape}", where="measure")
    record, outlines = measured.findings, measured.masks
    findings = tuple(_in_lobe(f, n, outlines, lobes) for n, f in enumerate(record.findings, start=1))
    organs = record.organs + organs_of(volume, lobes)
    study = record.study.model_copy(update={"warnings": (*record.study.warnings, *_untraced(record, lobes))})
    return Measured(record.model_copy(update={"study": study, "findings": findings, "organs": organs}), outlines)


def _untraced(record: Findings, lobes: Segmentation) -> Iterator[Warned]:
    """Why lobes of a lung were not traced, once a reason: one that is named there all the same is an estimate."""
    lungs = {o.side for o in record.organs if o.anatomy_id == "lung" and o.volume_ml}
    for reason in dict.fromkeys(lobes.abstained.values()):
        sides = sorted({name.rpartition("/")[2] for name, why in lobes.abstained.items() if why == reason} & lungs)
        if not sides:
            continue
        code, _, why = reason.partition(": ")
        yield Warned(code=code, detail=f"{' and '.join(sides)}: {why}; a lobe named there is an estimate by place")


def _in_lobe(finding: Finding, n: int, masks: Segmentation, lobes: Segmentation) -> Finding:
    """The finding with the lobe that it was traced to lie in, where it lies in the lung and there is one."""
    traced = lobe_at(lobes, masks.labels == n, finding.side) if finding.anatomy_id == "lung" else None
    return finding.model_copy(update={"segment": traced}) if traced else finding


def _record(chest: Chest | None, hit: Hit, n: int) -> Finding:
    fields: dict[str, Any] = {k: round(v, 3) if isinstance(v, float) else v for k, v in hit.fields.items()}
    if chest is not None and hit.mask is not None and hit.mask.any():
        at = np.argwhere(hit.mask)
        fields.setdefault("centroid_mm", chest.point(at.mean(axis=0)))
        lo = at.min(axis=0) * chest.steps + chest.origin
        hi = np.minimum((at.max(axis=0) + 1) * chest.steps + chest.origin, chest.shape)
        if hit.fine is not None:
            at = np.argwhere(hit.fine.mask) + [b.start for b in hit.fine.box]
            lo, hi = at.min(axis=0), at.max(axis=0) + 1
        fields.setdefault("bbox", tuple(int(v) for pair in zip(lo, hi, strict=True) for v in pair))
        fields["mask_ref"] = f"finding:{n}"
    if hit.finding_id in ("pleural_effusion", "pneumothorax"):
        fields["severity"] = volume_grade(hit.fields["volume_ml"])
    return Finding(id=f"f{n}", finding_id=hit.finding_id, anatomy_id=hit.anatomy_id, side=hit.side,  # type: ignore[arg-type]
                   presence="present" if hit.confidence >= LEAST_CONFIDENCE else "uncertain",
                   confidence=round(hit.confidence, 3), measured_by=hit.method, **fields)


def _masks(volume: Volume, segmentation: Segmentation, chest: Chest | None, hits: list[Hit]) -> Segmentation:
    """Masks of the hits on the volume's own grid; later hits lie over earlier ones, all over the heart; a fine
    outline takes what no other finding has."""
    dtype = np.uint8 if len(hits) < 255 else np.uint16
    table = {n: Label(n, hit.anatomy_id, hit.side) for n, hit in enumerate(hits, start=1)}
    if chest is None:
        return Segmentation(np.zeros(volume.array.shape, dtype), table, volume.affine, "medomni.findings 1")
    small = np.zeros(chest.hu.shape, dtype)
    for n, hit in sorted(enumerate(hits, start=1), key=lambda p: p[1].finding_id != "cardiomegaly"):
        if hit.mask is not None and hit.fine is None:
            small[hit.mask] = n
    full = on_axial(small, chest)
    free = [0, *(n for n, hit in enumerate(hits, start=1) if hit.finding_id == "cardiomegaly")]
    for n, hit in enumerate(hits, start=1):
        if hit.fine is not None:
            part = full[hit.fine.box]
            part[hit.fine.mask & np.isin(part, free)] = n
    return Segmentation(from_upright(full, volume), table, volume.affine, "medomni.findings 1")
