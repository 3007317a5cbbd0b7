"""A second pair of eyes on pixels: words that are no value of the bits stored.

Written apart from :mod:`medomni.dicom.deid.unused_bits`, which clears such bits: it looks at numbers, not at bits.
"""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian

from medomni.dicom.deid.coded_bits import may_hide, whole_words

HIDDEN = "bits of the pixels that hold no value"
_AT_ONCE = 1 << 22


def beside_the_values(ds: Dataset, syntax: str) -> set[str]:
    """Whether pixels hold numbers that their stored bits cannot say, other than declared padding; nothing for those
    whose bits all hold values, and compressed ones without room for more."""
    bits, size = int(ds.get("BitsStored") or 0), int(ds.get("BitsAllocated") or 0) // 8
    if "PixelData" not in ds or size not in (1, 2, 4, 8) or not 0 < bits < 8 * size:
        return set()
    data, packed = ds.PixelData, UID(syntax).is_compressed
    if packed and not may_hide(ds, syntax):
        return set()
    if packed:
        data = whole_words(ds).astype(f"<u{size}").tobytes()
    order, below = (">" if syntax == ExplicitVRBigEndian else "<"), int(ds.get("HighBit") or 0) - bits + 1
    count, below = len(data) // size, below if 0 < below <= 8 * size - bits else 0
    unsigned, top = np.frombuffer(data, f"{order}u{size}", count), 1 << bits
    if _holds(unsigned, 0, top - 1, below, None):
        return set()  # nothing above any value, be it signed or not
    words = unsigned.view(f"{order}i{size}") if ds.get("PixelRepresentation") else unsigned
    ends = (-top // 2, top // 2 - 1) if ds.get("PixelRepresentation") else (0, top - 1)
    return set() if _holds(words, *ends, below, _outside(ds, *ends) if size == 2 else None) else {HIDDEN}


def _holds(words: np.ndarray, least: int, most: int, below: int, padding: tuple[int, int] | None) -> bool:
    for k in range(0, len(words), _AT_ONCE):
        part = words[k:k + _AT_ONCE]
        if padding is not None:
            part = part[(part < padding[0]) | (part > padding[1])]
        if len(part) and (part.min() >> below < least or part.max() >> below > most or below and (
                part & part.dtype.type((1 << below) - 1)).any()):
            return False
    return True


def _outside(ds: Dataset, least: int, most: int) -> tuple[int, int] | None:
    """Padding that lies wholly outside the values; the dictionary leaves its sign open, so that both are tried."""
    ends = [v for n in ("PixelPaddingValue", "PixelPaddingRangeLimit") if isinstance(v := ds.get(n), int)]
    if not ends or not isinstance(ds.get("PixelPaddingValue"), int):
        return None
    full, signed = 1 << 16, least < 0
    ends = [(v + full // 2) % full - full // 2 if signed else v % full for v in ends]
    return (min(ends), max(ends)) if max(ends) < least or min(ends) > most else None
