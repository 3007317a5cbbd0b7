"""English names that a title, a field or credentials announce."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from medomni.scrub.beside_en import PARTICLES, ROLES, SUFFIXES, TITLES, gap_between
from medomni.scrub.spans import Span
from medomni.scrub.tokens import Word
from medomni.scrub.words import context_words

_NOT_AFTER_TITLE = context_words("not_after_title")
LABEL = re.compile(
    r"(?im)(?:^|(?<=[\s(\[;,.]))(?:(?:patient|pt|full|first|given|christian|middle|last|family|maiden|preferred|"
    r"legal|user|sur|fore|next of kin|emergency contact|mother'?s|father'?s|"
    r"guardian(?:'?s)?|physician|doctor|provider|referrer|consultant|radiologist)(?:[’']s)?\s?(?:name)|name|names|"
    r"patient|pt|next of kin|nok|emergency contact|contact(?: person)?|"
    r"(?:report(?:ed|ing)|dictat(?:ed|ing)|sign(?:ed)?(?: off)?|electronically signed|e-?signed|verified|approved|"
    r"authori[sz]ed|attested|transcribed|typed|read|interpreted|"
    r"reviewed|performed|scanned|requested|referred|ordered|prepared|authenticated|finali[sz]ed|supervised|checked|"
    r"countersigned|acquired|consented|cannulated|injected)(?: (?:electronically|and \w+))? by|"
    r"(?:referring|ordering|requesting|attending|reporting|reading|supervising|primary care|performing|responsible|"
    r"admitting|interpreting|consulting|family|treating)\s"
    r"(?:physician|doctor|dr|clinician|provider|radiologist|consultant|surgeon|practitioner|gp|md|nurse)|"
    r"radiologist|radiographer|technologist|technician|sonographer|operator|physician|consultant|gp|referrer|"
    r"referring|signed|signature|attn|attention|"
    r"cc|to|from|dear|author|transcriptionist|typist|dictator|attending|resident|fellow|registrar|surgeon|nurse|"
    r"present|attendees|apologies|participants|chaperone|interpreter|caller|informant|requester|requestor|subject|operator|"
    r"midwife|therapist|physiotherapist|pharmacist|porter|secretary|paramedic|anaesthetist|anesthesiologist|witness|reader|regards|sincerely|doctor|clinician|provider|"
    r"husband|wife|son|daughter|mother|father|brother|sister|spouse|partner|guardian|carer|nok)"
    r"\s*(?:\((?:\w+\s?){1,3}\))?\s*(?:[:=]|#|\bis\b:?|\s-\s|,?\n)[ \t]*(?=\S)"
)
_LABELLED_STOP = re.compile(r"[\n;|\d()\[\]/]|\s-\s|\.\s+(?=[A-Z][a-z]+ [a-z])|,\s*(?=[a-z]{3,}|\d)|\s{2,}")


_INITIALS = re.compile(
    r"\b(?:ES|DICT|Dict(?:ated)?|Trans(?:cribed)?|Typ(?:ed|ist)|Initials|Sign(?:ed|ature)|Read(?:er)?|Rep(?:orted)?)\s?"
    r"[:/]\s?([A-Z]{2,3})\b|\b(?:[Bb]y|BY|initials|author|reader|operator)\s([A-Z]{2,3})(?=[.,;)/\s]|$)|"
    r"\(([A-Z]{2,3}),\s?(?=\d|\[DATE\])|[.!]\s+([A-Z]{2,3})(?:/([A-Za-z]{2,3}))?\s*$"
)
_DICOM = re.compile(
    r"\b[A-Za-z][A-Za-z'’ -]{0,64}(?:\^[A-Za-z][A-Za-z'’ .-]{0,64}?){1,5}(?=\s[A-Z]{2}\b|[^A-Za-z'’ .^-]|\s|$)"
)
_METHODS = frozenset(w.upper() for w in context_words("methods"))


def initials_and_dicom(text: str) -> list[Span]:
    """Initials where a person signs, and names in the form of DICOM (PS3.5 6.2.1: SURNAME^GIVEN)."""
    found = [Span(m.start(), m.end(), "NAME", "dicom name") for m in _DICOM.finditer(text)]
    for m in _INITIALS.finditer(text):
        found += [
            Span(m.start(k), m.end(k), "NAME", "initials")
            for k in range(1, 6)
            if m.group(k) and m.group(k) not in _METHODS
        ]
    return found


def words_after_title(text: str, words: Sequence[Word], k: int) -> list[int]:
    """The words that a title stands before; the title itself is first."""
    out: list[int] = []
    title = words[k]
    small = title.shape == "lower"
    for j in range(k + 1, min(k + 7, len(words))):
        w, last = words[j], words[j - 1]
        gap = gap_between(text, last, w)
        if not re.fullmatch(r"\.?[ \t]{0,2}|\.?-|[ \t]?(?:&|/)[ \t]?", gap):
            break
        if w.small in TITLES and not out:
            continue
        if w.shape in ("title", "initial", "mixed") or (
            w.shape == "upper" and w.text not in ("CT", "MRI", "MR", "US", "XR")
        ):
            if out and w.known and not w.listed and w.shape != "initial":
                break
            if not out and w.small in _NOT_AFTER_TITLE:
                break
            if (
                small
                and title.small in ("doctor", "master", "major", "sister", "fr", "miss")
                and w.known
                and not w.listed
            ):
                break
        elif w.small in PARTICLES and j + 1 < len(words) and words[j + 1].shape in ("title", "upper"):
            pass
        elif (
            w.shape == "lower"
            and w.small not in _NOT_AFTER_TITLE
            and title.small in ("dr", "mr", "mrs", "ms", "prof", "professor", "miss", "doctor")
        ):
            if (out and (w.known or not w.listed)) or (
                w.known and not w.listed and (out or title.small in ("doctor", "miss", "professor"))
            ):
                break
        elif (
            w.small in ("and",)
            and out
            and j + 1 < len(words)
            and (words[j + 1].shape == "title" and not words[j + 1].known)
        ):
            continue
        else:
            break
        out.append(j)
    return [k, *out] if out else []


def words_of_field(text: str, words: Sequence[Word], start: int) -> list[int]:
    """The words of a field's value that can be a name: capitals up to the end of the field, five at most."""
    stop = _LABELLED_STOP.search(text, start)
    end = min(stop.start() if stop else len(text), start + 60)
    out: list[int] = []
    for k in range(bisect_left(words, start, key=lambda w: w.start), len(words)):
        w = words[k]
        if w.end > end or len(out) >= 6 or text[w.end : w.end + 1] == ":":
            break
        if w.shape in ("title", "upper", "initial", "mixed"):
            if w.kept and not w.listed or (not out and w.known and not w.listed):
                break
            if w.shape == "upper" and w.kept:
                break
            out.append(k)
        elif w.small in PARTICLES or (w.small == "and" and out):
            continue
        elif (
            w.shape == "lower"
            and not out
            and not w.known
            and w.listed
            or w.shape == "lower"
            and out
            and words[out[-1]].shape == "lower"
            and w.listed
            and not w.known
        ):
            out.append(k)
        else:
            break
    if (
        out
        and all(words[k].known for k in out)
        and text[words[out[-1]].end : words[out[-1]].end + 1] == " "
        and re.match(r"\s[a-z]{3,}", text[words[out[-1]].end :])
        and not any(words[k].listed for k in out)
    ):
        return []
    return out


def mark_before_credentials(text: str, words: Sequence[Word], rules: dict[int, str]) -> None:
    """Mark the words before MD, FRCR and their like."""
    for k, w in enumerate(words):
        if k and (
            w.small
            in (
                "md",
                "phd",
                "frcr",
                "frcp",
                "frcs",
                "rn",
                "mbbs",
                "dds",
                "facr",
                "mbchb",
                "np",
                "msc",
                "bsc",
                "dvm",
                "pa-c",
            )
            and w.shape in ("upper", "mixed", "title")
        ):
            j = k - 1
            while (
                j >= 0
                and k - j <= 4
                and re.fullmatch(r"\.?,?[ \t]*", gap_between(text, words[j], words[j + 1]))
                and words[j].shape in ("title", "upper", "initial")
                and words[j].small not in SUFFIXES | ROLES
                and (not words[j].known or words[j].listed)
            ):
                rules.setdefault(j, "credentials")
                j -= 1
