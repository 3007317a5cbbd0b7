"""The network and its files: ``unet.safetensors`` and, beside it, ``unet.json`` that says what it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from medomni.errors import MedomniError
from medomni.files import replacing, write_text
from medomni.segment.unet.classes import NAMES
from medomni.segment.unet.coarse import Plan, channel_count
from medomni.segment.weights import not_installed, weights_at

VARIABLE = "MEDOMNI_UNET_WEIGHTS"
STEP = "train them on this machine: medomni segment train -o FOLDER"
INSTALL = "pip install 'medomni[segment]'"
WEIGHTS, CARD = "unet.safetensors", "unet.json"


def built(plan: Plan) -> Any:
    """MONAI's ``BasicUNet`` (Falk et al. 2019, Nature Methods 16:67) in three dimensions with the plan's features.

    One that is given outlines adds nothing to them at first: its last layer is 0.

    Raises:
        MedomniError: MED-S05 without MONAI.
    """
    try:
        from monai.networks.nets import BasicUNet
    except ImportError as exc:
        raise not_installed("unet", INSTALL) from exc
    features: Any = plan.features
    network = BasicUNet(spatial_dims=3, in_channels=channel_count(plan, len(NAMES)), out_channels=len(NAMES),
                        features=features)
    if plan.given != "none":
        for parameter in network.final_conv.parameters():
            parameter.data.zero_()
    return network


def save_network(network: Any, card: dict[str, Any], folder: Path) -> Path:
    """Write weights and card, each beside and renamed, the card last; it holds the weights' SHA-256.

    Raises:
        MedomniError: MED-C04 where the disk is full.
    """
    from safetensors.torch import save_file

    path = folder / WEIGHTS
    with replacing(path) as beside:
        save_file({k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}, str(beside))
        digest = hashlib.sha256(beside.read_bytes()).hexdigest()
    write_text(folder / CARD, json.dumps({**card, "classes": list(NAMES), "sha256": digest}, indent=2))
    return path


def load_network(given: Path | str | None, device: Any) -> tuple[Any, Plan, dict[str, Any]]:
    """The network in evaluation mode, its plan and its card.

    Args:
        given: the folder, or the file of the weights; without it what ``MEDOMNI_UNET_WEIGHTS`` names.

    Raises:
        MedomniError: MED-S10 without the files, MED-S05 without MONAI, MED-S13 where card and weights do not belong
            together, or are of other classes.
    """
    root = weights_at(given, VARIABLE, STEP, "unet")
    root = root if root.is_dir() else root.parent
    path, beside = root / WEIGHTS, root / CARD
    if not path.is_file() or not beside.is_file():
        raise MedomniError("MED-S10", f"no {WEIGHTS} with {CARD}; {STEP}; then set {VARIABLE}", where=root)
    data = path.read_bytes()
    try:
        card = json.loads(beside.read_text(encoding="utf-8"))
        plan = Plan.of_json(card["plan"])
        known = card["classes"] == list(NAMES) and card["sha256"] == hashlib.sha256(data).hexdigest()
    except (ValueError, KeyError, TypeError) as exc:
        raise MedomniError("MED-S13", f"{CARD} is damaged: {type(exc).__name__}", where=root) from exc
    if not known:
        raise MedomniError("MED-S13", f"{CARD} is that of other weights or other classes", where=root)
    network = built(plan)
    from safetensors.torch import load

    try:
        network.load_state_dict(load(data))
    except Exception as exc:
        raise MedomniError("MED-S13", f"{type(exc).__name__} in the weights", where=path) from exc
    return network.to(device).eval(), plan, card
