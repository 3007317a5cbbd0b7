"""Padding outside the scan circle, in stored values (PS3.3 C.7.5.1.1.2)."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

AIR_HU = -1024
"""What padding of a CT becomes: vendors pad with -2000 and other values that are no tissue's."""
UNTAGGED_HU, APART_HU = (-32768, -1100), 100
"""Where a constant may be padding that no tag names, and how far all else lies above it: scanners fill with -1500,
-2000, -2048 or -3024, and air has noise unless it is cut off at the lowest value."""
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


def clear_untagged(values: NDArray[Any], modality: str) -> int:
    """Set padding of a CT slice that no tag names to :data:`AIR_HU`, in place; returns how many voxels.

    Scanners fill what lies outside the scan circle with a constant of theirs, and some do not say which. It is known by
    the four corners: one value, which is no tissue's and not air's, and to which nothing comes near.

    Args:
        values: (rows, columns), Hounsfield units, after padding that is tagged was set.
    """
    corner, *others = values[0, 0], values[0, -1], values[-1, 0], values[-1, -1]
    if modality != "CT" or not UNTAGGED_HU[0] <= corner < UNTAGGED_HU[1] or any(other != corner for other in others):
        return 0
    outside = values == corner
    if outside.all() or values[~outside].min() < corner + APART_HU:
        return 0
    values[outside] = AIR_HU
    return int(outside.sum())
