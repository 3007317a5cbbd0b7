"""Print recall and false findings per study on any phantoms; the stated figures are of ``benchmarks.sensitivity``.

``python -m tests.findings.phantom_figures 0 60`` measures seeds 0..59 of the three hospitals (about four minutes).
"""

from __future__ import annotations

import sys

from tests.findings.phantoms import compared

if __name__ == "__main__":
    first, last = int(sys.argv[1]), int(sys.argv[2])
    for hospital in "ABC":
        counts = compared(range(first, last), hospital)
        studies = counts["studies", ""]
        for name in sorted({k for k, _ in counts} - {"studies"}):
            hit, false, missed = (counts[name, k] for k in ("hit", "false", "missed"))
            unjudged = counts[name, "unjudged"]
            recall = hit / max(1, hit + missed)
            judged = hit / max(1, hit + missed - unjudged)
            f1 = 2 * hit / max(1, 2 * hit + false + missed)
            print(f"{hospital} {name:18s} hit {hit:3d} missed {missed:3d} false {false:3d} of {studies} studies  "
                  f"recall {recall:.3f}  where judged {judged:.3f}  F1 {f1:.3f}  false/study {false / studies:.3f}")
