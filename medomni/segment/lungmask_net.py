"""lungmask (Hofmanninger et al. 2020, European Radiology Experimental 4:50): lungs or lobes by a 2-D U-Net."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from medomni.errors import MedomniError
from medomni.segment.classes import LUNGMASK_LOBES, LUNGMASK_SIDES
from medomni.segment.weights import failed, not_installed, weights_at
from medomni.volume import Label, Segmentation, Volume, cut_by_view, from_upright

VARIABLE = "MEDOMNI_LUNGMASK_WEIGHTS"
INSTALL = "pip install lungmask"
STEP = ("download https://github.com/JoHof/lungmask/releases/download/v0.0/unet_r231-d5d2fc3d.pth (lungs) or "
        "unet_ltrclobes-3a07043d.pth (lobes) of the same release")
TABLES: dict[int, dict[int, Label]] = {3: LUNGMASK_SIDES, 6: LUNGMASK_LOBES}
"""Number of the network's classes, background counted, to its label table."""


class LungmaskSegmenter:
    """The package ``lungmask`` with weights on this machine.

    The number of classes tells lungs (3: R231, R231CovidWeb) from lobes (6: LTRCLobes). All classes are *untested*
    here. lungmask reads its weights with ``torch.load``, in current versions of torch restricted to tensors.

    Args:
        weights: the ``.pth`` file; without it the one that ``MEDOMNI_LUNGMASK_WEIGHTS`` names.
    """

    name = "lungmask"
    version = "1"

    def __init__(self, weights: Path | str | None = None) -> None:
        self.weights = weights

    def segment(self, volume: Volume) -> Segmentation:
        """Lungs or lobes on the volume's own grid.

        Raises:
            MedomniError: MED-D07 for another modality than CT, MED-S10 without weights, MED-S05 without the package,
                MED-S13 where it fails, or has another number of classes.
        """
        if volume.study.modality.upper() != "CT":
            raise MedomniError("MED-D07", f"lungmask reads CT, this is {volume.study.modality}", where=self.name)
        weights = weights_at(self.weights, VARIABLE, STEP, self.name)
        try:
            from lungmask import LMInferer
        except ImportError as exc:
            raise not_installed(self.name, INSTALL) from exc
        upright = np.clip(np.rint(volume.axial().array), -1024, 3071).astype(np.int16)
        try:
            inferer = LMInferer(modelpath=str(weights), tqdm_disable=True)
            classes = len(list(inferer.model.state_dict().values())[-1])  # as the package itself counts them
            found = inferer.apply(upright)  # an array is taken as upright slices, as after its own turn to LPS
        except Exception as exc:
            raise failed(self.name, exc) from exc
        if classes not in TABLES or found.shape != upright.shape:
            raise MedomniError("MED-S13", f"{classes} classes, labels {found.shape} for {upright.shape}",
                               where=self.name)
        table = TABLES[classes]
        try:
            package = version("lungmask")
        except PackageNotFoundError:
            package = "unknown"
        untested = frozenset(row.anatomy_id for row in table.values())
        labels = from_upright(found.astype(np.uint8), volume)
        return Segmentation(labels, table, volume.affine, f"{self.name}-{weights.stem} {package}",
                            cut_by_view(labels, table, volume.affine), untested=untested)
