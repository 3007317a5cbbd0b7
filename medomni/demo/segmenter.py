"""``medomni segment train``: synthetic chests with their true masks to weights of the segmenter ``unet``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medomni.demo.chest_samples import Rendering, load_sample, render_sample

if TYPE_CHECKING:
    from medomni.train.segmenter import Sample

FIT_SEEDS = 300_000
"""Seeds of what is fitted start here; the bars count on those from 400,000 on."""
HOSPITALS = {"A": 20, "B": 20, "C": 20}
VALIDATION_NOISE = 3.0
LEARNED = {"none": "all outlines", "rules": "to correct the built-in rules' outlines of organs",
           "rules+findings": "to correct the built-in rules' outlines of organs and findings"}
"""What the card says in words, by what the network is given."""


def recipe_schema() -> Any:
    """The recipe's schema: the loop's settings and the synthetic chests that it learns from."""
    from pydantic import Field

    from medomni.config import Config
    from medomni.train.segmenter import UNetSettings

    class SegmentRecipe(Config):
        """``hospitals``: number of patients each; ``validation`` more are never trained on. ``workers``: processes that
        render, 0 for this one alone. ``matrices`` and ``slices_mm`` (least, most): the images in which the rules
        outline what the network is given, where it is given something."""

        name: str = "segment"
        hospitals: dict[str, int] = Field(default=HOSPITALS, min_length=1)
        first_seed: int = FIT_SEEDS
        validation: int = Field(6, ge=0)
        workers: int = Field(2, ge=0)
        matrices: tuple[int, ...] = Field((128, 144, 160), min_length=1)
        slices_mm: tuple[float, float] = (4.0, 6.0)
        train: UNetSettings = UNetSettings()

    return SegmentRecipe


def train_segmenter(out: Path, config: Path | None = None, *, device: str = "cpu", restart: bool = False,
                    cases: Callable[[int, int], None] | None = None, steps: Any = None) -> dict[str, Any]:
    """Render, train, validate, write ``out/unet.safetensors`` and ``out/unet.json``; a killed run goes on.

    Returns:
        The card: recipe and its hash, seeds, code version, steps, loss, Dice on unseen phantoms, SHA-256.

    Raises:
        MedomniError: MED-C01..C03 for the recipe, MED-C03 where ``device`` is not there, else as
            :func:`medomni.train.segmenter.train_network`.
    """
    import json

    import medomni
    from medomni.config import config_hash, load_config, parse_config
    from medomni.errors import MedomniError
    from medomni.segment.unet.network import CARD, WEIGHTS, load_network, save_network
    from medomni.train.segmenter import mean_dice, train_network, validated

    schema = recipe_schema()
    recipe = load_config(config, schema) if config else parse_config({}, schema)
    _require(device)
    plan_hash = config_hash(recipe)
    if restart:
        for name in ("checkpoints", "cache"):
            shutil.rmtree(out / name, ignore_errors=True)
        (out / CARD).unlink(missing_ok=True)
        (out / WEIGHTS).unlink(missing_ok=True)
    if (out / CARD).is_file() and (out / WEIGHTS).is_file():  # finished before
        card = load_network(out, "cpu")[2]
        if card["recipe_sha256"] != plan_hash:
            raise MedomniError("MED-M03", "finished weights of another recipe lie there", where=out)
        return card
    hospitals = [(name, seed) for seed in range(max(recipe.hospitals.values())) for name, count in
                 recipe.hospitals.items() if seed < count]
    patients = [(name, recipe.first_seed + k) for k, (name, _) in enumerate(hospitals)]
    names = sorted(recipe.hospitals)
    patients += [(names[k % len(names)], recipe.first_seed + len(hospitals) + k) for k in range(recipe.validation)]
    samples = list(rendered(patients, recipe, out / "cache", cases))
    network, done = train_network(samples[:len(hospitals)], recipe.train, plan_hash, out, device=device, progress=steps)
    dice = validated(network, samples[len(hospitals):], recipe.train, device)
    card = {"name": recipe.name, "trained_on": "synthetic chests (phantoms) only", "code_version": medomni.__version__,
            "recipe": recipe.model_dump(mode="json"), "recipe_sha256": plan_hash,
            "seeds": [patients[0][1], patients[-1][1]], "phantoms": len(hospitals), "device": device, **done,
            "plan": recipe.train.network.plan().as_json(),
            "learned": LEARNED[recipe.train.network.given], "validation_phantoms": recipe.validation,
            "validation_noise": VALIDATION_NOISE, "validation_dice": dice,
            "validation_mean_dice": round(mean_dice(dice), 4)}
    save_network(network, card, out)
    for name in ("checkpoints", "cache"):
        shutil.rmtree(out / name, ignore_errors=True)
    return json.loads((out / CARD).read_text(encoding="utf-8"))


def _require(device: str) -> None:
    import torch

    from medomni.errors import MedomniError

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as exc:
        raise MedomniError("MED-C03", f"torch cannot use the device {device} here", where="--device") from exc


def rendered(patients: list[tuple[str, int]], recipe: Any, cache: Path, progress: Callable[[int, int], None] | None
             ) -> Iterator[Sample]:
    """The patients on the network's grid, in order; those that are in the cache are not rendered again."""
    plan, noise = recipe.train.network.plan(), recipe.train.noise
    fitted = Rendering(plan, recipe.matrices, recipe.slices_mm, noise)
    unseen = replace(fitted, noise=(VALIDATION_NOISE, VALIDATION_NOISE))
    jobs = [(name, seed, how, cache / how.key / f"{name}-{seed}.safetensors") for k, (name, seed) in enumerate(patients)
            for how in [fitted if k < len(patients) - recipe.validation else unseen]]
    missing = [job for job in jobs if not job[-1].is_file()]
    done = len(jobs) - len(missing)

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(jobs))

    if recipe.workers and len(missing) > 2:
        from multiprocessing import get_context

        with ProcessPoolExecutor(recipe.workers, mp_context=get_context("spawn")) as pool:
            for future in as_completed([pool.submit(render_sample, *job) for job in missing]):
                future.result()
                advance()
    else:
        for job in missing:
            render_sample(*job)
            advance()
    for job in jobs:
        yield load_sample(job[-1])
