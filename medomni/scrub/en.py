"""Names of persons in English text: by title, by field, by role, by the census lists, and whatever is no known word."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medomni.scrub.spans import Span
from medomni.scrub.tokens import Word, latin_words
from medomni.scrub.words import context_words, medical_words

_TITLES = context_words("titles")
_ROLES = context_words("roles")
_NAMING = context_words("naming")
_SUFFIXES = context_words("suffixes")
_PARTICLES = context_words("particles")
_NOT_AFTER_TITLE = context_words("not_after_title")
_VERBS = re.compile(r"(?:['’]s\b)?,?\s*(?:presented|presents|attended|attends|was|is|has|had|reports?|reported|complains?|complained|denies|"
                    r"denied|states?|stated|underwent|underwent|returned|called|told|informed|lives|works|says|said|came|fell|"
                    r"requests?|requested|describes?|described|noted|reviewed|agreed|will|who|aged|\(?\d{1,3}\s?(?:y|M|F|years?)|and (?:his|her|their))\b")
_LABEL = re.compile(
    r"(?im)(?:^|(?<=[\s(\[;,.]))(?:(?:patient|pt|full|first|given|christian|middle|last|family|maiden|preferred|legal|user|sur|fore|next of kin|emergency contact|mother'?s|father'?s|"
    r"guardian(?:'?s)?|physician|doctor|provider|referrer|consultant|radiologist)(?:[’']s)?\s?(?:name)|name|names|patient|pt|next of kin|nok|emergency contact|contact(?: person)?|"
    r"(?:report(?:ed|ing)|dictat(?:ed|ing)|sign(?:ed)?(?: off)?|electronically signed|e-?signed|verified|approved|authori[sz]ed|attested|transcribed|typed|read|interpreted|"
    r"reviewed|performed|scanned|requested|referred|ordered|prepared|authenticated|finali[sz]ed|supervised|checked|countersigned|acquired|consented|cannulated|injected)(?: (?:electronically|and \w+))? by|"
    r"(?:referring|ordering|requesting|attending|reporting|reading|supervising|primary care|performing|responsible|admitting|interpreting|consulting|family|treating)\s"
    r"(?:physician|doctor|dr|clinician|provider|radiologist|consultant|surgeon|practitioner|gp|md|nurse)|"
    r"radiologist|radiographer|technologist|technician|sonographer|operator|physician|consultant|gp|referrer|referring|signed|signature|attn|attention|"
    r"cc|to|from|dear|author|transcriptionist|typist|dictator|attending|resident|fellow|registrar|surgeon|nurse|witness|reader|regards|sincerely|doctor|clinician|provider|"
    r"husband|wife|son|daughter|mother|father|brother|sister|spouse|partner|guardian|carer|nok)"
    r"\s*(?:\((?:\w+\s?){1,3}\))?\s*(?:[:=]|#|\bis\b:?|\s-\s|,?\n)[ \t]*(?=\S)")
_LABELLED_STOP = re.compile(r"[\n;|\d()\[\]/]|\s-\s|\.\s+(?=[A-Z][a-z]+ [a-z])|,\s*(?=[a-z]{3,}|\d)|\s{3,}")
_BY = re.compile(r"(?i)\b(?:(?:report|dictat|sign|verifi|approv|authori[sz]|transcrib|typ|read|interpret|review|perform|scann|request|referr|order|prepar|seen|"
                 r"examin|assess|manag|operat|supervis|authenticat|evaluat|follow)\w* (?:up )?by|discussed with|under the care of|on behalf of|care of|c/o|"
                 r"spoke (?:to|with)|communicated to|relayed to|conveyed to|called to|phoned to|telephoned to|given to|discussed (?:\w+ ){1,4}with|informed|notified|"
                 r"thank you,?|named|called|known as|goes by|my name is|i am|this is|addressed to|copy to|copied to|accompanied by|as per|handed over to|attention of)\s+$")


def english_names(text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Span]:
    """Spans of names; ``taken`` are spans of other kinds, whose words are not looked at again."""
    words = [w for w in latin_words(text) if not any(a < w.end and w.start < b for a, b in taken)]
    rules: dict[int, str] = {}
    for k, word in enumerate(words):
        rule = _seed(text, words, k)
        if rule:
            rules[k] = rule
        if word.small in _TITLES and word.shape != "upper" or word.text in ("DR", "MR", "MRS", "MS"):
            for j in _after_title(text, words, k):
                rules.setdefault(j, "title")
    for match in _LABEL.finditer(text):
        for k in _field(text, words, match.end()):
            rules.setdefault(k, "field")
    _before_credentials(text, words, rules)
    _grown(text, words, rules)
    return _joined(text, words, rules)


def _free(word: Word) -> bool:
    """May be part of a name beside one that is."""
    return word.shape in ("title", "upper") and not word.kept and (not word.known or word.listed)


def _gap(text: str, a: Word, b: Word) -> str:
    return text[a.end:b.start]


def _near(text: str, a: Word, b: Word) -> bool:
    return bool(re.fullmatch(r"[ \t]{1,2}|\.[ \t]?|\.?-", _gap(text, a, b)))


def _seed(text: str, words: Sequence[Word], k: int) -> str:
    """The rule by which a word is a name of its own accord; empty where none is."""
    w = words[k]
    before = words[k - 1] if k and _near(text, words[k - 1], w) else None
    after = words[k + 1] if k + 1 < len(words) and _near(text, w, words[k + 1]) else None
    if w.kept and not (w.listed and (_BY.search(text, max(0, w.start - 60), w.start)
                                     or (before and before.small in _ROLES and before.shape == "lower" and w.given is not None)
                                     or (before and before.given is not None and before.shape == w.shape
                                         and (not before.known or before.given < 900)))):
        return ""
    if w.small in _TITLES | _SUFFIXES:
        return ""
    if w.shape == "title":
        if not w.known:
            return "no known word"
        by = bool(_BY.search(text, max(0, w.start - 60), w.start))
        if by and not _thing(w) and not _department(w) and not (after and after.small in _DEPARTMENTS):
            return "by"
        if not w.listed:
            return ""
        if before and before.small in _ROLES and not re.match(r"\s?\d", text[w.end:]):
            return "role"
        if w.given is not None and after and after.shape == "title" and not after.kept and not _thing(w) and (
                (after.family is not None and (not after.known or not w.first or w.given < 400))
                or (not w.first and w.given < 900 and not _department(after) and not _thing(after))):
            return "given and family"
        frequent = (w.family is not None and w.family < 6000) or (w.given is not None and w.given < 3000)
        if frequent and re.match(r"['’]s\b", text[w.end:]) and not _thing(w):
            return "possessive"
        if w.first:
            return "person's verb" if _VERBS.match(text, w.end) and frequent and not _thing(w) and not _department(w) else ""
        previous = words[k - 1] if k else None
        if previous and previous.shape == "lower" and previous.small in _NAMING and _plain_gap(text, previous, w) and not (
                after and after.shape in ("title", "upper") and after.known) and not re.match(r"[\s-]?\d", text[w.end:]) and not _thing(w):
            return "naming word"
        return "person's verb" if (_VERBS.match(text, w.end) and not _thing(w)) else ""
    if w.shape == "upper" and not w.known and len(w.text) >= 3:
        caps = [x for x in (before, after) if x and x.shape == "upper" and x.listed and not x.kept]
        if w.listed and (len(w.text) >= 4 or caps or (w.given is not None and w.given < 500)):
            return "capitals"
        if len(w.text) >= 6 and not re.search(r"\d", text[max(0, w.start - 1):w.end + 1]):
            return "no known word"
    if w.shape == "lower" and not w.known and len(w.text) >= 3 and w.given is not None and w.small not in _PARTICLES:
        if after and after.shape == "lower" and (after.family is not None and not after.known):
            return "small letters"
        if before and before.small in _TITLES | _ROLES:
            return "small letters"
        return "small letters" if w.given < 1500 and len(w.text) >= 4 else ""
    if w.shape == "lower" and not w.known and w.family is not None and before and before.shape == "lower" and (
            before.given is not None or before.small in _ROLES):
        return "small letters"
    return ""


_THINGS = context_words("things")


_DEPARTMENTS = context_words("departments")


def _department(word: Word) -> bool:
    return word.small in _DEPARTMENTS or word.small in medical_words() or word.small.endswith(("ology", "ologist", "iatrics"))


def _thing(word: Word) -> bool:
    return word.small in _THINGS or word.small.rstrip("s") in _THINGS


def _plain_gap(text: str, a: Word, b: Word) -> bool:
    return bool(re.fullmatch(r"[,:]?\s{1,2}[\"“‘(]?", _gap(text, a, b)))


def _after_title(text: str, words: Sequence[Word], k: int) -> list[int]:
    """The words that a title stands before; the title itself is first."""
    out: list[int] = []
    title = words[k]
    small = title.shape == "lower"
    for j in range(k + 1, min(k + 7, len(words))):
        w, last = words[j], words[j - 1]
        gap = _gap(text, last, w)
        if not re.fullmatch(r"\.?[ \t]{0,2}|\.?-|[ \t]?(?:&|/)[ \t]?", gap):
            break
        if w.small in _TITLES and not out:
            continue
        if w.shape in ("title", "initial", "mixed") or (w.shape == "upper" and w.text not in ("CT", "MRI", "MR", "US", "XR")):
            if out and w.known and not w.listed and w.shape != "initial":
                break
            if not out and w.small in _NOT_AFTER_TITLE:
                break
            if small and title.small in ("doctor", "master", "major", "sister", "fr", "miss") and w.known and not w.listed:
                break
        elif w.small in _PARTICLES and j + 1 < len(words) and words[j + 1].shape in ("title", "upper"):
            pass
        elif w.shape == "lower" and w.small not in _NOT_AFTER_TITLE and title.small in ("dr", "mr", "mrs", "ms", "prof", "professor", "miss", "doctor"):
            if (out and (w.known or not w.listed)) or (w.known and not w.listed and (out or title.small in ("doctor", "miss", "professor"))):
                break
        elif w.small in ("and",) and out and j + 1 < len(words) and (words[j + 1].shape == "title" and not words[j + 1].known):
            continue
        else:
            break
        out.append(j)
    return [k, *out] if out else []


def _field(text: str, words: Sequence[Word], start: int) -> list[int]:
    """The words of a field's value that can be a name: capitals up to the end of the field, five at most."""
    stop = _LABELLED_STOP.search(text, start)
    end = min(stop.start() if stop else len(text), start + 60)
    out: list[int] = []
    for k, w in enumerate(words):
        if w.start < start:
            continue
        if w.end > end or len(out) >= 6:
            break
        if w.shape in ("title", "upper", "initial", "mixed"):
            if w.kept and not w.listed or (not out and w.known and not w.listed):
                break
            if w.shape == "upper" and w.kept:
                break
            out.append(k)
        elif w.small in _PARTICLES or (w.small == "and" and out):
            continue
        elif w.shape == "lower" and not out and not w.known and w.listed:
            out.append(k)
        elif w.shape == "lower" and out and words[out[-1]].shape == "lower" and w.listed and not w.known:
            out.append(k)
        else:
            break
    if out and all(words[k].known for k in out) and text[words[out[-1]].end:words[out[-1]].end + 1] == " " and \
            re.match(r"\s[a-z]{3,}", text[words[out[-1]].end:]) and not any(words[k].listed for k in out):
        return []
    return out


def _before_credentials(text: str, words: Sequence[Word], rules: dict[int, str]) -> None:
    for k, w in enumerate(words):
        if k and (w.small in ("md", "phd", "frcr", "frcp", "frcs", "rn", "mbbs", "dds", "facr", "mbchb", "np", "msc", "bsc", "dvm", "pa-c") and w.shape in ("upper", "mixed", "title")):
            j = k - 1
            while j >= 0 and k - j <= 4 and re.fullmatch(r"\.?,?[ \t]*", _gap(text, words[j], words[j + 1])) and words[j].shape in (
                    "title", "upper", "initial") and words[j].small not in _SUFFIXES | _ROLES and (not words[j].known or words[j].listed):
                rules.setdefault(j, "credentials")
                j -= 1


def _grown(text: str, words: Sequence[Word], rules: dict[int, str]) -> None:
    """Take in what stands at a name: given names that are words, initials, particles, second surnames."""
    changed = True
    while changed:
        changed = False
        for k in list(rules):
            for j, side in ((k - 1, "left"), (k + 1, "right")):
                if not 0 <= j < len(words) or j in rules:
                    continue
                a, b = (words[j], words[k]) if side == "left" else (words[k], words[j])
                w, gap = words[j], _gap(text, a, b)
                if w.small in ("and", "or") and re.fullmatch(r"\s", gap) and 0 <= (i := 2 * j - k) < len(words) and i not in rules and re.fullmatch(
                        r"\s", _gap(text, min(w, words[i], key=lambda x: x.start), max(w, words[i], key=lambda x: x.start))):
                    other = words[i]
                    if other.shape == words[k].shape == "title" and not other.first and not other.kept and other.listed and not _department(other) and not re.match(
                            r"[ -]?\d", text[other.end:other.end + 2]):
                        rules[i] = "and"
                        changed = True
                    continue
                if not re.fullmatch(r"[ \t]{1,2}|\.[ \t]{0,2}|,[ \t]{1,2}|-|[ \t]?[\"“'(][\w]|[\"”')][ \t]", gap):
                    continue
                comma = "," in gap
                if ". " in gap and a.shape != "initial" and a.small not in _TITLES and a.small not in ("st", "jr", "sr"):
                    continue
                take = False
                if w.shape == "initial" and not comma and w.text not in ("A", "I") or (w.shape == "initial" and "." in text[w.end:w.end + 1]):
                    take = True
                elif w.shape == "initial" and comma and side == "right" and words[k].shape in ("title", "upper"):
                    take = True
                elif w.small in _PARTICLES and not comma and side == "left" and (w.shape != "lower" or _particle(words, rules, j, text)):
                    take = True
                elif w.small in _PARTICLES and not comma and side == "right" and j + 1 < len(words) and words[j + 1].shape == "title" and (
                        j + 1 in rules):
                    take = True
                elif comma:
                    take = w.shape in ("title", "upper") and w.shape == words[k].shape and not w.kept and w.listed and (
                        (side == "right" and w.given is not None and (not w.known or w.given < 1500)) or (side == "left" and w.family is not None and not w.first))
                    if side == "left" and w.first and (not w.kept or w.family is not None) and w.shape == words[k].shape and words[k].given is not None and not w.small.endswith(("ly", "day")):
                        take = not _thing(w)
                elif w.shape in ("title", "upper") and w.shape == words[k].shape or (w.shape == "upper" and w.listed and words[k].shape == "title"):
                    if side == "right":
                        take = (not w.known and not w.kept) or (w.listed and not (w.kept and w.shape == "upper") and not _thing(w))
                        if not take and words[k].given is not None and not w.kept and w.shape == "title":
                            take = w.family is not None or not _department(w) and not _thing(w)
                        take = take and not re.match(r"[ -]?\d", text[w.end:w.end + 2])
                    else:
                        take = w.listed and not _thing(w) and w.small not in _ROLES | _NAMING and (not w.kept or w.given is not None) and (
                            w.given is not None or not w.known)
                elif w.shape == "lower" == words[k].shape and not comma and w.small not in _NAMING | _ROLES and not _thing(w):
                    take = (side == "left" and w.given is not None and w.given < 600) or (side == "right" and not w.known and w.family is not None)
                if take:
                    rules[j] = "beside a name"
                    changed = True


def _particle(words: Sequence[Word], rules: dict[int, str], j: int, text: str) -> bool:
    """A particle in small letters belongs to a name after another part of it, or is no English word itself."""
    before = j - 1
    while before >= 0 and words[before].small in _PARTICLES:
        before -= 1
    return before in rules or (before >= 0 and words[before].small in _TITLES) or words[j].small not in ("y", "e", "la", "le", "de", "al", "st", "ten", "den", "und", "da", "do", "san")


def _joined(text: str, words: Sequence[Word], rules: dict[int, str]) -> list[Span]:
    """Spans of the words found, with titles before and credentials behind them."""
    for k in sorted(rules):
        if k and words[k - 1].small in _TITLES and re.fullmatch(r"\.?[ \t]{1,2}", _gap(text, words[k - 1], words[k])):
            rules.setdefault(k - 1, "title")
        j = k + 1
        while j < len(words) and words[j].small.replace(".", "") in _SUFFIXES and (words[j].shape != "lower" or words[j].small in ("jr", "sr")) and re.fullmatch(
                r"\.?,?[ \t]{0,2}", _gap(text, words[j - 1], words[j])):
            rules.setdefault(j, "credentials")
            j += 1
    out: list[Span] = []
    last = -2
    for k in sorted(rules):
        w = words[k]
        end = w.end
        if text[end:end + 1] == "." and (w.shape == "initial" or w.small in _TITLES | {"jr", "sr", "st"}) :
            end += 1
        if out and k == last + 1 and re.fullmatch(r"[ \t.,'’\"“”()-]{0,3}|\s?(?:&|/)\s?", text[out[-1].end:w.start]) and not re.search(
                r"\.\s", text[words[last].end:w.start] if words[last].shape not in ("initial",) and words[last].small not in _TITLES | {"jr", "sr", "st"} else ""):
            out[-1] = Span(out[-1].start, end, "NAME", out[-1].rule)
        else:
            out.append(Span(w.start, end, "NAME", rules[k]))
        last = k
    return out
