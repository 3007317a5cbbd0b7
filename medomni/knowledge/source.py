"""The source files: one CSV per noun, UTF-8, a header line, ``|`` between several values of a cell."""

from __future__ import annotations

import csv
import hashlib
from functools import cache
from pathlib import Path

__all__ = ["DATA", "FILES", "cell", "content_hash", "rows"]

DATA = Path(__file__).parent / "data"
FILES = ("anatomy", "findings", "edges", "others", "sided_terms", "composites", "statements")


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of ``data/<name>.csv`` as mappings from column to cell."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


def cell(value: str | None) -> tuple[str, ...]:
    """The values of a cell; an empty cell has none."""
    return tuple(v.strip() for v in (value or "").split("|") if v.strip())


@cache
def content_hash() -> str:
    """SHA-256 over all source files, in the order of :data:`FILES`."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + (DATA / f"{name}.csv").read_bytes())
    return digest.hexdigest()
