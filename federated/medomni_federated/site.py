"""One hospital's part of a round: its own cases, its own process, adapter tensors in and out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from medomni.config import load_config
from medomni.data import load_cases
from medomni.errors import MedomniError
from medomni.model import attach_adapter, base_bundle, require_coverage
from medomni.model.adapters import adapter_tensors, set_adapter_tensors
from medomni.train import Recipe, train


@dataclass(frozen=True)
class SiteReply:
    """What leaves a site.

    Attributes:
        tensors: adapter tensors after local training, float32.
        cases: number of local cases.
        loss: mean loss of the local steps.
        seconds: time of local training.
    """

    tensors: dict[str, NDArray[np.float32]]
    cases: int
    loss: float
    seconds: float


def train_site(recipe_path: Path, cases_path: Path, tensors: dict[str, NDArray[np.float32]], round_number: int,
               base_sha256: str, *, model: str | None = None) -> SiteReply:
    """Train the adapter on this site's cases for one round.

    The optimizer starts afresh each round, since the factor basis of the aggregate turns.

    Raises:
        MedomniError: MED-M01 where the site's base is not the server's; as ``load_cases`` and ``train``.
    """
    recipe = load_config(recipe_path, Recipe)
    if recipe.adapter is None:
        raise MedomniError("MED-C03", "a federated recipe needs an adapter", where=recipe_path)
    bundle = base_bundle(recipe.model, model)
    if bundle.base_sha256 != base_sha256:
        raise MedomniError("MED-M01", f"server's base {base_sha256[:12]}, this site's {bundle.base_sha256[:12]}")
    bundle = attach_adapter(bundle, recipe.adapter, seed=recipe.train.seed)
    require_coverage(bundle, recipe.adapter)
    set_adapter_tensors(bundle.model, {k: torch.from_numpy(v) for k, v in tensors.items()})
    cases = load_cases(cases_path)
    seeded = recipe.train.model_copy(update={"seed": recipe.train.seed * 1000 + round_number})
    result = train(bundle, cases, recipe.model_copy(update={"train": seeded}))
    out = {n: p.detach().float().numpy() for n, p in adapter_tensors(bundle.model).items()}
    return SiteReply(out, len(cases), float(np.mean(result.losses)), result.seconds)


def initial_tensors(recipe_path: Path, *, model: str | None = None,
                    after: Path | None = None) -> tuple[dict[str, NDArray[np.float32]], str]:
    """The adapter that the next round starts from, and the hash of its base.

    Args:
        after: the file of the last round that was finished; a new adapter without it.
    """
    recipe = load_config(recipe_path, Recipe)
    if recipe.adapter is None:
        raise MedomniError("MED-C03", "a federated recipe needs an adapter", where=recipe_path)
    bundle = base_bundle(recipe.model, model)
    adapted = attach_adapter(bundle, recipe.adapter, seed=recipe.train.seed)
    fresh = {n: p.detach().float().numpy() for n, p in adapter_tensors(adapted.model).items()}
    return (load_file(str(after)) if after else fresh), bundle.base_sha256
