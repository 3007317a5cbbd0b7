"""``medomni scrub``: a text without names, dates and numbers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer


def scrub(file: Annotated[Optional[Path], typer.Argument(help="UTF-8 text; standard input without it.")] = None,  # noqa: UP045
          format: Annotated[Literal["text", "json"], typer.Option(help="text, or json with the spans.")] = "text",
          ) -> None:
    """Replace names, dates, numbers and places in a history or dictation (English, Chinese) by placeholders.

    It lowers the risk and proves nothing: read the result before it leaves the hospital.
    """
    from medomni.files import read_report
    from medomni.scrub import scrub as scrubbed

    done = scrubbed(read_report(file))
    if done.unread:
        from medomni.errors import MedomniError

        print(MedomniError("MED-C06", "the rules alone read English, and find less: pip install 'medomni[deid]'",
                           where="scrub"), file=sys.stderr)
    if format == "json":
        import json
        from dataclasses import asdict

        told = {"text": done.text, "reader": done.reader, "spans": [asdict(s) for s in done.spans]}
        print(json.dumps(told, ensure_ascii=False))
        return
    sys.stdout.write(done.text)
