"""B1: every row of the hard-case table right, resampled on request, or refused with the reason named beforehand."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.common import SHARED
from benchmarks.hard_cases import ROWS, Row, Verdict, judged

PLAIN = "chest_ct_a0002_b40f8mm"
LEAST_RIGHT = 24


def run() -> tuple[bool, str]:
    """All rows on real files and on edits of the real 30-slice chest CT."""
    count: Counter[str] = Counter()
    for row in ROWS:
        verdict = one(row, SHARED / "dicom" / (row.real or PLAIN))
        count[verdict.outcome] += 1
        print(f"  {row.name}: {verdict.outcome} {verdict.detail}", flush=True)
    right = count["right"] + count["resampled"]
    met = right >= LEAST_RIGHT and right + count["refused"] == len(ROWS)
    return met, (f"{right} of {len(ROWS)} right ({count['resampled']} of them refused by default and right with "
                 f"resample), {count['refused']} refused with the named reason, {count['WRONG']} wrong")


def one(row: Row, source: Path) -> Verdict:
    """Build a row in a folder of its own and judge it."""
    with tempfile.TemporaryDirectory(prefix="medomni-b1-") as folder:
        return judged(row, Path(folder), row.build(source, Path(folder)))
