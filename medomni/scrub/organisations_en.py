"""Hospitals, firms, wards and rooms in English text."""

from __future__ import annotations

import re

from medomni.scrub.spans import Span
from medomni.scrub.words import context_words, given_names, is_known, kept_words, pattern_text, surnames

_PATTERN = {
    name: re.compile(pattern_text(name))
    for name in (
        *("organisation", "organisation_of", "our_lady", "famous", "university", "firm", "ward", "ward_named"),
        *("hospital_in_capitals", "hospital_in_small"),
    )
}
_FIRM_END = re.compile(r"(?:Group|Inc|LLC|LLP|Ltd|PLC|Sons|Associates|Partners)$")
_GENERIC = context_words("generic_places")
_TOWNS = context_words("compass")
_ROUNDS = ("round", "rounds", "clerk", "day")
_NOT_A_ROOM = re.compile(r"(?:room|bed|bay|suite|clinic|ward|chair|wing|pod|cot) (?:[a-z]{1,2})$")


def organisations(text: str) -> list[Span]:
    """Organisations with a name of their own, and wards, rooms and beds with their numbers."""
    found = []
    for match in _PATTERN["organisation"].finditer(text):
        own = [w for w in re.findall(r"[\w'’-]+", match.group(1)) if w.lower() not in _GENERIC]
        if own or (
            re.match(r"(?:University|General|Regional|County|City|Community|Children's|Memorial)", match.group(1))
            and re.search(r"Hospital|Medical Cent", match.group(2))
        ):
            found.append(Span(match.start() + _lead(match.group()), match.end(), "PLACE", "organisation"))
    for pattern, rule in (
        (_PATTERN["organisation_of"], "organisation"),
        (_PATTERN["our_lady"], "organisation"),
        (_PATTERN["famous"], "famous hospital"),
        (_PATTERN["university"], "university hospital"),
    ):
        found += [Span(m.start(), m.end(), "PLACE", rule) for m in pattern.finditer(text)]
    for m in _PATTERN["firm"].finditer(text):
        if _FIRM_END.search(m.group()):
            found.append(Span(m.start(), m.end(), "PLACE", "firm"))
    for m in _PATTERN["ward"].finditer(text):
        if re.search(r"\d|[A-Z]$", m.group()) and not _NOT_A_ROOM.search(m.group()):
            found.append(Span(m.start(), m.end(), "PLACE", "ward or room"))
    for m in _PATTERN["ward_named"].finditer(text):
        name = (m.group(1) or m.group(2)).lower()
        if name.split()[0] not in _GENERIC and name not in _ROUNDS:
            found.append(Span(m.start(), m.end(), "PLACE", "named ward"))
    return [*found, *_hospitals(text)]


def _hospitals(text: str) -> list[Span]:
    """Hospitals in capitals, or in small letters, that have a name of their own."""
    found = []
    for pattern in (_PATTERN["hospital_in_capitals"], _PATTERN["hospital_in_small"]):
        for match in pattern.finditer(text):
            words = [(m.start(), m.group().lower()) for m in re.finditer(r"\S+", match.group(1))]
            leads = [k for k, (_, w) in enumerate(words) if w in kept_words() and w not in _TOWNS]
            words = words[leads[-1] + 1 :] if leads else words
            while words and words[0][1] in _GENERIC and words[0][1] not in _TOWNS:
                words = words[1:]
            own = [w for _, w in words if w not in _GENERIC]
            small = pattern is _PATTERN["hospital_in_small"]
            named = [w for w in own if not is_known(w) or w in surnames() or w in given_names()]
            tail = "" if small else match.group(3).strip()
            town = bool(tail) and not is_known(tail.split()[-1].lower())
            if (named if small else own) or town:
                end = match.end() if town or small or not tail else match.start(3)
                at = match.start() + (words[0][0] if words else len(match.group(1)))
                found.append(Span(at, end, "PLACE", "hospital"))
    return found


def _lead(found: str) -> int:
    """Length of words at the head that begin a sentence and belong to no name."""
    match = re.match(
        r"(?:(?:The|At|In|From|To|Seen|Referred|Transferred|Admitted|Dr|Our|This|Attended|Discharged|"
        r"Sent|Prior|Compared|Comparison|Outside|Previous|With|By|For|Patient|Images|Scan|CT|MRI|Report|"
        r"Dear|Currently|Under|Study|And)\s+)+",
        found,
    )
    return match.end() if match else 0
