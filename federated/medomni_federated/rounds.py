"""Rounds from a recipe and sites to a saved adapter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import medomni
from medomni.config import load_config
from medomni.errors import MedomniError
from medomni_federated.ledger import (
    ROUND_TIMEOUT_S,
    alone,
    check_site_name,
    plan_of,
    resumable,
    round_file,
    round_rows,
)
from medomni_federated.processes import Federation


@dataclass(frozen=True)
class Rounds:
    """Outcome of a federation.

    Attributes:
        adapter: folder of the aggregated adapter, an ordinary rank-r adapter.
        rows: one a round: loss, truncation, bytes, seconds.
        seconds: from the first process's start to the last one's end.
    """

    adapter: Path
    rows: list[dict[str, Any]]
    seconds: float


def run_rounds(recipe: Path, cases: Mapping[str, Path], out: Path, *, rounds: int, model: str | None = None,
               round_timeout_s: float = ROUND_TIMEOUT_S, trace: bool = False,
               progress: Callable[[int, int], Any] | None = None) -> Rounds:
    """Run ``rounds`` over the sites' case files, each read by its site's own process only.

    A run goes on after the last whole round that recipe, cases and base have in ``out``: one that was cut, and one that
    ended when more rounds are asked for. The rounds are the same as without the cut, since each begins from the
    aggregate alone.

    Args:
        recipe: with an adapter; its stages are one round's training at a site.
        cases: site name to its file of cases, or to a folder of them as ``medomni cases`` writes it.
        round_timeout_s: longest time of one round, seconds.
        trace: follow the files that every process opens, into ``out/processes/trace``.
        progress: called as ``progress(rounds done, rounds)`` twice a second.

    Raises:
        MedomniError: MED-C03 for a site's name that cannot be a file name, MED-C08 for a missing file, MED-F03 and
            MED-F04 for rounds and processes, MED-F05 where another federation runs in ``out``.
    """
    for name in cases:
        check_site_name(name)
    for path in (recipe, *cases.values()):
        if not path.exists():
            raise MedomniError("MED-C08", where=path)
    folder = out / "rounds"
    sites = {name: {"recipe": str(recipe.resolve()), "cases": str(path.resolve()), "model": model or ""}
             for name, path in cases.items()}
    begun = time.monotonic()
    with alone(out):
        done = resumable(folder, plan_of(recipe, cases, _base(recipe, model)))
        if done < rounds:
            with Federation(out / "processes", sites, trace=trace) as federation:
                federation.run({"recipe": str(recipe.resolve()), "model": model or ""}, rounds=rounds, folder=folder,
                               round_timeout_s=round_timeout_s, done=done, progress=progress)
        adapter = _save(recipe, out, rounds, model, sorted(cases))
    return Rounds(adapter, round_rows(folder)[:rounds], time.monotonic() - begun)


def _base(recipe: Path, model: str | None) -> str:
    """The record of the base model, which names the hash of its weights; empty where the folder has none."""
    from medomni.model.bundle import EMBEDDED
    from medomni.train import Recipe

    source = model or load_config(recipe, Recipe).model.source
    about = (EMBEDDED if source == "embedded" else Path(source)) / "medomni.json"
    return about.read_text(encoding="utf-8") if about.is_file() else source


def _save(recipe_path: Path, out: Path, rounds: int, model: str | None, sites: list[str]) -> Path:
    import torch
    from safetensors.torch import load_file

    from medomni.model import attach_adapter, base_bundle, save_adapter
    from medomni.model.adapters import set_adapter_tensors
    from medomni.train import Recipe

    recipe = load_config(recipe_path, Recipe)
    assert recipe.adapter is not None
    bundle = attach_adapter(base_bundle(recipe.model, model), recipe.adapter, seed=recipe.train.seed)
    tensors = load_file(str(round_file(out / "rounds", rounds)))
    set_adapter_tensors(bundle.model, {k: torch.as_tensor(v) for k, v in tensors.items()})
    save_adapter(bundle, recipe.adapter, out / "adapter",
                 about={"rounds": rounds, "sites": len(sites), "code_version": medomni.__version__})
    return out / "adapter"
