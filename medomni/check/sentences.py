"""Sentences of a section: stops, quotes, bullets and list numbers end one; decimals and abbreviations do
not."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["split_sentences"]

_STOP = re.compile(
    r"[.!?]+[\"'”’)\]]*(?=\s|$)"  # a stop before space
    r"|(?<=[a-z)\]%])\.(?=[\"“]?[a-z]{3,}\s)"  # a missing space: "stable.the spleen" (lower-cased text)
    r"|[。!?;](?=[一-鿿“\"（(])|[。]+[”\"]?"  # Chinese stops need no space
    r"|(?<=[一-鿿]);|(?<=[一-鿿)])[!?](?=\s|$)"
    r"|,(?=\s*(?:left|right)\s+(?:lung|hemithorax|pleural space)\s*:|[左右](?:肺|侧?胸腔):)"  # the next organ's line
    r"|\"\s+(?=\")"
    r"|\n\s*\n"
    r"|\n(?=[ \t]*(?:[-*•·▪◦‣–—]|\(?\d{1,2}[.)、]|[ivx]{1,4}\.)[ \t]*\S)"
    r"|\n"
)
_LONGEST = 1500
_LAST = re.compile(r"[a-z.]+$")
_SHORT = re.compile(
    r"dr|mr|mrs|ms|prof|approx|ca|e\.g|i\.e|eg|ie|vs|cf|figs?|im|ser|se|img|resp|incl|max|min|diam|ant|post|lat|sup|inf"
    r"|bilat|nos"
)


def _goes_on(text: str, here: int, stop: int, after: int) -> bool:
    """Whether a full stop belongs to an abbreviation ("approx. 8", "No. 5")."""
    word = _LAST.search(text, max(here, stop - 8), stop)
    if not word:
        return False
    if word.group() == "no":
        return re.match(r"\s?\d", text[after : after + 2]) is not None
    return _SHORT.fullmatch(word.group()) is not None or (len(word.group()) == 1 and stop - here == 1)


def _ends_line(text: str, at: int, start: int, end: int) -> bool:
    """Whether a newline ends a sentence: not where a wrapped line goes on in lower case after a long line."""
    before = text[start:at].rstrip()
    if not before or before[-1] in ".!?:;。":
        return True
    line = before[before.rfind("\n") + 1 :]
    after = text[at + 1 : end].lstrip(" \t")
    if re.match(r"[-*•·▪◦‣–—]|\(?\d{1,2}[.)、]\s|\n", after):
        return True
    # A wrapped line is nearly full, or ends in a word that cannot end a sentence.
    if before[-1] in ",、(" or re.search(
        r"\b(?:the|a|an|of|in|and|or|with|no|is|are|to|at|on|for|by)$", before
    ):
        return False
    return len(line) < 50


def _short_enough(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Cuts what no writer writes, so that reading stays linear in the length of any text."""
    for a, b in spans:
        while b - a > _LONGEST:
            cut = text.rfind(" ", a + _LONGEST // 2, a + _LONGEST) + 1 or a + _LONGEST
            yield a, cut
            a = cut
        yield a, b


def split_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of the sentences in ``text[start:end]`` (uniform text), without surrounding space."""
    spans: list[tuple[int, int]] = []
    here = start
    for m in _STOP.finditer(text, start, end):
        stop = m.group()
        if m.start() < here:
            continue
        if stop == "\n":
            if not _ends_line(text, m.start(), here, end):
                continue
        elif stop == "." and _goes_on(text, here, m.start(), m.end()):
            continue
        elif stop.startswith("?") and text.rfind("(", here, m.start()) > text.rfind(")", here, m.start()):
            continue  # a question mark inside brackets is a hedge
        spans.append((here, m.end()))
        here = m.end()
    spans.append((here, end))
    trimmed = []
    for a, b in _short_enough(text, spans):
        piece = text[a:b]
        a += len(piece) - len(piece.lstrip())
        b = a + len(piece.strip())
        if b > a and any(c.isalnum() or c in "+-" for c in text[a:b]):
            trimmed.append((a, b))
    return trimmed
