"""Facts of a report and of a truth, and their F1. A fact is (finding, side); only present findings are facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medomni.check import extract_claims
from medomni.errors import MedomniError
from medomni.evaluate.bootstrap import Interval, interval
from medomni.records import Findings

Fact = tuple[str, str]
SIDED = ("pleural_effusion", "pneumothorax", "consolidation", "lung_nodule", "lung_mass", "rib_fracture")
UNSIDED = ("cardiomegaly",)
SCORED = SIDED + UNSIDED
VISIBLE = ("pleural_effusion", "pneumothorax", "consolidation", "cardiomegaly")
"""Findings that the demonstration model is asked to see without facts; nodules are printed without a bar."""


def _facts(rows: Iterable[tuple[str, str]]) -> set[Fact]:
    out: set[Fact] = set()
    for finding, side in rows:
        if finding in UNSIDED:
            out.add((finding, ""))
        elif finding in SIDED:
            out |= {(finding, s) for s in (("left", "right") if side == "bilateral" else (side,))}
    return out


def facts_of_report(text: str) -> set[Fact]:
    """Present facts that the rule extractor reads in a report; a text it refuses holds none."""
    try:
        claims = extract_claims(text).claims
    except MedomniError:
        return set()
    return _facts((c.finding_id, c.side) for c in claims
                  if c.presence == "present" and c.temporality not in ("prior", "resolved"))


def facts_of_truth(truth: Findings) -> set[Fact]:
    """Present facts of measured or true findings."""
    return _facts((f.finding_id, f.side) for f in truth.findings if f.presence == "present")


@dataclass(frozen=True, eq=False)
class FactCounts:
    """Counts per case: arrays (cases,) of true positives, false positives, false negatives."""

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]

    def f1(self, index: NDArray[np.int64] | None = None) -> float:
        """Micro F1 over all cases, or over the cases of ``index``; 1.0 where nothing is true and nothing said."""
        pick = slice(None) if index is None else index
        tp, fp, fn = (int(a[pick].sum()) for a in (self.tp, self.fp, self.fn))
        return 1.0 if tp + fp + fn == 0 else 2 * tp / (2 * tp + fp + fn)


@dataclass(frozen=True)
class Score:
    """F1 of all facts and of each finding, each with a 95 % interval and its support.

    A finding that is neither true nor said anywhere has no F1 and is not in ``by_finding``; its support is 0.
    """

    f1: Interval
    cases: int
    by_finding: dict[str, Interval]
    support: dict[str, int]


def count_facts(reports: Sequence[str], truths: Sequence[Findings], findings: Sequence[str] = SCORED) -> FactCounts:
    """Per-case counts over the findings named."""
    rows = []
    for text, truth in zip(reports, truths, strict=True):
        said = {f for f in facts_of_report(text) if f[0] in findings}
        true = {f for f in facts_of_truth(truth) if f[0] in findings}
        rows.append((len(said & true), len(said - true), len(true - said)))
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return FactCounts(table[:, 0], table[:, 1], table[:, 2])


def score(reports: Sequence[str], truths: Sequence[Findings], findings: Sequence[str] = SCORED, *,
          seed: int = 0) -> Score:
    """Fact F1 with bootstrap intervals over cases, in total and by finding."""
    total = count_facts(reports, truths, findings)
    each = {name: count_facts(reports, truths, [name]) for name in findings}
    return Score(interval(total.f1, len(reports), seed=seed), len(reports),
                 {name: interval(c.f1, len(reports), seed=seed) for name, c in each.items()
                  if (c.tp + c.fp + c.fn).any()},
                 {name: int((c.tp + c.fn).sum()) for name, c in each.items()})
