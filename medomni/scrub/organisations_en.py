"""Hospitals, firms, wards and rooms in English text."""

from __future__ import annotations

import re

from medomni.scrub.spans import Span
from medomni.scrub.words import context_words, given_names, is_known, kept_words, pattern_text, surnames

_CAP = r"(?:[A-Z][\w'’.&-]*|St\.?|of|the|and|&|for|de|la|del)"
_NAME = rf"[A-Z][\w'’&-]*\.?(?:[ ]{_CAP}){{0,6}}?"
_KIND = pattern_text("organisation_kind")
_ORGANISATION = re.compile(
    rf"\b(?:The )?({_NAME}) ({_KIND})(?:(?: (?:of|at|in|for)(?: the)? [A-Z][\w'’-]+(?:[ "
    rf"-][A-Z][\w'’-]+){{0,2}})?)(?!\w)"
)
_UNIVERSITY = re.compile(r"\bUniversity Hospitals?(?: [A-Z][\w'’-]+){1,3}")
_OUR_LADY = re.compile(r"\bOur Lady of (?:the )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?")
_OF = re.compile(
    r"\b(?:(?:University|Hospital|Medical Cent(?:er|re)|Institute|College|Clinic|Church) (?:Hospital |"
    r"Medical Cent(?:er|re) )?(?:of|at|for) (?:the )?(?:[A-Z][\w'’-]+(?: (?:of|and|&) | )?){1,5})"
)
_FIRM = re.compile(
    r"\b[A-Z][\w'’-]+(?:(?:, | and |-| & )[A-Z][\w'’-]+){1,3}(?: (?:Group|Inc|LLC|LLP|Ltd|PLC|and Sons|& "
    r"Sons|(?:and |& )?(?:Associates|Partners)(?: LLP)?))?(?=[\s.,;]|$)"
)
_FIRM_END = re.compile(r"(?:Group|Inc|LLC|LLP|Ltd|PLC|Sons|Associates|Partners)$")
_GENERIC = context_words("generic_places")
_TOWNS = context_words("compass")
_WARD = re.compile(pattern_text("ward"), re.IGNORECASE)
_WARD_NAMED = re.compile(
    r"\b(?:[Ww]ard|WARD)\s(?:name(?:d)?\s)?([A-Z][a-z'’]+(?: [A-Z][a-z'’]+)?)(?![\w])|"
    r"\b([A-Z][a-z'’]+(?: [A-Z][a-z'’]+)?) (?:[Ww]ard|[Ww]ing|Suite)\b"
)
_BIG = re.compile(pattern_text("hospital_in_capitals"))
_SMALL = re.compile(
    r"\b((?:[a-z'’-]+ ){1,4}?)((?:(?:general|memorial|regional|community|district|university|county|royal|city|"
    r"diagnostic|medical) )*"
    r"(?:hospital|infirmary|clinic|medical cent(?:er|re)))\b"
)
_FAMOUS = re.compile(pattern_text("famous"))


def organisations(text: str) -> list[Span]:
    """Organisations with a name of their own, and wards, rooms and beds with their numbers."""
    found = []
    for match in _ORGANISATION.finditer(text):
        own = [w for w in re.findall(r"[\w'’-]+", match.group(1)) if w.lower() not in _GENERIC]
        if own or (
            re.match(r"(?:University|General|Regional|County|City|Community|Children's|Memorial)", match.group(1))
            and re.search(r"Hospital|Medical Cent", match.group(2))
        ):
            found.append(Span(match.start() + _lead(match.group()), match.end(), "PLACE", "organisation"))
    for pattern, rule in (
        (_OF, "organisation"),
        (_OUR_LADY, "organisation"),
        (_FAMOUS, "famous hospital"),
        (_UNIVERSITY, "university hospital"),
    ):
        found += [Span(m.start(), m.end(), "PLACE", rule) for m in pattern.finditer(text)]
    found += [Span(m.start(), m.end(), "PLACE", "firm") for m in _FIRM.finditer(text) if _FIRM_END.search(m.group())]
    found += [
        Span(m.start(), m.end(), "PLACE", "ward or room")
        for m in _WARD.finditer(text)
        if re.search(
            r"\d|[A-Z]"
            r"$",
            m.group(),
        )
        and not re.search(r"(?:room|bed|bay|suite|clinic|ward|chair|wing|pod|cot) (?:[a-z]{1,2})$", m.group())
    ]
    for m in _WARD_NAMED.finditer(text):
        k = 1 if m.group(1) else 2
        if m.group(k).lower().split()[0] not in _GENERIC and m.group(k).lower() not in (
            "round",
            "rounds",
            "clerk",
            "day",
        ):
            found.append(Span(m.start(), m.end(), "PLACE", "named ward"))
    return [*found, *_hospitals(text)]


def _hospitals(text: str) -> list[Span]:
    """Hospitals in capitals, or in small letters, that have a name of their own."""
    found = []
    for pattern in (_BIG, _SMALL):
        for match in pattern.finditer(text):
            words = [(m.start(), m.group().lower()) for m in re.finditer(r"\S+", match.group(1))]
            leads = [k for k, (_, w) in enumerate(words) if w in kept_words() and w not in _TOWNS]
            words = words[leads[-1] + 1 :] if leads else words
            while words and words[0][1] in _GENERIC and words[0][1] not in _TOWNS:
                words = words[1:]
            own = [w for _, w in words if w not in _GENERIC]
            small = pattern is _SMALL
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
