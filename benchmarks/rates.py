"""The learning rates of A5, chosen for every arm on held-out training patients; no test patient is read.

``python -m benchmarks.rates`` prints fact F1 (facts withheld) over the held-out patients of all three hospitals, for
every arm and every pair of rates. The local arms too are judged on the mixed patients, which no single hospital has:
it lets the arms that A5 is compared with have the rates that serve them best there.
"""

from __future__ import annotations

import shutil
import sys

from benchmarks.bar_a5 import ALL, EYES, ROUNDS, SITES, TRAIN
from benchmarks.common import COHORT, cohort

HELD_OUT = 60
GRID = ((3.0e-3, 2.0e-3), (1.0e-3, 7.0e-4), (3.0e-4, 2.0e-4), (1.0e-4, 7.0e-5))


def run(arms: tuple[str, ...] = ("local", "pooled", "federated"), grid: tuple[tuple[float, float], ...] = GRID) -> None:
    """Print one line for every arm and pair of rates."""
    from medomni.config import load_config
    from medomni.data import save_cases
    from medomni.demo.arms import base_arm, federated_arm, trained_arm
    from medomni.demo.story import _recipe
    from medomni.train import Recipe

    out = COHORT / "rates"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    every = {s: cohort(s, "train", TRAIN + HELD_OUT) for s in SITES}
    train = {s: every[s][:TRAIN] for s in SITES}
    dev = {s: every[s][TRAIN:] for s in SITES}
    paths = {s: save_cases(train[s], out / "sites" / s / "cases.npz") for s in SITES}
    print(f"base: {base_arm(dev).f1(dev)}", flush=True)
    for rates in grid:
        recipe = load_config(_recipe(out / "one.yaml", 2, EYES, ALL, rates), Recipe)
        f1 = {}
        if "local" in arms:
            for s in SITES:
                f1[f"local {s}"] = trained_arm(s, recipe, train[s], dev, None).f1(dev)  # type: ignore[arg-type]
            mean = sum(v.value for v in f1.values()) / len(SITES)
            print(f"{rates} local mean: {mean:.3f}", flush=True)
        if "pooled" in arms:
            everyone = [c for s in SITES for c in train[s]]
            f1["pooled"] = trained_arm("pooled", recipe, everyone, dev, None).f1(dev)  # type: ignore[arg-type]
        if "federated" in arms:
            site = _recipe(out / "site.yaml", 1, EYES // ROUNDS, ALL // ROUNDS, rates)
            arm, _ = federated_arm(site, paths, dev, out / f"run-{rates[0]:g}", rounds=ROUNDS)
            f1["federated"] = arm.f1(dev)
        for name, value in f1.items():
            print(f"{rates} {name}: {value}", flush=True)


if __name__ == "__main__":
    named = sys.argv[1].split(",") if len(sys.argv) > 1 else ["local", "pooled", "federated"]
    chosen = [GRID[int(k)] for k in sys.argv[2].split(",")] if len(sys.argv) > 2 else GRID
    run(tuple(named), tuple(chosen))
