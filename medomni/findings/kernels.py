"""Soft and sharp reconstruction kernels by maker, with sources; a kernel that is not listed is of no known kind."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import Literal

Kind = Literal["soft", "medium", "sharp"]


@cache
def _rows() -> tuple[tuple[str, re.Pattern[str], Kind], ...]:
    text = files("medomni.findings").joinpath("data/kernels.csv").read_text(encoding="utf-8")
    return tuple((row["maker"], re.compile(row["pattern"]), row["kind"])  # type: ignore[misc]
                 for row in csv.DictReader(text.splitlines()))


def kernel_kind(maker: str | None, kernel: str | None) -> Kind | None:
    """How sharp a kernel is, by ``data/kernels.csv``; None without a maker or a kernel, or where it is not listed.

    Args:
        maker: as :class:`medomni.records.Acquisition` has it. kernel: Convolution Kernel (0018,1210).
    """
    if not maker or not kernel:
        return None
    name = kernel.strip().upper()
    return next((kind for who, pattern, kind in _rows() if who == maker and pattern.fullmatch(name)), None)
