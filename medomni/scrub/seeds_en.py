"""English words that are names of their own accord: no known word, or a listed name where a name stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medomni.scrub.beside_en import (
    NAMING,
    PARTICLES,
    ROLES,
    SUFFIXES,
    TITLES,
    are_near,
    gap_between,
    is_department,
    is_thing,
)
from medomni.scrub.tokens import Word
from medomni.scrub.words import context_words

_DEPARTMENTS = context_words("departments")
_ORGANISMS = context_words("organisms")
PERSON_DOES = re.compile(
    r"(?:['’]s\b)?,?\s*(?:presented|presents|attended|attends|was|is|has|had|reports?|reported|"
    r"complains?|complained|denies|"
    r"denied|states?|stated|underwent|underwent|returned|called|told|informed|lives|works|says|said|"
    r"came|fell|"
    r"requests?|requested|describes?|described|noted|reviewed|agreed|will|who|aged|\(?\d{1,3}\s?(?:y|"
    r"M|F|years?)|and (?:his|her|their)|known|status|presenting|s/p|scheduled|booked)\b"
)
_ANYBODY_BY = re.compile(r"(?i)\bby\s+$")
_LEADERS = context_words("leaders")
_MONTH_FRONTS = context_words("month_fronts")
_SURNAME_THINGS = context_words("surname_things")
_BY = re.compile(
    r"(?i)\b(?:(?:report|dictat|sign|verifi|approv|authori[sz]|transcrib|typ|read|interpret|review|"
    r"perform|scann|request|referr|order|prepar|seen|"
    r"examin|assess|manag|operat|supervis|authenticat|evaluat|follow)\w* (?:up )?by|discussed with|"
    r"under the care of|on behalf of|care of|c/o|"
    r"spoke (?:to|with)|communicated to|relayed to|conveyed to|called to|phoned to|telephoned to|given "
    r"to|discussed (?:\w+ ){1,4}with|informed|notified|"
    r"thank you,?|named|called|known as|goes by|my name is|i am|this is|addressed to|copy to|copied to|"
    r"accompanied by|reported to|as per|handed over to|attention of)\s+$"
)


def name_rule(text: str, words: Sequence[Word], k: int) -> str:
    """The rule by which a word is a name of its own accord; empty where none is."""
    w = words[k]
    before = words[k - 1] if k and are_near(text, words[k - 1], w) else None
    after = words[k + 1] if k + 1 < len(words) and are_near(text, w, words[k + 1]) else None
    announced = bool(_BY.search(text, max(0, w.start - 60), w.start))
    if before and before.shape == "initial" and text[before.end : before.end + 1] == "." and w.shape == "title":
        trailing = k > 1 and words[k - 2].shape == "title" and are_near(text, words[k - 2], before)
        if trailing or text[w.end : w.end + 1] == ":":
            pass
        elif (
            before.text not in ("A", "I")
            and not re.search(r"[\d-]$", text[: before.start])
            and w.small not in _ORGANISMS
            and not is_department(w)
        ):
            return "initial"
    if w.kept and not (
        w.listed
        and (
            announced
            or (before and before.small in ROLES and before.shape == "lower" and w.given is not None)
            or (
                before
                and before.given is not None
                and before.shape == w.shape
                and (not before.known or before.given < 900)
            )
            or _is_month_or_will_of_somebody(text, words, k, after)
        )
    ):
        return ""
    if len(w.text) <= 3 and re.match(r"-?\d", text[w.end : w.end + 2]):  # Tc-99m, Se 3
        return ""
    if w.small in TITLES | SUFFIXES:
        return ""
    if w.shape == "title":
        return _title_rule(text, words, k, before, after, announced)
    if w.shape == "upper":
        return _upper_rule(text, w, before, after, announced)
    return _lower_rule(w, before, after, announced) if w.shape == "lower" else ""


def _is_month_or_will_of_somebody(text: str, words: Sequence[Word], k: int, after: Word | None) -> bool:
    """True for May, April or Will in the midst of a sentence, where no month can stand."""
    w, previous = words[k], words[k - 1] if k else None
    if w.given is None or w.given > 3000 or w.shape != "title" or w.first or previous is None:
        return False
    return (
        previous.shape == "lower"
        and previous.small not in _LEADERS | _MONTH_FRONTS
        and _plain_gap(text, previous, w)
        and not re.match(r"[\s,-]*\d", text[w.end :])
        and (after is None or after.shape == "lower" or after.family is not None)
    )


def _title_rule(
    text: str, words: Sequence[Word], k: int, before: Word | None, after: Word | None, announced: bool
) -> str:
    """For a capitalised word."""
    w = words[k]
    if not w.known:
        return "no known word"
    by = announced or (_ANYBODY_BY.search(text, max(0, w.start - 6), w.start) and not w.kept)
    if by and not is_thing(w) and not is_department(w) and not (after and after.small in _DEPARTMENTS):
        return "by"
    if before and before.small in ROLES and before.shape == "upper" and not is_department(w) and not is_thing(w):
        return "role"
    if not w.listed:
        return ""
    if before and before.small in ROLES and not re.match(r"\s?\d", text[w.end :]):
        return "role"
    if (
        w.given is not None
        and after
        and after.shape == "title"
        and not after.kept
        and not is_thing(w)
        and (
            (after.family is not None and (not after.known or not w.first or w.given < 400))
            or (not w.first and w.given < 900 and not is_department(after) and not is_thing(after))
        )
    ):
        return "given and family"
    frequent = (w.family is not None and w.family < 6000) or (w.given is not None and w.given < 3000)
    if frequent and re.match(r"['’]s\b(?! licen)", text[w.end :]) and not is_thing(w):
        return "possessive"
    signed = re.match(r" [E-HJ-UWYZ][A-Z]?\.?(?=[\s.,;:)]|$)", text[w.end :])  # Stone E, Young EJ
    if frequent and signed and after and not after.kept and not is_thing(w) and not is_department(w):
        return "before initials"
    if w.first:
        return (
            "person's verb"
            if PERSON_DOES.match(text, w.end) and frequent and not is_thing(w) and not is_department(w)
            else ""
        )
    previous = words[k - 1] if k else None
    if (
        previous
        and previous.shape == "lower"
        and previous.small in NAMING
        and _plain_gap(text, previous, w)
        and not (after and after.shape in ("title", "upper") and after.known)
        and not re.match(r"[\s-]?\d", text[w.end :])
        and not is_thing(w)
    ):
        return "naming word"
    if PERSON_DOES.match(text, w.end) and not is_thing(w):
        return "person's verb"
    alone = not (after and after.shape in ("title", "upper")) and not re.match(r"[\s-]?\d", text[w.end :])
    heads = previous is None or previous.shape != "lower" or previous.small in _LEADERS
    listed = w.family is not None or (w.given is not None and w.given < 5200)
    thing = is_thing(w) and w.small not in _SURNAME_THINGS
    if alone and not heads and listed and not thing and not is_department(w):
        return "surname alone"
    return "surname alone" if w.family is not None and re.fullmatch(r"\(.*\)", text[w.start - 1 : w.end + 1]) else ""


def _upper_rule(text: str, w: Word, before: Word | None, after: Word | None, announced: bool) -> str:
    """For a word in capitals."""
    if announced and w.listed and len(w.text) >= 3 and not is_department(w) and not is_thing(w):
        return "by"
    if not w.known and len(w.text) >= 3:
        caps = [x for x in (before, after) if x and x.shape == "upper" and x.listed and not x.kept]
        if w.listed and (len(w.text) >= 4 or caps or (w.given is not None and w.given < 500)):
            return "capitals"
        if len(w.text) >= 6 and not re.search(r"\d", text[max(0, w.start - 1) : w.end + 1]):
            return "no known word"
    return ""


def _lower_rule(w: Word, before: Word | None, after: Word | None, announced: bool) -> str:
    """For a word in small letters, as dictations come from some systems."""
    if not w.known and len(w.text) >= 3 and w.given is not None and w.small not in PARTICLES:
        if after and after.shape == "lower" and (after.family is not None and not after.known):
            return "small letters"
        if before and before.small in TITLES | ROLES:
            return "small letters"
        if after and after.shape == "lower" and after.family is not None and not after.kept and not is_thing(after):
            return "small letters"
        return "small letters" if w.given < 1500 and len(w.text) >= 4 else ""
    may_be = not w.known or (w.family is not None and w.family < 3000 and not (after and after.shape == "lower"))
    if announced and may_be and not w.kept and len(w.text) >= 3 and not is_thing(w) and not is_department(w):
        return "by"
    if not w.known and len(w.text) >= 4 and not w.kept:
        beside = [x for x in (before, after) if x and x.shape == "lower" and len(x.text) >= 3]
        if any(not x.known and not x.kept for x in beside):
            return "two unknown words"
    if (
        not w.known
        and w.family is not None
        and before
        and before.shape == "lower"
        and (before.given is not None or before.small in ROLES)
    ):
        return "small letters"
    return ""


def _plain_gap(text: str, a: Word, b: Word) -> bool:
    return bool(re.fullmatch(r"[,:]?\s{1,2}[\"“‘(]?", gap_between(text, a, b)))
