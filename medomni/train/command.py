"""``medomni train``: a recipe and a file of cases to an adapter (or full weights) with its run record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import medomni
from medomni.config import config_hash, load_config
from medomni.data import Case, load_cases
from medomni.data.case import cases_hash
from medomni.errors import MedomniError
from medomni.model import Bundle, attach_adapter, build_bundle, require_coverage, save_adapter, save_bundle
from medomni.model.coverage import trainable_share
from medomni.train.loop import Progress, TrainResult, train
from medomni.train.settings import Recipe


def train_command(config: Path, cases: Path, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Run a recipe on a file (or folder) of cases; writes ``out/adapter`` or ``out/model`` and the log.

    Raises:
        MedomniError: MED-C01..C03 for the recipe, MED-C08 and MED-C07 for the cases, MED-M02 for coverage, and
            as :func:`medomni.train.train`.
    """
    recipe = load_config(config, Recipe)
    bundle, result = run_recipe(recipe, load_cases(cases), out, progress=progress)
    return {"steps": result.steps, "resumed_from": result.resumed_from, "seconds": round(result.seconds, 1),
            "last_loss": result.losses[-1] if result.losses else None, "stages": result.proofs,
            "trainable": round(trainable_share(bundle.model), 4) if recipe.adapter else 1.0}


def run_recipe(recipe: Recipe, cases: Sequence[Case], out: Path | None, *, bundle: Bundle | None = None,
               transcripts: Sequence[Case] = (), progress: Progress | None = None) -> tuple[Bundle, TrainResult]:
    """Build the model, attach the adapter (coverage is a hard check), train, save what was trained.

    Raises:
        MedomniError: MED-C03 for cases whose slabs are not those that the recipe states, else as :func:`train_command`.
    """
    view = recipe.data.slabs
    shapes = {case.hu.shape for case in cases} if "slabs" in recipe.data.model_fields_set else set()
    if other := shapes - {(view.slices, view.size, view.size)}:
        raise MedomniError("MED-C03", f"the cases have slabs of {sorted(other)[0]}, the recipe's data.slabs are "
                           f"{view.slices} x {view.size} x {view.size}: make them with medomni cases --config")
    if bundle is None:
        corpus = [c.report or "" for c in cases]
        bundle = build_bundle(recipe.model, corpus=corpus, seed=recipe.train.seed)
    if recipe.adapter is not None:
        bundle = attach_adapter(bundle, recipe.adapter, seed=recipe.train.seed)
        for parameter in bundle.model.parameters():
            parameter.requires_grad_(False)
        require_coverage(bundle, recipe.adapter)
    result = train(bundle, cases, recipe, out, transcripts=transcripts, progress=progress)
    if out is not None:
        about = {"recipe": recipe.name, "recipe_sha256": config_hash(recipe), "data_sha256": cases_hash(cases),
                 "cases": len(cases), "seed": recipe.train.seed, "code_version": medomni.__version__}
        if recipe.adapter is not None:
            save_adapter(bundle, recipe.adapter, out / "adapter", about=about)
        else:
            save_bundle(bundle, out / "model", card=about)
    return bundle, result
