"""The side of a paired organ whose mask does not say it, where the affine leaves no doubt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.volume import Volume

PAIRED = ("lung", "kidney", "adrenal_gland", "breast", "femur", "humerus", "scapula", "clavicle", "hip_bone")
SHARE = 0.15  # of the whole, for a component to be one of the two organs
EDGE = 2.0  # per cent of a component's voxels left out at each end of its extent


def sides_of(mask: NDArray[np.bool_], volume: Volume) -> NDArray[np.uint8] | None:
    """1 where a paired organ lies on the right, 2 where on the left, 0 where the side is open.

    Unambiguous are exactly two large components that lie beside each other without overlap along the patient's
    left-right axis (LPS x of the affine); smaller ones count to a side where they lie wholly on it. A single
    component, or two above each other, gives None: its side is not stated by anything.
    """
    labels, n = ndimage.label(mask)
    if n < 2:
        return None
    sizes = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    large = np.flatnonzero(sizes >= SHARE * sizes.sum()) + 1
    if len(large) != 2:
        return None
    spans = {int(k): _extent(labels == k, volume, EDGE) for k in large}
    right, left = sorted(spans, key=lambda k: spans[k][0] + spans[k][1])
    if spans[right][1] >= spans[left][0]:
        return None
    middle = (spans[right][1] + spans[left][0]) / 2
    out = np.zeros(mask.shape, np.uint8)
    for k in range(1, n + 1):
        low, high = spans.get(k) or _extent(labels == k, volume, 0.0)
        if high < middle or k == right:
            out[labels == k] = 1
        elif low > middle or k == left:
            out[labels == k] = 2
    return out


def _extent(part: NDArray[Any], volume: Volume, edge: float) -> tuple[float, float]:
    """Extent along LPS x in millimetres, without ``edge`` per cent of the voxels at each end."""
    x = np.argwhere(part) @ volume.affine[0, :3] + volume.affine[0, 3]
    low, high = np.percentile(x, [edge, 100.0 - edge])
    return float(low), float(high)
