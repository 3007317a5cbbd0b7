"""C1: 200 unseen synthetic chests at slices of 1 to 2.5 mm, held against what is truly in them.

Each study's answer is kept under ``benchmarks/out/c1`` with the hash of the code that gave it, so that a run that was
ended goes on where it was; ``MEDOMNI_JOBS`` studies are judged at a time (2).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

STUDIES = 200
LEAST = {"lung": 0.97, "heart": 0.90, "pleural_effusion": 0.90}
SENSITIVITY, FALSE, ERROR_MM, NODULE_MM = 0.95, 0.5, 1.5, 6.0
OUT = Path("benchmarks/out/c1")
ROOMS = ("segment", "findings", "phantom", "quality")


def run(studies: int = STUDIES) -> tuple[bool, str]:
    """All studies; what is printed is the mean over sides and studies, with the worst twentieth."""
    OUT.mkdir(parents=True, exist_ok=True)
    key = code_key()
    rows, missing = [], []
    for k in range(studies):
        file = OUT / f"{key}-{k}.json"
        if file.exists():
            rows.append(json.loads(file.read_text()))
        else:
            missing.append(k)
    with ProcessPoolExecutor(int(os.environ.get("MEDOMNI_JOBS", "2"))) as pool:
        waiting = {pool.submit(one, k): k for k in missing}
        for done in as_completed(waiting):
            k = waiting[done]
            row = done.result()
            beside = OUT / f"{key}-{k}.part"
            beside.write_text(json.dumps(row))
            beside.rename(OUT / f"{key}-{k}.json")
            rows.append(row)
            print(f"  {len(rows)}/{studies} (study {k}): {told(rows)[1]}", flush=True)
    return told(rows)


def one(k: int) -> dict[str, Any]:
    """The k-th study, judged (a process of its own)."""
    from benchmarks.chest_truth import judged

    return judged(k)


def told(rows: Iterable[dict[str, Any]]) -> tuple[bool, str]:
    """(met, figure) of judged studies."""
    from benchmarks.bar_a7 import wilson

    rows = list(rows)
    means: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row["dice"].items():
            means.setdefault(name.split("/")[0], []).append(value)
    parts = [f"{name} {np.mean(values):.3f} (n {len(values)}, 5 % below {np.percentile(values, 5):.2f})"
             for name, values in sorted(means.items())]
    nodules = [n for row in rows for n in row["nodules"] if n["longest_mm"] >= NODULE_MM]
    found = [n for n in nodules if n["found"]]
    low, high = wilson(len(found), len(nodules)) if nodules else (0.0, 0.0)
    share = len(found) / max(1, len(nodules))
    false = sum(row["false"] for row in rows) / max(1, len(rows))
    errors = np.abs([n["error_mm"] for n in found]) if found else np.array([np.inf])
    wrong = sum(len(row["wrong_side"]) for row in rows) + sum(not n["right_side"] for n in nodules)
    met = (all(name in means and float(np.mean(means[name])) >= least for name, least in LEAST.items())
           and share >= SENSITIVITY and false <= FALSE and float(errors.mean()) <= ERROR_MM and wrong == 0)
    return met, (
        f"Dice: {', '.join(parts)}; nodules from {NODULE_MM:.0f} mm: {len(found)} of {len(nodules)} = {share:.3f} "
        f"[{low:.3f}, {high:.3f}], {false:.2f} false a study; longest axis: error {errors.mean():.2f} mm in the mean, "
        f"{(errors <= ERROR_MM).mean():.3f} within {ERROR_MM} mm; {wrong} on a wrong side; {len(rows)} studies")


def code_key() -> str:
    """Hash of the rooms that the answer depends on."""
    import medomni

    digest = hashlib.sha256()
    for room in ROOMS:
        for file in sorted((Path(medomni.__file__).parent / room).rglob("*.py")):
            digest.update(file.read_bytes())
    digest.update((Path(__file__).parent / "chest_truth.py").read_bytes())
    return digest.hexdigest()[:12]
