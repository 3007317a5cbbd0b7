"""What tells a pool of pleural fluid from the mixtures of the mediastinum and the abdomen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from medomni.findings.chest import Chest, Mask


@dataclass(frozen=True, eq=False)
class Fluid:
    """Pleural fluid of one side on the chest's grid.

    Attributes:
        core: what measures as fluid. mask: the core with its mixed borders.
        strongest: :func:`features` of the largest part that lies along the ribs.
        pools: of the mask, what lies over the diaphragm; None where that is not told apart.
    """

    core: Mask
    mask: Mask
    strongest: dict[str, float]
    pools: Mask | None = None


def features(chest: Chest, part: Mask, box: tuple[slice, ...], side: str, wall_mm: float) -> dict[str, float]:
    """Place, contact, density and thickness of a part.

    Args:
        part: the part within ``box`` of the chest's grid. wall_mm: how deep inside the ribs counts as beside the wall.

    Returns:
        ``ml``; ``hu`` median; ``wall`` share beside the wall; ``deep`` mm inside the ribs (90th percentile); ``lung``
        share of the surroundings (5 mm) that is lung; ``x`` mm from the midline; ``above`` share above the diaphragm's
        first sight; ``sd`` local HU spread; ``tall`` mm from its lowest to its highest slice.
    """
    depth = chest.depth[box][part]
    z = np.nonzero(part)[0] + box[0].start
    around = tuple(slice(max(0, b.start - 4), b.stop + 4) for b in box)
    wide = np.zeros(tuple(min(a.stop, n) - a.start for a, n in zip(around, chest.hu.shape, strict=True)), bool)
    at = tuple(slice(b.start - a.start, b.stop - a.start) for a, b in zip(around, box, strict=True))
    wide[at] = part
    halo = ndimage.binary_dilation(wide, iterations=chest.px(5.0)) & ~wide
    lung = chest.masks[f"lung/{side}"][around]
    x = np.abs(np.broadcast_to(chest.x, chest.hu.shape)[box][part])
    floor = np.broadcast_to(chest.floor[None], chest.hu.shape)[box][part]
    return {
        "ml": float(part.sum() * chest.voxel_ml), "hu": float(np.median(chest.hu[box][part])),
        "wall": float((depth < wall_mm).mean()), "deep": float(np.percentile(depth, 90)),
        "lung": float((halo & lung).sum() / max(1, halo.sum())), "x": float(np.median(x)),
        "above": float((z > floor).mean()), "sd": float(np.median(chest.local_sd[box][part])),
        "tall": float((z.max() - z.min() + 1) * chest.spacing[0]),
    }
