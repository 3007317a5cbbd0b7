"""Images that are no part of a volume: radiographs, ultrasound frames, pictures. :class:`Picture`, valid once made.

Which edge is the patient's left, and how many millimetres a pixel has, are known or *not assessable*, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STATED = "stated by the user"
"""Reason of a side or spacing that the file is silent about and whoever read it stated."""

AT_ONCE = 1 << 18
"""Pixels that are worked on in double precision at a time."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One two-dimensional image.

    Attributes:
        array: (rows, columns) as stored, after the modality's own table or rescale; or (rows, columns, 3), uint8, RGB.
            Nothing is inverted here: in a MONOCHROME1 image high values are dark. Padding of a CT is -1024 HU.
        shown: (rows, columns), uint8, as it is meant to be seen: the first window or VOI table applied, 255 white.
            Of a colour image its luminance.
        modality: Modality (0008,0060) where it is a defined term, else ``unknown``; ``picture`` for PNG and the like.
        inverted: True where high values of ``array`` are dark (MONOCHROME1, or Presentation LUT Shape INVERSE).
        windows: (centre, width) presets in units of ``array``, as the file lists them.
        spacing_mm: between rows and between columns, or None; ``spacing_reason`` then says why, and
            :data:`STATED` where the file is silent and whoever read it stated it.
        left_edge: the patient's side at column 0, ``right`` in the usual frontal display, or None; ``side_reason``
            says where it is known from (:data:`STATED` as above), or why it is not.
        laterality: ``left``, ``right`` or ``both`` for an image of one of a pair, else None (0020,0062; 0020,0060).
        view: View Position (0018,5101) where it is a defined term, else None.
        frame, frames: which frame of how many this is, from 0.
        padding: (rows, columns), True where a pixel is padding, which is black in ``shown``; None where none is.
        notes: what else a reader must know, a sentence each: padding, a table that is not applied, pictures of the
            file that are not read. No value of the header's.

    Raises:
        ValueError: on another shape or where ``shown`` or ``padding`` does not fit ``array``.
    """

    array: NDArray[Any]
    shown: NDArray[np.uint8]
    modality: str
    inverted: bool = False
    windows: tuple[tuple[float, float], ...] = ()
    spacing_mm: tuple[float, float] | None = None
    spacing_reason: str = ""
    left_edge: str | None = None
    side_reason: str = ""
    laterality: str | None = None
    view: str | None = None
    frame: int = 0
    frames: int = 1
    padding: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.array.ndim not in (2, 3) or (self.array.ndim == 3 and self.array.shape[2] != 3) or not self.array.size:
            raise ValueError(f"array must be (rows, columns) or (rows, columns, 3), got {self.array.shape}")
        if self.shown.shape != self.array.shape[:2] or self.shown.dtype != np.uint8:
            raise ValueError(f"shown must be uint8 {self.array.shape[:2]}, got {self.shown.dtype} {self.shown.shape}")
        if self.padding is not None and (self.padding.shape != self.array.shape[:2] or self.padding.dtype != np.bool_):
            raise ValueError(f"padding must be bool {self.array.shape[:2]}, got {self.padding.dtype} "
                             f"{self.padding.shape}")
        if self.spacing_mm is None and not self.spacing_reason or self.left_edge is None and not self.side_reason:
            raise ValueError("what is not known needs a reason")

    @property
    def cardiothoracic_ratio_reason(self) -> str:
        """Why the ratio of heart to chest must not be measured; empty where it may.

        The heart is magnified in an AP view, and a ratio needs no millimetres but needs the view.
        """
        if self.modality not in ("CR", "DX"):
            return f"modality {self.modality} is no radiograph"
        return "" if self.view == "PA" else f"view {self.view or 'not stated'}: only PA is measured"

    def windowed(self, centre: float, width: float) -> NDArray[np.uint8]:
        """Another window, (rows, columns) uint8, linear (PS3.3 C.11.2.1.2.1), inverted where the image is;
        padding is black.

        Raises:
            ValueError: for a width below 1, or a colour image.
        """
        if self.array.ndim == 3:
            raise ValueError("a colour image has no window")
        if not width >= 1:
            raise ValueError(f"a window's width is at least 1, got {width}")
        grey = greys(lambda rows: in_window(rows, centre, width), self.array, self.inverted)
        if self.padding is not None:
            grey[self.padding] = 0
        return grey


def in_window(values: NDArray[Any], centre: float, width: float) -> NDArray[np.float64]:
    """0 to 1 by a linear window (PS3.3 C.11.2.1.2.1)."""
    return np.clip((values.astype(np.float64) - (centre - 0.5)) / max(width - 1.0, 1e-6) + 0.5, 0.0, 1.0)


def greys(curve: Callable[[NDArray[Any]], NDArray[np.float64]], values: NDArray[Any],
          inverted: bool) -> NDArray[np.uint8]:
    """(rows, columns) uint8, 255 for 1, by a curve from values to 0 ... 1, rounded; inverted: 255 for 0.

    Args:
        curve: from some rows of ``values`` to as many of 0 to 1.
    """
    def grey(rows: NDArray[Any]) -> NDArray[np.float64]:
        share = curve(rows)
        return np.rint(255 * (1 - share if inverted else share))

    return by_rows(grey, values, np.uint8)


def by_rows(work: Callable[[NDArray[Any]], NDArray[Any]], values: NDArray[Any], kind: type) -> NDArray[Any]:
    """``work`` of (rows, columns, ...) as (rows, columns) of another kind, some rows at a time.

    Double precision of a large radiograph takes eight times its own room, and every step of a formula that again.
    """
    out: NDArray[Any] = np.empty(values.shape[:2], kind)
    step = max(AT_ONCE // max(values[:1].size, 1), 1)
    for start in range(0, len(values), step):
        out[start:start + step] = work(values[start:start + step])
    return out


def luminance(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(rows, columns) of (rows, columns, 3) by ITU-R BT.601."""
    return by_rows(lambda rows: np.rint(rows @ np.array([0.299, 0.587, 0.114])), colours, np.uint8)
