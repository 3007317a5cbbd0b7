"""Which finding of a later study is which of an earlier one: by kind, anatomy and side, and by place where several
remain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from medomni.findings.registration import Motion
from medomni.records import Finding

PLACED = ("lung_nodule", "lung_mass")
"""One may have become the other, and each is looked for again at its place."""
WHOLE = ("pleural_effusion", "pneumothorax")
"""One a side in however many pools: all of a side is compared with all of it."""
LOCAL = ("rib_fracture", "vertebral_fracture")
"""At one of many alike bones: what lies elsewhere is another one, even where each study shows a single one."""
APART_MM = 10.0
"""Between the middles of one finding after registration, beside its own extent: what breath leaves of an affine
motion."""
LOCAL_MM = 12.0
"""The same for one bone: half the way to the next."""
FAR = 1e4


@dataclass(frozen=True, eq=False)
class Pairs:
    """Findings of two studies that are the same.

    Attributes:
        compared: id of a later finding to what is compared: as it is now, as it was.
        known: ids of the earlier findings among them.
        open_now, open_before: ids of findings that the other study may show too, where a place is missing to tell.
    """

    compared: dict[str, tuple[Finding, Finding]]
    known: frozenset[str]
    open_now: frozenset[str]
    open_before: frozenset[str]


def pairs_of(now: Sequence[Finding], before: Sequence[Finding], motion: Motion) -> Pairs:
    """The pairs of two studies, each finding in one of them at most (pools of one side: in one together).

    Args:
        motion: from the later study's millimetres to the earlier one's.
    """
    out: dict[str, tuple[Finding, Finding]] = {}
    known: set[str] = set()
    open_now: set[str] = set()
    open_before: set[str] = set()
    there = _by_kind(before)
    for kind, ours in _by_kind(now).items():
        theirs = there.get(kind, [])
        if not theirs:
            continue
        if ours[0].finding_id in WHOLE:
            out |= {f.id: (_whole(ours), _whole(theirs)) for f in ours}
            known |= {g.id for g in theirs}
            continue
        pairs = _alone(ours, theirs) or _placed(ours, theirs, motion)
        out |= {f.id: (f, g) for f, g in pairs}
        known |= {g.id for _, g in pairs}
        rest = [f for f in ours if f.id not in out], [g for g in theirs if g.id not in known]
        if any(f.centroid_mm is None for f in (*rest[0], *rest[1])):
            open_now |= {f.id for f in rest[0]} if rest[1] else set()
            open_before |= {g.id for g in rest[1]} if rest[0] else set()
    return Pairs(out, frozenset(known), frozenset(open_now), frozenset(open_before))


def _by_kind(findings: Sequence[Finding]) -> dict[tuple[str, str, str], list[Finding]]:
    out: dict[tuple[str, str, str], list[Finding]] = {}
    for f in findings:
        kind = PLACED[0] if f.finding_id in PLACED else f.finding_id
        out.setdefault((kind, f.anatomy_id, f.side), []).append(f)
    return out


def _alone(ours: list[Finding], theirs: list[Finding]) -> list[tuple[Finding, Finding]]:
    """The pair of the only one of its kind in both studies, where no place has to tell it from another."""
    if len(ours) != 1 or len(theirs) != 1:
        return []
    telling = ours[0].finding_id in (*PLACED, *LOCAL)
    if telling and ours[0].centroid_mm is not None and theirs[0].centroid_mm is not None:
        return []
    return [(ours[0], theirs[0])]


def _placed(ours: list[Finding], theirs: list[Finding], motion: Motion) -> list[tuple[Finding, Finding]]:
    """Pairs by place, so that all distances together are smallest and none is out of reach."""
    ours, theirs = ([f for f in all_ if f.centroid_mm is not None] for all_ in (ours, theirs))
    if not ours or not theirs:
        return []
    there = motion.forth(np.array([f.centroid_mm for f in ours]))
    away = np.linalg.norm(there[:, None] - np.array([g.centroid_mm for g in theirs])[None], axis=2)
    reach = np.array([[_reach(f, g) for g in theirs] for f in ours])
    rows, columns = linear_sum_assignment(np.where(away <= reach, away, FAR))
    return [(ours[a], theirs[b]) for a, b in zip(rows, columns, strict=True) if away[a, b] <= reach[a, b]]


def _reach(f: Finding, g: Finding) -> float:
    """Most millimetres between the middles of one finding in two studies."""
    if f.finding_id in PLACED:
        return APART_MM + 0.5 * min(f.longest_mm or 0.0, g.longest_mm or 0.0)
    if f.finding_id in LOCAL:
        return LOCAL_MM
    return APART_MM + max(_radius(f), _radius(g))  # what grows or shrinks at one end moves its middle by this at most


def _radius(f: Finding) -> float:
    if f.longest_mm is not None:
        return 0.5 * f.longest_mm
    return float(np.cbrt(0.75e3 * (f.volume_ml or 0.0) / np.pi))


def _whole(pools: list[Finding]) -> Finding:
    """All pools of one side as one; what is certain alone where anything is."""
    sure = [f for f in pools if f.presence == "present"] or pools
    if len(sure) == 1:
        return sure[0]
    volumes = [f.volume_ml for f in sure if f.volume_ml is not None]
    return sure[0].model_copy(update={"longest_mm": None, "volume_ml": round(sum(volumes), 3) if volumes else None})
