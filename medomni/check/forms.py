"""Form answers by side: "Pneumothorax: left: no, right: yes." is two statements, not one sentence."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

__all__ = ["SideForm", "side_form"]

_VALUE = r"yes|no|none|nil|present|absent|positive|negative|有|无|是|否|阳性|阴性|\(?[+-]\)?"
_SIDE = r"left|right|左侧?|右侧?"
_FORM = re.compile(
    rf"(?P<head>[^:.;。]+?)\s*:\s*(?P<s1>{_SIDE})\s*[:=]?\s*(?P<v1>{_VALUE})(?P<rest1>\s[^,;:]*?)?\s*[,;/、]\s*(?:and\s+)?"
    rf"(?P<s2>{_SIDE})\s*[:=]?\s*(?P<v2>{_VALUE})(?![\w-])")
_TRUE = ("yes", "present", "positive", "有", "是", "阳性")


class SideForm(NamedTuple):
    """Where the question stands (uniform text) and its answers."""

    start: int
    end: int
    answers: tuple[tuple[Literal["left", "right"], bool], ...]


def side_form(text: str, start: int, end: int) -> SideForm | None:
    """The form that a sentence of uniform text is, or None: a question, and a yes or no for either side."""
    m = _FORM.match(text, start, end)
    if not m or m["s1"][0] == m["s2"][0]:
        return None
    answers = tuple((_side(m[s]), m[v] in _TRUE or "+" in m[v]) for s, v in (("s1", "v1"), ("s2", "v2")))
    return SideForm(m.start("head"), m.end("head"), answers)


def _side(word: str) -> Literal["left", "right"]:
    return "left" if word.startswith(("left", "左")) else "right"
