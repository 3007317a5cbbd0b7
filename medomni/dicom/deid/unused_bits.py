"""Bits of native pixels that hold no value of a pixel: cleared, for they can hold a text or a drawing unseen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medomni.dicom.padding import beyond, folded_ends

SIZES = (8, 16, 32, 64)
_CHUNK = 1 << 22


def clear_unused_bits(ds: Dataset, *, little: bool = True) -> bool:
    """Clear the bits outside Bits Stored in native pixels, in place; signs are extended (PS3.5 8.1.1).

    Pixels without such bits keep their bytes. Padding that no stored value can say (PS3.3 C.7.5.1.1.2; scanners pad
    -2000 beside 12 bits) lies in whole words and stays. Signed words of which none has its sign extended have nothing
    above, and stay too.

    Args:
        ds: with native Pixel Data; of other kinds, or without Bits Stored, nothing is changed.
        little: the words' least byte comes first.

    Returns:
        Whether anything was cleared.
    """
    allocated, stored = int(ds.get("BitsAllocated") or 0), int(ds.get("BitsStored") or 0)
    if allocated not in SIZES or not 0 < stored < allocated:
        return False
    high = int(ds.get("HighBit") or 0)
    high = high if stored <= high < allocated else stored - 1  # as it must be today (PS3.5 8.1.1)
    kind = np.dtype(f"{'<' if little else '>'}u{allocated // 8}")
    data = ds.PixelData
    whole = len(data) - len(data) % kind.itemsize
    words = np.frombuffer(data[:whole] if whole < len(data) else data, kind)
    signed = bool(ds.get("PixelRepresentation"))
    signed = signed and _any(words, ((1 << allocated) - 1) ^ ((1 << high + 1) - 1))
    padding = _padding(ds, allocated, stored, signed) if high == stored - 1 else None
    out: NDArray[Any] | None = None
    for start in range(0, len(words), _CHUNK):
        part = words[start:start + _CHUNK]
        values = _values(part, allocated, stored, high, signed)
        spoilt = values != part
        if padding is not None and spoilt.any():
            spoilt &= (part < padding[0]) | (part > padding[1])
        if spoilt.any():
            out = words.copy() if out is None else out
            out[start:start + _CHUNK][spoilt] = values[spoilt]
    if out is None:
        return False
    ds["PixelData"].value = out.tobytes() + data[whole:]
    return True


def _any(words: NDArray[Any], mask: int) -> bool:
    return any(bool((words[k:k + _CHUNK] & words.dtype.type(mask)).any()) for k in range(0, len(words), _CHUNK))


def _values(words: NDArray[Any], allocated: int, stored: int, high: int, signed: bool) -> NDArray[Any]:
    """The words with nothing but their values; above a negative one the sign."""
    unsigned = words.dtype.newbyteorder("=").type
    values = words & unsigned(((1 << stored) - 1) << (high - stored + 1))
    if signed:
        above = ((1 << allocated) - 1) ^ ((1 << high + 1) - 1)
        values = np.where(values & unsigned(1 << high), values | unsigned(above), values)
    return np.asarray(values)


def _padding(ds: Dataset, allocated: int, stored: int, signed: bool) -> tuple[int, int] | None:
    """Least and largest word of padding beyond the values; None without one."""
    ends = [ds.get(n) for n in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if allocated != 16 or not isinstance(ends[0], int) or not isinstance(ends[1], int | None):
        return None
    declared = bool(ds.get("PixelRepresentation"))
    low, top = folded_ends([None if e is None else float(e) for e in ends], declared)
    if not beyond(low, top, stored, declared):
        return None
    return low & 0xFFFF, top & 0xFFFF  # both lie on one side of the values, so that words keep their order
