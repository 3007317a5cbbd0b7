"""The same text in the ways in which a file may hold it: encodings, capitals, forms of dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

ENCODINGS = ("utf-8", "latin-1", "gb18030", "big5", "shift_jis", "euc_kr", "utf-16-le", "utf-16-be")
PREFIX = 4
_CHUNK = 1 << 24
_UID = re.compile(rb"\d+(?:\.\d+){3,}")
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


class Needles:
    """Many byte strings searched for at once, in a time that hardly grows with their number.

    Args:
        needles: in small letters, each of :data:`PREFIX` bytes at least; shorter ones are left out.
    """

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._by_prefix: dict[bytes, list[bytes]] = {}
        self._starts = np.zeros(1 << 16, dtype=bool)
        for needle in needles:
            if len(needle) >= PREFIX:
                self._by_prefix.setdefault(needle[:PREFIX], []).append(needle)
                self._starts[needle[0] | needle[1] << 8] = True
        self._keys = np.unique(np.array([_key(p) for p in self._by_prefix], dtype=np.uint32))

    def within(self, data: bytes) -> set[bytes]:
        """Those that stand in ``data`` (in small letters); of digits alone only where no digit is beside them."""
        found: set[bytes] = set()
        for start in range(0, len(data) if self._by_prefix else 0, _CHUNK):
            for at in self._candidates(data[start:start + _CHUNK + PREFIX - 1]):
                place = start + int(at)
                for needle in self._by_prefix.get(data[place:place + PREFIX], ()):
                    if data.startswith(needle, place) and (not needle.isdigit() or _alone(data, needle, place)):
                        found.add(needle)
        return found

    def _candidates(self, data: bytes) -> NDArray[np.intp]:
        """Where the first bytes of some needle stand."""
        values = np.frombuffer(data, dtype=np.uint8)
        if len(values) < PREFIX:
            return np.zeros(0, dtype=np.intp)
        pairs = values[:-1] | values[1:].astype(np.uint16) << 8
        at = np.flatnonzero(self._starts[pairs[:-2]])
        keys = pairs[at] | pairs[at + 2].astype(np.uint32) << 16
        nearest = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return at[self._keys[nearest] == keys]


def uids_within(data: bytes) -> set[str]:
    """What looks like a UID in bytes, in ASCII or UTF-16, also without its last digit: the byte behind a value may be
    one (group 0032 begins with ``2``)."""
    found = {m.decode("ascii") for part in (data, data.replace(b"\0", b"")) for m in _UID.findall(part)}
    return found | {uid[:-1] for uid in found}


def _key(prefix: bytes) -> int:
    return int.from_bytes(prefix, "little")


def _alone(data: bytes, needle: bytes, at: int) -> bool:
    before, behind = data[max(at - 1, 0):at], data[at + len(needle):at + len(needle) + 1]
    return not (before.isdigit() or before == b"." or behind.isdigit())
