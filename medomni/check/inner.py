"""Flags inside the text: what the report says twice and not alike. No image is needed."""

from __future__ import annotations

from collections.abc import Sequence

from medomni.check.flags import make_flag
from medomni.check.messages import message, side_word
from medomni.check.relate import denied_by, same_side, side_set
from medomni.check.sides import LOBES
from medomni.check.tiers import FOCAL, said_sizes
from medomni.knowledge import load_graph
from medomni.records import Claim, Flag

__all__ = ["inner_flags"]


def inner_flags(claims: list[Claim], sure: float = 0.8, yielded: Sequence[Claim] = ()) -> list[Flag]:
    """E09: the report states and denies the same finding, gives it another side or another size in the impression,
    or calls normal what it states a finding in.

    Args:
        yielded: general normal statements ("lungs are clear") that gave way to what the report states.
    """
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
    return flags + _sizes(claims, sure) + _normal(claims, yielded)


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
    """Whether a denial is about another place: another organ, or it names a lobe, and not that of the statement.

    Without a lobe it denies the finding in all of them; *no other* and *none elsewhere* are not sure enough to come
    here.
    """
    a, b = stated.anatomy_id, denied.anatomy_id
    if b in LOBES:
        return a != b
    graph = load_graph()
    return bool(a and b and a in graph and b in graph and not graph.within(a, b) and not graph.within(b, a))


def _sizes(claims: list[Claim], sure: float) -> list[Flag]:
    """One nodule or mass with two sizes, where each section names a single one on that side."""
    flags = []
    single: dict[str, dict[str, list[int]]] = {}
    for i, c in enumerate(claims):
        if c.finding_id in FOCAL and c.presence == "present" and c.temporality != "prior":
            single.setdefault(c.side, {}).setdefault(c.section, []).append(i)
    for by_section in single.values():
        ends = [rows[0] for rows in by_section.values() if len(rows) == 1]
        for i, j in zip(ends, ends[1:], strict=False):
            a, b = claims[i], claims[j]
            x, y = (max(said_sizes(c), default=0.0) for c in (a, b))
            other = {a.anatomy_id, b.anatomy_id} <= LOBES and a.anatomy_id != b.anatomy_id
            firm = min(a.parse_confidence, b.parse_confidence) >= sure and (a.count or 1) == (b.count or 1) == 1
            if firm and not other and x and y and max(x, y) > 1.5 * min(x, y) + 2:
                flags.append(make_flag("E09", "inner_size", "major", span=b.span, claim=j,
                                       confidence=min(a.parse_confidence, b.parse_confidence),
                                       text=message("inner_size", finding_id=b.finding_id, side=b.side,
                                                    said=f"{x:g} / {y:g}")))
    return flags


def _normal(claims: list[Claim], yielded: Sequence[Claim]) -> list[Flag]:
    """Minor: who writes "lungs are clear" may mean the rest of them. One flag for a statement."""
    flags = {}
    for d in yielded:
        stated = next((c for c in claims if c.presence == "present" and c.temporality != "prior" and denied_by(
            c.finding_id, d.finding_id) and same_side(c.side, d.side)), None)
        if stated and d.span not in flags:
            flags[d.span] = make_flag("E09", "inner_normal", "minor", span=d.span, confidence=d.parse_confidence,
                                      text=message("inner_normal", finding_id=stated.finding_id, side=stated.side))
    return list(flags.values())
