"""Values to the grey that a reader is meant to see: VOI table, window, inversion (PS3.3 C.11.2, C.11.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medomni.dicom.frames import text_of
from medomni.dicom.numerals import decimal
from medomni.picture import greys, in_window, luminance


def shown(values: NDArray[Any], ds: pydicom.Dataset, inverted: bool, windows: tuple[tuple[float, float], ...],
          padding: NDArray[np.bool_] | None = None) -> tuple[NDArray[np.uint8], str]:
    """The VOI table, else the first window, else the full range; white is 255.

    Args:
        values: (rows, columns) in the modality's unit, or (rows, columns, 3), uint8, RGB.
        ds: what holds the VOI table and the VOI LUT Function.
        windows: as :func:`presets` gives them.
        padding: (rows, columns), True where a pixel is padding: black, and no part of the full range.

    Returns:
        (rows, columns), uint8; and why a table that the file holds was left out, empty where none was.
    """
    if values.ndim == 3:
        return luminance(values), ""
    curve, left_out = None, ""
    try:
        if ds.get("VOILUTSequence"):
            curve = _by_table(values, ds)
    except Exception as exc:  # a damaged table is left out and named: window or whole range are always a picture
        why = str(exc) if type(exc) is ValueError and str(exc) in _FAULTS else type(exc).__name__
        left_out = f"the VOI table is not applied: {why}"
    grey = greys(curve or _by_window(values, ds, windows, padding), values, inverted)
    if padding is not None:
        grey[padding] = 0
    return grey, left_out


Curve = Callable[[NDArray[Any]], NDArray[np.float64]]
"""From some rows of the values to 0 ... 1."""
_OF_ANY_WIDTH = ("LINEAR_EXACT", "SIGMOID")
_FAULTS = ("bits of an entry", "fewer entries than stated", "entries of more bits than stated")


def _by_table(values: NDArray[Any], ds: pydicom.Dataset) -> Curve:
    """0 to 1 by the first VOI table (PS3.3 C.11.2.1.1).

    Raises:
        ValueError: one of :data:`_FAULTS`; a damaged item may raise anything.
    """
    item = ds.VOILUTSequence[0]
    count, first, bits = (int(v) for v in item.LUTDescriptor)
    count = count % (1 << 16) or 1 << 16  # read as signed, a large count is negative
    if not 8 <= bits <= 16:
        raise ValueError(_FAULTS[0])
    if first >= 1 << 15 and values.min() < 0:
        first -= 1 << 16  # read as unsigned although the values are signed
    table, white = _entries(item.LUTData, count, bits, _little(ds)), (1 << bits) - 1
    if table.max() > white:
        raise ValueError(_FAULTS[2])

    def curve(rows: NDArray[Any]) -> NDArray[np.float64]:
        at = np.clip(np.floor(rows.astype(np.float64) - first), 0, count - 1).astype(np.int64)
        return np.asarray(table[at] / white, dtype=np.float64)

    return curve


def _entries(data: Any, count: int, bits: int, little: bool) -> NDArray[np.int64]:
    """The table's entries: words, or in a table of 8 bits two of them in a word, the first in its low byte."""
    if isinstance(data, bytes):
        words = np.frombuffer(data + bytes(len(data) % 2), "<u2" if little else ">u2").astype("<u2")
    else:
        words = (np.atleast_1d(np.asarray(data, dtype=np.int64)) & 0xFFFF).astype("<u2")
    if len(words) < count and bits == 8:
        words = words.view(np.uint8)
    if len(words) < count:
        raise ValueError(_FAULTS[1])
    return words[:count].astype(np.int64)


def _little(ds: pydicom.Dataset) -> bool:
    syntax = getattr(ds, "file_meta", {}).get("TransferSyntaxUID")
    return syntax is None or syntax.is_little_endian


def _by_window(values: NDArray[Any], ds: pydicom.Dataset, windows: tuple[tuple[float, float], ...],
               padding: NDArray[np.bool_] | None) -> Curve:
    """0 to 1 by the first window, else from the least to the largest value that is no padding (PS3.3 C.11.2)."""
    if not windows:
        low, high = _ends(values, padding)
        return lambda rows: np.clip((rows.astype(np.float64) - low) / max(high - low, 1e-9), 0.0, 1.0)
    (centre, width), function = windows[0], ds.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":
        return lambda rows: 1 / (1 + np.exp(np.clip(-4 * (rows.astype(np.float64) - centre) / width, -50, 50)))
    if function == "LINEAR_EXACT":
        return lambda rows: np.clip((rows.astype(np.float64) - centre) / width + 0.5, 0, 1)
    return lambda rows: in_window(rows, centre, width)


def _ends(values: NDArray[Any], padding: NDArray[np.bool_] | None) -> tuple[float, float]:
    """The least and the largest value, padding aside unless all is padding."""
    seen = values if padding is None or padding.all() else values[~padding]
    return float(seen.min()), float(seen.max())


def presets(ds: pydicom.Dataset) -> tuple[tuple[float, float], ...]:
    """(centre, width) of every window that the file lists (0028,1050; 0028,1051): of 1 or more, where the VOI LUT
    Function is another than LINEAR of more than 0 (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    linear = (ds.get("VOILUTFunction") or "LINEAR") not in _OF_ANY_WIDTH
    try:
        centres, widths = ([decimal(v) for v in text_of(ds.get(name)).split("\\")]
                           for name in ("WindowCenter", "WindowWidth"))
    except ValueError:
        return ()
    return tuple((c, w) for c, w in zip(centres, widths, strict=False)
                 if np.isfinite([c, w]).all() and (w >= 1 if linear else w > 0))
