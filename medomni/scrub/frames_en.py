"""English names that the frame of words around them gives away, although each word of theirs is an ordinary one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medomni.scrub.beside_en import is_department, is_thing
from medomni.scrub.tokens import Word

_ASKED = re.compile(
    r"\b(?:Will|May|Can|Could|Should|Would|Shall|Must)\s([A-Z][\w'’-]+)\s"
    r"(?=(?:be|have|need|require|undergo|attend|come|get|stay)\b)"
)
_SURNAME_GIVEN = re.compile(r"(?<![\w-])([A-Z]{3,}),?\s?([A-Z][a-z]{2,})(?=\s[–-]\s|[.;]|,\s|\s\(?\d|$)", re.MULTILINE)
_DOCTOR = re.compile(r"\b(?:to|with|by|from) doctor ([a-z]{3,})(?= (?:in|at|on|who|of|from|comma|period)\b)")


def words_of_frames(text: str, words: Sequence[Word]) -> Iterator[tuple[int, str]]:
    """(number of the word, rule) of each.

    Somebody of whom is asked what will be done; a surname in capitals before a given name; a doctor in a dictation
    without capitals.
    """
    at = {w.start: k for k, w in enumerate(words)}
    for m in _ASKED.finditer(text):
        k = at.get(m.start(1))
        if k is not None and words[k].listed and not is_thing(words[k]) and not is_department(words[k]):
            yield k, "asked of"
    for m in _SURNAME_GIVEN.finditer(text):
        k, j = at.get(m.start(1)), at.get(m.start(2))
        if k is None or j is None or words[j].given is None or is_department(words[k]) or is_thing(words[k]):
            continue
        if words[k].family is not None:
            yield k, "surname in capitals"
            yield j, "surname in capitals"
    for m in _DOCTOR.finditer(text):
        if m.start(1) in at:
            yield at[m.start(1)], "doctor"
