"""Checkpoints as safetensors and JSON, written beside and renamed, so that a kill at any instant loses nothing."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from medomni.errors import MedomniError

KEEP = 2


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands.

    Attributes:
        step: steps done over all stages.
        plan: hash of recipe, data and base; resume is refused where it differs.
        trained: weights that any stage opens, by name.
        optimizer: Adam's state by ``name|field``.
        state: what else the loop keeps (proofs of finished stages, running loss).
    """

    step: int
    plan: str
    trained: dict[str, torch.Tensor]
    optimizer: dict[str, torch.Tensor]
    state: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write ``folder/step-NNNNNN`` atomically and drop all but the last two.

    Raises:
        MedomniError: MED-C04 where the disk is full; earlier checkpoints stay.
    """
    target = folder / f"step-{checkpoint.step:06d}"
    beside = folder / f".writing-{os.getpid()}"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        save_file({k: v.detach().cpu().contiguous() for k, v in checkpoint.trained.items()},
                  str(beside / "trained.safetensors"))
        save_file({k: v.detach().cpu().contiguous() for k, v in checkpoint.optimizer.items()},
                  str(beside / "optimizer.safetensors"))
        text = json.dumps({"step": checkpoint.step, "plan": checkpoint.plan, "state": checkpoint.state})
        with open(beside / "state.json", "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        shutil.rmtree(target, ignore_errors=True)
        os.replace(beside, target)
    except (OSError, SafetensorError) as exc:
        shutil.rmtree(beside, ignore_errors=True)
        raise MedomniError("MED-C04", f"checkpoint at step {checkpoint.step}: {exc}", where=folder) from exc
    for old in _complete(folder)[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def latest_checkpoint(folder: Path, plan: str) -> Checkpoint | None:
    """The newest complete checkpoint, or None.

    Raises:
        MedomniError: MED-M03 where it belongs to another plan, MED-M08 where its files are damaged.
    """
    for leftover in folder.glob(".writing-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    complete = _complete(folder)
    if not complete:
        return None
    path = complete[-1]
    record = json.loads((path / "state.json").read_text(encoding="utf-8"))
    if record["plan"] != plan:
        raise MedomniError("MED-M03", f"checkpoint of plan {record['plan'][:12]}, this plan is {plan[:12]}", where=path)
    try:
        trained = load_file(str(path / "trained.safetensors"))
        optimizer = load_file(str(path / "optimizer.safetensors"))
    except (SafetensorError, OSError) as exc:
        raise MedomniError("MED-M08", type(exc).__name__, where=path) from exc
    return Checkpoint(record["step"], record["plan"], trained, optimizer, record["state"])


def _complete(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("step-*") if (p / "state.json").is_file())
