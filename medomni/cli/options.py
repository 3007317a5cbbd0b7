"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

Format = Literal["table", "json", "jsonl"]
Study = Annotated[Path, typer.Argument(help="One patient's DICOM folder, zip or DICOMDIR, or a NIfTI file.")]
Series = Annotated[Optional[int], typer.Option(help="Number of the series, as `medomni ingest` lists them.")]  # noqa: UP045
Resample = Annotated[bool, typer.Option("--resample", help="Interpolate missing, uneven or tilted slices.")]
Modality = Annotated[Optional[str], typer.Option(help="CT, for a NIfTI file, which cannot say it itself.")]  # noqa: UP045
OutDir = Annotated[Path, typer.Option("--out", "-o", help="Output folder.")]
RecipeFile = Annotated[Optional[Path], typer.Option("--config", help="Recipe: its base, view and context.")]  # noqa: UP045
Adapter = Annotated[Optional[Path], typer.Option(help="Adapter folder.")]  # noqa: UP045
ModelDir = Annotated[Optional[str], typer.Option(help="Model folder; the embedded one by default.")]  # noqa: UP045
