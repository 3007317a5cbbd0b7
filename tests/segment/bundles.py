"""A tiny MONAI bundle as a folder, with a network whose answer is known: it parts the voxels by their density."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NETWORK = {"_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": 3, "channels": [4, 8],
           "strides": [2], "num_res_units": 0, "norm": "instance"}
PREPROCESSING = {"_target_": "Compose", "transforms": [
    {"_target_": "LoadImaged", "keys": "image"},
    {"_target_": "EnsureChannelFirstd", "keys": "image"},
    {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS", "labels": None},
    {"_target_": "Spacingd", "keys": "image", "pixdim": [4.0, 4.0, 8.0], "mode": "bilinear"},
    {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": -1000, "a_max": 1000, "b_min": -1, "b_max": 1,
     "clip": True}]}
CHANNELS = {"0": "background", "1": "left lung", "2": "odd blob"}


def write_bundle(folder: Path, network: Any = None, *, channels: dict[str, str] | None = None,
                 weights: str = "safetensors", preprocessing: dict | None = None, **definition: Any) -> Path:
    """The bundle's folder; ``network`` as a definition in the bundle's own language, by default a small UNet with
    random weights."""
    import torch
    from monai.bundle import ConfigParser
    from safetensors.torch import save_file

    define = network or {**NETWORK, **definition}
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs" / "inference.json").write_text(json.dumps({
        "bundle_root": "/nowhere", "device": "$torch.device('cuda:9')", "network_def": define,
        "network": "$@network_def.to(@device)", "preprocessing": preprocessing or PREPROCESSING,
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [32, 32, 16], "sw_batch_size": 1,
                    "overlap": 0.25}}))
    (folder / "configs" / "metadata.json").write_text(json.dumps({
        "version": "0.1.0", "network_data_format": {"outputs": {"pred": {"channel_def": channels or CHANNELS}}}}))
    torch.manual_seed(3)
    parser = ConfigParser({"network_def": define})
    state = parser.get_parsed_content("network_def").state_dict()
    if weights == "safetensors":
        save_file(state, folder / "models" / "model.safetensors")
    elif weights:
        torch.save(state, folder / "models" / "model.pt")
    return folder
