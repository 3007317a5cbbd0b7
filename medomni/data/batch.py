"""Examples to tensors: right padding to train, left padding to generate; absent images are simply absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from medomni.data.encode import Encoder, Example


@dataclass
class Batch:
    """Tensors of one step.

    Attributes:
        input_ids, attention_mask: (batch, length).
        labels: (batch, length), -100 except on report tokens.
        images: per example its (slices, 3, height, width) images or None, in order.
        pair_mm: per example, distance between slab pairs.
        report_tokens: number of labels, for tokens per second.
        weights: (batch,) float32, what each example's loss is multiplied by; None where all are 1.
    """

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    images: list[Tensor | None]
    pair_mm: list[float]
    report_tokens: int
    weights: Tensor | None = None


def collate(examples: Sequence[Example], encoder: Encoder, *, left: bool = False) -> Batch:
    """Pad to the longest example. ``left=True`` for generation (right-padded generation is wrong)."""
    length = max(len(e.ids) for e in examples)
    ids = torch.full((len(examples), length), encoder.pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, -100)
    for row, e in enumerate(examples):
        start = length - len(e.ids) if left else 0
        stop = start + len(e.ids)
        tokens = torch.tensor(e.ids)
        ids[row, start:stop] = tokens
        mask[row, start:stop] = 1
        labels[row, start + e.prompt:stop] = tokens[e.prompt:]
    return Batch(ids, mask, labels, [e.images for e in examples], [e.pair_mm for e in examples],
                 int((labels != -100).sum()), weights_of([e.weight for e in examples]))


def weights_of(weights: Sequence[float]) -> Tensor | None:
    """(cases,) float32, or None where every weight is 1, so that the loss is then summed as if there were none."""
    return torch.tensor(weights, dtype=torch.float32) if any(w != 1.0 for w in weights) else None
