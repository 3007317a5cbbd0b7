"""One report against one study: the check that the rest of the product calls."""

from __future__ import annotations

from medomni.check.claims import ExtractResult, extract_claims
from medomni.check.compare import Comparison
from medomni.check.flags import place_flags, study_flags
from medomni.check.inner import inner_flags
from medomni.check.omissions import find_omissions
from medomni.check.policy import Policy
from medomni.knowledge import load_graph
from medomni.records import CheckedClaim, CheckResult, CoverageSummary, Findings, Flag, Report

__all__ = ["check_claims", "check_report"]

_ORDER = {"critical": 0, "major": 1, "minor": 2, "info": 3}


def check_report(
    report: Report | str, findings: Findings | None = None, policy: Policy | None = None
) -> CheckResult:
    """Hold a report against measured findings.

    Args:
        report: a report, or its text.
        findings: what was measured and what was looked for; ``None`` leaves only the checks inside the text.
        policy: thresholds; the defaults of :class:`Policy` where not given.

    Returns:
        Every claim as supported, contradicted or not assessable, omissions, and flags, gravest first.

    Raises:
        MedomniError: MED-K01 another language, MED-K02 empty, MED-K04 not text.
    """
    text = report.text if isinstance(report, Report) else report
    return check_claims(extract_claims(text), findings, policy)


def check_claims(read: ExtractResult, findings: Findings | None, policy: Policy | None = None) -> CheckResult:
    """As :func:`check_report`, for a report that was read before."""
    policy, claims = policy or Policy(), read.claims
    flags: list[Flag] = inner_flags(claims, policy.sure_parse, read.yielded) + place_flags(claims)
    omissions: tuple[str, ...] = ()
    not_assessed: tuple[str, ...] = ()
    if findings is None:
        checked = [
            CheckedClaim(claim=c, state="not_assessable", reason="no findings were given") for c in claims
        ]
    else:
        comparison = Comparison(claims, findings, policy)
        checked = comparison.checked
        omissions, missed = find_omissions(claims, comparison.seen, comparison.blamed, policy)
        flags = comparison.flags + missed + flags + study_flags(claims, findings.study)
        not_assessed = tuple(
            dict.fromkeys(
                f"{c.finding_id}: {c.reason or 'not looked at'}"
                for c in findings.coverage
                if not c.assessable
            )
        )
    flags = sorted(_unique(flags), key=lambda f: (_ORDER[f.severity], f.span or (1 << 30, 0), f.code))
    judged = sum(c.state != "not_assessable" for c in checked)
    return CheckResult(
        claims=tuple(checked),
        omissions=omissions,
        flags=tuple(flags),
        coverage=CoverageSummary(
            assessable_claims=judged, not_assessable_claims=len(checked) - judged, not_assessed=not_assessed
        ),
        graph_version=load_graph().graph_version,
    )


def _unique(flags: list[Flag]) -> list[Flag]:
    return list({f.id: f for f in flags}.values())
