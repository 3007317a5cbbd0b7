"""Sensitivity of the rules for ground-glass nodules, printed and not promised: synthetic chests that were given some.

``python -m benchmarks.ground_glass [N]``: N patients (24) from seed 650,000 on, slices of 1 to 2.5 mm, each given three
nodules of 8 to 28 mm and -700 to -450 HU where they find room. The rules were set on seeds from 640,000 on.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np

FIRST, STUDIES = 650_000, 24
MATRICES, SLICES_MM, SIZES_MM = (288, 320, 384), (1.0, 2.5), (8.0, 28.0)
LEAST_MM, NEAR_MM = 12.0, 5.0
KINDS = ("ground_glass_nodule", "ground_glass_opacity")


def judged(k: int) -> tuple[list[tuple[float, bool, bool]], int]:
    """Each true one: (longest axis in mm, shown as ground glass, shown as a solid nodule or mass); false ones."""
    from medomni.findings import measure
    from medomni.phantom import render, sample_patient
    from medomni.phantom.patient import with_ground_glass
    from medomni.segment import get_segmenter

    seed = FIRST + k
    rng = np.random.default_rng([seed, 9])
    sizes = [float(v) for v in np.exp(rng.uniform(*np.log(SIZES_MM), 3))]
    patient = with_ground_glass(sample_patient(seed, "ABC"[k % 3]), sizes, rng)
    volume = render(patient, matrix=int(rng.choice(MATRICES)), slice_mm=float(rng.uniform(*SLICES_MM)))
    found = measure(volume, get_segmenter().segment(volume)).findings.findings
    true = [t for t in patient.truth if t.finding_id in KINDS]

    def shown(kinds: tuple[str, ...], t: object) -> list[str]:
        return [f.id for f in found if f.finding_id in kinds and f.side == t.side and float(np.linalg.norm(  # type: ignore[attr-defined]
            np.subtract(f.centroid_mm, t.centroid_mm))) <= max(NEAR_MM, t.longest_mm / 2)]  # type: ignore[arg-type,attr-defined]

    near = {i for t in true for i in shown(KINDS, t)}
    solid = ("lung_nodule", "lung_mass")
    rows = [(float(t.longest_mm or 0), bool(shown(KINDS, t)), bool(shown(solid, t))) for t in true]
    return rows, sum(f.finding_id in KINDS and f.id not in near for f in found)


def run(studies: int = STUDIES) -> None:
    """Print the counts."""
    from benchmarks.bar_a7 import wilson

    with ProcessPoolExecutor(int(os.environ.get("MEDOMNI_JOBS", "2"))) as pool:
        done = list(pool.map(judged, range(studies)))
    rows = [row for part, _ in done for row in part]
    for name, some in ((f"from {LEAST_MM:.0f} mm", [r for r in rows if r[0] >= LEAST_MM]),
                       (f"{SIZES_MM[0]:.0f} to {LEAST_MM:.0f} mm", [r for r in rows if r[0] < LEAST_MM])):
        hit = sum(r[1] for r in some)
        low, high = wilson(hit, len(some))
        print(f"{name}: {hit} of {len(some)} = {hit / max(1, len(some)):.3f} [{low:.3f}, {high:.3f}] shown as "
              f"uncertain ground glass, {sum(r[2] for r in some)} as solid nodules")
    print(f"{sum(false for _, false in done)} false in {studies} studies")


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
