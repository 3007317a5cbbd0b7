"""The comparison with an earlier study in a structured report: each finding's change, what is gone, what stays open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from medomni.dicom.concepts import anatomy_concept, finding_concept, own_concept, side_concept
from medomni.records import Comparison, Findings, PriorChange

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

CHANGES = {"unchanged": ("260388006", "No status change"), "grown": ("15454001", "Increased size"),
           "smaller": ("19776001", "Decreased size"), "resolved": ("413322009", "Problem resolved"),
           "not_assessable": ("373068000", "Undetermined")}
"""Change to SNOMED CT code and meaning as DICOM has them; *new* has none there but for the breast."""


class Number(NamedTuple):
    """A measured number; ``uncertainty`` is half the width of its interval, in the same unit, None where unknown."""

    name: CodedConcept
    value: float
    unit: Any
    uncertainty: float | None = None


class Compared(NamedTuple):
    """One group of the comparison: what it is about, its change, what was measured, and words for the reason."""

    identifier: str
    finding: CodedConcept
    anatomy_id: str
    side: str
    change: str
    numbers: tuple[Number, ...]
    reason: str


def change_concept(change: str) -> CodedConcept:
    """Of a finding's change."""
    from highdicom.sr import CodedConcept

    return CodedConcept(CHANGES[change][0], "SCT", CHANGES[change][1]) if change in CHANGES else own_concept(change)


def earlier_numbers(prior: PriorChange | None) -> Iterator[Number]:
    """What a finding measured in the earlier study, and the time in which its volume doubles."""
    from pydicom.sr.codedict import codes

    for name, value, unit in (("longest_earlier", prior.longest_mm, codes.UCUM.Millimeter),
                              ("volume_earlier", prior.volume_ml, codes.UCUM.CubicCentimeter),
                              ("doubling_time", prior.doubling_days, codes.UCUM.Day)) if prior else ():
        if value is not None:
            yield Number(own_concept(name), float(value), unit)


def compared_rows(findings: Findings) -> list[Compared]:
    """The groups of the comparison: itself, then what the earlier study alone shows, then what could not be compared.

    Empty where no earlier study was given. What is gone carries a change and no presence: another of its kind may be
    there.
    """
    held = findings.comparison
    if held is None:
        return []
    at = {c.finding_id: c.anatomy_id for c in findings.coverage}
    rows = [Compared("comparison", own_concept("comparison"), "body", "unspecified",
                     "comparable" if held.comparable else "not_assessable", tuple(_motion(held)), held.reason or "")]
    rows += [Compared(f"resolved {n}", finding_concept(f.finding_id), f.anatomy_id, f.side, "resolved",
                      tuple(earlier_numbers(f.prior)), "") for n, f in enumerate(held.resolved, start=1)]
    return rows + [Compared(f"open {n}", finding_concept(name), at.get(name, "body"), side, "not_assessable", (), why)
                   for n, (name, side, why) in enumerate(held.open, start=1)]


def _motion(held: Comparison) -> Iterator[Number]:
    """The time between the studies, and how the earlier one had to be moved."""
    from pydicom.sr.codedict import codes

    for name, value, unit in (("interval", held.interval_days, codes.UCUM.Day),
                              ("moved", held.moved_mm, codes.UCUM.Millimeter),
                              ("turned", held.turned_deg, codes.UCUM.Degree)):
        if value is not None:
            yield Number(own_concept(name), float(value), unit)


def compared_group(row: Compared) -> Any:
    """A group of measurements and evaluations (TID 1501); the reason stands in it as text."""
    from highdicom import sr
    from pydicom.uid import generate_uid

    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=generate_uid(), identifier=row.identifier),
        finding_type=row.finding, measurements=[measurement(n) for n in row.numbers] or None,
        finding_sites=[sr.FindingSite(anatomy_concept(row.anatomy_id), laterality=side_concept(row.side))],
        qualitative_evaluations=[change_evaluation(row.change)])
    if row.reason:
        group[0].ContentSequence.append(sr.TextContentItem(
            name=own_concept("reason"), value=row.reason, relationship_type=sr.RelationshipTypeValues.CONTAINS))
    return group


def change_evaluation(change: str) -> Any:
    """A change as a qualitative evaluation."""
    from highdicom import sr

    return sr.QualitativeEvaluation(name=own_concept("change"), value=change_concept(change))


def measurement(number: Number) -> Any:
    """A number as a measurement; its uncertainty as its properties (TID 310), in its own unit."""
    from highdicom import sr
    from pydicom.sr.codedict import codes

    properties = sr.MeasurementProperties()
    if number.uncertainty is not None:
        for name in (codes.SCT.RangeOfUpperMeasurementUncertainty, codes.SCT.RangeOfLowerMeasurementUncertainty):
            properties.append(sr.NumContentItem(name=name, value=number.uncertainty, unit=number.unit,
                                                relationship_type=sr.RelationshipTypeValues.HAS_PROPERTIES))
    return sr.Measurement(name=number.name, value=number.value, unit=number.unit,
                          properties=properties if len(properties) else None)


def uncertainty_of(said: Any) -> float | None:
    """The uncertainty that a measurement read back carries, None where it carries none."""
    from pydicom.sr.codedict import codes

    held = [float(i.MeasuredValueSequence[0].NumericValue) for i in said[0].get("ContentSequence", [])
            if i.ConceptNameCodeSequence[0].CodeValue == codes.SCT.RangeOfUpperMeasurementUncertainty.value]
    return held[0] if held else None
