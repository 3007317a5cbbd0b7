"""Outlines of labels, in colours that are told apart with any colour vision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PALETTE = np.array(  # Okabe and Ito 2008, told apart with any colour vision; then lighter mixtures
    [(230, 159, 0), (86, 180, 233), (0, 200, 140), (240, 228, 66), (60, 140, 255), (213, 94, 0), (240, 120, 180),
     (170, 255, 195), (255, 190, 120), (200, 170, 255)], np.uint8)


def colour_of(label: int) -> tuple[int, int, int]:
    """RGB in which a label is outlined."""
    r, g, b = PALETTE[(label - 1) % len(PALETTE)]
    return int(r), int(g), int(b)


def outlined(image: Image.Image, labels: NDArray[np.generic]) -> tuple[Image.Image, list[int]]:
    """The picture with each label's inner border coloured, and the labels that are seen."""
    if not labels.any():
        return image, []
    height, width = image.height, image.width
    if labels.shape != (height, width):
        rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(int)
        labels = labels[rows][:, columns]
    edge = np.zeros(labels.shape, bool)
    down, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    edge &= labels != 0
    pixels = np.asarray(image).copy()
    pixels[edge] = PALETTE[(labels[edge].astype(np.int64) - 1) % len(PALETTE)]
    return Image.fromarray(pixels), [int(v) for v in np.unique(labels[edge])]
