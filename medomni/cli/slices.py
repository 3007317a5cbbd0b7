"""``medomni slices``: which slices and crops a model would be shown under a budget of image tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medomni.cli.options import Modality, RecipeFile, Resample, Series, Study
from medomni.progress import stages


def slices(folder: Study, out: Annotated[Path, typer.Option("--out", "-o", help="Contact sheet (.png) to write.")],
           budget: Annotated[int, typer.Option(min=1, help="Most image tokens of all pictures together.")] = 1568,
           size: Annotated[int, typer.Option(min=28, help="Pixels along the side of a picture.")] = 224,
           config: RecipeFile = None, series: Series = None, resample: Resample = False,
           modality: Modality = None) -> None:
    """Choose slices and crops of a chest CT under a token budget: a contact sheet, and the choice as JSON beside it."""
    from medomni.data.choice import choose
    from medomni.files import replacing, write_text
    from medomni.model.family import FAMILIES
    from medomni.pipeline import choice_sheet, load_recipe, measure_study

    recipe = load_recipe(config)
    family = FAMILIES[recipe.model.family if recipe else "qwen3_omni"]
    with stages() as stage:
        study = measure_study(folder, series=series, resample=resample, modality=modality, stage=stage)
    choice = choose(study.volume, study.segmentation, study.findings, family=family, budget=budget, size=size)
    with replacing(out) as beside:
        beside.write_bytes(choice_sheet(study.volume, choice))
    record = write_text(out.with_suffix(".json"), choice.model_dump_json(indent=2))
    print(f"{len(choice.picks)} pictures of {choice.tokens_each} tokens, {choice.tokens} of {budget}")
    print(f"written: {out}, {record}")
