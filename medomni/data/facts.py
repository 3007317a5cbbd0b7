"""Measured findings as the short lines that a prompt carries."""

from __future__ import annotations

from medomni.records import Finding, Findings

ORDER = ("pleural_effusion", "pneumothorax", "consolidation", "lung_mass", "lung_nodule", "cardiomegaly",
         "rib_fracture")


def fact_lines(findings: Findings, *, least_confidence: float = 0.5) -> list[str]:
    """One line a present finding, then what is uncertain, then what could not be assessed.

    A line is ``finding side [segment] [severity] [N mm]``, ``uncertain:`` before what may be there or not;
    ``not assessable: finding side`` is never left out for a finding of :data:`ORDER`, so that the model is told the
    difference between absent and not looked at.
    """
    shown = [f for f in findings.findings if f.presence == "present" and f.confidence >= least_confidence]
    lines = [_line(f) for f in sorted(shown, key=_rank)]
    unsure = [f for f in findings.findings if f.presence == "uncertain"]
    lines += [f"uncertain: {_line(f)}" for f in sorted(unsure, key=_rank)]
    missing = sorted({(c.finding_id, c.side) for c in findings.coverage
                      if not c.assessable and c.finding_id in ORDER})
    return lines + [f"not assessable: {name.replace('_', ' ')}{'' if side == 'bilateral' else ' ' + side}"
                    for name, side in missing]


def _rank(finding: Finding) -> tuple:
    place = ORDER.index(finding.finding_id) if finding.finding_id in ORDER else len(ORDER)
    return (place, finding.side, -(finding.longest_mm or 0.0), finding.id)


def _line(finding: Finding) -> str:
    words = [finding.finding_id.replace("_", " ")]
    if finding.side not in ("unspecified", "midline"):
        words.append(finding.side)
    if finding.segment:
        words.append(finding.segment.replace("_", " "))
    if finding.severity:
        words.append(finding.severity)
    if finding.longest_mm is not None and finding.finding_id in ("lung_nodule", "lung_mass"):
        words.append(f"{finding.longest_mm:.0f} mm")
    return " ".join(words)
