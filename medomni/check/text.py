"""Text made uniform for reading, with the way back to the original character offsets.

NFKC (Unicode UAX #15) turns full-width digits and punctuation into plain ones and may change the length of a
text; every span that leaves this room is an offset into the text that came in.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from medomni.errors import MedomniError

__all__ = ["Uniform", "as_text", "uniform"]

# Traditional to simplified, only the characters of the clinical terms that are read; one to one.
_TRADITIONAL = str.maketrans(
    "積雙側結節腫塊實變氣縱膈葉見無未顯擴張纖維鈣質擊斷肋裝術後較學檢查現診臨狀對強掃橫軟組織胃腸腎脾膽囊腺體"
    "頸腦動靜脈暈區滲統壓縮陳舊樣數發個約與幾兩圍內點條線續輕異邊緣銳紋顆徑長達稱為減輪彎疊臟團單處濃膿據頭遠",
    "积双侧结节肿块实变气纵膈叶见无未显扩张纤维钙质击断肋装术后较学检查现诊临状对强扫横软组织胃肠肾脾胆囊腺体"
    "颈脑动静脉晕区渗统压缩陈旧样数发个约与几两围内点条线续轻异边缘锐纹颗径长达称为减轮弯叠脏团单处浓脓据头远",
)


@dataclass(frozen=True)
class Uniform:
    """A uniform text and the original offset of each of its characters (``None``: the offsets agree)."""

    text: str
    offsets: tuple[int, ...] | None = None
    original_length: int = 0

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original text that a span of the uniform text stands for."""
        if self.offsets is None:
            return start, end
        first = self.offsets[start] if start < len(self.offsets) else self.original_length
        last = self.offsets[end - 1] + 1 if end > start else first
        # A character that grew (a ligature) gives the same origin twice; one that vanished is skipped over.
        return first, max(first, last)

    def uniform_span(self, start: int, end: int) -> tuple[int, int]:
        """The reverse: the span of the uniform text made from a span of the original."""
        if self.offsets is None:
            return start, end
        inside = [i for i, o in enumerate(self.offsets) if start <= o < end]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)


def as_text(report: str | bytes) -> str:
    """A report as text.

    Raises:
        MedomniError: MED-K04 for bytes that are not UTF-8 and for text that is not readable; MED-K02 when
        empty.
    """
    if isinstance(report, bytes):
        try:
            report = report.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            raise MedomniError("MED-K04", f"byte {exc.start} is not UTF-8") from exc
    if not report.strip("﻿ \t\r\n\f\v\u200b\u3000"):
        raise MedomniError("MED-K02")
    odd = sum(1 for c in report if (c < " " and c not in "\t\r\n\f\v") or c == "�" or "\x7f" <= c <= "\x9f")
    if "\0" in report or odd > 0.02 * len(report) + 1:
        raise MedomniError("MED-K04", f"{odd} of {len(report)} characters are not printable")
    return report


def uniform(text: str) -> Uniform:
    """NFKC and lower case, simplified characters, with the offsets kept."""
    lowered = text.lower()
    if text.isascii():
        return Uniform(lowered, None, len(text))
    if len(lowered) == len(text) and unicodedata.is_normalized("NFKC", lowered):
        return Uniform(lowered.translate(_TRADITIONAL), None, len(text))
    pieces: list[str] = []
    offsets: list[int] = []
    for i, char in enumerate(text):
        piece = unicodedata.normalize("NFKC", char).lower()
        pieces.append(piece)
        offsets += [i] * len(piece)
    return Uniform("".join(pieces).translate(_TRADITIONAL), tuple(offsets), len(text))
