"""``python -m benchmarks.prior [PATIENTS]``: synthetic patients at two times, each nodule's change against the truth.

Of each patient's nodules one has grown by a quarter or a half in diameter, one is gone, one is new, the rest stayed; he
lies shifted and turned by a few degrees, and breathes deeper or less. Then the later study is laid on another
patient's: what must be called not comparable.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

import numpy as np

FIRST, HOSPITALS = 410_000, "ABC"
SIZES = [11.0, 14.0, 17.0, 20.0]
DAYS = 180


def times(k: int, matrix: int = 208, slice_mm: float = 2.5, first: int = FIRST
          ) -> tuple[Any, Any, dict[str, list[Any]]]:
    """(earlier volume, later volume, what truly became of the nodules: kind of change to their truth)."""
    from medomni.phantom import render, sample_patient
    from medomni.phantom.followup import laid, later
    from medomni.phantom.patient import with_more_nodules

    seed = first + k
    rng = np.random.default_rng([seed, 2])
    patient = with_more_nodules(sample_patient(seed, HOSPITALS[k % 3]), SIZES, rng)
    n = len(patient.lesions.nodules)
    order = [int(v) for v in rng.permutation(n)]
    grown, gone, new = (order + [-1, -1, -1])[:3]
    factor = float(rng.choice([1.25, 1.5]))
    before = later(patient, {new: 0.0})
    now = later(patient, {grown: factor, gone: 0.0}, breath_mm=float(rng.uniform(-8, 8)))
    truth = {i: t for i, t in zip([i for i in range(n) if i != gone], [
        f for f in now.truth if f.finding_id in ("lung_nodule", "lung_mass")], strict=True)}
    old = {i: t for i, t in zip([i for i in range(n) if i != new], [
        f for f in before.truth if f.finding_id in ("lung_nodule", "lung_mass")], strict=True)}
    shift = tuple(float(v) for v in rng.uniform(-15, 15, 3))
    became = {"grown": [truth[grown]] if grown in truth else [], "new": [truth[new]] if new in truth else [],
              "resolved": [old[gone]] if gone in old else [],
              "unchanged": [truth[i] for i in order[3:]]}
    volumes = render(before, matrix=matrix, slice_mm=slice_mm), render(now, matrix=matrix + 16, slice_mm=slice_mm * 0.9)
    turned = laid(volumes[1], shift, float(rng.uniform(-6, 6)), float(rng.uniform(-4, 4)))  # type: ignore[arg-type]
    for rows in (became["grown"], became["new"], became["unchanged"]):
        rows[:] = [(t, turned.affine[:3, :3] @ np.linalg.inv(volumes[1].affine[:3, :3]) @ np.array(t.centroid_mm)
                    + np.array(shift)) for t in rows]
    became["resolved"] = [(t, np.array(t.centroid_mm)) for t in became["resolved"]]
    return volumes[0], turned, became


def seen(volume: Any) -> Any:
    """The volume measured, as the comparison takes it."""
    from medomni.findings.prior import Seen
    from medomni.pipeline import measure_volume

    study = measure_volume(volume)
    return Seen(study.volume, study.labels, study.findings)


def judged(findings: Any, became: dict[str, list[Any]]) -> Counter[tuple[str, str]]:
    """(true change, what was said) of each nodule that was found: ``open`` where nothing was said."""
    out: Counter[tuple[str, str]] = Counter()
    for change, rows in became.items():
        said = findings.comparison.resolved if change == "resolved" else [
            f for f in findings.findings if f.presence == "present"]
        for truth, place in rows:
            near = [f for f in said if f.finding_id in ("lung_nodule", "lung_mass")
                    and np.linalg.norm(np.subtract(f.centroid_mm, place)) < max(6.0, truth.longest_mm / 2)]
            if near:
                out[change, near[0].prior.change if near[0].prior else "open"] += 1
            elif change != "resolved":
                out[change, "not found"] += 1
            else:
                out[change, "open or not found before"] += 1
    return out


def run(patients: int, first: int = FIRST) -> Counter[tuple[str, str]]:
    """All patients; what was said of each true change, and of another patient's study."""
    from medomni.findings.prior import compared

    count: Counter[tuple[str, str]] = Counter()
    another = None
    for k in range(patients):
        volumes = times(k, first=first)
        before, now = seen(volumes[0]), seen(volumes[1])
        begun = time.perf_counter()
        found = compared(now, before, DAYS)
        seconds = time.perf_counter() - begun
        if found.comparison.comparable:
            count += judged(found, volumes[2])
            moved = f"moved {found.comparison.moved_mm} mm, turned {found.comparison.turned_deg} degrees"
        else:
            moved = found.comparison.reason
            count["same patient", "not comparable"] += 1
        if another is not None:
            strange = compared(now, another, DAYS).comparison
            count["another patient", "comparable" if strange.comparable else "not comparable"] += 1
        another = before
        print(f"  {k + 1}/{patients}: {moved}, {seconds:.1f} s, {dict(count)}", flush=True)
    return count


if __name__ == "__main__":
    for (true, said), n in sorted(run(int(sys.argv[1]) if len(sys.argv) > 1 else 12).items()):
        print(f"{true}: {said} {n}")
