"""A8: kill -9 at five random moments of training and resume: final weights equal the uninterrupted run's."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import ROOT, medomni

KILLS = 5
STEPS = 70


def _step(log: Path) -> int:
    """The last whole step in a log, 0 without one."""
    lines = log.read_text().splitlines() if log.is_file() else []
    for line in reversed(lines):
        try:
            return int(json.loads(line)["step"])
        except ValueError:  # the line being written
            continue
    return 0


def run() -> tuple[bool, str]:
    """The embedded model and the adapt recipe (shortened) on synthetic arrays, through ``medomni train``."""
    import yaml
    from safetensors.torch import load_file

    sys.path.insert(0, str(ROOT))
    from medomni.data import save_cases
    from tests.cases import square_cases

    folder = Path(tempfile.mkdtemp(prefix="medomni-a8-"))
    recipe = yaml.safe_load((ROOT / "configs" / "adapt.yaml").read_text())
    recipe["train"] |= {"batch": 8, "checkpoint_every": 7}
    for stage, steps in zip(recipe["train"]["stages"], (20, 20, 30), strict=True):
        stage["steps"] = steps
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    save_cases(square_cases(32), folder / "cases.npz")
    command = [medomni(), "train", str(folder / "recipe.yaml"), "--cases", str(folder / "cases.npz"), "--out"]
    subprocess.run([*command, str(folder / "whole")], check=True, capture_output=True)
    rng, kills = random.Random(), []
    moments = sorted(rng.sample(range(3, STEPS - 2), KILLS))
    for moment in moments:
        process = subprocess.Popen([*command, str(folder / "killed")], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        while process.poll() is None and _step(folder / "killed" / "log.jsonl") < moment:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.3))  # anywhere inside a step, the writing of a checkpoint included
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kept = sorted(p.name for p in (folder / "killed").glob("step-*"))[-1:]
        kills.append((_step(folder / "killed" / "log.jsonl"), kept[0] if kept else "none"))
    print(f"killed {len(kills)} times of {STEPS} steps; (step, newest checkpoint): {kills}")
    subprocess.run([*command, str(folder / "killed")], check=True, capture_output=True)
    one, other = (load_file(str(folder / n / "adapter" / "adapter_model.safetensors")) for n in ("whole", "killed"))
    worst = max(float((one[k] - other[k]).abs().max()) for k in one)
    moved = max(float(v.abs().max()) for k, v in one.items() if ".lora_B." in k)
    return len(kills) == KILLS and worst <= 1e-6 and moved > 0, f"{len(kills)} kills, largest difference {worst:.1e}"
