"""What was measured and is not in the report (E02)."""

from __future__ import annotations

from medomni.check.flags import make_flag
from medomni.check.messages import describe, message
from medomni.check.policy import Policy
from medomni.check.relate import relation, same_side
from medomni.records import Claim, Evidence, Finding, Flag, FlagSeverity

__all__ = ["find_omissions"]

_FOCAL = ("lung_nodule", "lung_mass")


def find_omissions(
    claims: list[Claim], seen: list[Finding], blamed: set[str], policy: Policy
) -> tuple[tuple[str, ...], list[Flag]]:
    """Ids of measured findings that no claim speaks of, and their flags.

    ``seen`` are the certain findings, ``blamed`` the ids that another flag (E03, E04) already names. A
    finding below
    its notice threshold is left alone; not being mentioned is weak evidence, so only large and sure ones
    are critical.
    """
    told = [c for c in claims if c.presence != "absent" and c.temporality != "prior"]
    left_out: list[str] = []
    flags: list[Flag] = []
    for f in seen:
        rank = policy.rank(f)
        if rank == 0 or f.id in blamed:
            continue
        words = [c for c in told if same_side(f.side, c.side) and _speaks_of(c, f, seen)]
        if words and not (f.finding_id in _FOCAL and _others_meant(f, words, seen, policy)):
            continue
        left_out.append(f.id)
        tier: FlagSeverity
        sure = f.confidence >= policy.sure_confidence
        if words:
            tier = "major" if rank == 2 and sure else "minor"
        elif rank == 2 and sure:
            tier = "major" if f.finding_id in ("cardiomegaly", "rib_fracture") else "critical"
        else:
            small = f.finding_id == "cardiomegaly" or (f.finding_id in _FOCAL and (f.longest_mm or 6.0) < 6.0)
            tier = "major" if sure and not small else "minor"
        flags.append(
            make_flag(
                "E02",
                "omission",
                tier,
                message("omission", measured=f),
                confidence=f.confidence,
                evidence=Evidence(finding_ids=(f.id,), mask_ref=f.mask_ref, measured=describe(f, "en")),
            )
        )
    return tuple(left_out), flags


def _speaks_of(c: Claim, f: Finding, seen: list[Finding]) -> bool:
    """Whether a claim may mean a finding; a word that names another measured finding there is used up by
    it."""
    how = relation(f.finding_id, c.finding_id)
    if how != "may":
        return how != "none"
    return not any(
        g.id != f.id and same_side(g.side, c.side) and relation(g.finding_id, c.finding_id) == "same"
        for g in seen
    )


def _others_meant(f: Finding, words: list[Claim], seen: list[Finding], policy: Policy) -> bool:
    """Whether all that the report says on this side are single lesions whose sizes belong to other ones."""
    if any(_several(c) for c in words):
        return False
    sized = [
        (c, max(m.value_mm for m in c.measurements if m.role in ("size", "largest-of")))
        for c in words
        if any(m.role in ("size", "largest-of") for m in c.measurements)
    ]
    if not sized:
        return False
    rivals = [g for g in seen if g.finding_id in _FOCAL and g.longest_mm is not None]
    for c, said in sized:
        fit = [g for g in rivals if same_side(g.side, c.side)]
        best = min(fit, key=lambda g: abs((g.longest_mm or 0) - said), default=None)
        if best is None or best.id == f.id or f.longest_mm is None:
            return False
        if not policy.same_size(said, best.longest_mm or 0):
            return False
    return True


def _several(c: Claim) -> bool:
    plural = c.text.lower().rstrip(".").endswith(
        ("s", "结节", "肿块", "病灶", "影")
    ) and not c.text.lower().endswith("mass")
    return (
        (c.count or 0) > 1
        or c.side == "bilateral"
        or (plural and c.count != 1)
        or any(m.role == "largest-of" for m in c.measurements)
        or len(c.measurements) > 1
    )
