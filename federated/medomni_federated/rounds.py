"""Rounds from a recipe and sites to a saved adapter."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import medomni
from medomni.config import load_config
from medomni.errors import MedomniError
from medomni_federated.processes import Federation

ROUND_TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Rounds:
    """Outcome of a federation.

    Attributes:
        adapter: folder of the aggregated adapter, an ordinary rank-r adapter.
        rows: one a round: loss, truncation, bytes, seconds.
        seconds: from the first process's start to the last one's end.
        memory_bytes: largest resident memory summed over the processes.
    """

    adapter: Path
    rows: list[dict[str, Any]]
    seconds: float
    memory_bytes: int


def run_rounds(recipe: Path, cases: Mapping[str, Path], out: Path, *, rounds: int, model: str | None = None,
               round_timeout_s: float = ROUND_TIMEOUT_S, trace: bool = False, progress: Any = None) -> Rounds:
    """Run ``rounds`` over the sites' case files, each read by its site's own process only.

    Args:
        recipe: with an adapter; its stages are one round's training at a site.
        cases: site name to its file of cases, or to a folder of them as ``medomni cases`` writes it.
        round_timeout_s: longest time of one round, seconds.
        trace: follow the files that every process opens, into ``out/processes/trace``.
        progress: called as ``progress(rounds done, rounds)`` twice a second.

    Raises:
        MedomniError: MED-C08 for a missing file, MED-F03 and MED-F04 for rounds and processes.
    """
    for path in (recipe, *cases.values()):
        if not path.exists():
            raise MedomniError("MED-C08", where=path)
    shutil.rmtree(out / "rounds", ignore_errors=True)
    (out / "rounds").mkdir(parents=True)
    sites = {name: {"recipe": str(recipe.resolve()), "cases": str(path.resolve()), "model": model or ""}
             for name, path in cases.items()}
    begun, peak = time.monotonic(), 0
    with Federation(out / "processes", sites, trace=trace) as federation:
        def watch(done: int, total: int) -> None:
            nonlocal peak
            peak = max(peak, federation.memory_bytes())
            if progress:
                progress(done, total)

        rows = federation.run({"recipe": str(recipe.resolve()), "model": model or ""}, rounds=rounds,
                              folder=out / "rounds", round_timeout_s=round_timeout_s, progress=watch)
    adapter = _save(recipe, out, rounds, model, sorted(cases))
    return Rounds(adapter, rows, time.monotonic() - begun, peak)


def _save(recipe_path: Path, out: Path, rounds: int, model: str | None, sites: list[str]) -> Path:
    import torch
    from safetensors.torch import load_file

    from medomni.model import attach_adapter, base_bundle, save_adapter
    from medomni.model.adapters import set_adapter_tensors
    from medomni.train import Recipe

    recipe = load_config(recipe_path, Recipe)
    assert recipe.adapter is not None
    bundle = attach_adapter(base_bundle(recipe.model, model), recipe.adapter, seed=recipe.train.seed)
    tensors = load_file(str(out / "rounds" / f"round-{rounds}.safetensors"))
    set_adapter_tensors(bundle.model, {k: torch.as_tensor(v) for k, v in tensors.items()})
    save_adapter(bundle, recipe.adapter, out / "adapter",
                 about={"rounds": rounds, "sites": len(sites), "code_version": medomni.__version__})
    return out / "adapter"
