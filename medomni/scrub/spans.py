"""Spans of a text that identify somebody, and the text with placeholders in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KINDS = ("NAME", "DATE", "AGE", "PHONE", "EMAIL", "URL", "IP", "ID", "ADDRESS", "PLACE", "DEVICE")
GUESSES = frozenset(("long number", "grouped number", "letters and figures", "reader"))
"""What knows that something identifies, but not surely what it is; any other rule's kind goes before theirs."""
PLACEHOLDER = re.compile(r"\[(?:" + "|".join(KINDS) + r")\]")


@dataclass(frozen=True, order=True)
class Span:
    """A half-open piece ``(start, end)`` of the text, in characters; ``rule`` names what found it."""

    start: int
    end: int
    kind: str
    rule: str


def trimmed(text: str, span: Span) -> Span | None:
    """The span without blanks at its ends and without what is a placeholder already; None where nothing is left.

    A span that holds a placeholder in its midst keeps the longer of its two sides only: the other is found anew in the
    next pass.
    """
    start, end = span.start, span.end
    for match in PLACEHOLDER.finditer(text, max(0, start - 12), min(len(text), end + 12)):
        if match.start() < end and match.end() > start:
            if match.start() - start >= end - match.end():
                end = max(start, match.start())
            else:
                start = min(end, match.end())
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end, span.kind, span.rule) if any(c.isalnum() for c in text[start:end]) else None


def united(text: str, found: Iterable[Span]) -> list[Span]:
    """Spans in order, none overlapping: overlapping ones become one, with the kind and rule of the longest
    that is no guess."""
    out: list[Span] = []
    best = (False, 0)
    for span in sorted(s for f in found if (s := trimmed(text, f)) is not None):
        weight = (span.rule not in GUESSES, span.end - span.start)
        if out and span.start < out[-1].end:
            last = out[-1]
            kind, rule = (last.kind, last.rule) if best >= weight else (span.kind, span.rule)
            best = max(best, weight)
            out[-1] = Span(last.start, max(last.end, span.end), kind, rule)
        else:
            out.append(span)
            best = weight
    return out


def replaced(text: str, spans: Sequence[Span]) -> tuple[str, list[tuple[int, int, int]]]:
    """(text with a placeholder for each span, kept pieces as (start in the new text, start in the old, length))."""
    parts, kept, at, length = [], [], 0, 0
    for span in spans:
        kept.append((length, at, span.start - at))
        parts += [text[at:span.start], f"[{span.kind}]"]
        length += span.start - at + len(span.kind) + 2
        at = span.end
    kept.append((length, at, len(text) - at))
    return "".join([*parts, text[at:]]), kept
