"""A name whole: what stands at its words and belongs to them, and the spans of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medomni.scrub.beside_en import NAMING, PARTICLES, ROLES, SUFFIXES, TITLES, gap_between, is_department, is_thing
from medomni.scrub.seeds_en import PERSON_DOES
from medomni.scrub.spans import Span
from medomni.scrub.tokens import Word
from medomni.scrub.words import context_words

_BESIDE = re.compile(r"[ \t]{1,2}|\.[ \t]{0,2}|,[ \t]{0,2}|-|[ \t]?[\"“'(][\w]|[\"”')][ \t]")
_AGE = re.compile(r",? \(?\d{1,3}\s?(?:[yY](?:\b|/|ears?\b|rs?\b|o\b)|[MF]\b|yo\b)")
_CREDENTIALS = re.compile(r",? (?:MD|DO|MBBS|FRCR|MRCP|FRCS|RN|PA-C|FRANZCR|FACR)\b")
_CAPITALS = ("title", "upper")
_COMPASS = context_words("compass")
_SYLLABLES = ("he", "an", "so", "you", "do", "may", "will", "long", "wan", "her")  # surnames in pinyin that are words


def grow(text: str, words: Sequence[Word], rules: dict[int, str]) -> None:
    """Take in what stands at a name: given names that are words, initials, particles, second surnames."""
    changed = True
    while changed:
        before = len(rules)
        for k in list(rules):
            for j in (k - 1, k + 1):
                if 0 <= j < len(words) and j not in rules:
                    if words[j].small in ("and", "or"):
                        _mark_and(text, words, rules, k, j)
                    elif _belongs(text, words, rules, k, j):
                        rules[j] = "beside a name"
        changed = len(rules) > before


def _mark_and(text: str, words: Sequence[Word], rules: dict[int, str], k: int, j: int) -> None:
    """The listed name on the other side of "and"."""
    i = 2 * j - k
    if not 0 <= i < len(words) or i in rules:
        return
    first, last = words[min(i, k)], words[max(i, k)]
    other = words[i]
    if (
        re.fullmatch(r"\s(?:and|or)\s", text[first.end : last.start])
        and other.shape == words[k].shape == "title"
        and other.listed
        and not (other.first or other.kept or is_department(other))
        and not _numbered(text, other)
    ):
        rules[i] = "and"


def _belongs(text: str, words: Sequence[Word], rules: dict[int, str], k: int, j: int) -> bool:
    """True where the word ``j`` beside the name's word ``k`` is part of the name."""
    a, b = (words[j], words[k]) if j < k else (words[k], words[j])
    w, name, gap = words[j], words[k], gap_between(text, a, b)
    if not _BESIDE.fullmatch(gap):
        return False
    if ". " in gap and a.shape != "initial" and a.small not in TITLES | {"st", "jr", "sr"}:
        return False
    if j > k and text[w.end : w.end + 1] == ":":  # the next field
        return False
    comma = "," in gap
    if w.shape == "initial" and re.search(r"[\d-]$", text[: w.start]):  # 18G., BI-RADS 4B.
        return False
    if w.shape == "initial":
        stopped = text[w.end : w.end + 1] == "."
        return stopped or (w.text not in ("A", "I") if not comma else j > k and name.shape in _CAPITALS)
    if w.small in PARTICLES and not comma:
        if j < k and (w.shape != "lower" or _particle(words, rules, j)):
            return True
        if j > k and j + 1 in rules and words[j + 1].shape == "title":
            return True
    if comma:
        return _over_comma(w, name, j > k)
    if (w.shape in _CAPITALS and w.shape == name.shape) or (w.shape == "upper" and w.listed and name.shape == "title"):
        return _follows(text, w, name) if j > k else _leads(text, words, j)
    if j < k and w.shape == "upper" and name.shape == "title":  # SURNAME Given, AB Surname
        return not (w.kept or w.known) or (
            len(w.text) >= 3 and w.family is not None and name.given is not None and not is_department(w)
        )
    if j < k and name.small in PARTICLES and w.shape == "title":
        return w.given is not None
    if j > k and w.shape == "upper" and len(w.text) == 2 and name.shape == "title":  # Surname AB
        return not w.kept and not w.known
    if j > k and re.match(r"(?:al|el|de|da|ben|bin|ka)-[A-Z]", w.text):  # Fatima el-Khoury
        return True
    if w.shape == "lower" == name.shape and w.small not in NAMING | ROLES and not is_thing(w):
        if j < k:
            return w.given is not None and w.given < 600
        if w.kept or (is_department(w) and (w.family or 9999) > 3000):
            return False
        return not w.known or (w.family is not None and name.given is not None)
    return False


def _over_comma(w: Word, name: Word, behind: bool) -> bool:
    """LAST, FIRST: either half beside the other; the first may be in capitals alone."""
    first, last = (w, name) if behind else (name, w)
    if (w.shape != name.shape and (last.shape, first.shape) != ("upper", "title")) or w.shape not in _CAPITALS:
        return False
    if behind:
        return w.given is not None and ((not w.kept and (not w.known or w.given < 1500)) or w.given < 300)
    if w.first:
        listed = not w.kept or w.family is not None
        return name.given is not None and listed and not is_thing(w) and not w.small.endswith(("ly", "day"))
    return not w.kept and w.family is not None


def _follows(text: str, w: Word, name: Word) -> bool:
    """A capitalised word behind a name: its surname, unless it heads a number or is known for something else."""
    if _numbered(text, w):
        return False
    if (not w.known and not w.kept) or (w.listed and not (w.kept and w.shape == "upper") and not is_thing(w)):
        return True
    if w.shape == "title" and (PERSON_DOES.match(text, w.end) or _CREDENTIALS.match(text, w.end)) and not is_thing(w):
        return True  # whatever it means elsewhere
    if name.given is None or w.kept or w.shape != "title":
        return False
    return w.family is not None or not (is_department(w) or is_thing(w))


def _leads(text: str, words: Sequence[Word], j: int) -> bool:
    """A capitalised word before a name: its given name, or New, North and Port before a town's."""
    w = words[j]
    if is_thing(w) or w.small in ROLES | NAMING | TITLES:
        return False
    if w.small in _COMPASS and w.shape == "title":
        return True
    if w.kept:
        return w.given is not None or (w.small in _SYLLABLES and bool(re.search(r"[\u4e00-\u9fff]", text)))
    if w.listed and (w.given is not None or not w.known):
        return True
    between = text[words[j - 1].end : w.start] if j else ""
    return (
        not w.first
        and not is_department(w)
        and w.shape == "title"
        and j > 0
        and (between.strip() == "" and words[j - 1].shape == "lower")
    )


def _numbered(text: str, w: Word) -> bool:
    """True where a number stands behind a word that it counts; an age and a sex are the person's."""
    if _AGE.match(text, w.end):
        return False
    return bool(re.match(r"[ -]?\d{1,3}(?![\d/-])", text[w.end : w.end + 5]))


def _particle(words: Sequence[Word], rules: dict[int, str], j: int) -> bool:
    """A particle in small letters belongs to a name after another part of it, or is no English word itself."""
    before = j - 1
    while before >= 0 and words[before].small in PARTICLES:
        before -= 1
    return (
        before in rules
        or (before >= 0 and (words[before].small in TITLES or words[before].given is not None))
        or words[j].small not in ("y", "e", "la", "le", "de", "al", "st", "ten", "den", "und", "da", "do", "san")
    )


def name_spans(text: str, words: Sequence[Word], rules: dict[int, str]) -> list[Span]:
    """Spans of the words found, with titles before and credentials behind them."""
    for k in sorted(rules):
        if (
            k
            and words[k - 1].small in TITLES
            and re.fullmatch(r"\.?[ \t]{1,2}", gap_between(text, words[k - 1], words[k]))
        ):
            rules.setdefault(k - 1, "title")
        j = k + 1
        while (
            j < len(words)
            and words[j].small.replace(".", "") in SUFFIXES
            and (words[j].shape != "lower" or words[j].small in ("jr", "sr"))
            and re.fullmatch(r"\.?,?[ \t]{0,2}", gap_between(text, words[j - 1], words[j]))
        ):
            rules.setdefault(j, "credentials")
            j += 1
    out: list[Span] = []
    last = -2
    for k in sorted(rules):
        w = words[k]
        end = w.end
        if text[end : end + 1] == "." and (w.shape == "initial" or w.small in TITLES | {"jr", "sr", "st"}):
            end += 1
        if (
            out
            and k == last + 1
            and re.fullmatch(r"[ \t.,'’\"“”()-]{0,3}|\s?(?:&|/)\s?", text[out[-1].end : w.start])
            and not re.search(
                r"\.\s",
                text[words[last].end : w.start]
                if words[last].shape not in ("initial",) and words[last].small not in TITLES | {"jr", "sr", "st"}
                else "",
            )
        ):
            out[-1] = Span(out[-1].start, end, "NAME", out[-1].rule)
        else:
            out.append(Span(w.start, end, "NAME", rules[k]))
        last = k
    return out
