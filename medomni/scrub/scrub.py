"""The scrub itself: every rule, and the reader, over the text, again and again until none finds more."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from medomni.scrub.dates import date_spans
from medomni.scrub.numbers import number_spans
from medomni.scrub.spans import PLACEHOLDER, Span, replaced, united

if TYPE_CHECKING:
    from medomni.scrub.reader import Reader

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
PATIENCE = 8
"""Passes after which a span takes its surroundings along."""
PIECE = 4000
"""Characters that the rules see at once: time grows with the text's length and not with its square."""
_RUN = re.compile(r"[!-~À-ž‐-’]{256,}")
"""What no blank breaks and no word, address or number is; taken whole, before any rule tries its pieces."""
_BLANKS = re.compile(r"\s+|\[[A-Z]+\]")
_LINES = re.compile(r"[\n\r]+|\[[A-Z]+\]")
_LATIN = re.compile(r"[A-Za-z]")


@dataclass(frozen=True)
class Scrubbed:
    """A text without identifiers.

    Attributes:
        text: placeholders such as ``[NAME]`` in place of the spans, all else unchanged.
        spans: what was replaced, as offsets into the text that was given; in order, none overlapping.
        reader: whether the reader of English words looked at it beside the rules.
        unread: English is in it, and the reader was wanted and is not installed: the rules alone find less.
    """

    text: str
    spans: tuple[Span, ...]
    reader: bool = False
    unread: bool = False


def scrub(text: str, *, read: bool = True) -> Scrubbed:
    """Replace names, dates, ages over 89, numbers and places that identify somebody; any mix of English and Chinese.

    Args:
        text: free text; nothing in it is taken for markup.
        read: English is also read by a small language model (:mod:`medomni.scrub.reader`) where its package is
            installed; it finds names that no list holds in wording that no rule foresaw, and drops guesses of the rules
            that it is sure of. The result says whether it was.

    The kinds are those of the Safe Harbor list (45 CFR 164.514(b)(2)(i)) as far as they occur in text; a year alone is
    taken too. The result, given again, comes back as it is: a placeholder changes what stands beside a word, so the
    rules run until they find nothing more.

    Raises:
        MedomniError: MED-M01 where the reader's package holds other weights than its adapters were trained on.
    """
    wanted, seen = False, None
    spans: list[Span] = []
    clean: set[str] = set()
    for number in count():
        now, kept = replaced(text, spans)
        if read and not wanted and any(_is_english(now[a:b]) for a, b in _pieces(now)):
            wanted, seen = True, _reader()  # without its Chinese names, what is left may be English
            clean.clear()
        again = _names_again(text, now, spans) if number else []
        found = united(now, _widened(now, [*_found(now, clean, seen), *again], number))
        if not found:
            break
        # What is found now lies in one kept piece: a span ends where a placeholder begins.
        spans = sorted(spans + [_back(span, kept) for span in found])
    return Scrubbed(now, tuple(spans), seen is not None, wanted and seen is None)


def _widened(text: str, found: list[Span], number: int) -> list[Span]:
    """After many passes, which no sentence needs, the whole run of characters around a span, then the whole line.

    A text such as 12/12/12/... would else lose one piece a pass.
    """
    if number < PATIENCE:
        return found
    ends = _BLANKS if number < 2 * PATIENCE else _LINES
    out = []
    for span in found:
        left = [m.end() for m in ends.finditer(text, max(0, span.start - PIECE), span.start)]
        right = ends.search(text, span.end)
        start, end = left[-1] if left else max(0, span.start - PIECE), right.start() if right else len(text)
        out.append(Span(start, end, span.kind, span.rule))
    return out


def _reader() -> Reader | None:
    from medomni.scrub.reader import reader

    return reader()


def _is_english(text: str) -> bool:
    """More Latin letters than Chinese ones: the reader knows English alone."""
    return len(_LATIN.findall(PLACEHOLDER.sub("", text))) > len(_CHINESE.findall(text))


def _found(text: str, clean: set[str], seen: Reader | None) -> list[Span]:
    """Spans of the text, piece by piece; ``clean`` keeps the pieces in which nothing was found."""
    runs = [m for m in _RUN.finditer(text) if sum(c.isalnum() for c in m.group()) >= len(m.group()) // 4]
    if runs:
        return [Span(m.start(), m.end(), "URL" if "://" in m.group()[:12] else "ID", "long run") for m in runs]
    out: list[Span] = []
    for start, end in _pieces(text):
        piece = text[start:end]
        if piece in clean:
            continue
        found = _found_in(piece, seen)
        out += [Span(s.start + start, s.end + start, s.kind, s.rule) for s in found]
        if not found:
            clean.add(piece)
    return out


def _names_again(text: str, now: str, spans: list[Span]) -> list[Span]:
    """The names of ``text`` that are found already, where ``now`` has them still."""
    if not _LATIN.search(now):
        return []
    from medomni.scrub.memory_en import names_again, words_of_names

    return names_again(now, words_of_names(text, spans))


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of pieces of the text, cut at the last line, sentence or blank before the length of a piece."""
    start = 0
    while len(text) - start > PIECE:
        cut = next((at + len(mark) for mark in ("\n", "。", ". ", " ")
                    if (at := text.rfind(mark, start + PIECE // 2, start + PIECE)) > 0), start + PIECE)
        yield start, cut
        start = cut
    yield start, len(text)


def _found_in(text: str, seen: Reader | None) -> list[Span]:
    text = text.translate(_NARROW)
    found = [*date_spans(text), *number_spans(text)]
    if _LATIN.search(text):
        from medomni.scrub.en import english_names
        from medomni.scrub.places_en import english_places

        look = seen.look(text) if seen is not None and _is_english(text) else None
        places = english_places(text)
        names = english_names(text, [(s.start, s.end) for s in [*places, *found]])
        found += places + (names if look is None else look.without_false(names) + look.spans())
    if _CHINESE.search(text):
        from medomni.scrub.places_zh import chinese_places
        from medomni.scrub.zh import chinese_names

        found += [*chinese_places(text), *chinese_names(text)]
    return found


def _back(span: Span, kept: list[tuple[int, int, int]]) -> Span:
    """The span in the offsets of the text that was given."""
    new, old, _ = kept[bisect_right(kept, span.start, key=lambda piece: piece[0]) - 1]
    return Span(span.start - new + old, span.end - new + old, span.kind, span.rule)
