"""Text burnt into pixels: boxes around it, in any image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medomni.errors import MedomniError

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels; bottom and right are outside."""


ENLARGED = 2
"""Small letters are found better at twice their size. Lines found on the synthetic pictures of seeds 100 to 105: 0.996
so, 0.988 at their own size, 0.82 by a morphological detector, and on the first two seeds 0.59 by tesseract 5.3."""
TILE, OVERLAP = 768, 128
GROWN_HIGH, GROWN_WIDE = 0.12, 0.6


COLOURED = 0.06
"""Part of the whole range by which a pixel's colour must differ from the picture's tint: letters below it are as good
as invisible, and noise of lossy compression stays below it.
"""
TALL = 64
READABLE = 0.5
"""Of 156 boxes around text on seeds 100 to 103 none was read with a score below 0.79; of 22 false boxes on anatomy in
real slices, which would spoil a derived CT, one was read with more than 0.5, as one letter."""


def text_boxes(frame: NDArray[np.uint8], *, readable: bool = False) -> list[Box]:
    """Boxes of text in a grey picture, (rows, columns) uint8, a little larger than the text; they may overlap.

    Args:
        readable: only boxes in which something can be read (Latin letters, digits, Chinese), so that anatomy is not
            taken for text; boxes of more than :data:`TALL` rows must be readable in any case.

    Raises:
        MedomniError: MED-P06 without a detector.
    """
    find = detector().text_det
    rows, columns = frame.shape
    boxes = []
    for top in _starts(rows):
        for left in _starts(columns):
            tile = np.ascontiguousarray(frame[top:top + TILE, left:left + TILE])
            large = np.asarray(Image.fromarray(tile).resize(
                (tile.shape[1] * ENLARGED, tile.shape[0] * ENLARGED), Image.Resampling.BICUBIC))
            found, _ = find(np.repeat(large[:, :, None], 3, axis=2))
            for corners in [] if found is None else found:
                boxes.append(_grown(np.asarray(corners) / ENLARGED, top, left, rows, columns))
    return [b for b in boxes if not (readable or b[2] - b[0] > TALL) or _is_readable(frame, b)]


def _is_readable(frame: NDArray[np.uint8], box: Box) -> bool:
    top, left, bottom, right = box
    crop = frame[top:bottom, left:right]
    ways = [crop] if crop.shape[0] <= 1.5 * crop.shape[1] else [np.rot90(crop), np.rot90(crop, 3)]
    return any(text.strip() and score >= READABLE for text, score in map(read_line, ways))


def read_line(crop: NDArray[np.uint8]) -> tuple[str, float]:
    """What is read in a grey picture of one line, (rows, columns), and how sure, 0 to 1."""
    ((text, score),), _ = detector().text_rec([np.ascontiguousarray(np.repeat(crop[:, :, None], 3, axis=2))])
    return str(text), float(score)


def _starts(length: int) -> list[int]:
    """Where tiles begin, so that a line of text at the edge of one lies within another."""
    return [0] if length <= TILE else [*range(0, length - TILE, TILE - OVERLAP), length - TILE]


def _grown(corners: NDArray[np.float64], top: int, left: int, rows: int, columns: int) -> Box:
    """A box around four corners (x, y), grown by parts of its height: the detector cuts a line's ends on texture."""
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    high, wide = GROWN_HIGH * (y1 - y0) + 1, GROWN_WIDE * (y1 - y0) + 1
    return (max(int(top + y0 - high), 0), max(int(left + x0 - wide), 0), min(int(np.ceil(top + y1 + high)), rows),
            min(int(np.ceil(left + x1 + wide)), columns))


@cache
def detector() -> Any:
    """RapidOCR's finder and reader of lines of text; its wheel carries their weights."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as exc:
        raise MedomniError("MED-P06", "pip install 'medomni[deid]'") from exc
    return RapidOCR()


def views(values: NDArray[Any], *, luminance_first: bool = False) -> Iterator[NDArray[np.uint8]]:
    """A frame of stored values as grey pictures, so that text of any colour stands out in one of them.

    Of its brightness, and of what its colours add to that, the usual window, and the whole range where that is much
    wider: green letters on grey speckle of their own brightness are seen in the colours alone.

    Args:
        values: (rows, columns), or (rows, columns, 3) of red, green and blue.
        luminance_first: the three are Y, Cb and Cr.
    """
    for plane in _planes(values.astype(np.float32), luminance_first):
        low, high = np.percentile(plane, (0.5, 99.5))
        least, most = float(plane.min()), float(plane.max())
        yield _scaled(plane, float(low), float(high))
        if most - least > 1.5 * (high - low):
            yield _scaled(plane, least, most)


def _planes(values: NDArray[np.float32], luminance_first: bool) -> Iterator[NDArray[np.float32]]:
    """Brightness, and two differences of colour where they are more than one tint of the whole picture."""
    if values.ndim == 2:
        yield values
        return
    first, second, third = np.moveaxis(values, 2, 0)
    grey = first if luminance_first else values.mean(axis=2)
    yield grey
    flat = grey - grey.mean()
    for colour in (second, third) if luminance_first else (first - second, third - second):
        slope = float((flat * colour).mean() / max(float((flat * flat).mean()), 1e-6))
        rest = colour - colour.mean() - slope * flat
        if np.abs(rest).max() > COLOURED * max(float(values.max()), 1.0):
            yield rest


def _scaled(grey: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    return (np.clip((grey - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)
