"""File names as messages and records may show them: archives put UIDs, dates and patients into names."""

from __future__ import annotations

import os
import re
import unicodedata

_UID = re.compile(r"\d+(?:\.\d+){3,}")  # four dotted numbers or more
_DATE = re.compile(r"(?<!\d)(?:19|20)\d{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?!\d)")
_PART = re.compile(r"[^\W_]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa"})
_KEEP = 6
_SHORTEST = 3  # of a word that is hidden wherever it stands; a shorter one is hidden where it stands alone


def hidden_words(*values: str) -> frozenset[str]:
    """The words of a patient's name, number and dates that a shown file name must not contain, folded.

    A name is also taken in one piece and in both orders, without its accents and with its umlauts written out.
    """
    words: set[str] = set()
    for value in values:
        for form in _forms(value):
            parts = _PART.findall(form)
            words |= {*parts, "".join(parts), "".join(parts[::-1])}
    return frozenset(w for w in words if w and (len(w) > 1 or _is_ideograph(w)))


def shown_name(name: str, hidden: frozenset[str] = frozenset()) -> str:
    """``name`` with UIDs cut to their last six characters, dates and hidden words starred.

    Bytes that are no UTF-8 are replaced, so that the name can stand in a record.
    """
    readable = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    out = _UID.sub(lambda m: "…" + m.group()[-_KEEP:] if len(m.group()) > 2 * _KEEP else m.group(), readable)
    out = _DATE.sub("***", out)
    return _PART.sub(lambda m: _starred(m.group(), hidden), _joined_hidden(out, hidden))


def _starred(part: str, hidden: frozenset[str]) -> str:
    """One part of a name, starred where a hidden word is it, or stands in it."""
    for form in _forms(part):
        if form in hidden or any(w in form for w in hidden if len(w) >= _SHORTEST or _is_ideograph(w)):
            return "***" if form in hidden or len(form) != len(part) else _within(part, form, hidden)
    return part


def _within(part: str, form: str, hidden: frozenset[str]) -> str:
    """The part with the hidden words alone starred, where folding kept every letter in its place."""
    stars = [False] * len(part)
    for word in hidden:
        if len(word) < _SHORTEST and not _is_ideograph(word):
            continue
        at = form.find(word)
        while at >= 0:
            stars[at:at + len(word)] = [True] * len(word)
            at = form.find(word, at + 1)
    return re.sub("\0+", "***", "".join("\0" if s else c for c, s in zip(part, stars, strict=True)))


def _joined_hidden(name: str, hidden: frozenset[str]) -> str:
    """Hidden words of which the name's own separators have made two parts ("O_BRIEN" for "OBRIEN")."""
    parts = list(_PART.finditer(name))
    for first, second in zip(parts, parts[1:], strict=False):
        if second.start() - first.end() != 1 or any(f in hidden for p in (first, second) for f in _forms(p.group())):
            continue
        joined = first.group() + second.group()
        if len(joined) >= _SHORTEST and any(f in hidden for f in _forms(joined)):
            return _joined_hidden(name[:first.start()] + "***" + name[second.end():], hidden)
    return name


def _forms(text: str) -> set[str]:
    """Ways in which a word may be written, in small letters: as it is, without accents, with umlauts written out."""
    small = unicodedata.normalize("NFC", text).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFD", small) if not unicodedata.combining(c))
    composed = unicodedata.normalize("NFC", text).lower()
    return {small, bare, composed.translate(_UMLAUTS), composed}


def _is_ideograph(word: str) -> bool:
    return any(ord(c) >= 0x2E80 for c in word)
