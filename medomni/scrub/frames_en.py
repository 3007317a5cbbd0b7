"""English names that the frame of words around them gives away, although each word of theirs is an ordinary one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from medomni.scrub.beside_en import NAMING, ROLES, TITLES, is_department, is_thing
from medomni.scrub.seeds_en import PERSON_DOES
from medomni.scrub.tokens import Word
from medomni.scrub.words import context_words, lines, pattern_text

_CAP = r"[A-Z](?=[A-Z'’-]{0,20}[a-z])[\w'’-]{1,40}"
_ONE = rf"({_CAP})"
_WHOLE = rf"({_CAP}(?: (?:[A-Z]\.? )?{_CAP})?)"
_BEGIN = r"(?:^|(?<=[.!?:;\n]) *|(?<=\n) *)"
_MARK = r"\[(?:NAME|DATE|ID|AGE|PHONE|ADDRESS|EMAIL|PLACE)\]"


class Frame(NamedTuple):
    """A pattern whose groups hold words of a name.

    Attributes:
        rule: what a span found by it is called.
        pattern: its groups are names, whole or in parts.
        lone: nothing but a name can stand there, so any word of the lists goes, also one of headings and rooms.
        small: words in small letters count too.
        unknown: only words count that no list of ordinary words holds.
        any_word: an ordinary word that no list of names holds counts too.
    """

    rule: str
    pattern: re.Pattern[str]
    lone: bool = False
    small: bool = False
    any_word: bool = False
    unknown: bool = False


def _frames() -> Iterator[Frame]:
    """The frames of ``en_frames.tsv``, their pieces filled in."""
    roles = "|".join(sorted(w.capitalize() for w in ROLES | TITLES if len(w) > 3))
    pieces = {k.upper(): pattern_text(k) for k in ("does", "told", "later", "thanks")}
    pieces |= {"ONE": _ONE, "WHOLE": _WHOLE, "CAP": _CAP, "BEGIN": _BEGIN, "MARK": _MARK, "ROLES": roles,
               "PERSON_DOES": PERSON_DOES.pattern}
    for line in lines("en_frames.tsv"):
        rule, flags, text = line.split("\t")
        text = re.sub(r"<<(\w+)>>", lambda m: pieces[m[1]], text)
        has = frozenset(flags.split(","))
        yield Frame(rule, re.compile(text, re.MULTILINE if "lines" in has else 0),
                    *(name in has for name in ("lone", "small", "any_word", "unknown")))


_SURNAME_THINGS = context_words("surname_things")
_FRAMES = tuple(_frames())
_SURNAME_GIVEN = re.compile(r"(?<![\w-])([A-Z]{3,}),?\s?([A-Z][a-z]{2,})(?=\s[–-]\s|[.;]|,\s|\s\(?\d|$)", re.MULTILINE)
_CAPITALS = re.compile(pattern_text("capitals").replace("<<MARK>>", _MARK), re.MULTILINE)
_SPELLED = re.compile(r"(?i)\bspel(?:led|t|ling)\b[^\n.]{0,30}?\b((?-i:[A-Z])(?:[-. ](?-i:[A-Z])){2,})\b")


def words_of_frames(text: str, words: Sequence[Word]) -> Iterator[tuple[int, str]]:
    """(number of the word, rule) of each word that stands in a frame where only somebody's name can stand."""
    at = {w.start: k for k, w in enumerate(words)}
    for frame in _FRAMES:
        for m in frame.pattern.finditer(text):
            spans = [m.span(n) for n in range(1, frame.pattern.groups + 1) if m.group(n)]
            inside = [k for a, b in spans for i in range(a, b) if (k := at.get(i, -1)) >= 0]
            if inside and all(_may_be(words[k], frame) for k in inside) and _likely(words, inside, frame):
                for k in inside:
                    yield k, frame.rule
    for m in _SURNAME_GIVEN.finditer(text):
        k, j = at.get(m.start(1), -1), at.get(m.start(2), -1)
        if k < 0 or j < 0 or words[j].given is None or is_department(words[k]) or is_thing(words[k]):
            continue
        if words[k].family is not None:
            yield k, "surname in capitals"
            yield j, "surname in capitals"
    for m in _CAPITALS.finditer(text):
        if alone := m.group(3) or m.group(4):
            k = at.get(m.end() - len(alone), -1)
            if k >= 0 and words[k].listed and not words[k].kept and not is_department(words[k]):
                yield k, "capitals"
            continue
        pair = [words[at[m.start(n)]] for n in (1, 2) if m.start(n) in at]
        if len(pair) == 2 and _is_pair(pair[0], pair[1]):
            yield at[pair[0].start], "capitals"
            yield at[pair[1].start], "capitals"
    for m in _SPELLED.finditer(text):
        for i in range(m.start(1), m.end(1)):
            if i in at:
                yield at[i], "spelled"


def _is_pair(a: Word, b: Word) -> bool:
    """True for a given name and a surname of the lists, or unknown words, in either order."""
    if any((w.kept and w.given is None and (w.family is None or w.family > 3000)) or is_department(w) for w in (a, b)):
        return False
    return all(w.listed or not w.known for w in (a, b)) and (
        any(w.given is not None for w in (a, b)) or not (a.known and b.known))


def _may_be(w: Word, frame: Frame) -> bool:
    """True where the word can be somebody's name in that frame."""
    if w.shape == "initial":
        return True
    if w.shape not in (("lower",) if frame.small else ("title", "mixed")):
        return False
    if w.small in TITLES | NAMING | ROLES or (w.kept and w.given is None):
        return False
    if is_department(w) and not (frame.lone and w.family is not None and w.family < 4000):
        return False
    if frame.small:
        return not w.known or (w.listed and not frame.unknown)
    if frame.any_word and not is_thing(w):
        return True
    thing = is_thing(w) and w.small.rstrip("s") not in _SURNAME_THINGS
    return not thing and w.listed or frame.lone and (w.listed or not w.known)


def _likely(words: Sequence[Word], inside: list[int], frame: Frame) -> bool:
    """True where not all of the words are rare as names: a pair holds a given name, a lone one is no rare surname."""
    found = [words[k] for k in inside if words[k].shape != "initial"]
    if not found:
        return False
    if len(found) > 1:
        return any(w.given is not None or not w.known for w in found)
    w = found[0]
    if not w.known or frame.any_word:
        return True
    if frame.small:
        return w.given is not None
    return (w.given is not None and (w.given < 5200 or not w.first)) or (w.family is not None and w.family < 12000)
