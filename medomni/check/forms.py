"""Forms: "Pneumothorax: left: no, right: yes." and "Pneumothorax: N/A" are answers, not sentences."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

__all__ = ["Form", "read_form"]

_YES = r"yes|present|positive|small|trace|tiny|minimal|mild|moderate|large|[有是]|阳性|少量|中量|大量|\(\s*\+\s*\)|\+"
_NO = r"no|none|nil|absent|negative|[无否]|阴性|\(\s*-\s*\)|-(?!\s*\d)"
_SIDE = (r"(?:(?:on|in)\s+the\s+)?(?:left|right|[lr](?:ul|ll)?|rml|[左右](?:侧|肺|胸腔)?(?:[上中下]叶)?)"
         r"(?:\s+(?:side|lung))?")
_VALUE = rf"(?:{_YES}|{_NO})"
_GAP = r"\s{0,3}"  # bounded, so that reading stays linear in the length of any text
_HEAD = r"(?P<head>[^:.,;。、\n]{1,80}?)"
_BETWEEN = rf"{_GAP}[,;/、.。]?{_GAP}(?:(?:and|but)\s)?"


def _unit(k: int) -> str:
    """A side and its answer, or an answer and its side."""
    return (rf"(?:(?P<s{k}>{_SIDE}){_GAP}[:=–-]?{_GAP}(?P<v{k}>{_VALUE})|(?P<w{k}>{_VALUE}){_GAP}(?P<t{k}>{_SIDE}))"
            r"(?![\w-])")


_BY_SIDE = re.compile(
    rf"{_HEAD}{_GAP}(?::|\s-\s|\s(?=[左右])){_GAP}{_unit(1)}{_BETWEEN}{_unit(2)}(?:{_BETWEEN}{_unit(3)})?{_GAP}"
    r"(?=[.,;。、]|and\b|with\b|$)")
_BLANK = re.compile(
    rf"{_HEAD}(?:{_GAP}\([^)]{{1,8}}\))?{_GAP}:{_GAP}(?:(?P<no>n|0|neg|\(?-\)?(?:{_GAP}/{_GAP}\(?-\)?)?)|"
    rf"(?:n{_GAP}/{_GAP}a|n\.a\.?|not applicable|unable to assess|not evaluated|unknown|\?|/)){_GAP}"
    rf"(?:[.;。](?=\s|$)|{_GAP}(?:\n|$))")
_DENIED = re.compile(r"\b(?:no|not|without|nor)\b|[无未没]")

Side = Literal["left", "right", "unspecified"]


class Form(NamedTuple):
    """Where the question stands (uniform text), where the answers end, and what they are: none for a blank field."""

    start: int
    end: int
    stop: int
    answers: tuple[tuple[Side, bool], ...]


def read_form(text: str, start: int, end: int) -> Form | None:
    """The form that a stretch of uniform text begins with, or None.

    A question with bare answers by side, at least two of them, or with one that denies or leaves it open for both.
    """
    if m := _BY_SIDE.match(text, start, end):
        units = [(m[f"s{k}"] or m[f"t{k}"], m[f"v{k}"] or m[f"w{k}"]) for k in (1, 2, 3)]
        answers = tuple((_side(s), re.fullmatch(_YES, v) is not None) for s, v in units if s)
        sides = {side for side, _ in answers}
        if len(sides) == 2 and not _DENIED.search(m["head"]):
            return Form(m.start("head"), m.end("head"), m.end(), answers)
    elif m := _BLANK.match(text, start, end):
        return Form(m.start("head"), m.end("head"), m.end(), (("unspecified", False),) if m["no"] else ())
    return None


def _side(word: str) -> Side:
    word = re.sub(r"^(?:on|in)\s+the\s+", "", word)
    return "left" if word.startswith(("l", "左")) else "right"
