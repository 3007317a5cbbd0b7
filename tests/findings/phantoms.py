"""Measured against true findings on phantoms: the comparison that the tests and the table of figures share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from medomni.findings import measure
from medomni.phantom import PHANTOM_FINDINGS, render, sample_patient
from medomni.records import Finding, Findings
from medomni.segment import get_segmenter

SIDED = [name for name in PHANTOM_FINDINGS if name != "lung_nodule"]


def compared(seeds: Iterable[int], hospitals: str) -> Counter[tuple[str, str]]:
    """Counts of (finding, hit | false | missed | unjudged); unjudged are those missed where the coverage says that the
    finding could not be assessed. Nodules of 8 mm and more are matched by place, others by side."""
    out: Counter[tuple[str, str]] = Counter()
    for hospital in hospitals:
        for seed in seeds:
            patient = sample_patient(seed, hospital)
            volume = render(patient)
            found = measure(volume, get_segmenter().segment(volume)).findings
            count(patient.truth, found, out)
    return out


def count(truths: tuple[Finding, ...], found: Findings, out: Counter[tuple[str, str]]) -> None:
    """Add one study's hits, misses, false findings and misses where nothing was judged to ``out``."""
    seen = [f for f in found.findings if f.presence == "present"]
    for name in SIDED:
        truth = {t.side for t in truths if t.finding_id == name}
        said = {f.side for f in seen if f.finding_id == name}
        out[name, "hit"] += len(truth & said)
        out[name, "false"] += len(said - truth)
        out[name, "missed"] += len(truth - said)
        out[name, "unjudged"] += sum(found.state(name, side) == "not_assessable" for side in truth - said)  # type: ignore[arg-type]
    _nodules(truths, found, seen, out)
    out["studies", ""] += 1


def _nodules(truth: tuple[Finding, ...], found: Findings, seen: list[Finding],
             out: Counter[tuple[str, str]]) -> None:
    kinds = ("lung_nodule", "lung_mass")
    there = [t for t in truth if t.finding_id in kinds]
    said = [f for f in seen if f.finding_id in kinds]
    for t in there:
        near = [f for f in said if _apart(f, t) < max(10.0, (t.longest_mm or 0) / 2)]
        if (t.longest_mm or 0) >= 8 and t.finding_id == "lung_nodule":
            out["lung_nodule", "hit" if near else "missed"] += 1
            out["lung_nodule", "unjudged"] += not near and found.state("lung_nodule", t.side) == "not_assessable"
    out["lung_nodule", "false"] += sum(
        all(_apart(f, t) >= max(10.0, (t.longest_mm or 0) / 2) for t in there) for f in said)


def _apart(a: Finding, b: Finding) -> float:
    return float(np.linalg.norm(np.subtract(a.centroid_mm, b.centroid_mm)))  # type: ignore[arg-type]
