"""Dates moved by whole days (PS3.5 6.2: DA, DT)."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DA = re.compile(r"(\d{4})[.:/-]?(\d{2})[.:/-]?(\d{2})")
_DT = re.compile(r"(\d{8})(\d{0,6}(?:\.\d{1,6})?)(?:[+-]\d{4})?")


def moved_date(text: str, days: int) -> str:
    """A DA value ``days`` earlier; empty where it is no whole date, since a part of one cannot be moved."""
    match = _DA.fullmatch(text.strip())
    if not match:
        return ""
    try:
        return (date(*(int(part) for part in match.groups())) - timedelta(days)).strftime("%Y%m%d").rjust(8, "0")
    except (ValueError, OverflowError):
        return ""


def moved_datetime(text: str, days: int) -> str:
    """A DT value ``days`` earlier, without its zone (which tells the place); empty where it holds no whole date."""
    match = _DT.fullmatch(text.strip())
    moved = moved_date(match.group(1), days) if match else ""
    return moved + match.group(2) if match and moved else ""
