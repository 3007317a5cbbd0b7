"""Report text to claims: what is said of which finding, where, how large, how sure, with spans of the
original."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from medomni.check.details import missing_place, paired_sizes, place_of, presence_of, severity_of
from medomni.check.forms import Form, read_form
from medomni.check.language import detect_language
from medomni.check.lexicon import Lexicon, lexicon
from medomni.check.negation import assign_presence
from medomni.check.normal import denials
from medomni.check.sections import CLAIMING, split_sections
from medomni.check.sentences import split_sentences
from medomni.check.sides import Stretch, merged_side, resolved_findings, sided, stretches
from medomni.check.text import Uniform, as_text, uniform
from medomni.check.tokens import Token, tokenise
from medomni.errors import MedomniError
from medomni.knowledge import load_graph
from medomni.records import Claim, Measurement, Section, Side

__all__ = ["ExtractResult", "extract_claims"]

_COUNT = re.compile(
    r"(?<![\d.,a-z])(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)\s+"
    r"(?!(?:mm|cm|st|nd|rd|th|x|of|days?|weeks?|months?|years?)\b)(?:[a-z-]+\s+){0,4}$"
)
_COUNT_ZH = re.compile(r"(\d{1,2}|[一二两三四五六七八九十])\s*(?:枚|个|处|颗|粒)[^,。;、]{0,10}$")
_SINGLE = re.compile(
    r"\b(?:solitary|single|isolated)\s+(?:[a-z-]+\s+){0,3}$|(?:单发|孤立|单个)[^,。;、]{0,6}$"
)
_ENGLISH_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {
    **{w: i for i, w in enumerate(_ENGLISH_NUMBERS, start=1)},
    **{c: i for i, c in enumerate("一二三四五六七八九十", start=1)},
    "两": 2,
}
_POINTS_BACK = re.compile(
    r"^(?:it|this|these|they|which|the (?:largest|biggest|larger|nodule|lesion|mass|latter)|measur\w+|"
    r"largest|size|diameter|最大|较大者|其|大者|大小|直径|较大)"
)
_CTR = re.compile(
    r"(?:cardio-?thoracic (?:ratio|index)|\bctr\b|心胸比(?:例|率)?)[^\d\n.;。]{0,25}(0[.,]\d{1,2}|"
    r"\d{2}(?=\s*%))"
)


_UNTICKED = re.compile(r"\[\s*\]\s*$")
_NARROWED = re.compile(r"\b(?:displaced|suspicious|dominant|discrete|sizeable|sizable)\s+(?:[a-z]+\s+)?$")
_UNDISPLACED = re.compile(
    r"\b(?:non-?\s?displaced|undisplaced|hairline|incomplete)\s+(?:[a-z0-9-]+\s+){0,3}$|无(?:明显)?[移错]位性?$|"
    r"不全性?$"
)
_IN_PLACE = re.compile(
    r"^s?,?\s*(?:with(?:out| no)|no) (?:\w+ )?displacement|"
    r"^,?\s*(?:断端)?(?:无|未见)(?:明显)?[移错]位"
)
_SIGN = re.compile(r"\([-+]\)")
_ANSWERS = (re.compile(r"\b(?:absent|none|no|negative)\b|无"), re.compile(
    r"\b(?:present|yes|positive|small|moderate|large)\b|有"))
_REST = ("otherwise", "remain", "rest of", "elsewhere", "其余", "余")
_NEEDS_ORGAN = frozenset({"gas_collection"})


class ExtractResult(NamedTuple):
    """The claims of a report, its sections (spans of the original text) and its language.

    ``yielded`` holds general normal statements ("lungs are clear") that gave way to a finding which the report states
    in another sentence, and which made no exception themselves.
    """

    claims: list[Claim]
    sections: list[Section]
    language: str
    yielded: list[Claim]


def extract_claims(
    text: str | bytes, language: str | None = None, *, targets: Sequence[tuple[int, int]] = ()
) -> ExtractResult:
    """Read a report.

    Args:
        text: the report, plain text.
        language: ``en`` or ``zh``; detected where not given.
        targets: spans of concepts whose presence is asked, known to the graph or not; each comes back as a
        claim
            (``finding_id`` ``unlisted`` where the graph does not know it), in whatever section it stands.

    Raises:
        MedomniError: MED-K01 another language, MED-K02 empty, MED-K04 not text.
    """
    original = as_text(text)
    clean = uniform(original)
    if language is None:
        language = detect_language(clean.text)
    elif language not in ("en", "zh"):
        raise MedomniError("MED-K01", f"`{language}` was asked for")
    reader = _Reader(original, clean, language, targets)
    sections = []
    for part in split_sections(clean.text):
        sections.append(Section(name=part.name, span=clean.original(part.start, part.end)))
        reader.read(part.name, part.body, part.end)
    claims, yielded = reader.finished()
    return ExtractResult(claims, sections, language, yielded)


class _Reader:
    """Goes through the sentences and keeps what one sentence lends to the next."""

    def __init__(
        self, original: str, clean: Uniform, language: str, targets: Sequence[tuple[int, int]]
    ) -> None:
        self.original, self.clean, self.text = original, clean, clean.text
        self.chinese = language == "zh"
        self.lexicon: Lexicon = lexicon(language)
        self.cased = original if len(original) == len(clean.text) else ""
        self.targets = [(*clean.uniform_span(a, b), k) for k, (a, b) in enumerate(targets)]
        self.claims: list[Claim] = []
        self.implied: dict[int, tuple[int, int] | None] = {}  # to the sentence's span where it makes no exception

    def read(self, section: str, start: int, end: int) -> None:
        """One section's body."""
        claiming, done = section in CLAIMING, start
        for a, b in split_sentences(self.text, start, end):
            a = max(a, done)
            asked = tuple(t for t in self.targets if a <= t[0] < b)
            form = read_form(self.text, a, end) if claiming and not asked and a < b else None
            if form and self._form(section, form):
                done = form.stop  # answers may go on over a full stop; what follows them is read as a sentence
                a = done
            if a >= b or not any(c.isalnum() for c in self.text[a:b]):
                continue
            if claiming or asked:
                self._sentence(section, a, b, asked, claiming)

    def _sentence(self, section: str, a: int, b: int, asked: tuple, claiming: bool) -> None:
        row = tokenise(self.text, a, b, self.lexicon, self.cased, asked)
        if not any(t.kind in ("find", "norm", "abn") for t in row):
            self._point_back(row, a, b)
            if claiming:
                self._ratio(section, a, b)
            return
        assign_presence(row, self.text, b, self.chinese)
        long = 0.8 if b - a > 420 else 1.0
        excepted = any(t.kind == "exc" for t in row)
        for stretch in stretches(row, self.chinese):
            if claiming and _UNTICKED.search(self.text, a, stretch.find.start):
                continue
            if stretch.find.target < 0 and (not claiming or stretch.find.presence == "hypothetical"):
                continue
            self._add(stretch, section, a, b, long, excepted)
        if claiming:
            open_ended = excepted or any(t.kind == "qual" and t.value == "other" for t in row) or any(
                word in self.text[a:b] for word in _REST)
            for d in denials(row, self.chinese):
                self.implied[len(self.claims)] = None if open_ended else self.clean.original(a, b)
                self.claims.append(
                    Claim(
                        span=self.clean.original(d.start, d.end),
                        section=section,
                        text=self._words(d.start, d.end),
                        finding_id=d.finding_id,
                        anatomy_id=d.anatomy_id,
                        presence="absent",
                        side=cast(Side, d.side if sided(d.finding_id) else "unspecified"),
                        parse_confidence=d.confidence,
                    )
                )
            self._ratio(section, a, b)

    def _form(self, section: str, form: Form) -> bool:
        """Claims of a form; False where its question names no finding, or one without sides where sides are given."""
        finds = [t for t in tokenise(self.text, form.start, form.end, self.lexicon, self.cased, ()) if t.kind == "find"]
        by_side = any(side != "unspecified" for side, _ in form.answers)
        names = [(t, n) for t in finds for n in resolved_findings(t.value, (), joined=False) if sided(n) or not by_side]
        for t, name in names:
            for side, there in form.answers:
                self.claims.append(Claim(
                    span=self.clean.original(t.start, t.end), section=section, text=self._words(t.start, t.end),
                    finding_id=name, anatomy_id=place_of(name, ()), side=side,
                    presence="present" if there else "absent",
                    parse_confidence=0.9))
        return bool(names)

    def _words(self, start: int, end: int) -> str:
        x, y = self.clean.original(start, end)
        return self.original[x:y]

    def _add(self, stretch: Stretch, section: str, a: int, b: int, long: float, excepted: bool) -> None:
        find = stretch.find
        places = [t for t in stretch.own if t.kind == "anat"] + find.anatomies
        if not places:
            places = [t for t in stretch.borrowed if t.kind == "anat"]
        places.sort(key=lambda t: abs(t.start - find.start) if t.start > find.start else find.start - t.end)
        anatomies = tuple(t.value for t in places)
        presence, temporality = presence_of(find, stretch)
        confidence = find.confidence * stretch.doubt * long
        severity = severity_of(stretch, self.text, b)
        if presence == "absent":
            quals = {t.value for t in stretch.before if t.kind == "qual"}
            trailing = {self.text[t.start:t.end] for t in stretch.own if t.kind == "qual" and t.value == "other"}
            if "other" in quals or "elsewhere" in trailing or temporality == "new":
                confidence *= 0.4
            elif "sure" in quals:
                confidence *= 0.8
            if excepted:  # "no effusion other than on the left": what is left out is not told apart here
                confidence *= 0.4
            elif _NARROWED.search(self.text, a, find.start):
                confidence = min(confidence, 0.79)
        sizes = [t.size for t in stretch.own if t.kind == "size" and t.size]
        sides = [t for t in stretch.own if t.kind in ("side", "anat")] + find.anatomies
        if merged_side(sides) == "unspecified":
            sides = [t for t in stretch.borrowed if t.kind in ("side", "anat")]
        side_words = [
            t for t in sides if (t.value if t.kind == "side" else t.side) not in ("unspecified", "")
        ]
        if merged_side(side_words) == "bilateral" and (
                _SIGN.search(self.text, a, b) or all(word.search(self.text, a, b) for word in _ANSWERS)):
            confidence *= 0.4
        joined = any(t.kind == "conj" for t in stretch.own) and not stretch.find.anatomies
        for finding in (
            f
            for node_id in (find.value, *find.also)
            for f in resolved_findings(node_id, anatomies, joined=joined)
        ):
            if finding in _NEEDS_ORGAN and find.target < 0:
                continue
            if finding == "rib_fracture" and presence != "absent" and (
                    _UNDISPLACED.search(self.text, a, find.start) or _IN_PLACE.match(self.text[find.end:b])):
                finding = "undisplaced_rib_fracture"
            with_side = sided(finding)
            side = merged_side(side_words) if with_side else "unspecified"
            count = self._count(stretch) if presence == "present" else None
            common: dict[str, Any] = {
                "span": self.clean.original(find.start, find.end),
                "section": section,
                "text": self._words(find.start, find.end),
                "finding_id": finding,
                "presence": presence,
                "temporality": temporality,
                "severity": severity,
                "count": count,
                "anatomy_id": missing_place(anatomies, side) or place_of(finding, anatomies),
            }
            pairs = paired_sizes(sizes, side_words, find) if with_side and side == "bilateral" else None
            if pairs:
                for one, some in pairs.items():
                    word = next(t for t in side_words if one == (t.value if t.kind == "side" else t.side))
                    near = sorted(places, key=lambda t: (t.start < word.start, abs(t.start - word.start)))
                    own: dict[str, Any] = {
                        "count": None,
                        "anatomy_id": place_of(finding, tuple(t.value for t in near[:1])),
                    }
                    self.claims.append(
                        Claim(
                            **{**common, **own, "side": one},
                            measurements=self._measures(some),
                            parse_confidence=round(confidence * 0.95, 3),
                        )
                    )
            else:
                self.claims.append(
                    Claim(
                        **{**common, "side": side},
                        measurements=self._measures(sizes),
                        parse_confidence=round(confidence, 3),
                    )
                )

    def _measures(self, sizes: list) -> tuple[Measurement, ...]:
        return tuple(
            Measurement(value_mm=s.value_mm, role=s.role, span=self.clean.original(s.start, s.end))
            for s in sizes
        )

    def _count(self, stretch: Stretch) -> int | None:
        stop = max(
            [t.end for t in stretch.before if t.kind in ("size", "comma", "conj", "brk", "no")]
            or [stretch.find.start - 45, 0]
        )
        window = self.text[max(stop, stretch.find.start - 45, 0) : stretch.find.start]
        m = (_COUNT_ZH if self.chinese else _COUNT).search(window) or _COUNT.search(window)
        if m and m[1] != "one":
            return int(m[1]) if m[1].isdigit() else _NUMBERS[m[1]]
        return 1 if _SINGLE.search(window) else None

    def _point_back(self, row: list[Token], a: int, b: int) -> None:
        """ "It measures 8 mm.": a size without a finding belongs to the last finding said to be present."""
        sizes = [t.size for t in row if t.kind == "size" and t.size and t.size.role in ("size", "largest-of")]
        if not sizes or not self.claims or not _POINTS_BACK.match(self.text[a:b].lstrip("-*• ")):
            return
        last = self.claims[-1]
        if last.presence == "present" and not last.measurements and len(self.claims) - 1 not in self.implied:
            self.claims[-1] = last.model_copy(update={"measurements": self._measures(sizes)})

    def _ratio(self, section: str, a: int, b: int) -> None:
        """A cardiothoracic ratio in words is a statement on heart size: above 0.50 is enlarged (Danzer
        1919)."""
        m = _CTR.search(self.text, a, b)
        if m:
            value = float(m[1].replace(",", "."))
            value = value / 100 if value > 1 else value
            if not any(
                c.finding_id == "cardiomegaly" and c.span[0] >= self.clean.original(a, b)[0]
                for c in self.claims
            ):
                self.claims.append(
                    Claim(
                        span=self.clean.original(m.start(), m.end()),
                        section=section,
                        text=self._words(m.start(), m.end()),
                        finding_id="cardiomegaly",
                        anatomy_id="heart",
                        presence="present" if value > 0.5 else "absent",
                        parse_confidence=0.8 if abs(value - 0.5) > 0.03 else 0.5,
                    )
                )

    def finished(self) -> tuple[list[Claim], list[Claim]]:
        """The claims, and the general normal statements that give way to a finding the report states itself."""
        graph = load_graph()
        stated = {
            (c.finding_id, c.side, c.span[0])
            for i, c in enumerate(self.claims)
            if i not in self.implied and c.presence != "absent" and c.temporality != "prior"
        }

        kept, yielded = [], []
        for i, c in enumerate(self.claims):
            over = [] if i not in self.implied or c.parse_confidence >= 0.85 else [
                at for f, s, at in stated
                if (f == c.finding_id or c.finding_id in graph.ancestors(f))
                and ("unspecified" in (s, c.side) or "bilateral" in (s, c.side) or s == c.side)
            ]
            if not over:
                kept.append(c)
            elif (sentence := self.implied[i]) and not any(sentence[0] <= at < sentence[1] for at in over):
                yielded.append(c)
        return sorted(kept, key=lambda c: c.span), yielded
