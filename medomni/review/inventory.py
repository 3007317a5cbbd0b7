"""What a folder holds, as a page: every series with a small picture, and why it would not be read."""

from __future__ import annotations

import base64
import io
from dataclasses import asdict

from numpy.typing import NDArray
from PIL import Image

from medomni.dicom.survey import Survey
from medomni.records import Warned
from medomni.review.page import environment


def inventory_page(studies: list[Survey], warnings: list[Warned], files: int) -> str:
    """A self-contained page: pictures inside, no script, no request to anywhere, no identifier."""
    rows = [{"key": s.study_key, "series": [{**asdict(one.summary), "refused": one.refused, "png": _png(one.small)}
                                            for one in s.series]} for s in studies]
    return environment().get_template("inventory.html").render(studies=rows, warnings=warnings, files=files)


def _png(small: NDArray | None) -> str:
    if small is None:
        return ""
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
