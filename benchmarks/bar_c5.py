"""C5: the learned U-Net against the built-in rules on synthetic chests with three times the noise.

By its recipe the network is given the outlines of these rules and corrects them, so this is no contest of two that know
nothing of each other: it asks whether what was learned adds to the rules. The printed line says so.

``medomni segment train`` runs as its own process, is ended with kill -9 once in the midst of its steps, and is given
again; its time is that of both processes, rendering and validation included. Then unseen phantoms (seeds from 400,000
on) are segmented by both. Compared are the classes that both know: lungs by side, heart, airway, aorta, liver and
spleen by the segmenters themselves, and effusion, pneumothorax and consolidation where a phantom has one, for the rules
as the measuring room outlines them, and lungs without the pneumothorax that it found. A study's figure is the mean over
its classes; the difference is paired by study and has a bootstrap interval.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chest_truth import SIDES, dice, mask_of
from benchmarks.common import ROOT

FIRST, STUDIES, NOISE, MOST_SECONDS, KILLED_AT = 400_000, 36, 3.0, 300.0, 60
MATRICES, SLICES_MM = (128, 160, 192), (3.0, 6.0)
ORGANS = ("heart", "airway", "aorta", "liver", "spleen")
LESIONS = ("pleural_effusion", "pneumothorax", "consolidation")
CHANNEL = {"pleural_effusion": 8, "pneumothorax": 9, "consolidation": 10}
Rows = dict[str, tuple[float, float]]


def run() -> tuple[bool, str]:
    """Train with a kill, then hold against the rules; `MEDOMNI_C5_OUT` keeps the weights."""
    with tempfile.TemporaryDirectory(prefix="medomni-c5-") as folder:
        out = Path(os.environ.get("MEDOMNI_C5_OUT") or folder)
        seconds, card = trained(out, ROOT / "configs" / "segment.yaml", KILLED_AT)
        rows = []
        for k in range(STUDIES):
            rows.append(compared(k, out))
            print(f"  {k + 1}/{STUDIES}: " + ", ".join(f"{n} {u:.3f}/{r:.3f}" for n, (u, r) in rows[-1].items()),
                  flush=True)
    for name in sorted({name for row in rows for name in row}):
        pairs = np.array([row[name] for row in rows if name in row])
        print(f"  {name}: U-Net {pairs[:, 0].mean():.3f}, rules {pairs[:, 1].mean():.3f} ({len(pairs)} studies)",
              flush=True)
    means = np.array([np.mean(list(row.values()), axis=0) for row in rows])
    low, high = interval(means[:, 0] - means[:, 1])
    resumed = 0 < card["resumed_from"] < card["steps"] == card["recipe"]["train"]["steps"]
    met = low > 0 and seconds <= MOST_SECONDS and resumed
    given = card["plan"]["given"]
    how = "the U-Net alone" if given == "none" else f"the U-Net, which corrects the rules' outlines ({given})"
    return met, (
        f"{how}: mean Dice {means[:, 0].mean():.3f} against {means[:, 1].mean():.3f} of the rules on {len(rows)} "
        f"synthetic chests with {NOISE:g}x noise, difference {(means[:, 0] - means[:, 1]).mean():+.3f} ({low:+.3f} to "
        f"{high:+.3f}); "
        f"trained in {seconds:.0f} s, killed once, resumed at step {card['resumed_from']} of {card['steps']}")


def trained(out: Path, recipe: Path, killed_at: int) -> tuple[float, dict[str, Any]]:
    """Seconds of both processes and the card; the first is killed after a checkpoint of ``killed_at`` steps."""
    import json

    command = [sys.executable, "-m", "benchmarks.bar_c5", "train", str(out), str(recipe)]
    begun = time.monotonic()
    with open(os.devnull, "w") as nothing:
        child = subprocess.Popen(command, cwd=ROOT, stdout=nothing, stderr=nothing)
        while child.poll() is None:
            steps = [int(p.name[5:]) for p in (out / "checkpoints").glob("step-*")]
            if steps and max(steps) >= killed_at:
                child.send_signal(signal.SIGKILL)
                break
            time.sleep(0.2)
        child.wait()
        print(f"  killed after {time.monotonic() - begun:.0f} s", flush=True)
        subprocess.run(command, cwd=ROOT, stdout=nothing, check=True)
    return time.monotonic() - begun, json.loads((out / "unet.json").read_text(encoding="utf-8"))


def compared(k: int, weights: Path) -> Rows:
    """Dice of the U-Net and of the rules by class of the k-th study, its noise threefold."""
    from medomni.findings import measure
    from medomni.findings.outlines import outlines
    from medomni.phantom import render, sample_patient
    from medomni.phantom.degraded import noisy
    from medomni.phantom.masks import true_masks
    from medomni.segment import get_segmenter
    from medomni.segment.unet import UNetSegmenter

    seed = FIRST + k
    rng = np.random.default_rng([seed, 5])
    patient = sample_patient(seed, "ABC"[k % 3])
    volume = render(patient, int(rng.choice(MATRICES)), float(rng.uniform(*SLICES_MM)))
    true = true_masks(patient, volume)
    volume = noisy(volume, NOISE, seed)
    rules = get_segmenter().segment(volume)
    measured = measure(volume, rules)
    found = UNetSegmenter(weights, "cpu", outlines).segment(volume)
    out: Rows = {}
    for side in SIDES:
        lung = rules.mask("lung", side) & ~mask_of(measured, "pneumothorax", side)
        out[f"lung/{side}"] = dice(found.mask("lung", side), true[f"lung/{side}"]), dice(lung, true[f"lung/{side}"])
    for name in ORGANS:
        out[name] = dice(found.mask(name), true[name]), dice(rules.mask(name), true[name])
    for kind in LESIONS:
        there = [true[f"{kind}/{side}"] for side in SIDES if f"{kind}/{side}" in true]
        if there and np.any(there):
            truth = np.any(there, axis=0)
            said = np.any([mask_of(measured, kind, side) for side in SIDES], axis=0)
            out[kind] = dice(found.labels == CHANNEL[kind], truth), dice(said, truth)
    return out


def interval(differences: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """95 % of the bootstrapped means."""
    rng = np.random.default_rng(5)
    means = differences[rng.integers(0, differences.size, (draws, differences.size))].mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


if __name__ == "__main__":
    from medomni.cli import main

    sys.argv = ["medomni", "segment", "train", "-o", sys.argv[2], "--config", sys.argv[3]]
    main()
