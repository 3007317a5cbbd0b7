"""The windows that the scanner or a technologist chose for a series (0028,1050; 0028,1051; PS3.3 C.11.2.1.2)."""

from __future__ import annotations

import math

from medomni.dicom.headers import SliceHeader
from medomni.dicom.numerals import decimal
from medomni.dicom.plain import read_plain
from medomni.dicom.tags import WINDOWS
from medomni.records import Window

MOST = 16
WORDS = frozenset((
    "ABDOMEN", "ANGIO", "BONE", "BRAIN", "CHEST", "HEAD", "LIVER", "LUNG", "MEDIASTINUM", "NECK", "NORMAL", "PELVIS",
    "SOFT TISSUE", "SPINE", "STANDARD", "WINDOW1", "WINDOW2",
))
"""What of Window Center & Width Explanation (0028,1055) may stand in a record: it is free text, which can hold a
name."""


def windows_of(header: SliceHeader) -> tuple[Window, ...]:
    """The windows of one slice, in the order of the file, which names the first to be shown first; empty where it has
    none, or they are damaged.

    A plain file is walked once more for them, so that the other slices of a series cost nothing.
    """
    values = header.values
    if header.plain is not None and header.frame is None:
        try:
            plain = read_plain(header.path, WINDOWS)
        except OSError:
            return ()
        if plain is None:
            return ()
        values = plain.values
    centre, width, name = (values.get(n, "").split("\\") for n in WINDOWS)
    try:
        pairs = [(decimal(c), decimal(w)) for c, w in zip(centre, width, strict=False)]
    except ValueError:
        return ()
    words = [word.strip().upper().replace("_", " ") for word in name]
    words = [word if word in WORDS else "" for word in words] + [""] * len(pairs)
    return tuple(Window(centre=c, width=w, name=words[k]) for k, (c, w) in enumerate(pairs[:MOST])
                 if math.isfinite(c) and 1 <= w < math.inf)
