"""Three Hounsfield windows as the three channels of an image; the set is part of every checkpoint's card."""

from __future__ import annotations

import torch
from torch import Tensor

WINDOWS: tuple[tuple[str, float, float], ...] = (
    ("lung", -1000.0, -500.0),
    ("soft tissue", -100.0, 150.0),
    ("wide", -1000.0, 500.0),
)
"""Name, lower and upper Hounsfield unit of each channel. The lung window is narrow: free air and aerated lung differ
by some 140 HU only, which a window of 1,200 HU would show as a tenth of its range."""


def windowed(hu: Tensor) -> Tensor:
    """(slices, height, width) Hounsfield units to (slices, 3, height, width) float32 in [-1, 1]."""
    hu = hu.float()
    channels = [((hu - low) / (high - low)).clamp(0, 1) * 2 - 1 for _, low, high in WINDOWS]
    return torch.stack(channels, dim=1)
