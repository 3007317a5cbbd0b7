"""File names as messages and records may show them: archives put UIDs and patients into names."""

from __future__ import annotations

import re

_UID = re.compile(r"\d+(?:\.\d+){3,}")  # four dotted numbers or more
_KEEP = 6
_SHORTEST = 3


def hidden_words(*values: str) -> frozenset[str]:
    """The words of a patient's name or number that a shown file name must not contain."""
    words = {w.lower() for value in values for w in re.split(r"[\^=\\\s,;_\-]+", value)}
    return frozenset(w for w in {*words, *(v.lower() for v in values)} if len(w) >= _SHORTEST)


def shown_name(name: str, hidden: frozenset[str] = frozenset()) -> str:
    """``name`` with UIDs cut to their last six characters and hidden words starred."""
    out = _UID.sub(lambda m: "…" + m.group()[-_KEEP:] if len(m.group()) > 2 * _KEEP else m.group(), name)
    for word in sorted(hidden, key=len, reverse=True):
        out = re.sub(re.escape(word), "***", out, flags=re.IGNORECASE)
    return out
