"""Flags: one maker for all, and those that compare a claim with anatomy and with the study's record."""

from __future__ import annotations

import hashlib

from medomni.check.messages import message
from medomni.knowledge import load_graph
from medomni.records import Category, Claim, Evidence, Flag, FlagSeverity, Message, Span, Study

__all__ = ["make_flag", "place_flags", "study_flags"]

_CATEGORY: dict[str, Category] = {
    "E01": "false_finding",
    "E02": "omitted_finding",
    "E03": "omitted_finding",
    "E04": "wrong_location",
    "E05": "wrong_severity",
    "E06": "wrong_location",
    "E07": "wrong_severity",
    "E08": "wrong_severity",
    "E09": "false_finding",
    "E10": "comparison_not_in_reference",
    "E11": "false_finding",
    "E12": "false_finding",
    "E13": "false_finding",
    "E14": "false_finding",
    "E15": "wrong_severity",
}


def make_flag(
    code: str,
    rule: str,
    severity: FlagSeverity,
    text: Message,
    *,
    span: Span | None = None,
    claim: int | None = None,
    evidence: Evidence | None = None,
    confidence: float = 1.0,
    suggestion: str | None = None,
) -> Flag:
    """A flag with its ReXVal category and an id that stays the same for the same report and finding.

    The message is part of the id: it names finding, side and measure, while finding ids are running numbers that mean
    another finding after the next measurement. A verdict must not pass on to that one.
    """
    evidence = evidence or Evidence()
    key = f"{code}|{rule}|{span}|{claim}|{','.join(evidence.finding_ids)}|{text.en}"
    return Flag(
        id=f"{code}-{hashlib.sha256(key.encode()).hexdigest()[:10]}",
        code=code,
        category=_CATEGORY[code],
        severity=severity,
        confidence=round(confidence, 3),
        span=span,
        claim=claim,
        evidence=evidence,
        rule=rule,
        message=text,
        suggestion=suggestion,
    )


def place_flags(claims: list[Claim]) -> list[Flag]:
    """E06: a place that the named side does not have, as a right lingula."""
    graph = load_graph()
    flags = []
    for i, c in enumerate(claims):
        place = c.anatomy_id or ""
        sides = graph.targets(place, "only_on") if place in graph else ()
        if sides and c.side in ("left", "right") and c.side not in sides:
            names = (graph.name(place, "en"), graph.name(place, "zh"))
            flags.append(make_flag("E06", "no_place", "major", span=c.span, claim=i, confidence=c.parse_confidence,
                                   text=message("no_place", finding_id=c.finding_id, side=c.side, said=names)))
    return flags


def study_flags(claims: list[Claim], study: Study) -> list[Flag]:
    """E10 a comparison without a prior, E11 a sex that does not fit, E12 an embolism stated without
    contrast."""
    graph = load_graph()
    flags: list[Flag] = []
    for i, c in enumerate(claims):
        if c.temporality == "prior" or c.presence == "absent" and c.temporality != "resolved":
            continue
        if not study.prior_available and c.temporality in ("increased", "decreased", "unchanged", "resolved"):
            flags.append(
                make_flag(
                    "E10",
                    "no_prior",
                    "minor",
                    message(
                        "no_prior",
                        said=(
                            c.temporality,
                            {
                                "increased": "增大",
                                "decreased": "减少",
                                "unchanged": "无变化",
                                "resolved": "消失",
                            }[c.temporality],
                        ),
                    ),
                    span=c.span,
                    claim=i,
                )
            )
        sexes = {s for n in (c.finding_id, c.anatomy_id or "") for s in graph.targets(n, "sex_specific")}
        if sexes and study.patient.sex in ("female", "male") and study.patient.sex not in sexes:
            flags.append(
                make_flag(
                    "E11",
                    "sex",
                    "major",
                    message(
                        "sex",
                        finding_id=c.finding_id,
                        said=(study.patient.sex, graph.name(study.patient.sex, "zh")),
                    ),
                    span=c.span,
                    claim=i,
                )
            )
        needs = "contrast_ct" in graph.targets(c.finding_id, "visible_on")
        if needs and study.modality == "CT" and study.contrast is False and c.presence == "present":
            flags.append(
                make_flag(
                    "E12",
                    "contrast",
                    "major",
                    message("contrast", finding_id=c.finding_id),
                    span=c.span,
                    claim=i,
                )
            )
    return flags
