"""Which parameters a stage opens, its optimizer, and the proof of what changed."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

import torch

from medomni.errors import MedomniError
from medomni.model.bundle import TRAINING_ONLY
from medomni.train.settings import Blocks, StageSettings

BLOCK = {"text": r"model\.language_model\.layers\.(\d+)\.", "vision": r"model\.visual\.blocks\.(\d+)\.",
         "audio": r"model\.audio_tower\.layers\.(\d+)\."}
ALIGNER = r"model\.visual\.merger|model\.audio_tower\.proj"


def part_of(name: str) -> str:
    """Part of a parameter, by its name in the plain or the adapted model."""
    plain = name.removeprefix("base_model.model.")
    if re.match(ALIGNER, plain):
        return "aligner"
    if plain.startswith("lm_head"):
        return "head"
    return "vision" if ".visual." in plain else "audio" if ".audio_tower." in plain else "text"


def opened(model: Any, stage: StageSettings, *, adapters: bool) -> dict[str, float]:
    """Parameter name to rate factor of everything that the stage opens.

    What serves training only is always open. With ``adapters`` only LoRA weights can open. Embeddings and norms
    outside blocks open with ``count: null``.

    Raises:
        MedomniError: MED-C03 where a line opens nothing.
    """
    names = [n for n, _ in model.named_parameters() if not adapters or ".lora_" in n]
    out = {n: 1.0 for n, _ in model.named_parameters() if TRAINING_ONLY in n}
    names = [n for n in names if n not in out]
    for line in stage.open:
        if line.count and line.part not in (*BLOCK, "all"):
            raise MedomniError("MED-C03", f"`{line.part}` has no blocks to count", where=f"stage {stage.name}")
        if line.count and line.part in BLOCK and line.count > (depth := _depth(line.part, names)):
            raise MedomniError("MED-C03", f"`{line.part}` has {depth} blocks, count asks for {line.count}",
                               where=f"stage {stage.name}")
        hits = [n for n in names if _within(n, line, names)]
        if not hits:
            raise MedomniError("MED-C03", f"`{line.part}` opens no weight", where=f"stage {stage.name}")
        out.update({n: line.rate for n in hits})
    return out


def _within(name: str, line: Blocks, names: list[str]) -> bool:
    if line.part == "all":
        return True
    if part_of(name) != line.part:
        return False
    if line.count is None or line.part not in BLOCK:
        return True
    pattern = re.compile(r"(?:base_model\.model\.)?" + BLOCK[line.part])
    match = pattern.match(name)
    if match is None:
        return False
    depth = _depth(line.part, names)
    block = int(match.group(1))
    return block < line.count if line.start == "shallow" else block >= depth - line.count


def _depth(part: str, names: list[str]) -> int:
    """Number of blocks of a part."""
    pattern = re.compile(r"(?:base_model\.model\.)?" + BLOCK[part])
    return 1 + max((int(m.group(1)) for m in map(pattern.match, names) if m), default=-1)


def apply_stage(model: Any, rates: dict[str, float]) -> None:
    """Set ``requires_grad`` of every parameter and drop every stale gradient (a stale one still moves weights)."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in rates)
        parameter.grad = None


def stage_optimizer(model: Any, rates: dict[str, float], stage: StageSettings, decay: float) -> torch.optim.AdamW:
    """AdamW over the open parameters: one group per (rate, decayed or not); vectors are not decayed."""
    groups: dict[tuple[float, bool], list[Any]] = {}
    for name, parameter in model.named_parameters():
        if name in rates:
            groups.setdefault((rates[name], parameter.ndim >= 2), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": ps, "lr": stage.lr * rate, "rate": rate, "weight_decay": decay if matrix else 0.0}
         for (rate, matrix), ps in sorted(groups.items(), key=lambda kv: kv[0])],
        lr=stage.lr, betas=(0.9, 0.98), eps=1e-8)


def set_rate(optimizer: torch.optim.Optimizer, stage: StageSettings, step: int) -> float:
    """Warm-up then cosine, as a pure function of the step inside the stage; returns the rate."""
    if step < stage.warmup:
        rate = stage.lr * (step + 1) / stage.warmup
    else:
        progress = (step - stage.warmup) / max(1, stage.steps - stage.warmup)
        rate = stage.lr * (stage.floor + (1 - stage.floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate"]
    return rate


def optimizer_tensors(model: Any, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Adam's state by parameter *name*, so that it survives a change of stage and of group order."""
    names = {id(p): n for n, p in model.named_parameters()}
    out = {}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            out[f"{names[id(parameter)]}|{key}"] = value if torch.is_tensor(value) else torch.tensor(float(value))
    return out


def restore_optimizer(model: Any, optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> int:
    """Give the optimizer back the state of every parameter that it holds; returns how many were found."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        name, field = key.rsplit("|", 1)
        found.setdefault(name, {})[field] = value.clone()
    held = {id(p) for g in optimizer.param_groups for p in g["params"]}
    count = 0
    for name, parameter in model.named_parameters():
        if id(parameter) in held and name in found:
            optimizer.state[parameter] = found[name]
            count += 1
    return count


def tensor_hashes(model: Any) -> dict[str, str]:
    """Short SHA-256 of every parameter, to prove what a stage changed."""
    out = {}
    for name, p in model.named_parameters():
        data = p.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
        out[name] = hashlib.sha256(data).hexdigest()[:16]
    return out


def stage_proof(before: dict[str, str], after: dict[str, str], rates: dict[str, float]) -> dict[str, int]:
    """Counts of tensors: opened and changed, opened and unchanged, frozen and changed (must be 0)."""
    changed = {n for n in before if before[n] != after[n]}
    return {"opened_changed": len(changed & rates.keys()), "opened_unchanged": len(rates.keys() - changed),
            "frozen_changed": len(changed - rates.keys())}
