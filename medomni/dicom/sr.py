"""Measured findings as a DICOM structured report: TID 1500, Measurement Report (PS3.16), read back before it is kept.

What was looked for and not found is *absent*; what could not be assessed is *undetermined*, with the reason's code.
Where it was looked for over a part of the body alone, the ends of that part stand with it (LPS z), and in a group
without a presence where it was found.
Scores, such as an emphysema index, are groups of their own without a presence, and so is what was compared with an
earlier study (:mod:`medomni.dicom.sr_prior`).
The report is neither complete nor verified (PS3.3 C.17.2): a person has not read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom

from medomni.dicom.concepts import anatomy_concept, finding_concept, own_concept, side_concept
from medomni.dicom.seg import tracking_id
from medomni.dicom.source import quoting_nothing, source_images
from medomni.dicom.sr_prior import (
    Number,
    change_concept,
    change_evaluation,
    compared_group,
    compared_rows,
    earlier_numbers,
    measurement,
    uncertainty_of,
)
from medomni.errors import MedomniError
from medomni.files import replacing
from medomni.records import Finding, Findings, Score, SizeUncertainty
from medomni.volume import Volume

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

SERIES_NUMBER = 902
PRESENCE = {"present": ("52101004", "Present"), "absent": ("272519000", "Absent"),
            "undetermined": ("373068000", "Undetermined")}
Range = tuple[float, float] | None
ENDS = ("looked_from_z", "looked_to_z")


def write_measurements(findings: Findings, volume: Volume, source: Path | str, path: Path | str,
                       masks: Path | str | None = None) -> Path:
    """Write findings as a Comprehensive 3D SR of TID 1500 (extra ``segment``).

    Args:
        volume: as :func:`medomni.dicom.read_study` read it.
        source: the folder or zip of its images.
        path: of the SR file; nothing is left there where writing fails.
        masks: the DICOM SEG of the findings' outlines, as :func:`medomni.dicom.seg.write_segmentation` writes it; each
            finding then refers to its segment.

    Returns:
        ``path``.

    Raises:
        MedomniError: MED-C06 without highdicom; MED-D20 where the images do not fit, or the file, read back, does not
            hold the same findings and numbers; MED-C04.
    """
    try:
        import highdicom as hd
        from highdicom.sr import Comprehensive3DSR
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="DICOM SR") from exc
    path = Path(path)
    if not findings.findings and not findings.coverage:
        raise MedomniError("MED-D20", "nothing was looked for, so that there is nothing to report", where=path.name)
    images = source_images(volume, Path(source))
    outlines = pydicom.dcmread(masks) if masks else None
    with quoting_nothing(path):
        made = Comprehensive3DSR(
            evidence=[*images, *([outlines] if outlines is not None else [])],
            content=_content(findings, images, outlines)[0], series_instance_uid=hd.UID(),
            series_number=SERIES_NUMBER, sop_instance_uid=hd.UID(), instance_number=1, manufacturer="medomni",
            series_description="medomni findings, research only")
    with replacing(path) as beside, quoting_nothing(path):
        made.save_as(beside)
        if _told(beside) != _wanted(findings):
            raise MedomniError("MED-D20", "the findings differ after writing", where=path.name)
    return path


def _content(findings: Findings, images: list[pydicom.Dataset], outlines: pydicom.Dataset | None) -> Any:
    import highdicom as hd
    from highdicom import sr
    from pydicom.sr.codedict import codes

    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=hd.UID(), name="medomni", manufacturer_name="medomni", model_name="research only"))
    groups: list[Any] = [_found(f, images, outlines) for f in findings.findings]
    groups += [_score(s) for s in findings.scores]
    groups += [_looked_for(*row) for row in _states(findings)]
    groups += [compared_group(row) for row in compared_rows(findings)]
    return sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=device),
        procedure_reported=codes.cid100.CTUnspecifiedBodyRegion,
        imaging_measurements=groups, title=codes.DCM.ImagingMeasurementReport)


def _found(finding: Finding, images: list[pydicom.Dataset], outlines: pydicom.Dataset | None) -> Any:
    from highdicom import sr
    from pydicom.uid import generate_uid

    presence = "undetermined" if finding.presence == "uncertain" else finding.presence
    common: dict[str, Any] = {
        "tracking_identifier": sr.TrackingIdentifier(uid=generate_uid(), identifier=finding.id),
        "finding_type": finding_concept(finding.finding_id),
        "finding_sites": [sr.FindingSite(anatomy_concept(finding.anatomy_id), laterality=side_concept(finding.side))],
        "algorithm_id": sr.AlgorithmIdentification(name="medomni", version=finding.measured_by[:64]),
        "measurements": [measurement(n) for n in _measurements(finding)],
        "qualitative_evaluations": [_presence(presence),
                                    *([change_evaluation(finding.prior.change)] if finding.prior else [])],
    }
    label = (finding.mask_ref or "").rpartition(":")[2]
    segment = {str(s.get("TrackingID")): s for s in outlines.SegmentSequence}.get(
        tracking_id(int(label))) if outlines is not None and label else None
    if segment is None or outlines is None:
        return sr.MeasurementsAndQualitativeEvaluations(**common)
    common["tracking_identifier"] = sr.TrackingIdentifier(uid=segment.TrackingUID, identifier=finding.id)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(referenced_segment=sr.ReferencedSegment(
        sop_class_uid=outlines.SOPClassUID, sop_instance_uid=outlines.SOPInstanceUID,
        segment_number=int(segment.SegmentNumber),
        source_series=sr.SourceSeriesForSegmentation(images[0].SeriesInstanceUID)), **common)


def _score(score: Score) -> Any:
    """A quantity that is no finding, with its source's definition as the algorithm's."""
    from highdicom import sr
    from pydicom.uid import generate_uid

    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=generate_uid(),
                                                  identifier=f"{score.score_id} {score.level or ''}".strip()),
        finding_type=own_concept(score.score_id),
        finding_sites=[sr.FindingSite(anatomy_concept(score.anatomy_id), laterality=side_concept(score.side))],
        algorithm_id=sr.AlgorithmIdentification(name="medomni", version=score.measured_by[:64]),
        measurements=[measurement(Number(own_concept(score.score_id), score.value, _unit(score.unit),
                                         score.uncertainty))])


def _unit(unit: str) -> Any:
    from pydicom.sr.codedict import codes

    return {"HU": codes.UCUM.HounsfieldUnit, "%": codes.UCUM.Percent, "mm3": codes.UCUM.CubicMillimeter,
            "mm": codes.UCUM.Millimeter}.get(unit, codes.UCUM.NoUnits)


def _measurements(finding: Finding) -> Iterator[Number]:
    from pydicom.sr.codedict import codes

    doubt = finding.uncertainty or SizeUncertainty()
    for name, value, unit, uncertainty in (
        (codes.SCT.LongAxis, finding.longest_mm, codes.UCUM.Millimeter, finding.uncertainty_mm),
        (codes.SCT.ShortAxis, finding.short_mm, codes.UCUM.Millimeter, doubt.short_mm),
        (own_concept("longest_3d"), finding.longest_3d_mm, codes.UCUM.Millimeter, doubt.longest_3d_mm),
        (own_concept("short_3d"), finding.short_3d_mm, codes.UCUM.Millimeter, doubt.short_3d_mm),
        (own_concept("to_pleura"), finding.pleura_mm, codes.UCUM.Millimeter, doubt.pleura_mm),
        (codes.SCT.Volume, finding.volume_ml, codes.UCUM.CubicCentimeter, doubt.volume_ml),
        (codes.DCM.MeanAttenuationCoefficient, finding.hu_mean, codes.UCUM.HounsfieldUnit, None),
        (own_concept("attenuation_sd"), finding.hu_sd, codes.UCUM.HounsfieldUnit, None),
        (own_concept("ratio"), finding.ratio, codes.UCUM.NoUnits, None),
        (own_concept("count"), finding.count, codes.UCUM.NoUnits, None),
    ):
        if value is not None:
            yield Number(name, float(value), unit, uncertainty)
    yield from earlier_numbers(finding.prior)


def _states(findings: Findings) -> list[tuple[str, str, str, str, str, Range]]:
    """(finding, anatomy, side, presence, code of the reason, z range) of what was looked for and not found, or not
    assessed.

    A side on which there is such a finding is never *absent*: of what was looked for on both sides and found on one,
    the other is. A range that then stands in no row, as it was found on every side looked at, has one of no presence.
    """
    rows: list[tuple[str, str, str, str, str, Range]] = []
    for c in findings.coverage:
        if not c.assessable:
            rows.append((c.finding_id, c.anatomy_id, c.side, "undetermined", (c.reason or "")[:7], c.z_range_mm))
            continue
        found = {f.side for f in findings.findings if f.finding_id == c.finding_id}
        sides: list[str]
        if c.side in ("bilateral", "unspecified"):
            sides = [c.side] if not found else [s for s in ("left", "right") if found <= {"left", "right"} - {s}]
        else:
            sides = [] if found & {c.side, "bilateral", "unspecified"} else [c.side]
        rows += [(c.finding_id, c.anatomy_id, side, "absent", "", c.z_range_mm) for side in sides]
        if c.z_range_mm and not sides:
            rows.append((c.finding_id, c.anatomy_id, c.side, "", "", c.z_range_mm))
    return rows


def _looked_for(finding_id: str, anatomy_id: str, side: str, presence: str, reason: str, z_range: Range) -> Any:
    from highdicom import sr
    from pydicom.sr.codedict import codes
    from pydicom.uid import generate_uid

    evaluations = [_presence(presence)] if presence else []
    if reason:
        evaluations.append(sr.QualitativeEvaluation(name=own_concept("reason"), value=own_concept(reason)))
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=generate_uid(), identifier=f"{finding_id} {side}"),
        finding_type=finding_concept(finding_id), qualitative_evaluations=evaluations or None,
        measurements=[measurement(Number(own_concept(name), z, codes.UCUM.Millimeter))
                      for name, z in zip(ENDS, z_range, strict=True)] if z_range else None,
        finding_sites=[sr.FindingSite(anatomy_concept(anatomy_id), laterality=side_concept(side))])


def _presence(state: str) -> Any:
    from highdicom import sr

    return sr.QualitativeEvaluation(name=own_concept("presence"),
                                    value=sr.CodedConcept(PRESENCE[state][0], "SCT", PRESENCE[state][1]))


def _wanted(findings: Findings) -> list[tuple[Any, ...]]:
    """What the file must say: (finding, side, presence, change, (number, uncertainty) ...), a row a group."""
    rows = [(_key(finding_concept(f.finding_id)), _key(side_concept(f.side)),
             PRESENCE["undetermined" if f.presence == "uncertain" else f.presence][0],
             _key(change_concept(f.prior.change)) if f.prior else "",
             _rounded((n.value, n.uncertainty) for n in _measurements(f))) for f in findings.findings]
    rows += [(_key(own_concept(s.score_id)), _key(side_concept(s.side)), "", "",
              _rounded([(s.value, s.uncertainty)])) for s in findings.scores]
    rows += [(_key(finding_concept(name)), _key(side_concept(side)), PRESENCE[presence][0] if presence else "", "",
              _rounded((z, None) for z in ends or ())) for name, _, side, presence, _, ends in _states(findings)]
    rows += [(_key(row.finding), _key(side_concept(row.side)), "", _key(change_concept(row.change)),
              _rounded((n.value, n.uncertainty) for n in row.numbers)) for row in compared_rows(findings)]
    return sorted(rows, key=str)


def _rounded(numbers: Iterable[tuple[float, float | None]]) -> tuple[tuple[float, float | None], ...]:
    return tuple((round(v, 3), None if u is None else round(u, 3)) for v, u in numbers)


def _told(path: Path) -> list[tuple[Any, ...]]:
    """What a written file says, in the same form."""
    from highdicom.sr import srread

    content: Any = srread(path).content
    rows = []
    for group in (*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()):
        sites = group.finding_sites
        said = {q.name.value: q.value for q in group.get_qualitative_evaluations()}
        presence = said.get(own_concept("presence").value)
        rows.append((_key(group.finding_type), _key(sites[0].laterality if sites else None),
                     presence.value if presence else "", _key(said.get(own_concept("change").value)),
                     _rounded((float(m.value), uncertainty_of(m)) for m in group.get_measurements())))
    return sorted(rows, key=str)


def _key(concept: CodedConcept | None) -> str:
    return f"{concept.scheme_designator}:{concept.value}" if concept is not None else ""
