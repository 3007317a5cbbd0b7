"""Measured findings and organs as lines of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medomni.records import Finding, Findings, PriorChange, Score


def organ_lines(findings: Findings) -> Iterator[str]:
    """A line for each organ and calibre, then the warnings and what is wrong with the images."""
    for organ in findings.organs:
        volume = f"{organ.volume_ml:.0f} ml" if organ.volume_ml is not None else "not measured"
        name = f"{organ.anatomy_id} {organ.level}" if organ.level else organ.anatomy_id
        marks = f"{' (approximate)' if organ.approximate else ''}{' (truncated)' if organ.truncated else ''}"
        yield f"{name} {organ.side}: {volume}{marks}"
        for c in organ.calibres:
            yield f"  {c.anatomy_id}: {c.diameter_mm:.0f} mm, plus or minus {c.uncertainty_mm:.0f} mm"
    for warning in findings.study.warnings:
        yield f"{warning.code}: {warning.detail}"
    for item in findings.quality.faults if findings.quality else ():
        yield f"image quality {item.state}: {item.reason}"


def finding_lines(findings: Findings) -> Iterator[str]:
    """A line for each finding, score, what could not be assessed, and what an earlier study alone shows."""
    for f in findings.findings:
        yield _finding(f)
    for s in findings.scores:
        yield _score(s)
    for c in findings.coverage:
        if not c.assessable:
            yield f"not assessable: {c.finding_id} {c.side} ({c.reason})"
        elif c.z_range_mm:
            yield f"assessed from z {c.z_range_mm[0]:.0f} to {c.z_range_mm[1]:.0f} mm alone: {c.finding_id} {c.side}"
    comparison = findings.comparison
    if comparison is not None:
        for f in comparison.resolved:
            yield f"{f.finding_id} {f.side}{_change(f.prior)}"
        for name, side, why in comparison.open:
            yield f"change not assessable: {name} {side} ({why})"
        if not comparison.comparable:
            yield f"change not assessable ({comparison.reason})"


def _finding(f: Finding) -> str:
    """Name, side, whether it is certain, size or ratio, confidence, change."""
    size = (f"{f.longest_mm:.0f} mm" if f.longest_mm else f"{f.volume_ml:.0f} ml" if f.volume_ml else
            f"ratio {f.ratio:.2f}" if f.ratio is not None else "")
    state = "" if f.presence == "present" else f.presence
    said = " ".join(filter(None, (f.finding_id, f.side, state, size, f"confidence {f.confidence:.2f}")))
    return f"{said}{_change(f.prior)}"


def _score(s: Score) -> str:
    """Name, place, value and how uncertain it is."""
    place = f" {s.level}" if s.level else f" at z {s.centroid_mm[2]:.0f} mm" if s.centroid_mm else ""
    doubt = f", plus or minus {s.uncertainty:g}" if s.uncertainty is not None else ""
    return f"{s.score_id}{place}: {s.value:g}{f' {s.unit}' if s.unit else ''}{doubt}"


def _change(prior: PriorChange | None) -> str:
    """What a line says of a finding's change."""
    if prior is None:
        return ""
    size = f" from {prior.longest_mm:.0f} mm" if prior.longest_mm else ""
    days = f", volume doubles in {prior.doubling_days:.0f} days" if (prior.doubling_days or 0) > 0 else ""
    return f"; {prior.change}{size}{days}"
