"""The same text in the ways in which a file may hold it: encodings, capitals, forms of dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

ENCODINGS = ("utf-8", "latin-1", "gb18030", "big5", "shift_jis", "euc_kr", "utf-16-le", "utf-16-be")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def encoded(text: str) -> set[bytes]:
    """The bytes of a text in small letters, in every encoding that can hold it; search in bytes in small letters."""
    found = set()
    for form in {text, text.lower(), text.upper(), text.title()}:
        for encoding in ENCODINGS:
            try:
                found.add(form.encode(encoding).lower())
            except UnicodeEncodeError:
                continue
    return found


def date_forms(day: str) -> set[str]:
    """Ways in which a day, YYYYMMDD, is written."""
    y, m, d = day[:4], day[4:6], day[6:]
    try:
        month = MONTHS[date(int(y), int(m), int(d)).month - 1]
    except ValueError:
        return {day}
    return {day, *(f"{y}{s}{m}{s}{d}" for s in "-/."), *(f"{d}{s}{m}{s}{y}" for s in "-/."),
            *(f"{m}{s}{d}{s}{y}" for s in "-/."), f"{d}-{month}-{y}", f"{int(d)} {month} {y}",
            f"{y}年{int(m)}月{int(d)}日"}


def holds(data: bytes, needles: Iterable[bytes], shortest: int) -> bool:
    """True where any needle stands in ``data`` (in small letters); one of digits only where no digit is beside it.

    Args:
        shortest: needles of fewer bytes are left out: in pixels they would be found by chance.
    """
    for needle in needles:
        if len(needle) < shortest:
            continue
        if needle.isdigit():
            if needle in data and re.search(rb"(?<![0-9.])" + needle + rb"(?![0-9])", data):
                return True
        elif needle in data:
            return True
    return False
