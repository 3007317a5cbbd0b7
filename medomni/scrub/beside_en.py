"""What stands beside a word: gaps, titles, roles, and words that are no name however they are written."""

from __future__ import annotations

import re

from medomni.scrub.tokens import Word
from medomni.scrub.words import context_words, medical_words

TITLES = context_words("titles")
ROLES = context_words("roles")
NAMING = context_words("naming")
SUFFIXES = context_words("suffixes")
PARTICLES = context_words("particles")
_THINGS = context_words("things")
_DEPARTMENTS = context_words("departments")


def gap_between(text: str, a: Word, b: Word) -> str:
    """The text between two words."""
    return text[a.end : b.start]


def are_near(text: str, a: Word, b: Word) -> bool:
    """True where only a blank, an abbreviation's full stop or a hyphen is between two words."""
    return bool(re.fullmatch(r"[ \t]{1,2}|\.[ \t]?|\.?-", gap_between(text, a, b)))


def is_department(word: Word) -> bool:
    """True for a department, a profession or a medical word."""
    return (
        word.small in _DEPARTMENTS
        or word.small in medical_words()
        or word.small.endswith(("ology", "ologist", "iatrics"))
    )


def is_thing(word: Word) -> bool:
    """True for a word of headings and rooms that is also a surname."""
    return word.small in _THINGS or word.small.rstrip("s") in _THINGS
