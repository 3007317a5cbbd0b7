"""Which lobe a finding lies in: from traced lobes where there are some, else from its place in the lung alone.

Where fissures are not traced (at 5 mm slices they are a blur) the place is an estimate, and the checker says "about".
The oblique fissure is taken as a plane that falls from the upper back to the lower front of the lung, the horizontal
fissure as a level; within 12 mm of either plane the answer is None. The proportions are this project's own, drawn
from anatomy atlases.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medomni.findings.chest import Chest
from medomni.volume import Segmentation

DOUBT_MM = 12.0


def lobe_of(chest: Chest, index: tuple[float, float, float], side: str) -> str | None:
    """``upper_lobe``, ``middle_lobe`` or ``lower_lobe`` of a (slice, row, column) index, None where it is in doubt."""
    lung = chest.masks[f"lung/{side}"] | chest.masks[f"hemithorax/{side}"]
    slices = np.flatnonzero(chest.masks[f"lung/{side}"].any(axis=(1, 2)))
    rows = np.flatnonzero(lung.any(axis=(0, 2)))
    if chest.situs_inversus or not slices.size or not rows.size:
        return None
    top = slices[-1] * chest.spacing[0]
    depth = (rows[-1] - rows[0]) * chest.spacing[1]
    height = 200.0 if (slices[-1] - slices[0]) * chest.spacing[0] > 200 else (slices[-1] - slices[0]) * chest.spacing[0]
    z = index[0] * chest.spacing[0] - top  # below the apex: negative
    y = (index[1] - rows[0]) * chest.spacing[1] / max(depth, 1.0)  # 0 front, 1 back
    slope = depth * 1.02
    oblique = (z - (-0.40 * height + slope * (y - 0.86))) * 0.7  # negative in the lower lobe
    if abs(oblique) < DOUBT_MM:
        return None
    if oblique < 0:
        return "lower_lobe"
    if side == "left":
        return "upper_lobe"
    level = z + 0.68 * height
    return None if abs(level) < DOUBT_MM else "middle_lobe" if level < 0 else "upper_lobe"


def lobe_at(lobes: Segmentation, mask: NDArray[np.bool_], side: str) -> str | None:
    """The lobe that holds most of a mask on a side, None where fewer than half of its voxels lie in a known lobe."""
    if not mask.any():
        return None
    inside = np.bincount(lobes.labels[mask].ravel(), minlength=max(lobes.table) + 1)
    known = {v: int(inside[v]) for v, row in lobes.table.items() if row.side == side}
    best = max(known, key=lambda v: known[v])
    return lobes.table[best].anatomy_id if known[best] > 0.5 * mask.sum() else None
