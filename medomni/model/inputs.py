"""Token ids and images to the Thinker's arguments, with positions that follow the distance between slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from medomni.model.bundle import Bundle
from medomni.model.patches import patchify
from medomni.model.positions import position_ids


def model_inputs(
    bundle: Bundle, input_ids: Tensor, attention_mask: Tensor, images: Sequence[Tensor | None],
    pair_mm: Sequence[float],
) -> tuple[dict[str, Any], Tensor]:
    """Arguments of ``bundle.thinker.model`` and the next free position of each row (batch,).

    Args:
        bundle: model and family.
        input_ids, attention_mask: (batch, length).
        images: per row (slices, 3, height, width) float or None.
        pair_mm: per row, distance between slab pairs in millimetres.
    """
    family, device = bundle.family, bundle.device
    dtype = bundle.thinker.model.visual.dtype
    patches, grids = [], []
    rows: list[list[tuple[int, int, int]]] = []
    for view in images:
        if view is None:
            rows.append([])
            continue
        flat, grid = patchify(view, family)
        patches.append(flat)
        grids.append(grid)
        rows.append([grid])
    image = bundle.tokenizer.convert_tokens_to_ids(family.image)
    positions, following = position_ids(input_ids, attention_mask, image, rows, [[mm] for mm in pair_mm], family.merge)
    inputs: dict[str, Any] = {"input_ids": input_ids.to(device), "attention_mask": attention_mask.to(device),
                              "position_ids": positions.to(device)}
    if patches:
        inputs["pixel_values"] = torch.cat(patches).to(device, dtype)
        inputs["image_grid_thw"] = torch.tensor(grids, device=device)
    return inputs, following.to(device)
