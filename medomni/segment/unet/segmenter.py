"""The segmenter ``unet``: the project's own network on weights that ``medomni segment train`` made."""

from __future__ import annotations

from pathlib import Path

from medomni.errors import MedomniError
from medomni.segment.unet.classes import TABLE
from medomni.segment.unet.coarse import coarse_hu, scores_of, upright_labels
from medomni.segment.unet.network import INSTALL, load_network
from medomni.segment.upright import from_upright
from medomni.segment.weights import failed, not_installed
from medomni.volume import UNMAPPED, Segmentation, Volume


class UNetSegmenter:
    """A small three-dimensional U-Net that has seen synthetic chests only.

    All classes are *untested*: on real patients none was measured, so nothing is called absent by them. It always
    answers where a chest is expected; whether there is one is told by the rules that complete its labels.

    Args:
        weights: the folder that ``medomni segment train`` wrote; without it what ``MEDOMNI_UNET_WEIGHTS`` names.
        device: ``cpu`` or ``cuda``; without it a GPU where there is one.
    """

    name = "unet"
    version = "1"

    def __init__(self, weights: Path | str | None = None, device: str | None = None) -> None:
        self.weights = weights
        self.device = device

    def segment(self, volume: Volume) -> Segmentation:
        """Lungs by side, airway, heart, aorta, liver, spleen and three findings on the volume's own grid.

        Raises:
            MedomniError: MED-D07 for another modality than CT, MED-S04 for an empty volume, MED-S10 without weights,
                MED-S05 without MONAI, MED-S13 where weights and card do not belong together.
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
        try:
            scores = scores_of(network, coarse_hu(volume, plan), plan, device)
            labels = upright_labels(scores, volume.axial().array.shape)  # type: ignore[arg-type]
        except Exception as exc:
            raise failed(self.name, exc) from exc
        return Segmentation(from_upright(labels, volume), TABLE, volume.affine,
                            f"{self.name}-{card['sha256'][:12]} {self.version}",
                            untested=frozenset(row.anatomy_id for row in TABLE.values()) - {UNMAPPED})
