"""Sentences written from claims and measured findings: the templates that a revision puts in."""

from __future__ import annotations

from medomni.knowledge import load_graph
from medomni.records import Claim, Finding

__all__ = ["claim_text", "denial_text", "finding_text"]

_LOBES = ("upper_lobe", "middle_lobe", "lower_lobe")
_SIDE_ZH = {"left": "左", "right": "右", "bilateral": "双"}


def _place(finding_id: str, anatomy: str | None, side: str, zh: bool) -> tuple[str, str]:
    """(words before the name, words behind it)."""
    graph = load_graph()
    if zh:
        word = _SIDE_ZH.get(side, "")
        if anatomy in _LOBES:
            return f"{word}肺{graph.name(anatomy, 'zh')}" if word else graph.name(anatomy, "zh"), ""
        return (f"{word}侧" if word else ""), ""
    if anatomy in _LOBES:
        many = "s" if side == "bilateral" else ""
        word = {"bilateral": "both ", "left": "left ", "right": "right "}.get(side, "")
        article = "" if side == "bilateral" else "the "
        return "", f" in {article}{word}{graph.name(anatomy)}{many}"
    return ("" if side in ("unspecified", "midline") else f"{side} "), ""


def _sentence(
    finding_id: str,
    anatomy: str | None,
    side: str,
    severity: str | None,
    size: float | None,
    presence: str,
    zh: bool,
) -> str:
    graph = load_graph()
    name = graph.name(finding_id, "zh" if zh else "en")
    before, behind = _place(finding_id, anatomy, side, zh)
    grade = graph.name(severity, "zh" if zh else "en") if severity else ""
    if zh:
        lead = {"present": "可见", "uncertain": "可疑", "absent": "未见"}[presence]
        return f"{before}{lead}{grade}{name}{f'，长径约{size:g} mm' if size else ''}。"
    lead = {"present": "", "uncertain": "Possible ", "absent": "No "}[presence]
    words = f"{lead}{grade + ' ' if grade else ''}{before}{name}{behind}"
    words += f", {size:g} mm" if size else ""
    return words[0].upper() + words[1:] + "."


def finding_text(finding: Finding, language: str) -> str:
    """A measured finding as one sentence."""
    size = (
        round(finding.longest_mm)
        if finding.longest_mm and finding.finding_id in ("lung_nodule", "lung_mass")
        else None
    )
    graded = (
        finding.severity if finding.volume_ml is not None or finding.finding_id == "cardiomegaly" else None
    )
    return _sentence(
        finding.finding_id,
        finding.anatomy_id,
        finding.side,
        graded if size is None else None,
        size,
        "present",
        language == "zh",
    )


def claim_text(claim: Claim, language: str) -> str:
    """A claim as one sentence, with what the template can carry."""
    sizes = [m.value_mm for m in claim.measurements if m.role in ("size", "largest-of")]
    return _sentence(
        claim.finding_id,
        claim.anatomy_id,
        claim.side,
        claim.severity,
        max(sizes, default=None),
        claim.presence,
        language == "zh",
    )


def denial_text(finding_id: str, side: str, language: str) -> str:
    """ "No left pleural effusion." """
    return _sentence(finding_id, None, side, None, None, "absent", language == "zh")
