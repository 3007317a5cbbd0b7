"""Whole reports: quiet when right, loud when one thing is wrong, the same in mirror image and after
revision."""

from __future__ import annotations

import re

import pytest

from medomni.check import check_report, extract_claims, revise_report
from medomni.records import Findings, Report
from tests.check.reports import REPORTS
from tests.check.support import MEASURED, finding, study

pytestmark = pytest.mark.unit
_SWAP = {
    "left": "right",
    "right": "left",
    "Left": "Right",
    "Right": "Left",
    "左": "右",
    "右": "左",
    "RLL": "LLL",
    " R ": " L ",
}


def mirrored(text: str) -> str:
    return re.sub(r"\b[Ll]eft\b|\b[Rr]ight\b|左|右|RLL| R (?=eff)", lambda m: _SWAP[m.group()], text)


def flipped(findings: Findings) -> Findings:
    """The mirror image of what was measured."""
    swap = {"left": "right", "right": "left"}
    return findings.model_copy(
        update={
            "findings": tuple(
                f.model_copy(update={"side": swap.get(f.side, f.side)}) for f in findings.findings
            )
        }
    )


@pytest.mark.parametrize(("text", "findings"), REPORTS)
def test_right_reports_are_quiet(text: str, findings: Findings) -> None:
    result = check_report(text, findings)
    assert not [f for f in result.flags if f.severity in ("critical", "major")], [
        f.message.en for f in result.flags
    ]
    assert not [c for c in result.claims if c.state == "contradicted"]
    assert any(c.state == "supported" for c in result.claims)


@pytest.mark.parametrize(("text", "findings"), [r for r in REPORTS if "middle lobe" not in r[0]])
def test_mirror_image_is_quiet(text: str, findings: Findings) -> None:
    turned = flipped(findings)
    assert not [f for f in check_report(mirrored(text), turned).flags if f.severity in ("critical", "major")]


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        r
        for r in REPORTS
        if any(f.side in ("left", "right") and f.confidence > 0.8 for f in r[1].findings)
        and "ilateral" not in r[0]
        and "both" not in r[0]
    ],
)
def test_swapped_sides_are_flagged(text: str, findings: Findings) -> None:
    flags = check_report(mirrored(text), findings).flags
    assert [
        f
        for f in flags
        if f.code in ("E01", "E02", "E03", "E04", "E05") and f.severity in ("critical", "major")
    ]


@pytest.mark.parametrize(("text", "findings"), REPORTS)
def test_dropped_findings_are_flagged(text: str, findings: Findings) -> None:
    extra = finding("pneumothorax", "left", volume_ml=220, id="extra", severity="small")
    more = findings.model_copy(update={"findings": (*findings.findings, extra)})
    if any(f.finding_id == extra.finding_id for f in findings.findings):
        return
    assert [f for f in check_report(text, more).flags if "extra" in f.evidence.finding_ids]


@pytest.mark.parametrize(("text", "findings"), REPORTS)
def test_findings_that_were_taken_away_are_flagged(text: str, findings: Findings) -> None:
    """Every finding the report states is invented once nothing was measured."""
    nothing = findings.model_copy(update={"findings": ()})
    stated = [c for c in extract_claims(text).claims if c.presence == "present" and c.finding_id in MEASURED]
    flags = check_report(text, nothing).flags
    assert bool(stated) == bool([f for f in flags if f.code == "E01" and f.severity in ("critical", "major")])


@pytest.mark.parametrize(("text", "findings"), REPORTS)
def test_invented_rib_fracture(text: str, findings: Findings) -> None:
    """Inside rib coverage it alarms; outside it is not assessable, and never called absent."""
    if any(f.finding_id == "rib_fracture" for f in findings.findings):
        return
    zh = any("一" <= c <= "鿿" for c in text)
    false = text + ("左侧第4肋骨骨折。" if zh else "\nAcute fracture of the left fourth rib.")
    inside = check_report(false, findings)
    assert [f for f in inside.flags if f.code == "E01" and f.severity == "critical"]
    outside = study(*findings.findings, covered=MEASURED[:-1], uncovered=("rib_fracture",))
    result = check_report(false, outside)
    last = [
        c for c in result.claims if c.claim.finding_id == "rib_fracture" and c.claim.presence == "present"
    ]
    assert [c.state for c in last] == ["not_assessable"]
    assert not [f for f in result.flags if f.severity in ("critical", "major") and f.code == "E01"]


@pytest.mark.parametrize(("text", "findings"), REPORTS)
@pytest.mark.parametrize("seed", range(3))
def test_revision_leaves_nothing_contradicted(text: str, findings: Findings, seed: int) -> None:
    """A report of another patient, revised against this one: no contradiction stays, true claims stay."""
    other = REPORTS[(REPORTS.index((text, findings)) + 3 + seed * 4) % len(REPORTS)][0]
    before = check_report(other, findings)
    revised = revise_report(Report(text=other), findings, before)
    after = check_report(revised, findings)
    assert not [c for c in after.claims if c.state == "contradicted"], revised.text
    kept = {(c.claim.finding_id, c.claim.presence, c.claim.side) for c in after.claims}
    for c in before.claims:
        if c.state == "supported" and c.claim.presence == "present":
            assert any(k[0] == c.claim.finding_id and k[1] == "present" for k in kept), (
                c.claim,
                revised.text,
            )
    assert not after.omissions or all(f.severity in ("minor", "info") for f in after.flags if f.code == "E02")
    if revised.text != other:
        assert revised.revisions
    assert revise_report(revised, findings, after).text == revised.text


def test_untouched_reports_stay_as_they_are() -> None:
    for text, findings in REPORTS:
        revised = revise_report(Report(text=text), findings, None)
        assert all(r.rule == "not_assessable" for r in revised.revisions)
        assert revise_report(Report(text=text), None).text == text
