"""A MONAI bundle (a folder with network, preprocessing and weights; Cardoso et al. 2022, arXiv:2211.02701)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from medomni.errors import MedomniError
from medomni.segment.channels import channel_table
from medomni.segment.weights import failed, not_installed, weights_at
from medomni.volume import Segmentation, Volume, cut_by_view

VARIABLE = "MEDOMNI_MONAI_BUNDLE"
INSTALL = "pip install 'medomni[segment]'"
STEP = "on a machine with a network: python -m monai.bundle download --name NAME --bundle_dir FOLDER, and copy it here"
CONFIGS = ("inference.json", "inference.yaml", "inference.yml")
FILE_STEPS = ("LoadImage", "EnsureChannelFirst", "SaveImage")
"""Steps of a bundle's preprocessing that read or write files: the volume is in memory already."""


class MonaiBundleSegmenter:
    """A bundle that gives one class per voxel, by its own network, preprocessing and inferer.

    The labels are the greatest of the network's channels, put back onto the volume's grid by their affine (nearest);
    the bundle's own postprocessing, which writes files, is not run. Classes are named by ``channel_def`` of
    ``metadata.json`` and mapped to the graph by name; those without an id stay *unmapped*, all are *untested*.

    **A bundle is code**: MONAI evaluates expressions of its configuration. Use only bundles that you trust.
    ``models/model.safetensors`` is read where it is there, else ``models/model.pt`` by MONAI itself
    (``weights_only``, no pickled objects).

    Args:
        bundle: its folder; without it ``MEDOMNI_MONAI_BUNDLE``.
    """

    name = "monai-bundle"
    version = "1"

    def __init__(self, bundle: Path | str | None = None) -> None:
        self.bundle = bundle

    def segment(self, volume: Volume) -> Segmentation:
        """The bundle's classes on the volume's own grid.

        Raises:
            MedomniError: MED-S10 without the bundle, its configuration or weights, MED-S05 without MONAI, MED-S13 where
                the bundle fails, gives several classes per voxel, or another number of channels than it names.
        """
        root = weights_at(self.bundle, VARIABLE, STEP, self.name)
        config = next((root / "configs" / name for name in CONFIGS if (root / "configs" / name).is_file()), None)
        meta = root / "configs" / "metadata.json"
        if config is None or not meta.is_file():
            raise MedomniError("MED-S10", f"no configs/inference.json or configs/metadata.json; {STEP}", where=root)
        try:
            import torch
            from monai.bundle import ConfigParser
        except ImportError as exc:
            raise not_installed(self.name, INSTALL) from exc
        about = json.loads(meta.read_text(encoding="utf-8"))
        table, channels = channel_table(about, root.name)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        parser = ConfigParser()
        try:
            parser.read_config(str(config))
            parser.read_meta(str(meta))
            parser["bundle_root"], parser["device"] = str(root), device
            network = parser.get_parsed_content("network_def").to(device).eval()
            before = _in_memory(parser.get_parsed_content("preprocessing"))
            inferer = None if parser.get("inferer") is None else parser.get_parsed_content("inferer")
        except Exception as exc:
            raise failed(self.name, exc) from exc
        _load(network, root, device)
        try:
            with torch.inference_mode():
                labels = _labelled(volume, network, before, inferer, device, channels)
        except MedomniError:
            raise
        except Exception as exc:
            raise failed(self.name, exc) from exc
        produced_by = f"{self.name}/{'_'.join(root.name.split())} {str(about.get('version') or 'unknown').split()[0]}"
        return Segmentation(labels, table, volume.affine, produced_by, cut_by_view(labels, table, volume.affine),
                            untested=frozenset(row.anatomy_id for row in table.values()) - {"unmapped"})


def _labelled(volume: Volume, network: Any, before: list[Any], inferer: Any, device: Any, channels: int) -> np.ndarray:
    """Labels, uint8 of the volume's shape, from the network's channels."""
    import torch
    from monai.data import MetaTensor
    from monai.inferers import SimpleInferer
    from monai.transforms import ResampleToMatch

    image = volume.to_monai().to(torch.float32)
    data: dict[str, Any] = {"image": image.clone()}
    for transform in before:
        data = transform(data)
    seen = data["image"]
    out = (inferer or SimpleInferer())(seen[None].to(device), network)
    out = (out[0] if isinstance(out, (list, tuple)) else out)[0]
    if out.shape[0] != (channels if channels > 1 else 1):
        raise MedomniError("MED-S13", f"{out.shape[0]} channels, channel_def names {channels}")
    if out.shape[0] == 1:
        best = (out > 0).to(torch.float32)  # one channel: the sign of its logit
    else:
        best = out.argmax(dim=0, keepdim=True).to(torch.float32)
    found = MetaTensor(torch.as_tensor(np.asarray(best.cpu())), affine=seen.affine)
    whole = ResampleToMatch(mode="nearest", padding_mode="zeros")(found, img_dst=image)
    return np.ascontiguousarray(np.asarray(whole[0]).round().astype(np.uint8).transpose(2, 1, 0))


def _in_memory(preprocessing: Any) -> list[Any]:
    """The steps of a composed preprocessing that neither read nor write files."""
    return [step for step in preprocessing.transforms if not type(step).__name__.startswith(FILE_STEPS)]


def _load(network: Any, root: Path, device: Any) -> None:
    """The weights into the network, none missing and none left over."""
    tensors, saved = root / "models" / "model.safetensors", root / "models" / "model.pt"
    if not tensors.is_file() and not saved.is_file():
        raise MedomniError("MED-S10", f"neither models/model.safetensors nor models/model.pt; {STEP}", where=root)
    try:
        if tensors.is_file():
            from safetensors.torch import load_file

            network.load_state_dict(load_file(tensors, device=str(device)))
            return
        import warnings

        from monai.bundle import load

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a workflow that is not there: the bare weights are wanted, all of them
            state: Any = load(name=root.name, bundle_dir=str(root.parent), device=str(device), workflow_type="none")
        network.load_state_dict(state.get("model", state))
    except Exception as exc:
        raise failed(root.name, exc) from exc
