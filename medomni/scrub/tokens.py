"""Latin words of a text with what their letters and their place say of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medomni.scrub.words import (
    abbreviations,
    context_words,
    eponyms,
    given_names,
    is_known,
    kept_words,
    looks_medical,
    surnames,
)

_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ž]+(?:['’\-‐‑][A-Za-zÀ-ÖØ-öø-ÿĀ-ž]+)*")
_BOUNDARY = re.compile(r"(?:^|[.!?:;\n\r•*\]>|\t。：；！？]|^\s*[-–]|\n\s*[-–]|\d[.)])[\s\"'“‘(\[-]*$")
_ABBREVIATED = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|Mt|Ft|[A-Z]|vs|approx|e\.g|i\.e|Jr|Sr|no)\.\s*$")
_MIXED = re.compile(r"(?:Mc|Mac|De|Di|Du|La|Le|Lo|Van|Von|Fitz|St|San|Del|Della|Des|Bel)?[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿā-ž]+")
EPONYM_HEADS = context_words("eponym_heads")
_EPONYM_FRONTS = context_words("eponym_fronts")


@dataclass(frozen=True)
class Word:
    """One Latin word.

    Attributes:
        start, end: where it stands, without a possessive 's.
        shape: ``title``, ``upper`` (two letters or more), ``initial``, ``lower`` or ``mixed`` (pH, kVp).
        first: stands where a sentence, a field's value or a line begins.
        known: an English or medical word by its letters, whatever their case.
        kept: an eponym in use, a score, a maker, an abbreviation: nobody's name where it stands.
        given, family: rank in the census lists, None where it is in none.
    """

    start: int
    end: int
    text: str
    shape: str
    first: bool
    known: bool
    kept: bool
    given: int | None
    family: int | None

    @property
    def small(self) -> str:
        """In small letters."""
        return self.text.lower()

    @property
    def listed(self) -> bool:
        """In one of the census lists."""
        return self.given is not None or self.family is not None


def latin_words(text: str) -> list[Word]:
    """The words in order."""
    raw = []
    for match in _WORD.finditer(text):
        word = match.group()
        if re.search(r"['’]s$|['’]S$", word):
            word = word[:-2]
        raw.append((match.start(), word))
    out = []
    for k, (start, word) in enumerate(raw):
        end = start + len(word)
        small = word.lower()
        plain = small.replace("’", "'")
        shape = _shape(word)
        out.append(
            Word(
                start,
                end,
                word,
                shape,
                _first(text, start),
                is_known(small) or looks_medical(small),
                _kept(text, raw, k, shape),
                _rank(given_names(), plain),
                _rank(surnames(), plain),
            )
        )
    return out


def _rank(names: dict[str, int], word: str) -> int | None:
    found = names.get(word, names.get(word.replace("'", "").replace("-", "")))
    if found is None and "-" in word:
        return min((names[p] for p in word.split("-") if p in names), default=None)
    return found


def _shape(word: str) -> str:
    letters = [c for c in word if c.isalpha()]
    if len(letters) == 1:
        return "initial" if word.isupper() else "lower"
    if word.isupper():
        return "upper"
    if word[0].islower():
        return "lower" if word.islower() or re.fullmatch(r"[a-z]+(?:['’-][A-Za-z]+)+", word) else "mixed"
    parts = re.split(r"['’\-‐‑]", word)
    return "title" if all(_MIXED.fullmatch(p) or p.islower() or len(p) < 2 or p.isupper() for p in parts) else "mixed"


def _first(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start]
    if not before.strip() and start <= 12:
        return True
    return bool(_BOUNDARY.search(before)) and not _ABBREVIATED.search(before)


def _kept(text: str, raw: list[tuple[int, str]], k: int, shape: str) -> bool:
    start, word = raw[k]
    small = word.lower()
    if word in abbreviations() or (shape == "upper" and word.endswith("S") and word[:-1] in abbreviations()):
        return True
    if small in kept_words():
        return True
    parts = [p for p in re.split(r"['’\-‐‑]", small) if p]
    if (
        not all(p in eponyms() or (len(parts) > 1 and (p in kept_words() or is_known(p))) for p in parts)
        and small not in eponyms()
    ):
        return False
    if small not in surnames() and small not in given_names() and not any(p in surnames() for p in parts):
        return True
    if len(parts) > 1 and all(p in eponyms() for p in parts):
        return True
    after = [raw[j][1].lower() for j in range(k + 1, min(k + 4, len(raw))) if raw[j][0] - start < 40]
    between = text[start + len(word) : raw[k + 1][0]] if k + 1 < len(raw) else ""
    if after and (
        after[0] in EPONYM_HEADS
        or (
            re.fullmatch(r"(?:['’]s?)?[\s-]*", between)
            and after[0] in eponyms()
            and any(a in EPONYM_HEADS for a in after[1:])
        )
    ):
        return True
    if (
        after
        and any(a in EPONYM_HEADS for a in after[:2])
        and after[0] in ("b", "type", "non", "s", "c", "and", "i", "ii", "iii")
    ):
        return True
    if after and after[0].endswith(("oma", "omas", "itis", "osis")):
        return True
    if re.match(r"(?:['’]s)?[\s-]*(?:\d{1,2}(?![\d/-])|[A-C]\b(?!\.)|I{1,3}\b)", text[start + len(word) :]):
        return True
    if re.match(r"\s?[A-Z]{0,3}[\u4e00-\u9fff]", text[start + len(word) :]):  # Graf法, Stanford B型
        return True
    before = raw[k - 1][1].lower() if k else ""
    if before in ("of", "von", "van", "de") and k > 1 and raw[k - 2][1].lower() in _EPONYM_FRONTS:
        return True
    return bool(k and before in eponyms() and text[raw[k - 1][0] + len(before) : start] == "-")
