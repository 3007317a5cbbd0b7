"""TotalSegmentator (Wasserthal et al. 2023, Radiology AI 5:e230024), task ``total``: 117 classes by nnU-Net."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from medomni.errors import MedomniError
from medomni.segment.classes import class_table
from medomni.segment.weights import failed, not_installed, weights_at
from medomni.volume import LPS_TO_RAS, Segmentation, Volume, cut_by_view

VARIABLE = "TOTALSEG_WEIGHTS_PATH"
HOME = "TOTALSEG_HOME_DIR"
INSTALL = "pip install TotalSegmentator"
STEP = ("on a machine with a network: TOTALSEG_WEIGHTS_PATH=FOLDER totalseg_download_weights -t total (1.5 mm) or "
        "-t total_fast (3 mm), and copy FOLDER here")
FULL, FAST = (291, 292, 293, 294, 295), (297,)
QUIET = {"totalseg_id": "medomni", "send_usage_stats": False, "prediction_counter": 0,
         "statistics_disclaimer_shown": True}
"""The package counts its runs on a server unless its own configuration says not to."""


class TotalSegmentatorSegmenter:
    """The package ``TotalSegmentator`` with weights on this machine.

    It runs with a configuration folder of its own that sends no usage statistics, and only where all weights of the
    task are there, since it fetches what it misses. nnU-Net reads its checkpoints with pickle (``torch.load``
    without ``weights_only``): use weights of the publisher alone. It removes outdated weights of its own from the
    folder. All classes are *untested* here.

    Args:
        weights: the folder with the ``Dataset...`` folders; without it ``TOTALSEG_WEIGHTS_PATH``.
        fast: the 3 mm network, which a CPU needs; without it the finest one that is there.
    """

    name = "totalsegmentator"
    version = "1"

    def __init__(self, weights: Path | str | None = None, *, fast: bool | None = None) -> None:
        self.weights, self.fast = weights, fast

    def segment(self, volume: Volume) -> Segmentation:
        """117 classes on the volume's own grid.

        Raises:
            MedomniError: MED-D07 for another modality than CT, MED-S10 where the task's weights are not all there,
                MED-S05 without the package, MED-S13 where it fails, MED-S02 where its labels lie on another grid.
        """
        if volume.study.modality.upper() != "CT":
            raise MedomniError("MED-D07", f"the task reads CT, this is {volume.study.modality}", where=self.name)
        weights = weights_at(self.weights, VARIABLE, STEP, self.name)
        fast = self._mode(weights)
        try:
            import nibabel
            import torch

            with _environment(weights):
                from totalsegmentator.python_api import totalsegmentator
        except ImportError as exc:
            raise not_installed(self.name, INSTALL) from exc
        ras = LPS_TO_RAS @ volume.affine[:, [2, 1, 0, 3]]
        image = nibabel.Nifti1Image(volume.array.transpose(2, 1, 0), ras)
        try:
            with _environment(weights), contextlib.redirect_stdout(io.StringIO()):
                out = totalsegmentator(image, None, ml=True, task="total", fast=fast, quiet=True,
                                       device="gpu" if torch.cuda.is_available() else "cpu")
        except (Exception, SystemExit) as exc:  # it ends the process where it misses a licence
            raise failed(self.name, exc if isinstance(exc, Exception) else RuntimeError()) from exc
        if out.shape != image.shape or not np.allclose(out.affine, ras, atol=1e-3):
            raise MedomniError("MED-S02", f"labels {out.shape}, volume {volume.array.shape}", where=self.name)
        labels = np.ascontiguousarray(np.asarray(out.dataobj).astype(np.uint8).transpose(2, 1, 0))
        table = class_table("totalsegmentator")
        try:
            package = version("TotalSegmentator")
        except PackageNotFoundError:
            package = "unknown"
        return Segmentation(labels, table, volume.affine, f"{self.name}-{'3mm' if fast else '1.5mm'} {package}",
                            cut_by_view(labels, table, volume.affine),
                            untested=frozenset(row.anatomy_id for row in table.values()))

    def _mode(self, weights: Path) -> bool:
        """Whether the 3 mm network is run."""
        def there(tasks: tuple[int, ...]) -> bool:
            return all(any(weights.glob(f"Dataset{n}_*/*/fold_*/checkpoint_final.pth")) for n in tasks)

        if self.fast is not True and there(FULL):
            return False
        if self.fast is not False and there(FAST):
            return True
        raise MedomniError("MED-S10", f"the folder lacks {', '.join(f'Dataset{n}' for n in FULL)} or Dataset297; "
                                      f"{STEP}", where=weights)


@contextlib.contextmanager
def _environment(weights: Path) -> Iterator[None]:
    """The package's folders, and what it sets itself, for the time of a call."""
    names = (VARIABLE, HOME, "nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="medomni-") as home:
        (Path(home) / "config.json").write_text(json.dumps(QUIET))
        os.environ.update({VARIABLE: str(weights), HOME: home, **dict.fromkeys(names[2:], str(weights))})
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
