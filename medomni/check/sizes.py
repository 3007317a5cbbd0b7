"""Sizes in a sentence: value in millimetres, role, and what is no size of a lesion.

Roles follow :class:`medomni.records.Measurement`. Slice thickness, earlier values, changes ("4 mm larger") and dates
are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from medomni.records import volume_grade

__all__ = ["Size", "find_sizes", "volume_severity"]

_NUMBER = r"\d{1,4}(?:[.,]\d{1,2})?"
_UNIT = r"mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?|毫米|厘米|公分"
_SIZE = re.compile(
    rf"(?<![\d.,])({_NUMBER})\s*({_UNIT})?"
    rf"(?:\s*(?:x|×|\*|by|乘)\s*({_NUMBER})\s*({_UNIT})?)?(?:\s*(?:x|×|\*|by|乘)\s*({_NUMBER})\s*({_UNIT})?)?"
    rf"(?:\s*(?:-|–|~|to|至|到)\s*({_NUMBER}))?[\s-]*({_UNIT})?(?![a-z\d])"
)
_VOLUME = re.compile(
    rf"(?<![\d.,])({_NUMBER})\s*(ml|cc|milliliters?|millilitres?|毫升|l|liters?|litres?|升)(?![a-z\d])"
)
_BOUND = re.compile(
    r"(?:less than|smaller than|under|below|<|≤|up to|at most|no more than|not exceeding|greater than|"
    r"more than|"
    r"larger than|over|exceeding|>|≥|小于|不足|不超过|大于|超过|以下)\s*(?:a\s|about\s)?$"
)
_LARGEST = re.compile(
    r"(?:largest|biggest|dominant|the larger|maximum|maximal|greatest|最大|较大者|大者|最大者)[^.;。]{0,45}$"
)
_GREATEST_DIMENSION = re.compile(
    r"(?:maximum|maximal|greatest|largest)\s+(?:dimension|diameter|extent|axis|size|length|measurement)"
    r"[^.;]{0,20}$|最大(?:长|直)?径[^。;]{0,6}$"
)
_DISTANCE = re.compile(
    r"^\s*(?:from|above|below|beyond|proximal|distal|away|superior to|inferior to|deep|cranial|caudal|"
    r"到|以上|以下处|上方|下方|处)"
)
_DISTANCE_BEFORE = re.compile(r"(?:距|距离|distance of|at a distance of|located)\s*(?:[^,.;。]{0,12})$")
_TECHNICAL = re.compile(
    r"(?:slices?|sections?|collimation|increment|reconstruct\w*|thickness|interval|spacing|层厚|层距|层间距|"
    r"重建)[^.;。]{0,16}$"
)
_TECHNICAL_AFTER = re.compile(
    r"^\s*(?:slices?|sections?|thick\s+(?:slices?|sections?|axial)|collimation|axial|reconstruct|层厚)"
)
_EARLIER = re.compile(
    r"(?:previously|formerly|prior(?:ly)?|was|compared (?:to|with)|versus|vs\.?|from|earlier|原|既往|前次|"
    r"上次|原为|前片)"
    r"\s*(?:measured|measuring|about|approximately|an? prior of|为|约)?\s*$"
)
_CHANGE = re.compile(r"^\s*(?:larger|bigger|smaller|greater|longer|shorter|less|more|increase|decrease|growth)\b")
_CHANGE_BEFORE = re.compile(
    r"(?:(?:increased|decreased|grown|shrunk|enlarged) by|增大了|缩小了|增加了|减小了)\s*(?:about\s*|约)?$"
)
_CALIBRE = re.compile(r"(?:calib(?:er|re)|管径|内径)[^.;。]{0,20}$|^\s*(?:in\s+)?calib(?:er|re)")


@dataclass(frozen=True)
class Size:
    """One expression of size: the largest number in it, in millimetres, with its role and place."""

    value_mm: float
    role: str
    start: int
    end: int


def _mm(number: str, unit: str) -> float:
    value = float(number.replace(",", "."))
    return value * 10 if unit.startswith(("c", "厘", "公")) else value


def find_sizes(text: str, start: int, end: int) -> list[Size]:
    """The sizes in ``text[start:end]`` (uniform text), in order."""
    found = []
    for m in _SIZE.finditer(text, start, end):
        unit = m[8] or m[6] or m[4] or m[2]
        if not unit:
            continue
        pairs = [(m[1], m[2]), (m[3], m[4]), (m[5], m[6]), (m[7], None)]
        value = max(_mm(n, own or unit) for n, own in pairs if n)
        if value == 0:
            continue
        before, after = text[max(start, m.start() - 60) : m.start()], text[m.end() : min(end, m.end() + 24)]
        if _CHANGE.match(after) or _CHANGE_BEFORE.search(before):
            continue
        if _TECHNICAL.search(before) or _TECHNICAL_AFTER.match(after) or _EARLIER.search(before):
            continue
        if _DISTANCE.match(after) or _DISTANCE_BEFORE.search(before):
            role = "distance"
        elif _BOUND.search(before) or after.lstrip().startswith(("以下", "以内")):
            role = "bound"
        elif _CALIBRE.search(before) or _CALIBRE.match(after):
            role = "calibre"
        elif _LARGEST.search(before) and not _GREATEST_DIMENSION.search(before):
            role = "largest-of"
        else:
            role = "size"
        found.append(Size(round(value, 2), role, m.start(), m.end()))
    return found


def volume_severity(text: str, start: int, end: int) -> str | None:
    """The grade of a volume given in words ("approximately 240 ml"), as
    :func:`medomni.records.volume_grade`."""
    m = _VOLUME.search(text, start, end)
    if not m:
        return None
    value = float(m[1].replace(",", "."))
    return volume_grade(value * 1000 if m[2][0] in "l升" else value)
