"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer

Format = Literal["table", "json", "jsonl"]
Study = Annotated[Path, typer.Argument(help="One patient's DICOM folder, zip or DICOMDIR, or a NIfTI file.")]
Series = Annotated[Optional[int], typer.Option(help="Number of the series, as `medomni ingest` lists them.")]  # noqa: UP045
Resample = Annotated[bool, typer.Option("--resample", help="Interpolate missing, uneven or tilted slices.")]
Modality = Annotated[Optional[str], typer.Option(help="CT, for a NIfTI file, which cannot say it itself.")]  # noqa: UP045
PRIOR_HELP = "Folder of an earlier study of the same patient, to compare with."
Prior = Annotated[Optional[Path], typer.Option(help=PRIOR_HELP)]  # noqa: UP045
OutDir = Annotated[Path, typer.Option("--out", "-o", help="Output folder.")]
RecipeFile = Annotated[Optional[Path], typer.Option("--config", help="Recipe: its base, view and context.")]  # noqa: UP045
Adapter = Annotated[Optional[Path], typer.Option(help="Adapter folder.")]  # noqa: UP045
ModelDir = Annotated[Optional[str], typer.Option(help="Model folder; the embedded one by default.")]  # noqa: UP045
SegmenterName = Annotated[str, typer.Option(
    "--segmenter", help="builtin, unet, totalsegmentator, lungmask, monai-bundle.")]
Masks = Annotated[Optional[Path], typer.Option(help="Masks made elsewhere: a DICOM SEG or NIfTI label map.")]  # noqa: UP045
MaskTable = Annotated[Optional[str], typer.Option(  # noqa: UP045
    help="What the labels of --masks in NIfTI are: a CSV file or `totalsegmentator`.")]


def in_words(prior: str, instead: str) -> str:
    """What an earlier study showed, in words.

    Args:
        instead: what takes the study itself.

    Raises:
        MedomniError: MED-C03 where it is a path that exists, which would be read as words.
    """
    if os.path.exists(prior):  # Path.exists raises for a text too long for a name
        from medomni.errors import MedomniError

        raise MedomniError("MED-C03", f"--prior takes words, and this is a path; for an earlier study: {instead}")
    return prior


def chosen_segmenter(segmenter: str, masks: Path | None, table: str | None) -> Any:
    """The segmenter that the options name: masks where they are given, else a name.

    Raises:
        MedomniError: MED-C03 where both are given, or a table without masks; MED-S11.
    """
    from medomni.errors import MedomniError

    if masks is None:
        if table is not None:
            raise MedomniError("MED-C03", "--mask-table says what the labels of --masks are")
        return segmenter
    if segmenter != "builtin":
        raise MedomniError("MED-C03", "--masks and --segmenter: give one of them")
    from medomni.pipeline import mask_segmenter

    return mask_segmenter(masks, table)
