"""``python -m benchmarks.sizes [PATIENTS]``: how often the true size lies within what is stated, on synthetic nodules.

Patients as in :mod:`benchmarks.chest_truth`, with seeds from 450,000 on; the factors were fitted on others.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

SIZES = ("longest_mm", "short_mm", "longest_3d_mm", "short_3d_mm", "volume_ml", "pleura_mm")


def rows_of(patient: Any, volume: Any, findings: Any) -> list[tuple[str, float, float, float]]:
    """(size, truth, measured, stated uncertainty) of each true nodule that was found and sized at full resolution."""
    from medomni.phantom.extent import nodule_extent

    said = [f for f in findings.findings if f.finding_id in ("lung_nodule", "lung_mass") and f.uncertainty is not None]
    truths = [f for f in patient.truth if f.finding_id in ("lung_nodule", "lung_mass")]
    out = []
    for truth, nodule in zip(truths, patient.lesions.nodules, strict=True):
        near = [(float(np.linalg.norm(np.subtract(f.centroid_mm, truth.centroid_mm))), f.id, f) for f in said]
        away, _, found = min(near, default=(np.inf, "", None))
        if found is None or away > max(5.0, truth.longest_mm / 2):
            continue
        extent = nodule_extent(patient.anatomy, patient.lesions, nodule)
        true = {"longest_mm": truth.longest_mm, "short_mm": truth.short_mm, "volume_ml": truth.volume_ml,
                "longest_3d_mm": extent.longest_3d, "short_3d_mm": extent.short_3d, "pleura_mm": extent.pleura}
        for name in SIZES:
            stated = found.uncertainty_mm if name == "longest_mm" else getattr(found.uncertainty, name)
            if getattr(found, name) is not None and true[name] is not None and stated is not None:
                out.append((name, float(true[name]), float(getattr(found, name)), float(stated)))
    return out


def run(patients: int, split: str = "bar") -> dict[str, list[tuple[float, float, float]]]:
    """All rows by size."""
    from benchmarks.chest_truth import case
    from medomni.findings import measure
    from medomni.segment import get_segmenter

    out: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SIZES}
    for k in range(patients):
        patient, volume = case(k, split)
        findings = measure(volume, get_segmenter().segment(volume)).findings
        for name, *row in rows_of(patient, volume, findings):
            out[name].append(tuple(row))  # type: ignore[arg-type]
        print(f"  {k + 1}/{patients}: " + ", ".join(told(name, rows) for name, rows in out.items()), flush=True)
    return out


def told(name: str, rows: list[tuple[float, float, float]]) -> str:
    """Share within, mean error and its spread, mean of what is stated."""
    if not rows:
        return f"{name} none"
    true, said, stated = np.array(rows).T
    error, within = said - true, int((np.abs(said - true) <= stated).sum())
    return (f"{name} {within}/{len(rows)} within, error {error.mean():+.2f} sd {error.std():.2f}, "
            f"stated {stated.mean():.2f}")


if __name__ == "__main__":
    for name, rows in run(int(sys.argv[1]) if len(sys.argv) > 1 else 20).items():
        print(told(name, rows))
