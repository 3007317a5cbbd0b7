"""Recall of every measurement on the bars' unseen synthetic patients: what ``medomni/findings/sensitivity.py`` states.

``python -m benchmarks.sensitivity`` counts, from DICOM through the whole product, seeds 220,000 on of hospital A
(160 patients), B (80) and C (80), or other numbers: ``python -m benchmarks.sensitivity A1000 B500 C500``. No rule and
no weight was fitted on these seeds.
"""

from __future__ import annotations

import sys
from collections import Counter

from benchmarks.bar_a7 import wilson
from benchmarks.common import FIRST, cohort

COUNTS = {"A": 160, "B": 80, "C": 80}


def run(counts: dict[str, int] | None = None) -> dict[str, float]:
    """Print and return the recall where the coverage calls the side assessable."""
    from medomni.phantom import sample_patient
    from tests.findings.phantoms import count

    out: Counter[tuple[str, str]] = Counter()
    beside: Counter[str] = Counter()
    for hospital, number in (counts or COUNTS).items():
        for k, case in enumerate(cohort(hospital, "figures", number)):
            truth = sample_patient(FIRST["figures"] + k, hospital).truth
            count(truth, case.findings, out)
            wet = {t.side for t in truth if t.finding_id == "pleural_effusion"}
            for t in truth:
                if t.finding_id == "consolidation" and t.side in wet:
                    state = case.findings.state("consolidation", t.side)
                    beside[state] += 1
    recall = {}
    for name in sorted({k for k, _ in out} - {"studies"}):
        hit, missed, unjudged = (out[name, k] for k in ("hit", "missed", "unjudged"))
        judged = hit + missed - unjudged
        recall[name] = hit / max(1, judged)
        low, high = wilson(hit, judged)
        print(f"{name}: {hit} of {judged} where judged = {recall[name]:.3f} [{low:.3f}, {high:.3f}], "
              f"{unjudged} not judged, {out[name, 'false']} false in {out['studies', '']} studies")
    print(f"consolidation beside fluid: {dict(beside)}")
    return recall


if __name__ == "__main__":
    run({a[0]: int(a[1:]) for a in sys.argv[1:]} or None)
