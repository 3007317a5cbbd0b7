"""Labels of an upright array (slices to the head, rows to the back, columns to the left) on the volume's own array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.volume import Volume, axis_alignment


def from_upright(labels: NDArray[Any], volume: Volume) -> NDArray[Any]:
    """The inverse of ``Volume.axial`` for an array of the upright shape; no value changes."""
    order, flips = axis_alignment(volume.affine)
    for axis, flip in enumerate(flips):
        if flip:
            labels = np.flip(labels, axis)
    return np.ascontiguousarray(labels.transpose(np.argsort(order)))
