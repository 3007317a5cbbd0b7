"""The same text in the ways in which a file may hold it: encodings, capitals, forms of dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

ENCODINGS = ("utf-8", "latin-1", "gb18030", "big5", "shift_jis", "euc_kr", "utf-16-le", "utf-16-be")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def encoded(text: str, shortest: int = 1) -> set[bytes]:
    """The bytes of a text in small letters, in every encoding that can hold it; search in bytes in small letters.

    Args:
        shortest: a text of fewer letters gives none, and one of ideographs, which say more, of fewer than half: in
            bytes that are no text it would be found by chance.
    """
    found: set[bytes] = set()
    if sum(2 if ord(c) >= 0x2E80 else 1 for c in text) < shortest:
        return found
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


def holds(data: bytes, needles: Iterable[bytes]) -> bool:
    """True where any needle stands in ``data`` (in small letters); one of digits only where no digit is beside it."""
    for needle in needles:
        if needle.isdigit():
            if needle in data and re.search(rb"(?<![0-9.])" + needle + rb"(?![0-9])", data):
                return True
        elif needle in data:
            return True
    return False
