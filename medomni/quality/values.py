"""Are the values Hounsfield units at all? Air at -1000, fat near -100, soft tissue near 50, and nothing cut off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medomni.quality.view import View

DARKEST_HU = -900.0
"""Air in or around a patient is darker; a volume without any such value was clipped, shifted or is no CT."""
BRIGHTEST_HU = 400.0
"""Bone is denser; a volume that ends below, with many voxels at its end, was clipped."""
MIDDLE_HU = (-160.0, 160.0)
"""Fat and soft tissue, with contrast or without: the commonest value of a trunk lies here."""
CLIPPED_SHARE = 0.0005


@dataclass(frozen=True)
class Values:
    """What the histogram tells.

    Attributes:
        darkest: the 0.1th percentile (HU). brightest: the largest value (HU).
        at_ends: share of all voxels that have the smallest value where that is no air, or the largest where that is no
            bone: what a window cut off.
        commonest: the commonest value of the trunk's tissue (HU), None where there is no trunk.
    """

    darkest: float
    brightest: float
    at_ends: float
    commonest: float | None


def values_of(view: View) -> Values:
    """The histogram of a volume, of at most some ten million of its voxels."""
    raw = view.raw[:, :: max(1, view.raw.shape[1] // 256), :: max(1, view.raw.shape[2] // 256)]
    low, high = float(raw.min()), float(raw.max())
    darkest = float(np.percentile(raw, 0.1))
    ends = 0.0
    if low > DARKEST_HU:
        ends += float(np.mean(raw <= low))
    if high < BRIGHTEST_HU and (at := float(np.mean(raw >= high))) > CLIPPED_SHARE:
        ends += at
    tissue = view.hu[view.body & (view.hu > -500)]
    if tissue.size < 1000:  # no trunk was found: the middle of whatever is there
        tissue = view.hu[view.hu > -500]
    return Values(darkest, high, ends, _mode(tissue, 10.0))


def _mode(values: np.ndarray, width: float) -> float | None:
    """The commonest value, by a histogram of bins of ``width`` smoothed over three."""
    if values.size < 1000:
        return None
    first = np.floor(float(values.min()) / width)
    counts = np.bincount((np.floor(values / width) - first).astype(np.int64))
    smooth = np.convolve(counts, [1, 1, 1], mode="same")
    return float((first + int(smooth.argmax()) + 0.5) * width)
