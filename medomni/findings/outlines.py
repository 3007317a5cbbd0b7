"""The outlines of fluid, free air and airless lung alone, as :func:`medomni.findings.measure` finds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medomni.findings.chest import chest_of
from medomni.findings.consolidation import opacities
from medomni.findings.effusion import effusions
from medomni.findings.floor import diaphragm
from medomni.findings.hit import Hit
from medomni.findings.limits import LEAST_CONFIDENCE
from medomni.findings.onto import on_volume
from medomni.findings.pneumothorax import pneumothoraces
from medomni.volume import Segmentation, Volume

OUTLINED = ("pleural_effusion", "pneumothorax", "consolidation")


def outlines(volume: Volume, segmentation: Segmentation) -> dict[str, NDArray[np.bool_]]:
    """What fills the chest in the place of aerated lung, by the rules of the measuring room.

    Confidence is that before the quality of the images is known, so that a noisy study keeps its outlines.

    Args:
        segmentation: of the built-in rules, on the volume's grid.

    Returns:
        For each of :data:`OUTLINED` a mask of the volume's own shape, empty where there is none or no lung was found.
    """
    if "lung" in segmentation.abstained or not segmentation.mask("lung").any():
        return {name: np.zeros(volume.array.shape, bool) for name in OUTLINED}
    chest = chest_of(volume, segmentation)
    wet, dry = effusions(chest)[0], pneumothoraces(chest)
    fluid, gas = union(chest.hu.shape, wet), union(chest.hu.shape, dry)
    dense = opacities(chest, fluid, gas, diaphragm(chest, fluid))[0]
    hits = [hit for hit in wet + dry + dense if hit.confidence >= LEAST_CONFIDENCE]
    small = np.zeros(chest.hu.shape, np.uint8)
    for value, name in enumerate(OUTLINED, start=1):
        small[union(small.shape, [hit for hit in hits if hit.finding_id == name])] = value
    labels = on_volume(small, chest, volume)
    return {name: labels == value for value, name in enumerate(OUTLINED, start=1)}


def union(shape: tuple[int, ...], hits: list[Hit]) -> NDArray[np.bool_]:
    """All voxels of the hits' masks, of ``shape``."""
    out = np.zeros(shape, bool)
    for hit in hits:
        if hit.mask is not None:
            out |= hit.mask
    return out
