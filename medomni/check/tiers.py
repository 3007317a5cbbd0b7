"""How grave a disagreement is: what makes a claim firm, a swap sure, an invention critical."""

from __future__ import annotations

from medomni.check.policy import Policy
from medomni.records import Claim, Finding, FlagSeverity, volume_grade

__all__ = ["FOCAL", "GRADES", "denial_tier", "firm", "grade", "grave", "said_sizes", "sure_swap"]

FOCAL = ("lung_nodule", "lung_mass")
"""Findings that are told apart by their size alone."""
GRADES = ("trace", "small", "moderate", "large")


def said_sizes(claim: Claim) -> list[float]:
    """The lesion sizes of a claim in mm; bounds, distances and calibres are none."""
    return [m.value_mm for m in claim.measurements if m.role in ("size", "largest-of")]


def grade(finding: Finding) -> int:
    """The place of a measured finding in :data:`GRADES`; moderate where neither grade nor volume is known."""
    if finding.severity:
        return GRADES.index(finding.severity)
    return GRADES.index(volume_grade(finding.volume_ml)) if finding.volume_ml is not None else 2


def firm(claim: Claim, policy: Policy) -> bool:
    """Stated without a hedge and read with confidence."""
    return claim.presence == "present" and claim.parse_confidence >= policy.sure_parse


def sure_swap(claim: Claim, other: list[Finding], policy: Policy) -> bool:
    """Whether what lies on the other side is certainly what the claim means."""
    if not firm(claim, policy) or max(f.confidence for f in other) < policy.sure_confidence:
        return False
    sizes = said_sizes(claim)
    if sizes and claim.finding_id in FOCAL:
        return any(policy.same_size(max(sizes), f.longest_mm or 0) for f in other)
    return True


def grave(claim: Claim, sensitivity: float | None, policy: Policy) -> bool:
    """Whether an unsupported claim is critical: firm, and of a kind and size that the method does not
    miss."""
    if not firm(claim, policy) or (sensitivity is not None and sensitivity < policy.min_sensitivity):
        return False
    if claim.finding_id in FOCAL:
        return max(said_sizes(claim), default=30 if claim.finding_id == "lung_mass" else 0) >= 10
    if claim.finding_id == "cardiomegaly":
        return claim.severity in ("moderate", "large")
    return claim.severity != "trace"


def denial_tier(claim: Claim, measured: Finding, policy: Policy) -> FlagSeverity:
    """How grave the denial of something measured is; a general normal statement never makes it critical."""
    rank = policy.rank(measured)
    seen = measured.confidence >= policy.sure_confidence
    if seen and rank == 2 and claim.parse_confidence >= policy.sure_parse:
        return "critical"
    return "major" if seen or rank == 2 else "minor"
