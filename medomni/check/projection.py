"""The report of a radiograph: sentences of what was measured, without a model."""

from __future__ import annotations

from medomni.check.sentence_text import denial_text, finding_text
from medomni.records import Findings


def radiograph_text(findings: Findings) -> str:
    """What was measured, sentence by sentence: the embedded model has only seen CT."""
    lines = [finding_text(f, "en") for f in findings.findings if f.presence == "present"]
    for c in findings.coverage:
        if c.assessable and findings.state(c.finding_id) == "absent":
            lines.append(denial_text(c.finding_id, "unspecified", "en"))
    ratios = [f"The cardiothoracic ratio is {s.value:.2f}." for s in findings.scores if s.score_id == "ratio"]
    return "FINDINGS:\n" + "\n".join(ratios + (lines or ["Nothing was measured for certain on this radiograph."]))
