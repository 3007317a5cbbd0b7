"""Padding outside the scan circle, in stored values (PS3.3 C.7.5.1.1.2)."""

from __future__ import annotations

AIR_HU = -1024
"""What padding of a CT becomes: vendors pad with -2000 and other values that are no tissue's."""
NO_SIGNAL = 0
"""What padding of any other modality becomes: MR and PET measure nothing in air."""


def fill_of(modality: str) -> int:
    """The value, in the modality's unit, that padding becomes."""
    return AIR_HU if modality == "CT" else NO_SIGNAL


def folded_ends(ends: list[float | None], signed: bool) -> tuple[int, int]:
    """Least and largest stored value of padding; the second end is the first where it is None.

    The VR is ambiguous (US or SS): a value that was read with the other sign is folded back.
    """
    full = 1 << 16
    folded = []
    for end in ends:
        value = int((ends[0] if end is None else end) or 0)
        folded.append(value - full if signed and full // 2 <= value < full else
                      value + full if not signed and -full // 2 <= value < 0 else value)
    return min(folded), max(folded)


def beyond(low: int, high: int, bits: int, signed: bool) -> bool:
    """Whether padding from ``low`` to ``high`` fits no value of so many bits: it then shows in the whole words only."""
    least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return high < least or low > most
