"""What is left of people in files: raw bytes in several encodings, and every element as it is decoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from benchmarks.identities import Identity
from medomni.phantom.burnt import Burnt

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


def left_in(path: Path, who: Identity, uids: Iterable[str]) -> set[str]:
    """Which identifiers, by the name of the kind or a UID, a file holds in its bytes, its elements or its path."""
    data = path.read_bytes().lower()
    ds = pydicom.dcmread(path)
    pixels = bytes(ds.get("PixelData", b"")).lower()
    header = data.replace(pixels, b"") if pixels else data
    shown = "\n".join([*_lines(ds.file_meta), *_lines(ds), str(path)]).casefold()
    found = set()
    for value in who.values():
        searched = data if len(value.encode()) > 8 else header  # in pixels a short one would be found by chance
        if _alone(value.casefold()).search(shown) or _in_bytes(searched, value):
            found.add(value)
    for day in (who.birth, who.study_day):
        spoken = {day, who.spoken(day), f"{day[:4]}-{day[4:6]}-{day[6:]}"}
        if any(_in_bytes(header, s) or s in shown.split() for s in spoken):
            found.add(day)
    return found | {uid for uid in uids if uid.encode() in data or uid in shown}


def _alone(value: str) -> re.Pattern[str]:
    """The value where it is no part of a longer word or number (Mary is not left in PRIMARY)."""
    return re.compile(rf"(?<![a-z0-9]){re.escape(value)}(?![a-z0-9])" if value.isascii() else re.escape(value))


def _in_bytes(data: bytes, value: str) -> bool:
    """In any encoding, in small letters; where the value is ASCII, not within a longer word or number."""
    for text in {value, value.upper()}:
        for encoding in ENCODINGS:
            needle = text.encode(encoding).lower()
            if needle not in data:
                continue
            if not value.isascii() or encoding.startswith("utf-16"):
                return True
            if re.search(rb"(?<![a-z0-9])" + re.escape(needle) + rb"(?![a-z0-9])", data):
                return True
    return False


def _lines(ds: Dataset) -> Iterator[str]:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from _lines(item)
        elif isinstance(element.value, bytes):
            if element.tag != 0x7FE00010:
                yield element.value.decode("utf-8", "replace")
        else:
            yield str(element.value)


def lines_gone(picture: Burnt, after: np.ndarray, photometric: str) -> tuple[int, int, float]:
    """Lines of text of which 98 % of the ink is gone, lines in all, and the share of other pixels that are gone.

    A pixel is gone where it and the eight around it have the colour of what is blackened; ink of that colour on a
    brighter ground is not gone.

    Args:
        after: stored values, (frames, rows, columns) or with a last axis of 3.
    """
    black = {"MONOCHROME1": after.max(), "YBR_FULL": np.array([0, 128, 128])}.get(photometric, 0)
    gone = (after == black) if after.ndim == 3 else (after == black).all(axis=-1)
    padded = np.pad(gone, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    rows, columns = gone.shape[1:]
    whole = np.ones_like(gone)
    for down in range(3):
        for right in range(3):
            whole &= padded[:, down:down + rows, right:right + columns]
    changed = (after != picture.frames) if after.ndim == 3 else (after != picture.frames).any(axis=-1)
    good, other = 0, changed.any(axis=0)
    for line in picture.lines:
        frame = 0 if line.frame is None else line.frame
        good += whole[frame][line.ink[:, 0], line.ink[:, 1]].mean() >= 0.98
        (top, left), (bottom, right) = line.ink.min(axis=0), line.ink.max(axis=0)
        other[top:bottom + 1, left:right + 1] = False
    return int(good), len(picture.lines), float(other.mean())
