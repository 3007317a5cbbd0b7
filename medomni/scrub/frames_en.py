"""English names that the frame of words around them gives away, although each word of theirs is an ordinary one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from medomni.scrub.beside_en import NAMING, ROLES, TITLES, is_department, is_thing
from medomni.scrub.seeds_en import PERSON_DOES
from medomni.scrub.tokens import Word

_CAP = r"[A-Z](?=[A-Z'’-]{0,20}[a-z])[\w'’-]{1,40}"
_ONE = rf"({_CAP})"
_WHOLE = rf"({_CAP}(?: (?:[A-Z]\.? )?{_CAP})?)"
_BEGIN = r"(?:^|(?<=[.!?:;\n]) *|(?<=\n) *)"
_DOES = (
    r"(?:weighs?|weighed|vomited|vomits|fainted|collapsed|slipped|tripped|fell|smokes?|smoked|drinks|lives|lived|works|"
    r"worked|walks|walked|takes|took|denies|denied|complains|complained|states|stated|says|said|told|"
    r"called|phoned|rang|asked|asks|wants|wanted|agrees|agreed|consented|consents|declined|declines|refused|refuses|"
    r"attended|attends|underwent|died|missed|stood|sat|lay|came|went|felt|feels|looked|looks|"
    r"slept|ate|speaks|spoke|thinks|thought|remembers|noticed|mobilised|lifted|passed away|was intubated|was told|"
    r"was brought|was taken|was admitted|was discharged|was seen in|cannot|could not|did not|does not|tells|told|"
    r"will (?:ring|call|see|review|follow|attend|come|bring|need|be seen)|"
    r"(?:is|was) (?:now )?(?:\d{1,3}\b(?!\s?(?:mm|cm|ml|mg|%))|married|retired|pregnant|allergic|waiting|otherwise well|well known|"
    r"known to|a (?:\d{1,3}|\[AGE\])[\s-]?(?:y|year)|an? (?:\w+[ -]){0,3}(?:man|woman|lady|gentleman|patient|boy|girl|"
    r"smoker|teacher|farmer|nurse|pensioner|widow|widower|student|driver|doctor|surgeon|colleague|friend)\b)|"
    r"(?:is|was) (?:an? )?\[AGE\])"
)
"""What a person does and hardly ever a finding."""
_TOLD = (
    r"(?:[Tt]old|[Aa]sked|[Ii]nformed|[Ee]xamined|[Oo]ffered|[Pp]honed|[Rr]ang|[Mm]et|[Aa]dvised|[Cc]onsented|"
    r"[Ww]arned|[Tt]hanked|[Pp]aged|[Bb]leeped|[Cc]ounselled|[Rr]eassured|[Rr]eminded|[Gg]ave|[Rr]ing|[Cc]ontact|"
    r"scan|scanned|saw|[Bb]leep holder|possibly|[Pp]er|with|to|by|overread by|[Rr]ead by|member|[Ff]ormerly|now|"
    r"[Ss]een by|called|named|holder|"
    r"(?:[Ss]cans?|[Ff]ilms?|[Ii]mages|[Ss]tudy|[Ss]tudies|[Rr]eport|[Bb]iopsy|[Ff]ather|[Mm]other|[Ss]on|[Dd]aughter|"
    r"[Ww]ife|[Hh]usband|[Nn]eighbour|[Rr]elatives|[Ff]amily|[Ff]riend) of|[Tt]hank you)"
)
_LATER = (
    r"(?:Unfortunately|Yesterday|Today|Then|Later|When|While|Although|Because|Since|After|Overnight|Sadly|Initially|"
    r"Fortunately|Meanwhile|Once|If|Tonight|Afterwards|[Tt]his (?:morning|afternoon|evening)|[Ll]ast night|"
    r"(?:In|On|By|Since) \[DATE\])"
)
_THANKS = r"(?:[Mm]any [Tt]hanks|[Tt]hanks|[Cc]heers|[Tt]a|[Tt]hx|(?:[Kk]ind |[Ww]arm |[Bb]est )?[Rr]egards|[Bb]est wishes|" \
          r"[Bb]est|[Ss]incerely(?: yours)?|[Yy]ours(?: sincerely| truly| faithfully)?|[Bb]w)"
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


_FRAMES = (
    Frame("asked of", re.compile(
        r"\b(?:Will|May|Can|Could|Should|Would|Shall|Must)\s([A-Z][\w'’-]+)\s"
        r"(?=(?:be|have|need|require|undergo|attend|come|get|stay)\b)")),
    Frame("greeting", re.compile(
        rf"(?:^|(?<=[\n.!?:])\s?)(?:Hi|Hey|Hello|Hiya|(?:Good )?[Mm]orning|Good afternoon|Dear|Thank you|Thanks|Ta|Cheers),? "
        rf"{_WHOLE}(?=\s?(?:[,!;:–-]|$|\n))"), lone=True),
    Frame("signature", re.compile(rf"\b{_THANKS},?\s+{_WHOLE}\.?\s*$", re.MULTILINE), lone=True),
    Frame("signature", re.compile(rf"(?:^|[.!?\n]\s?){_THANKS},?\s+([a-z]{{3,}})\.?\s*$", re.MULTILINE), small=True),
    Frame("person's verb", re.compile(rf"(?:{_BEGIN}|\] from \[PLACE\]: ){_ONE} (?={_DOES}\b)"), lone=True),
    Frame("person's verb", re.compile(rf"(?:^|\n|[:.]\s|\[PLACE\] ){_ONE}(?=(?:, |,? \()(?:age[d]? )?(?:\[AGE\]|\d{{2,3}}\)))"),
          lone=True),
    Frame("adverb", re.compile(
        rf"\b{_LATER},? {_ONE} (?=(?:had|has|was|is|[a-z]+(?:ed|s)|felt|fell|stood|sat|got|went|came|ate|slept|lay)\b)")),
    Frame("adverb", re.compile(rf"\b{_LATER},? {_ONE} (?={_DOES}\b)"), lone=True),
    Frame("told", re.compile(rf"\b{_TOLD} {_WHOLE}(?= [a-z(#\[]|[,.;:)?]|$|\n)")),
    Frame("told", re.compile(
        rf"\b(?:[Tt]old|[Aa]sked|[Ii]nformed|[Ee]xamined|[Pp]honed|[Rr]ang|[Oo]ffered|[Rr]eassured|overread by|[Rr]ead by|"
        rf"(?:scan|films?|images|study) of|holder) {_ONE}(?= (?:[a-z(#]|\[)|[,.;:)?]|$|\n)"), lone=True),
    Frame("role", re.compile(
        rf"\b(?:{'|'.join(sorted(w.capitalize() for w in ROLES | TITLES if len(w) > 3))}|"
        rf"Twin [AB12],|twin [AB12],|Social worker|Little|Care ?worker) {_WHOLE}(?=[ ,.;:)']|$|\n)")),
    Frame("beside a mark", re.compile(
        rf"(?:^|\n|[|;:] ?|\d\. |[a-z] )({_CAP}) (?:[A-Z]\.? )?({_CAP})(?=(?:,? | ?[-–|(] ?|, ?)(?:{_MARK}|DOB|D\.O\.B|dob|"
        rf"\d{{1,3}} ?[yY]|\(nee|née|nee|MRN|[MF],))"), lone=True),
    Frame("beside a mark", re.compile(
        rf"(?:^|\n|[|;:] ?|{_MARK}[,;]? )({_CAP}) ({_CAP})(?=(?:,? | ?[-–|(] ?|, ?)(?:{_MARK}|DOB|dob|[MF]\b))"), lone=True),
    Frame("beside a mark", re.compile(
        rf"(?:^|\n|[|;:-] ?|\b(?:[Pp]rovider|[Ss]ubject|[Pp]atient|[Pp]t|[Nn]ame|[Rr]eferrer|[Pp]hysician)[: ] ?)({_CAP}), "
        rf"({_CAP})(?=(?:,? | ?[-–|(] ?)(?:{_MARK}|DOB|dob|NPI|MRN|MD\b|[A-Z]\.)|$|\n)"), lone=True),
    Frame("beside a mark", re.compile(
        rf"\[NAME\] ({_CAP})(?=\s?(?:{_MARK}|[-–,;.|(]|$|\n)| (?:has|is|was|had|will|who|and|on|at|for|by|to|from|aware|"
        rf"reports|states|says|called|needs|MD|NP|RN|DO)\b)"), lone=True, any_word=True),
    Frame("beside a mark", re.compile(rf"{_MARK}[,;]? ({_CAP}),? ({_CAP})(?=\.?$|\n|[.;] )", re.MULTILINE), lone=True),
    Frame("given and family", re.compile(
        rf"(?:^|\n|[^\w\s'’.-] ?|[a-z0-9.\]A-Z] |\bPt )({_CAP}) (?:[A-Z]\.? )?({_CAP})(?! ?[A-Z][a-z])(?![\w-])"), lone=True),
    Frame("person's verb", re.compile(rf"{_BEGIN}(May|April|June|August|Will|Jan|Art)(?={PERSON_DOES.pattern})"), lone=True),
    Frame("vocative", re.compile(
        rf"(?:^|\n|[.!?] ){_ONE}, (?=(?:can|could|please|pls|would|will|I|we|thanks|thank|just|did|have|any)\b)"), lone=True),
    Frame("relative", re.compile(
        r"\b(?:brother|sister|mother|father|wife|husband|son|daughter|mum|mom|dad|carer|neighbou?r|partner|friend|uncle|aunt|"
        r"cousin|niece|nephew|grandson|granddaughter|spoke (?:to|with)|tel|nurse|porter) ([a-z]{3,})(?: ([a-z]{3,}))?"
        r"(?= |[,.;(]|$)"), small=True, unknown=True),
    Frame("list", re.compile(
        rf"\b(?:[Pp]resent|[Aa]ttendees|[Pp]articipants|[Aa]pologies|[Pp]anel): {_WHOLE}(?:, {_WHOLE})?(?:, {_WHOLE})?"
        rf"(?:,? (?:and|&) {_WHOLE})?"), lone=True),
    Frame("list", re.compile(rf"(?:^|[\s(]){_ONE}/{_ONE}(?= (?:round|list|clinic|team)\b)"), lone=True),
    Frame("possessive", re.compile(rf"(?<=[a-z] )({_CAP}?)['’]s (?=[a-z])"), lone=True),
    Frame("small letters", re.compile(
        r"\b(?:patient(?: name)?(?: is)?|pt|history colon|this is|dictating (?:on|for)|doctor|regarding|re:|signed|"
        r"on patient) ([a-z]{3,}) ([a-z]{3,})(?= (?:is an?|dob|date of|comma|dictating|spelled|c/o|\d{1,3} ?y|presents|\[)|$)",
        re.MULTILINE), small=True),
    Frame("small letters", re.compile(
        r"(?:^|\n)([a-z]{3,}) ([a-z]{3,})(?= (?:dob\b|date of birth|\d{2,3} ?(?:y|m\b|f\b)|\[(?:DATE|ID)\]|is an? \d))"),
        small=True),
    Frame("small letters", re.compile(
        r"\b(?:name is|spelled|tech|nurse|nok|wife|husband|son|daughter|mother|mum|carer|sister|brother|per|thanks) ([a-z]{3,})"
        r"(?= (?:spelled|says|said|states|called|reports|phoned|rang|comma)\b)"), small=True),
    Frame("doctor", re.compile(
        r"\b(?:to|with|by|from) doctor ([a-z]{3,})(?= (?:in|at|on|who|of|from|comma|period)\b)"), small=True),
)
_SURNAME_GIVEN = re.compile(r"(?<![\w-])([A-Z]{3,}),?\s?([A-Z][a-z]{2,})(?=\s[–-]\s|[.;]|,\s|\s\(?\d|$)", re.MULTILINE)
_CAPITALS = re.compile(
    rf"(?:^|\n|[|;:–-] ?|\b(?:PT|PATIENT|NAME|BY:?|FOR|RE:?|SEEING|MR|MRS|MS|DR) )([A-Z][A-Z'’-]+),? ([A-Z][A-Z'’-]+)"
    rf"(?=,? ?(?:[-–|;(] ?)?(?:{_MARK}|DOB|MRN|\d{{1,3}} ?[MFY]|M\.?D\.?\b|PHD)|,? ?$|\n)"
    r"|\b(?:PT|PATIENT|MISS|FOR SEEING|REFERRING) ([A-Z]{3,})(?= (?:IS|WAS|HAS|HAD|DENIES|REPORTS|CALLED|COMPLAINS)\b|\s*$)",
    re.MULTILINE)
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
        k, j = at.get(m.start(1)), at.get(m.start(2))
        if k is None or j is None or words[j].given is None or is_department(words[k]) or is_thing(words[k]):
            continue
        if words[k].family is not None:
            yield k, "surname in capitals"
            yield j, "surname in capitals"
    for m in _CAPITALS.finditer(text):
        if m.group(3):
            k = at.get(m.start(3))
            if k is not None and words[k].listed and not words[k].kept and not is_department(words[k]):
                yield k, "capitals"
            continue
        pair = [words[k] for n in (1, 2) if (k := at.get(m.start(n))) is not None]
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
    return (w.listed or (frame.lone and not w.known)) and (frame.lone or not is_thing(w))


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
