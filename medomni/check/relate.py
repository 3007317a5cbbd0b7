"""How a measured finding and a reported one stand to each other: sides, and the graph's word on names."""

from __future__ import annotations

from functools import cache
from typing import Literal

from medomni.check.sides import LOBES
from medomni.check.tiers import FOCAL
from medomni.knowledge import load_graph
from medomni.records import Claim, Finding, Findings

__all__ = [
    "Relation", "coverage_state", "denied_by", "lobes_between", "proves", "relation", "same_side", "side_set",
]

Relation = Literal["same", "may", "none"]


@cache
def relation(measured: str, said: str) -> Relation:
    """``same`` where the report's word covers what was measured, ``may`` where it may be used for it."""
    graph = load_graph()
    if measured == said or said in graph.ancestors(measured):
        return "same"
    wider = graph.ancestors(measured) | {measured}
    if any(graph.has_edge(m, "may_be_reported_as", said) for m in wider) or measured in graph.targets(
        said, "implies"
    ):
        return "may"
    # The report's narrower word: a ground-glass nodule is a nodule.
    if measured in graph.ancestors(said) or said == "lesion":
        return "may" if said == "lesion" else "same"
    return "none"


@cache
def denied_by(measured: str, said: str) -> bool:
    """Whether denying ``said`` denies what was measured: only the same word or a wider one does."""
    return measured == said or said in load_graph().ancestors(measured)


@cache
def proves(measured: str, said: str) -> bool:
    """Whether what was measured is what the word says, or a kind of it; a narrower or a likely word needs more.

    A measured pneumothorax is no tension pneumothorax, a consolidation no pneumonia. Nodule and mass are one kind, told
    apart by size, which has checks of its own. Words that describe an image (infiltrate) are proven by it.
    """
    graph = load_graph()
    wider = graph.ancestors(measured) | {measured}
    return (said in wider or any(graph.has_edge(m, "described_as", said) for m in wider)
            or (measured in FOCAL and said in FOCAL))


def side_set(side: str) -> set[str]:
    """The sides a word stands for; an unsaid side stands for none."""
    return {"left", "right"} if side == "bilateral" else {side} if side in ("left", "right") else set()


def same_side(a: str, b: str) -> bool:
    """Whether two sides may be the same: equal, overlapping, or one of them unsaid."""
    x, y = side_set(a), side_set(b)
    return not x or not y or bool(x & y)


def coverage_state(
    findings: Findings, claim: Claim, enough: float, side: str | None = None
) -> tuple[str, str, float | None]:
    """(``present``, ``absent`` or ``not_assessable``; the reason or the coverage used; its sensitivity).

    Absence of a wider finding, or of one that the claim implies, is absence of the claim, unless coverage names
    the claim's own finding as not assessable, or the wider one was looked for with a sensitivity below ``enough``: the
    kinds that such a method misses are not known. A size, or a limit of size, below what the method can see is not
    assessable.
    """
    graph = load_graph()
    side = claim.side if side is None else side
    names = [
        claim.finding_id,
        *sorted(graph.ancestors(claim.finding_id)),
        *sorted(graph.ancestors(claim.finding_id, ("implies",))),
    ]
    if claim.finding_id in FOCAL:
        names += [n for n in FOCAL if n not in names]
    sizes = [m.value_mm for m in claim.measurements if m.role in ("size", "largest-of", "bound")]
    reason = "was not looked for"
    for name in names:
        rows = [c for c in findings.coverage if c.finding_id == name]
        if not rows:
            continue
        state = findings.state(name, side)  # type: ignore[arg-type]
        if state == "absent":
            used = [c for c in rows if c.assessable]
            least = max((c.min_size_mm or 0.0) for c in used)
            if sizes and max(sizes) < least:
                return "not_assessable", f"the method sees nothing below {least:g} mm", None
            seen = [c.sensitivity for c in used if c.sensitivity is not None]
            if name != claim.finding_id and not {name, claim.finding_id} <= set(FOCAL) and seen and min(seen) < enough:
                reason = "the method misses too many to exclude this kind"
                continue
            return "absent", f"{name}: {used[0].method}, {side}", min(seen) if seen else None
        if state == "present":
            return "present", f"{name}: {rows[0].method}", None
        mine = [c for c in rows if same_side(c.side, side)]
        reason = (
            next((c.reason for c in mine if not c.assessable and c.reason), None)
            or "this side was not looked at"
        )
        if name == claim.finding_id:  # a statement about the finding itself outweighs any about a wider one
            break
    return "not_assessable", reason, None


def lobes_between(measured: Finding, claim: Claim) -> Literal["same", "neighbours", "apart"]:
    """How the lobe that was measured and the lobe that is named lie; ``same`` too where one of them is unknown.

    ``anatomy_id`` is a lobe where a segmenter traced it. ``segment`` is an estimate from the place in the lung, without
    the fissures: there another lobe, as a neighbouring one, is neither proven nor refuted.
    """
    graph = load_graph()
    traced = measured.anatomy_id in LOBES
    a, b = measured.anatomy_id if traced else measured.segment, claim.anatomy_id
    if a not in LOBES or b not in LOBES or a == b:
        return "same"
    near = not traced or graph.has_edge(a, "adjacent_to", b) or graph.has_edge(b, "adjacent_to", a)
    return "neighbours" if near else "apart"
