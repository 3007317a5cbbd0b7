"""Where liver and heart lie: as in most people, or mirrored (*situs inversus*, about one in 10,000).

The rules name organs by the side that they usually lie on. Where the heart or the liver found are not as usual,
the labels are drawn a second time on a mirrored grid, and that is taken where it shows both as usual. A heart that was
pushed aside and a liver under much fluid are seen on their own sides and stay as they were. The sides of lungs and
findings are the affine's in both cases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medomni.segment.grid import Grid
from medomni.segment.labels import EXCHANGED, VALUE

USUAL_MM, HEART_ML, LIVER_ML = (0.0, 45.0), 1500.0, 600.0
"""How far to the left of the spine the middle of a heart lies that was told from the liver, and the sizes of both (of
the liver what is seen of it in a chest); 66 synthetic patients and two real ones."""
MUCH_MORE_LIVER, MORE_LIVER, AS_MUCH_LIVER, RIGHT_MM = 5.0, 1.5, 0.9, -8.0


@dataclass(frozen=True)
class Situs:
    """What labels say of it: the heart's millimetres to the left of the spine (None unseen), heart and liver in ml."""

    heart_mm: float | None
    heart_ml: float
    liver_ml: float

    @property
    def heart_is_usual(self) -> bool:
        """Whether the heart lies and measures as most do."""
        return self.heart_mm is not None and USUAL_MM[0] < self.heart_mm < USUAL_MM[1] and self.heart_ml < HEART_ML

    @property
    def is_usual(self) -> bool:
        """Whether the liver is seen too."""
        return self.heart_is_usual and self.liver_ml > LIVER_ML


def situs_of(grid: Grid, labels: NDArray[np.uint8]) -> Situs:
    """Place and size of the heart and size of the liver in labels of the built-in segmenter."""
    columns = np.arange(labels.shape[2])
    heart = (labels == VALUE["heart", "midline"]).sum(axis=(0, 1))
    spine = (labels == VALUE["spine", "midline"]).sum(axis=(0, 1))
    off = None
    if heart.any() and spine.any():
        off = float((columns * heart).sum() / heart.sum() - (columns * spine).sum() / spine.sum()) * grid.spacing[2]
    return Situs(off, float(heart.sum()) * grid.voxel_ml, grid.ml(labels == VALUE["liver", "right"]))


def is_inverted(usual: Situs, mirrored_: Situs) -> bool:
    """Whether organs are mirrored, by what the labels of the grid and those of the mirrored grid say."""
    if not mirrored_.heart_is_usual or not mirrored_.liver_ml:
        return False
    if usual.heart_is_usual:  # a liver taken for heart makes one of its size
        return mirrored_.liver_ml > max(LIVER_ML, MUCH_MORE_LIVER * usual.liver_ml)
    more = mirrored_.liver_ml > MORE_LIVER * usual.liver_ml
    heart = usual.heart_mm is not None and usual.heart_mm < RIGHT_MM
    return more or heart and mirrored_.liver_ml > AS_MUCH_LIVER * usual.liver_ml


def mirrored(grid: Grid) -> Grid:
    """The grid with left and right exchanged."""
    return replace(grid, hu=np.ascontiguousarray(grid.hu[:, :, ::-1]))


def brought_back(labels: NDArray[np.uint8], truncated: frozenset[int]) -> tuple[NDArray[np.uint8], frozenset[int]]:
    """Labels of the mirrored grid on the grid itself, paired organs on the patient's own sides."""
    to = np.arange(256, dtype=np.uint8)
    for value, other in EXCHANGED.items():
        to[value] = other
    return to[labels[:, :, ::-1]], frozenset(int(to[v]) for v in truncated)
