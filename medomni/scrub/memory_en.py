"""Names found once, wherever else the same text has them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from medomni.scrub.beside_en import PARTICLES, SUFFIXES, TITLES
from medomni.scrub.seeds_en import PERSON_DOES
from medomni.scrub.spans import Span
from medomni.scrub.words import context_words, given_names, is_known, kept_words, medical_words, surnames

_WORD = re.compile(r"[A-Za-zÀ-ž][A-Za-zÀ-ž'’-]{2,40}")
_BEGINS = re.compile(r"(?:^|[.!?:;\n•*\]])[\s\"'“(\[-]*$")
_ARTICLE = re.compile(r"\b(?:[Tt]he|[Aa]n?) $")
_NO_NAMES = context_words("things") | context_words("departments") | context_words("roles")


def words_of_names(text: str, spans: Iterable[Span]) -> frozenset[str]:
    """The words of the names found that can be sought elsewhere: no title, no particle, no word of medicine.

    What is no known word is sought in small letters and in capitals too.
    """
    out = set()
    for span in spans:
        if span.kind != "NAME":
            continue
        for word in _WORD.findall(text[span.start : span.end]):
            word = word[:-2] if word.endswith(("'s", "’s")) else word
            small = word.lower()
            if small in TITLES | SUFFIXES | PARTICLES | kept_words() | medical_words() or small in _NO_NAMES:
                continue
            if not is_known(small):
                out |= {word, small, small.capitalize(), word.upper()}
            elif word[0].isupper() and (small in surnames() or small in given_names()):
                out.add(word)
    return frozenset(out)


def names_again(text: str, names: frozenset[str]) -> list[Span]:
    """Spans of these words in the same letters; a known word that begins a sentence only where a person's verb follows,
    and none before disease, sign or syndrome."""
    out = []
    for match in _WORD.finditer(text) if names else ():
        word, end = match.group(), match.end()
        if word not in names and word.endswith(("'s", "’s")):
            word, end = word[:-2], end - 2
        if word not in names or _heads_eponym(text, match.end()):
            continue
        begins = _BEGINS.search(text, max(0, match.start() - 6), match.start()) is not None
        if is_known(word.lower()) and _ARTICLE.search(text, max(0, match.start() - 6), match.start()):
            continue
        if not (begins and is_known(word.lower())) or PERSON_DOES.match(text, end):
            out.append(Span(match.start(), end, "NAME", "named before"))
    return out


def _heads_eponym(text: str, end: int) -> bool:
    after = re.match(r"[\s-]+(\w+)", text[end : end + 30])
    return after is not None and after[1].lower() in context_words("eponym_heads")
