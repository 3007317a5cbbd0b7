"""One compiled alternation over every term and cue: a prefix tree as a regular expression, longest match
first.

A tree never tries two branches that begin alike, so the time is linear in the text whatever the number of
terms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from medomni.check import cues_en, cues_zh
from medomni.knowledge import load_graph

__all__ = ["Lexicon", "Meaning", "lexicon"]

_GAP = re.compile(r"[\s\-‐-―]+")


@dataclass(frozen=True)
class Meaning:
    """What a written form is: a cue's kind and value, or a node with the side its form carries."""

    kind: str
    value: str = ""
    side: str = "unspecified"


@dataclass(frozen=True)
class Lexicon:
    """The scanner of a language and the meanings of what it finds."""

    scan: re.Pattern[str]
    english: dict[str, tuple[Meaning, ...]]
    chinese: dict[str, tuple[Meaning, ...]]

    def meanings(self, found: str) -> tuple[Meaning, ...]:
        """The meanings of a matched piece of uniform text."""
        if found[0].isascii():
            key = _GAP.sub(" ", found)
            return self.english.get(key) or self.chinese.get(found, ())
        return self.chinese.get(found, ())


def _tree(words: list[str]) -> str:
    root: dict = {}
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}
    return _branch(root)


def _branch(node: dict) -> str:
    options = []
    for char, below in sorted((k, v) for k, v in node.items() if k):
        text = r"[\s\-]+" if char == " " else re.escape(char)
        while len(below) == 1 and "" not in below:  # a straight run needs no group
            ((step, below),) = below.items()
            text += r"[\s\-]+" if step == " " else re.escape(step)
        options.append(text + (_branch(below) if set(below) != {""} else ""))
    body = options[0] if len(options) == 1 else "(?:" + "|".join(options) + ")"
    return f"(?:{body})?" if "" in node else body


def _meanings(language: str, cues: dict[str, dict[str, str]]) -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, dict[Meaning, None]] = {}
    for form, surfaces in load_graph().lexicon(language).items():
        for s in surfaces:
            found.setdefault(form, {})[
                Meaning("find" if s.kind == "finding" else "anat", s.node_id, s.side)
            ] = None
    for kind, values in cues.items():
        for value, forms in values.items():
            for form in forms.split("|"):
                # A term of the graph keeps its form ("left ventricle" is no side); first kind listed wins.
                form = _GAP.sub(" ", form.lower()).strip() if language == "en" else form
                if form not in found or kind == "skip":
                    found[form] = {Meaning(kind, value): None}
                elif (
                    language == "zh"
                    and {m.kind for m in found[form]} <= {"unc", "hyp", "nob"}
                    and kind == "uncb"
                ):
                    found[form][Meaning(kind, value)] = None
    return {form: tuple(m) for form, m in found.items()}


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of ``en``, or of ``zh`` (which reads English terms and cues too)."""
    english = _meanings("en", cues_en.CUES)
    en = rf"(?<![a-z0-9])(?:{_tree(list(english))})(?![a-z0-9])"
    marks = r"[,:;?]|(?<=\s)[–—-](?=\s)|[()]"
    if language == "en":
        return Lexicon(re.compile(rf"{en}|{marks}"), english, {})
    chinese = _meanings("zh", cues_zh.CUES)
    zh = _tree([f for f in chinese if not f[0].isascii()])
    signs = r"\((?:-|\+|\?)\)"
    return Lexicon(re.compile(rf"{zh}|{en}|{signs}|{marks}"), english, chinese)
