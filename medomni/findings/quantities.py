"""The quantitative measurements that hold only under stated conditions; each says by code which one is not met."""

from __future__ import annotations

from medomni.findings.calcium import coronary_calcium
from medomni.findings.emphysema import emphysema
from medomni.findings.hit import Hit
from medomni.findings.quantity import Quantity
from medomni.findings.vertebra import vertebrae
from medomni.volume import Segmentation, Volume


def quantities(volume: Volume, segmentation: Segmentation, hits: list[Hit]) -> Quantity:
    """All of them for a CT volume, any axis order; ``hits`` are the findings measured before.

    Args:
        segmentation: in the working table; lungs may be missing (a heart scan shows parts of them).
    """
    return (emphysema(volume, segmentation, hits) + coronary_calcium(volume, segmentation)
            + vertebrae(volume, segmentation))
