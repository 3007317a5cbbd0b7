"""What a folder holds, as tables, JSON or a page: every series, and why it would not be read."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from numpy.typing import NDArray
from PIL import Image

from medomni.dicom.survey import JUDGED_BY, Survey
from medomni.records import Warned
from medomni.review.page import environment

if TYPE_CHECKING:
    from rich.table import Table


def inventory_page(studies: list[Survey], warnings: list[Warned], files: int) -> str:
    """A self-contained page: pictures inside, no script, no request to anywhere, no identifier."""
    rows = [{"key": s.study_key, "files": s.files, "folder": s.folder, "series": [
        {**asdict(one.summary), "refused": one.refused, "image": one.image, "png": _png(one.small), "notes": one.notes,
         "folder": one.folder if one.folder != s.folder else ""}
        for one in s.series]} for s in studies]
    return environment().get_template("inventory.html").render(studies=rows, warnings=warnings, files=files,
                                                               judged_by=JUDGED_BY)


def inventory_tables(studies: list[Survey], files: int) -> Iterator[Table]:
    """The same for a terminal, a table a study."""
    from rich.table import Table
    from rich.text import Text

    for study in studies:
        what = f"study {study.study_key}" if study.study_key else "pictures"
        title = f"{files} files" if len(studies) == 1 else f"{what}: {study.files} of {files} files"
        if study.folder not in ("", "."):
            title += f" in {study.folder}"
        table = Table(title=Text(title), caption=JUDGED_BY)
        for column in ("series", "modality", "images", "matrix", "kernel", "usable"):
            table.add_column(column)
        for s in study.series:
            readable = ("image, read by read_image" if s.image else
                        "yes" if s.summary.modality == "CT" else "read only: findings are measured on CT")
            place = f" ({s.folder})" if s.folder != study.folder else ""
            table.add_row(Text(f"{s.summary.number}{place}"), s.summary.modality, str(s.summary.slices),
                          f"{s.summary.rows} x {s.summary.columns}", s.summary.kernel or "not stated",
                          Text("\n".join([f"no: {s.refused}" if s.refused else readable,
                                          *(f"{w.code} {w.detail}" for w in s.notes)])))
        yield table


def _png(small: NDArray | None) -> str:
    if small is None:
        return ""
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
