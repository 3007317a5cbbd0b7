"""Attention inside the slab pairs of the vision tower, all pairs in one call.

The stock tower cuts the tokens into one chunk a pair and calls attention for each; a volume of 16 slabs makes eight
calls of 36 tokens a layer and case, and their overhead was half of a training step on two cores. The pairs of a volume
have one size, so they are a batch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

NAME = "flash_frames"
"""transformers hands all tokens with their borders to an implementation whose name holds ``flash``."""


def frames_attention(module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, *,
                     scaling: float, cu_seq_lens_q: Tensor, **_: Any) -> tuple[Tensor, None]:
    """Scaled dot-product attention within each run of tokens.

    Args:
        module: unused, as in every implementation of transformers.
        query, key, value: (1, heads, tokens, dim).
        attention_mask: None.
        scaling: factor on the products.
        cu_seq_lens_q: (runs + 1,) borders of the runs.

    Returns:
        (1, tokens, heads, dim), and no weights.
    """
    borders = cu_seq_lens_q.tolist()
    lengths = {b - a for a, b in zip(borders, borders[1:], strict=False)}
    if len(lengths) == 1:
        out = _within(query, key, value, lengths.pop(), scaling)
    else:
        out = torch.cat([_within(query[:, :, a:b], key[:, :, a:b], value[:, :, a:b], b - a, scaling)
                         for a, b in zip(borders, borders[1:], strict=False)], dim=1)
    return out, None


def _within(query: Tensor, key: Tensor, value: Tensor, length: int, scaling: float) -> Tensor:
    _, heads, tokens, dim = query.shape

    def runs(x: Tensor) -> Tensor:
        return x.reshape(heads, tokens // length, length, dim).transpose(0, 1)

    weights = torch.softmax(runs(query) @ runs(key).transpose(-1, -2) * scaling, dim=-1, dtype=torch.float32)
    out = weights.to(value.dtype) @ runs(value)
    return out.permute(0, 2, 1, 3).reshape(1, tokens, heads, dim)


def use_frames_attention(thinker: Any) -> None:
    """Let the vision tower of a Thinker that uses PyTorch's attention attend pair by pair in one call, on any device.

    A tower that was asked to use another implementation (flash attention on a GPU) keeps it.
    """
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_ATTENTION_FUNCTIONS.register(NAME, frames_attention)
    config = thinker.model.visual.config
    if config._attn_implementation == "sdpa":
        config._attn_implementation = NAME
