"""The outermost lung along the chest wall: what a layer of free air one or two voxels thin does to it.

Such a layer shares its voxels with the wall and the lung and is nowhere as empty as air, so that no level in HU finds
it. But healthy lung is hardly ever emptier at the wall than a centimetre deeper, where the same slope of gravity and
the same scanner hold; lung behind free air is denser than its rim, over a wide stretch of the wall. The difference
needs no level of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import parts
from medomni.findings.mean import mean_over

GAS_HU, LUNG_HU = -750.0, -700.0
RIM_PX, RIM_MM = (0.5, 2.3), (3.0, 6.5)
"""From where to where the rim reaches, in pixels from the lung's border and at least this far in millimetres: mixed
voxels of the wall lie outside it, and so does the undershoot of a sharp kernel beside the wall (50 HU, to 3 mm)."""
INNER_PX, INNER_MM, INNER_WIDE_MM = 3.6, 10.0, 14.0
BESIDE_WALL_PX = 2.0
OVER_MM, INNER_OVER_MM = (9.0, 9.0, 9.0), (9.0, 11.0, 11.0)
"""Standard deviations of the means along the wall by axis."""
LEAST_SHARE = 0.05
DIP_HU = 50.0
"""How much emptier the rim is than the lung behind it."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The largest stretch of one lung's rim that is emptier than the lung behind it.

    Attributes:
        mask: its voxels, (slices, rows, columns) bool on the chest's grid. area_cm2: on the wall.
    """

    mask: Mask
    area_cm2: float


def empty_rim(chest: Chest, side: str) -> Layer:
    """The rim of one lung where it lies along the chest wall, not at the mediastinum or the diaphragm."""
    out = np.zeros(chest.hu.shape, bool)
    lung = chest.masks[f"lung/{side}"]
    box = ndimage.find_objects(lung.astype(np.uint8), max_label=1)[0]
    if box is None:
        return Layer(out, 0.0)
    lung, hu, px = lung[box], chest.hu[box], max(chest.spacing[1:])
    near, far = max(RIM_PX[0] * px, RIM_MM[0]), max(RIM_PX[1] * px, RIM_MM[1])
    begin = max(INNER_PX * px, INNER_MM)
    within = np.stack([ndimage.distance_transform_edt(np.pad(plane, 1), sampling=chest.spacing[1:])[1:-1, 1:-1]
                       for plane in lung])
    wall = lung & (chest.depth[box] < within + BESIDE_WALL_PX * px)
    rim = wall & (within > near) & (within < far) & (hu < GAS_HU)
    inner = wall & (within > begin) & (within < begin + INNER_WIDE_MM) & (hu < LUNG_HU)
    outermost, _ = mean_over(hu, rim, _voxels(chest, OVER_MM), 2.5)
    behind, share = mean_over(hu, inner, _voxels(chest, INNER_OVER_MM), 2.5)
    labels, sizes = parts(rim & (share > LEAST_SHARE) & (behind - outermost > DIP_HU))
    if sizes.any():
        out[box] = labels == int(sizes.argmax())
    return Layer(out, chest.ml(out) * 10.0 / (far - near))


def _voxels(chest: Chest, mm: tuple[float, float, float]) -> tuple[float, ...]:
    return tuple(m / s for m, s in zip(mm, chest.spacing, strict=True))
