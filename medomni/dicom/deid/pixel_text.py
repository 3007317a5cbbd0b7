"""Text burnt into pixels: boxes around it, in any image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.errors import MedomniError

Box = tuple[int, int, int, int]
"""Top, left, bottom, right in pixels; bottom and right are outside."""


def text_boxes(frame: NDArray[np.uint8]) -> list[Box]:
    """Boxes of text in a grey picture, (rows, columns) uint8; they may overlap.

    Raises:
        MedomniError: MED-P06 without a detector.
    """
    found, _ = detector()(np.repeat(frame[:, :, None], 3, axis=2))
    boxes = []
    for corners in [] if found is None else found:
        x, y = np.asarray(corners)[:, 0], np.asarray(corners)[:, 1]
        boxes.append((int(y.min()), int(x.min()), int(np.ceil(y.max())), int(np.ceil(x.max()))))
    return boxes


@cache
def detector() -> Any:
    """The detector of text lines of RapidOCR, whose wheel carries its weights."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as exc:
        raise MedomniError("MED-P06", "pip install 'medomni[deid]'") from exc
    return RapidOCR().text_det


def views(values: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
    """A frame of stored values as grey pictures: its usual window, and its whole range where that is much wider."""
    grey = values.astype(np.float32)
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    low, high = np.percentile(grey, (0.5, 99.5))
    least, most = float(grey.min()), float(grey.max())
    yield _scaled(grey, float(low), float(high))
    if most - least > 1.5 * (high - low):
        yield _scaled(grey, least, most)


def _scaled(grey: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    return (np.clip((grey - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)
