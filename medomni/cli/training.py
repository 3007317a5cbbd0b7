"""Commands that make cases of studies and train on them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from medomni.cli.options import OutDir, RecipeFile
from medomni.progress import cases_and_steps


def cases(studies: Annotated[Path, typer.Argument(help="Folder of studies: a sub-folder each, DICOM and report.txt.")],
          out: OutDir, site: Annotated[str, typer.Option(help="Name of the hospital in tables.")] = "",
          scrub: Annotated[bool, typer.Option("--scrub", help="Names, dates, numbers to placeholders.")] = False,
          config: RecipeFile = None) -> None:
    """Measure studies with their reports and keep them as cases for training; resumes where it was killed."""
    from medomni.cohort import build_case_files
    from medomni.pipeline import load_recipe

    recipe = load_recipe(config)
    with cases_and_steps() as (bar, _):
        built = build_case_files(studies, out, site=site, slabs=recipe.data.slabs if recipe else None,
                                 scrubbed=scrub, progress=bar)
    for folder, error in built.refused:
        print(f"left out {folder}: {error}", file=sys.stderr)
    print(f"written: {out} ({len(built.written)} new, {len(built.kept)} kept, {len(built.refused)} left out)")
    if not built.written and not built.kept:
        raise typer.Exit(1)


def pretrain(config: Annotated[Path, typer.Argument(help="Recipe, e.g. configs/tiny.yaml.")], out: OutDir,
             install: Annotated[bool, typer.Option(help="Make the result the embedded model.")] = False) -> None:
    """Train the tiny omni model from scratch on phantoms; resumes where it was killed."""
    from medomni.demo.pretrain import pretrain as run

    with cases_and_steps() as (cases, steps):
        done = run(config, out, cases=cases, steps=steps, install=install)
    print(done)


def train(config: Annotated[Path, typer.Argument(help="Recipe.")],
          cases: Annotated[Path, typer.Option(help="Cases file (.npz) or folder of them.")], out: OutDir) -> None:
    """Adapt a model to a hospital's cases by the recipe's stages; resumes where it was killed."""
    from medomni.train.command import train_command

    with cases_and_steps() as (_, steps):
        print(train_command(config, cases, out, steps))
