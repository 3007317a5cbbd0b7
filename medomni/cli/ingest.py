"""``medomni ingest``: what lies in a folder, before anything is read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from medomni.cli.options import Study


def ingest(folder: Study, json_out: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
           html: Annotated[Optional[Path], typer.Option(help="Page with a picture of each series.")] = None) -> None:  # noqa: UP045
    """List the series of a folder: what is usable, what is not and why; studies of many patients too."""
    from rich.console import Console

    from medomni.dicom.survey import survey, survey_json
    from medomni.files import write_text
    from medomni.review.inventory import inventory_page, inventory_tables

    studies, warnings, files = survey(folder, pictures=html is not None)
    if html:
        write_text(html, inventory_page(studies, warnings, files))
    if json_out:
        print(survey_json(studies, warnings, files))
        return
    console = Console()
    for table in inventory_tables(studies, files):
        console.print(table)
    if len(studies) > 1:
        print("More than one patient: give each a folder of its own before a series is read.")
    for w in warnings:
        console.print(f"{w.code}: {w.detail}", markup=False)
    if html:
        print(f"written: {html}")
