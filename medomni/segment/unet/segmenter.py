"""The segmenter ``unet``: the project's own network on weights that ``medomni segment train`` made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.errors import MedomniError
from medomni.segment.builtin import BuiltinChestSegmenter
from medomni.segment.unet.classes import TABLE
from medomni.segment.unet.coarse import Plan, channels, coarse_hu, scores_of, upright_labels
from medomni.segment.unet.given import FINE_PRIOR, Outlines, chest_place, coarse_shares, given_labels
from medomni.segment.unet.network import INSTALL, load_network
from medomni.segment.weights import failed, not_installed
from medomni.volume import UNMAPPED, Segmentation, Volume, cut_by_view, from_upright


class UNetSegmenter:
    """A small three-dimensional U-Net that has seen synthetic chests only.

    Its card says what it was given: nothing, or the outlines of the built-in rules, which it then corrects (a cascade).
    All classes are *untested*: on real patients none was measured, so nothing is called absent by them. It always
    answers where a chest is expected; whether there is one is told by the rules that complete its labels.

    Args:
        weights: the folder that ``medomni segment train`` wrote; without it what ``MEDOMNI_UNET_WEIGHTS`` names.
        device: ``cpu`` or ``cuda``; without it a GPU where there is one.
        outlines: outlines the findings for weights whose card says ``rules+findings``
            (:func:`medomni.findings.outlines.outlines`; the pipeline hands it in).
    """

    name = "unet"
    version = "1"

    def __init__(self, weights: Path | str | None = None, device: str | None = None,
                 outlines: Outlines | None = None) -> None:
        self.weights = weights
        self.device = device
        self.outlines = outlines

    def segment(self, volume: Volume) -> Segmentation:
        """Lungs by side, airway, heart, aorta, liver, spleen and three findings on the volume's own grid.

        Raises:
            MedomniError: MED-D07 for another modality than CT, MED-S04 for an empty volume, MED-S10 without weights,
                MED-S05 without MONAI, MED-S13 where weights and card do not belong together, or where the findings'
                outlines that the weights correct are not handed in.
        """
        if volume.study.modality.upper() != "CT":
            raise MedomniError("MED-D07", f"the network reads CT, this is {volume.study.modality}", where=self.name)
        sample = volume.array[:: max(1, volume.array.shape[0] // 16)]
        if float(sample.max()) - float(sample.min()) < 50:
            raise MedomniError("MED-S04", "all voxels are nearly equal", where="segment")
        try:
            import torch
        except ImportError as exc:
            raise not_installed(self.name, INSTALL) from exc
        device = torch.device(self.device or ("cuda" if torch.cuda.is_available() else "cpu"))
        network, plan, card = load_network(self.weights, device)
        if plan.given == "rules+findings" and self.outlines is None:
            raise MedomniError("MED-S13", "these weights correct outlines of findings and none are handed in: "
                               "UNetSegmenter(outlines=medomni.findings.outlines.outlines)", where=self.name)
        given = None if plan.given == "none" else given_labels(
            volume, self.outlines if plan.given == "rules+findings" else None)
        try:
            labels = _labelled(network, volume, plan, device, given)
        except Exception as exc:
            raise failed(self.name, exc) from exc
        base = "" if given is None else f" on {BuiltinChestSegmenter.name} {BuiltinChestSegmenter.version}"
        found = from_upright(labels, volume)
        return Segmentation(found, TABLE, volume.affine, f"{self.name}-{card['sha256'][:12]} {self.version}{base}",
                            cut_by_view(found, TABLE, volume.affine),
                            untested=frozenset(row.anatomy_id for row in TABLE.values()) - {UNMAPPED})


def _labelled(network: Any, volume: Volume, plan: Plan, device: Any, given: NDArray[np.uint8] | None
              ) -> NDArray[np.uint8]:
    """Upright labels of the network's channels; where nothing was outlined near, what was given stays."""
    shape: Any = volume.axial().array.shape
    hu = coarse_hu(volume, plan)
    if given is None:
        return upright_labels(scores_of(network, channels(hu, plan), plan, device), shape)
    shares = coarse_shares(given, volume.axial().spacing_mm, plan)
    place = chest_place(shares, plan)
    part = scores_of(network, channels(hu[place], plan, shares[(slice(None), *place)]), plan, device)
    scores = part.new_zeros((len(part), *hu.shape))
    scores[(slice(None), *place)] = part
    return upright_labels(scores, shape, given, FINE_PRIOR)
