"""A data set to a new one in which every element has been judged; nothing is carried over unseen."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from medomni.dicom.deid.dates import moved_date, moved_datetime
from medomni.dicom.deid.descriptors import harmless
from medomni.dicom.deid.figures import NUMBERING, VRS, is_figure, values_of
from medomni.dicom.deid.keep import BINARY, FREE_TEXT, STANDARD_SCHEMES, formed, known_term, plain_text, short_number
from medomni.dicom.deid.keyed import Keyed
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.private import is_reserving, safe_vr
from medomni.dicom.deid.rules import ruling
from medomni.dicom.deid.technical import INSTEAD, VALUE_BY_VALUE, WORD_BY_WORD, cut_name, technical, technical_words
from medomni.dicom.faults import UnreadableError
from medomni.dicom.names import shown_name

DEEPEST = 24
OLDEST = 90
DUMMIES: dict[str, Any] = {
    "AE": "ANON", "AS": "000Y", "CS": "ANON", "DA": "19000101", "DS": "0", "DT": "19000101000000", "IS": "0",
    "LO": "ANON", "LT": "ANON", "PN": "ANON", "SH": "ANON", "ST": "ANON", "TM": "000000", "UC": "ANON", "UT": "ANON",
    "UR": "", "OB": b"\0\0", "OW": b"\0\0", "UN": b"", "US": 0, "SS": 0, "UL": 0, "SL": 0, "FL": 0.0, "FD": 0.0,
}
COPIED_AS_IS = frozenset(("PixelData", "FloatPixelData", "DoubleFloatPixelData"))


@dataclass
class Cleaning:
    """One patient's cleaning.

    Attributes:
        number: PatientID as the originals have it; the shift of dates and the pseudonym come from it.
        figures: the patient's numbers, which no number may be.
        hidden: words of names and of the patient's number: a value that holds one is not kept, whatever its attribute.
        counts: how many elements each ``(what, rule)`` met.
        attributes: how many of each ``(what, attribute)`` did not stay: keyword, or tag where there is none.
    """

    keys: Keyed
    options: Options
    number: str
    hidden: frozenset[str] = frozenset()
    figures: frozenset[int] = frozenset()
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    attributes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def cleaned(self, ds: Dataset, depth: int = 0) -> Dataset:
        """A new data set, judged element by element.

        Raises:
            UnreadableError: where sequences are nested deeper than :data:`DEEPEST`.
        """
        if depth > DEEPEST:
            raise UnreadableError(f"sequences nested deeper than {DEEPEST}")
        new = Dataset()
        for tag in sorted(ds.keys()):
            try:
                element = ds[tag]
                kept = self._private(ds, element) if tag.is_private else self._standard(element, depth)
            except UnreadableError:
                raise
            except Exception:  # a value that cannot be decoded cannot be judged
                self._count("remove", "value that cannot be decoded", tag)
                continue
            if kept is not None:
                new.add(kept)
                if tag.is_private:
                    block = BaseTag(tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8)
                    new.add(DataElement(block, "LO", str(ds[block].value).strip()))
        return new

    def _standard(self, element: DataElement, depth: int) -> DataElement | None:
        tag, keyword, vr = element.tag, element.keyword, str(element.VR)
        what, rule = ruling(int(tag), keyword, vr, self.options)
        if what == "recurse":
            return self._sequence(element, rule, depth)
        if what == "keep":
            return self._kept(element, rule)
        self._count(what, rule, tag)
        if what == "remove":
            return None
        if what == "empty":
            return DataElement(tag, vr, Sequence() if vr == "SQ" else b"" if vr in BINARY else "")
        if what == "dummy":
            return self._uids(element) if vr == "UI" else DataElement(tag, vr, DUMMIES[vr])
        if what == "uid":
            return self._uids(element)
        if what == "move":
            days, move = self.keys.days(self.number), moved_date if vr == "DA" else moved_datetime
            return DataElement(tag, vr, [move(v, days) for v in values_of(element)] or "")
        return DataElement(tag, vr, "\\".join(harmless(v) for v in values_of(element)))

    def _uids(self, element: DataElement) -> DataElement:
        return DataElement(element.tag, "UI", [self.keys.uid(v, element.keyword) for v in values_of(element)] or "")

    def _sequence(self, element: DataElement, rule: str, depth: int) -> DataElement | None:
        items = []
        for item in element.value or []:
            if "CodeMeaning" in item and not _is_standard_code(item):
                self._count("remove", "code of a scheme that is not standard", element.tag)
                continue
            items.append(self.cleaned(item, depth + 1))
        if element.value and not items:
            return None
        self._count("recurse", rule)
        return DataElement(element.tag, "SQ", Sequence(items))

    def _kept(self, element: DataElement, rule: str) -> DataElement | None:
        """The element, where its values have the form that they must have; pixels are looked at elsewhere."""
        vr, keyword = str(element.VR), element.keyword
        if self._is_patients_number(element):
            self._count("remove", "the patient's number", element.tag)
            return DataElement(element.tag, vr, DUMMIES[vr]) if keyword in NUMBERING else None
        if keyword in COPIED_AS_IS or (vr not in FREE_TEXT and vr not in ("CS", "IS", "DS", "AS", "TM")):
            self._count("keep", rule)
            return element
        texts = values_of(element)
        good = [(plain_text(t, keyword) if vr in FREE_TEXT else formed(t, vr)) and known_term(keyword, t)
                and technical(keyword, t) and (keyword == "Modality" or not self._tells(t, vr)) for t in texts]
        if all(good):
            self._count("keep", rule)
            return DataElement(element.tag, vr, [_aged(t) for t in texts] if vr == "AS" else texts or "")
        self._count("remove", f"{vr} whose value has not the form of one, or holds a word that may be a name",
                    element.tag)
        left = self._left(keyword, vr, texts, good)
        return None if left is None else DataElement(element.tag, vr, left)

    def _is_patients_number(self, element: DataElement) -> bool:
        vr = str(element.VR)
        return bool(self.figures) and vr in VRS and element.tag.group != 0x0028 and any(
            is_figure(v, vr, self.figures) for v in values_of(element))

    def _left(self, keyword: str, vr: str, texts: list[str], good: list[bool]) -> list[str] | str | None:
        """What stays of values of which some are not good; None where the attribute goes."""
        if keyword in ("ImageType", "FrameType"):
            return [t if ok else "OTHER" for t, ok in zip(texts, good, strict=True)]
        if keyword == "CodeMeaning":
            return "ANON"
        if keyword == "StackID":  # stacks are told apart by it
            return str(int(self.keys.name("stack", texts[0])[:12], 16) % 100_000)
        words = [t if ok else "" for t, ok in zip(texts, good, strict=True)]
        if keyword in WORD_BY_WORD:
            words = [t or technical_words(keyword, whole) for t, whole in zip(words, texts, strict=True)]
            words = ["" if self._tells(t, vr) or not plain_text(t) else t for t in words]
            if any(words):
                return words
        elif keyword in VALUE_BY_VALUE and any(words):
            return [t for t in words if t]
        return INSTEAD.get(keyword)

    def _tells(self, text: str, vr: str) -> bool:
        """True where a hidden word stands in a text, or the beginning of one cut off; in a code only as a word of its
        own (Mary is not in PRIMARY)."""
        if vr in FREE_TEXT:
            return shown_name(text, self.hidden) != text or cut_name(text, self.hidden)
        return vr == "CS" and (not self.hidden.isdisjoint(re.findall(r"[^\W_]+", text.casefold()))
                               or cut_name(text, self.hidden, code=True))

    def _private(self, ds: Dataset, element: DataElement) -> DataElement | None:
        tag = element.tag
        if is_reserving(tag.element):
            return None  # written anew with the first attribute of its block that stays
        block = BaseTag(int(tag) & 0xFFFF0000 | tag.element >> 8)
        creator = str(ds[block].value) if block in ds else ""
        vr = safe_vr(tag.group, creator, tag.element)
        if vr is None or str(element.VR) != vr:
            self._count("remove", "private", tag)
            return None
        good = all(formed(t, vr) and short_number(t) for t in values_of(element)) or vr not in ("CS", "IS", "DS")
        if not good or self._is_patients_number(element):
            self._count("remove", "private, value without the form that it must have", tag)
            return None
        self._count("keep", "private, on the list of safe ones")
        return DataElement(tag, vr, element.value)

    def _count(self, what: str, rule: str, tag: BaseTag | None = None) -> None:
        self.counts[what, rule] += 1
        if tag is not None:
            self.attributes[what, name_of(tag)] += 1


def name_of(tag: BaseTag) -> str:
    """What a report may call an attribute: its keyword, else its tag. A private creator is a value, and left out."""
    if tag.is_private:
        return f"private ({tag.group:04X},xx{tag.element & 0xFF:02X})"
    return keyword_for_tag(tag) or f"({tag.group:04X},{tag.element:04X})"


def _is_standard_code(item: Dataset) -> bool:
    return str(item.get("CodingSchemeDesignator", "")).strip() in STANDARD_SCHEMES


def _aged(text: str) -> str:
    """An age of 90 years at most: older people are few (45 CFR 164.514(b)(2)(i)(C))."""
    return f"{OLDEST:03d}Y" if text.endswith("Y") and text[:3].isdigit() and int(text[:3]) > OLDEST else text
