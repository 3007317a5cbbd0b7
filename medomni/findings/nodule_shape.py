"""The outline of one nodule in its cube, and the features that tell it from a vessel.

The outline ends half-way between the lesion's density and the lung's (full width at half maximum). What it leaves by
thinner necks, such as vessels and the pleura's folds, is taken off by an opening with a share of its inscribed radius
(Kostis et al. 2003, IEEE TMI 22:1259; Reeves et al. 2006, IEEE TMI 25:435).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Mask
from medomni.findings.nodule_box import Box

CORE_MM, SEEK_MM = 1.8, 4.0
OPENED = 0.62
"""Share of the inscribed radius that the opening takes: thinner necks fall off, lobes stay."""
RIM_MM = 0.4
"""What the opening rounds off on each side of a lobulated outline, measured on phantoms."""
REACH = 2.6
"""How many inscribed radii a nodule may reach from its centre: an ellipsoid of 1 to 2.6."""
WALL_MM = 1.5
"""Mixed voxels of lung and chest wall inside the ribs, which would join a nodule to everything along the wall."""
LUNG_HU = -850.0


@dataclass(frozen=True, eq=False)
class Shape:
    """One lesion in its cube.

    Attributes:
        mask: the outline, of the cube's shape. radius_mm: of the inscribed sphere.
        features: by name, see :func:`shape_of`.
    """

    mask: Mask
    radius_mm: float
    features: dict[str, float]


def shape_of(box: Box) -> Shape | None:
    """Outline and features of what lies at the centre of a cube; None where nothing denser than lung is there.

    Features: ``top`` and ``lung_hu`` in HU; ``radius``, ``size`` (of a sphere of that volume) in mm; ``long``, ``flat``
    (ratios of the axes of inertia); ``arms`` (share of the surface that goes on as a neck), ``thick`` (the thickest of
    what was taken off in inscribed radii), ``left`` (log of the volume before over after), ``around`` (share of what
    surrounds it that is as dense), ``air`` (share that is lung), ``steep`` (edge's gradient by contrast, 1/mm),
    ``mean`` HU within.
    """
    off_wall = ndimage.distance_transform_edt(np.pad(box.inside, 1, mode="edge"))[1:-1, 1:-1, 1:-1] * box.iso
    value = np.where(box.inside & (box.lung | (off_wall > WALL_MM)), box.hu, np.minimum(box.hu, LUNG_HU))
    n = value.shape[0] // 2
    top = float(np.median(value[box.radius <= CORE_MM]))
    air = value[(value < -600) & box.lung]
    lung = float(np.median(air)) if air.size > 100 else LUNG_HU
    if top < lung + 60:
        return None
    labels, _ = ndimage.label(value > (top + lung) / 2)
    seed = labels[n, n, n]
    if not seed:
        near = (box.radius <= 2.5) & (labels > 0)
        if not near.any():
            return None
        seed = labels[near][int(box.radius[near].argmin())]
    whole = labels == seed
    inner = ndimage.distance_transform_edt(np.pad(whole, 1))[1:-1, 1:-1, 1:-1] * box.iso
    deep = np.where(box.radius <= SEEK_MM, inner, 0.0)
    centre = np.unravel_index(int(deep.argmax()), deep.shape)
    radius = float(deep[centre])
    away = np.sqrt(sum((np.arange(value.shape[a]).reshape([-1 if b == a else 1 for b in range(3)]) - centre[a]) ** 2
                       for a in range(3))) * box.iso
    parts, _ = ndimage.label((inner > OPENED * radius) & (away < REACH * radius))
    core = parts == parts[centre]
    opened = ndimage.distance_transform_edt(~core) * box.iso
    mask = (opened <= OPENED * radius + RIM_MM) & whole & (away < (REACH + OPENED) * radius)
    return Shape(mask, radius, _features(box, value, whole, mask, inner, top, lung, radius))


def _features(box: Box, value: NDArray[np.float32], whole: Mask, mask: Mask, inner: NDArray[np.float64], top: float,
              lung: float, radius: float) -> dict[str, float]:
    ml = float(mask.sum()) * box.iso**3 / 1000
    points = np.argwhere(mask) * box.iso
    spread = np.cov(points.T) if len(points) > 3 else np.zeros((3, 3))
    axes = np.sqrt(np.sort(np.linalg.eigvalsh(spread + np.eye(3) * box.iso**2 / 12)))
    outside = ndimage.distance_transform_edt(~mask) * box.iso
    shell, ring = (outside > 0.9) & (outside <= 2.5), (outside > 2.5) & (outside <= 5.0)
    off = whole & (outside > 1.5)
    surface = mask & ~ndimage.binary_erosion(mask)
    gradient = np.sqrt(sum(np.square(g) for g in np.gradient(value, box.iso)))
    share = lambda where, of: float(where[of].mean()) if of.any() else 0.0  # noqa: E731
    return {
        "top": top, "lung_hu": lung, "radius": radius, "ml": ml, "size": 2 * (0.2387 * ml * 1000) ** (1 / 3),
        "long": float(axes[2] / axes[0]), "flat": float(axes[2] / axes[1]), "arms": share(whole, shell),
        "thick": float(inner[off].max()) / max(radius, 0.5) if off.any() else 0.0,
        "left": float(np.log((whole.sum() + 1) / (mask.sum() + 1))), "around": share(value > (top + lung) / 2, ring),
        "air": share(box.lung & (value < -500), ring), "steep": float(gradient[surface].mean()) / max(60.0, top - lung),
        "mean": float(value[mask].mean()),
    }
