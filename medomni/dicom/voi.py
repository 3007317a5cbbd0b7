"""Values to the grey that a reader is meant to see: VOI table, window, inversion (PS3.3 C.11.2, C.11.6)."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_voi

from medomni.picture import in_window, luminance


def shown(values: NDArray[Any], ds: pydicom.Dataset, inverted: bool,
          windows: tuple[tuple[float, float], ...]) -> NDArray[np.uint8]:
    """The VOI table, else the first window, else the full range; white is 255."""
    if values.ndim == 3:
        return luminance(values)
    try:
        share = _of_interest(values, ds, windows)
    except Exception:  # a damaged table is left out: the whole range is always a picture
        share = _of_interest(values, pydicom.Dataset(), windows)
    return np.rint(255 * (1 - share if inverted else share)).astype(np.uint8)


def _of_interest(values: NDArray[Any], ds: pydicom.Dataset,
                 windows: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """0 to 1 by the VOI LUT (PS3.3 C.11.2)."""
    if ds.get("VOILUTSequence"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            white = 2 ** int(ds.VOILUTSequence[0].LUTDescriptor[2]) - 1
            return np.asarray(apply_voi(values, ds), dtype=np.float64) / white
    exact = values.astype(np.float64)
    if not windows:
        low, high = exact.min(), exact.max()
        share: NDArray[np.float64] = (exact - low) / max(high - low, 1e-9)
        return share
    (centre, width), function = windows[0], ds.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (exact - centre) / width, -50, 50))))
    if function == "LINEAR_EXACT":
        return np.asarray(np.clip((exact - centre) / width + 0.5, 0, 1))
    return in_window(exact, centre, width)


def presets(ds: pydicom.Dataset) -> tuple[tuple[float, float], ...]:
    """(centre, width) of every window that the file lists (0028,1050; 0028,1051)."""
    try:
        centres, widths = (np.atleast_1d(np.asarray(ds.get(n), dtype=float)) for n in ("WindowCenter", "WindowWidth"))
    except (TypeError, ValueError):
        return ()
    return tuple((float(c), float(w)) for c, w in zip(centres, widths, strict=False) if w >= 1 and np.isfinite(c))
