"""Width of the aorta on synthetic chests whose aorta is as wide as wanted: figures of ``findings/sensitivity.py``.

``python -m benchmarks.aorta_width`` counts seeds 400,000 on: errors of both parts' greatest diameter, dilated aortas
found, missed and not judged, and normal ones called dilated. Limits were set on seeds from 300,000 on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

FIRST, PATIENTS = 400_000, 36
RADII_MM, MATRIX, SLICES_MM = (10.5, 21.0), 192, (2.5, 5.0)
WIDEST = {"descending_aorta": 2.0, "ascending_aorta": 2.6}
"""Greatest diameter of a part over the phantom's radius (:func:`medomni.phantom.organs.aorta`)."""


def with_wide_aorta(patient: Any, radius_mm: float) -> Any:
    """The same patient with an aorta of another radius."""
    return replace(patient, anatomy=replace(patient.anatomy, aorta_radius=radius_mm))


def run(patients: int = PATIENTS, first: int = FIRST) -> Counter[str]:
    """Print and return the counts."""
    from benchmarks.bar_a7 import wilson
    from medomni.findings.aorta import DILATED_MM, aorta_coverage, calibres, dilated
    from medomni.phantom import render, sample_patient
    from medomni.segment import get_segmenter

    out: Counter[str] = Counter()
    errors: dict[str, list[float]] = {name: [] for name in WIDEST}
    for k in range(patients):
        rng = np.random.default_rng([first + k, 11])
        radius, thick = float(rng.uniform(*RADII_MM)), float(rng.uniform(*SLICES_MM))
        patient = with_wide_aorta(sample_patient(first + k, "ABC"[k % 3]), radius)
        volume = render(patient, matrix=MATRIX, slice_mm=thick)
        segmentation = get_segmenter().segment(volume)
        found = calibres(volume, segmentation)
        for c in found:
            errors[c.anatomy_id].append(c.diameter_mm - WIDEST[c.anatomy_id] * radius)
        said = [h for h in dilated(found) if h.confidence >= 0.5]
        truly = any(factor * radius > DILATED_MM[name] for name, factor in WIDEST.items())
        judged = aorta_coverage(found, segmentation).assessable
        state = "present" if said else "absent" if judged else "not judged"
        out[f"{'dilated' if truly else 'normal'} {state}"] += 1
        print(f"  {k + 1}/{patients}: radius {radius:.1f}, {[(c.anatomy_id, c.diameter_mm) for c in found]}: {state}",
              flush=True)
    for name, values in errors.items():
        if values:
            print(f"{name}: {len(values)} measured, error mean {np.mean(values):.1f}, SD {np.std(values):.1f}, "
                  f"median {np.median(values):.1f} mm")
    hits, wrong = out["dilated present"], out["normal present"]
    judged_n = hits + out["dilated absent"]
    print(f"{dict(out)}; found {hits} of {judged_n} judged, interval {wilson(hits, max(1, judged_n))}; "
          f"{wrong} normal ones called dilated")
    return out


if __name__ == "__main__":
    run()
