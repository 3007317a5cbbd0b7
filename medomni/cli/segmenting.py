"""``medomni segment FOLDER`` and ``medomni segment train``: one word for a study's masks and for what makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer
from typer.core import TyperGroup

from medomni.cli.options import OutDir
from medomni.progress import cases_and_steps

STUDY = "study"


class StudyFirst(TyperGroup):
    """A group whose sub-command ``study`` needs no name: what is no sub-command's name is its folder or option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name in where it was left out."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [STUDY, *args]
        return super().parse_args(ctx, args)


group = typer.Typer(cls=StudyFirst, no_args_is_help=True,
                    help="Pre-segment a chest CT (`segment FOLDER -o OUT`), or train a segmenter (`train -o OUT`).")


@group.command()
def train(out: OutDir,
          config: Annotated[Optional[Path], typer.Option(help="Recipe, e.g. configs/segment.yaml.")] = None,  # noqa: UP045
          device: Annotated[Literal["cpu", "cuda"], typer.Option(help="Where the network trains.")] = "cpu",
          resume: Annotated[bool, typer.Option("--resume/--restart", help="Go on from the last checkpoint.")] = True,
          ) -> None:
    """Train the segmenter `unet` on synthetic chests; resumes where it was killed."""
    from medomni.demo.segmenter import train_segmenter

    with cases_and_steps() as (cases, steps):
        card = train_segmenter(out, config, device=device, restart=not resume, cases=cases, steps=steps)
    print(f"{card['steps']} steps on {card['phantoms']} synthetic chests, last loss {card['loss']}")
    for name, value in card["validation_dice"].items():
        print(f"Dice on {card['validation_phantoms']} unseen synthetic chests with 3x noise: {name} {value:.3f}")
    print(f"written: {out}; use it with --segmenter unet and MEDOMNI_UNET_WEIGHTS={out}")
