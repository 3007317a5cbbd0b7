"""Labels of the measuring grid on the volume that it was taken from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.findings.chest import Chest
from medomni.volume import Volume, from_upright


def on_volume(small: NDArray[Any], chest: Chest, volume: Volume) -> NDArray[Any]:
    """Labels of the chest's grid on the volume: :func:`on_axial`, then :func:`medomni.volume.from_upright`."""
    return from_upright(on_axial(small, chest), volume)


def on_axial(small: NDArray[Any], chest: Chest) -> NDArray[Any]:
    """Labels of the chest's grid, each repeated over the voxels that its own was a mean of, 0 outside.

    Args:
        small: of the shape of ``chest.hu``.

    Returns:
        Of the axial volume's shape, of the type of ``small``.
    """
    for axis, step in enumerate(chest.steps):
        small = np.repeat(small, step, axis=axis)
    full = np.zeros(chest.shape, small.dtype)
    ends = [min(o + n, f) for o, n, f in zip(chest.origin, small.shape, chest.shape, strict=True)]
    place = tuple(slice(o, e) for o, e in zip(chest.origin, ends, strict=True))
    full[place] = small[tuple(slice(0, p.stop - p.start) for p in place)]
    return full
