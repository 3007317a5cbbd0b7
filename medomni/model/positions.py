"""Three-axis rotary positions. Slice pairs step by their distance in millimetres, not by the stock 25 ids."""

from __future__ import annotations

import torch
from torch import Tensor

REFERENCE_MM = 16.0
"""Distance between slice pairs that advances the temporal position by one."""


def position_ids(
    input_ids: Tensor, attention_mask: Tensor, image_token: int, grids: list[list[tuple[int, int, int]]],
    pair_mm: list[list[float]], merge: int = 2,
) -> tuple[Tensor, Tensor]:
    """M-RoPE positions for text with volumes in it (Qwen2-VL, arXiv:2409.12191, section 2.1).

    Text advances all three axes together. A volume starts at the running position; its temporal axis advances by
    ``pair_mm / REFERENCE_MM`` (at least 1) a slice pair, the others by row and column; text resumes after the
    largest position used. Audio placeholders count as text.

    Args:
        input_ids: (batch, length).
        attention_mask: (batch, length), 1 for real tokens, padding at either side.
        image_token: id of the image placeholder.
        grids: per row, the (t, h, w) patch grid of each volume in order.
        pair_mm: per row, the distance between slice pairs of each volume.
        merge: spatial merge of the vision tower.

    Returns:
        Positions (3, batch, length), int64, and the next free position per row (batch,).
    """
    batch, length = input_ids.shape
    out = torch.ones(3, batch, length, dtype=torch.long)
    following = torch.zeros(batch, dtype=torch.long)
    ids, mask = input_ids.tolist(), attention_mask.tolist()
    for row in range(batch):
        at, k, volume = 0, 0, 0
        while k < length:
            if not mask[row][k]:
                k += 1
            elif ids[row][k] == image_token:
                t, h, w = grids[row][volume]
                step = max(1, round(pair_mm[row][volume] / REFERENCE_MM))
                h, w = h // merge, w // merge
                n = t * h * w
                index = torch.arange(n)
                out[0, row, k:k + n] = at + index // (h * w) * step
                out[1, row, k:k + n] = at + index // w % h
                out[2, row, k:k + n] = at + index % w
                at = int(out[:, row, k:k + n].max()) + 1
                k, volume = k + n, volume + 1
            else:
                out[:, row, k] = at
                at, k = at + 1, k + 1
        following[row] = at
    return out, following
