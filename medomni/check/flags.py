"""Flags: one maker for all, and the checks that need no image."""

from __future__ import annotations

import hashlib

from medomni.check.messages import message, side_word
from medomni.check.relate import same_side, side_set
from medomni.knowledge import load_graph
from medomni.records import Category, Claim, Evidence, Flag, FlagSeverity, Message, Span, Study

__all__ = ["inner_flags", "make_flag", "study_flags"]

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


def inner_flags(claims: list[Claim], sure: float = 0.8) -> list[Flag]:
    """E09: the report states and denies the same finding, or gives it another side in the impression."""
    flags: list[Flag] = []
    firm = [
        (i, c)
        for i, c in enumerate(claims)
        if c.parse_confidence >= sure
        and c.temporality in ("current", "unchanged", "increased", "decreased", "new")
        and c.finding_id != "unlisted"
    ]
    firm = list({_saying(c): (i, c) for i, c in reversed(firm)}.values())[::-1]
    for i, a in firm:
        if a.presence != "present":
            continue
        for j, b in firm:
            if b.presence != "absent" or b.finding_id != a.finding_id or not same_side(a.side, b.side):
                continue
            if b.severity or b.measurements or b.temporality != "current" or _apart(a, b):
                continue
            if (
                b.side == "unspecified"
                and a.side == "unspecified"
                and a.section == b.section
                and a.span == b.span
            ):
                continue
            later = max(i, j, key=lambda k: claims[k].span[0])
            flags.append(
                make_flag(
                    "E09",
                    "inner",
                    "major",
                    message("inner", finding_id=a.finding_id, side=a.side),
                    span=claims[later].span,
                    claim=later,
                    confidence=min(a.parse_confidence, b.parse_confidence),
                )
            )
            break
    for finding in dict.fromkeys(c.finding_id for _, c in firm):
        body = [
            c
            for _, c in firm
            if c.finding_id == finding and c.presence == "present" and c.section == "findings"
        ]
        end = [
            (i, c)
            for i, c in firm
            if c.finding_id == finding and c.presence == "present" and c.section == "impression"
        ]
        first: set[str] = set().union(*(side_set(c.side) for c in body))
        for i, c in end:
            said = side_set(c.side)
            if first and said and not said & first and all(side_set(b.side) for b in body):
                words = tuple(
                    "/".join(side_word(s, lang) for s in (*sorted(first), *sorted(said)))
                    for lang in ("en", "zh")
                )
                flags.append(
                    make_flag(
                        "E09",
                        "inner_side",
                        "major",
                        message("inner_side", finding_id=finding, said=(words[0], words[1])),
                        span=c.span,
                        claim=i,
                        confidence=c.parse_confidence,
                    )
                )
                break
    return flags


def _saying(c: Claim) -> tuple:
    """What two mentions that say the same have in common; the first of them speaks for all."""
    return (
        c.finding_id,
        c.presence,
        c.side,
        c.anatomy_id,
        c.section,
        c.severity,
        bool(c.measurements),
        c.temporality,
    )


def _apart(stated: Claim, denied: Claim) -> bool:
    """Whether a denial is about another place: it names a lobe, and not that of the statement. Without a lobe it
    denies the finding in all of them; *no other* and *none elsewhere* are not sure enough to come here."""
    return denied.anatomy_id in {"upper_lobe", "middle_lobe", "lower_lobe"} and stated.anatomy_id != denied.anatomy_id


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
