"""Perception: the visual tokens must tell which measured findings are there, before any word is written.

A report holds few words that depend on the image, so a tower trained from scratch by words alone learns slowly. Here
each visual token votes for each (finding, side). Where the masks of the measured findings are known, a token is told
what lies in it; in any case the loudest vote of a study must tell what the study holds (multiple-instance learning
with a soft maximum), since a finding is somewhere and not everywhere. Targets are the case's *measured* findings. The
head serves training only: it is kept beside the weights, so that a hospital's adaptation starts from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from medomni.data.batch import weights_of
from medomni.data.case import Case
from medomni.data.places import LABELS, bits_of, label_of

SHARPNESS = 4.0
LEAST_PIXELS = 2
"""Pixels of a finding in a token's part of its slabs from which the token shows it."""
POSITIVE_WEIGHT = 4.0
"""A token that shows something counts this much: few do."""


class LabelHead(nn.Linear):
    """Votes of a visual token, (tokens, hidden) to (tokens, labels)."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, len(LABELS))
        nn.init.normal_(self.weight, std=0.02)
        nn.init.constant_(self.bias, -2.0)


@dataclass(frozen=True)
class LabelTargets:
    """What a case's visual tokens should tell.

    Attributes:
        study: (labels,) float32, 1 for each label that was measured as present.
        tokens: (tokens, labels) float32, 1 where the token's part of the slabs shows it; None without masks.
        weight: of the case's loss.
    """

    study: Tensor
    tokens: Tensor | None
    weight: float = 1.0


def label_targets(case: Case, cell: int, temporal: int) -> LabelTargets:
    """Targets of a case.

    Args:
        case: with or without ``places``.
        cell: pixels along the side of a visual token (patch x merge).
        temporal: slabs in a visual token.
    """
    study = torch.zeros(len(LABELS))
    for finding in case.findings.findings:
        bit = label_of(finding)
        if bit is not None:
            study[bit] = 1.0
    if case.places is None:
        return LabelTargets(study, None, case.weight)
    places = case.places
    if len(places) % temporal:  # an odd last slab is repeated, as in the patches
        places = np.concatenate([places, places[-1:]])
    t, h, w = len(places) // temporal, places.shape[1] // cell, places.shape[2] // cell
    tokens = torch.zeros(t * h * w, len(LABELS))
    for bit in bits_of(places):
        shown = (places >> bit & 1).astype(np.uint8).reshape(t, temporal, h, cell, w, cell)
        counts = shown.sum(axis=(1, 3, 5), dtype=np.int64).reshape(-1)
        tokens[:, bit] = torch.from_numpy(counts >= LEAST_PIXELS).float()
    return LabelTargets(study, tokens, case.weight)


def perception_loss(head: LabelHead, features: Sequence[Tensor], targets: Sequence[LabelTargets]) -> Tensor:
    """Binary cross-entropy of the studies' soft maxima, plus that of the tokens of cases whose masks are known.

    Args:
        head: the votes.
        features: per case (tokens, hidden), in the order slab pair, row, column.
        targets: per case its targets; its weight multiplies its part of both means.
    """
    device = head.weight.device
    weight = torch.tensor(POSITIVE_WEIGHT, device=device)
    loudest, placed = [], []
    for tokens, target in zip(features, targets, strict=True):
        votes = head(tokens.float())
        loudest.append(torch.logsumexp(votes * SHARPNESS, dim=0) / SHARPNESS)
        if target.tokens is not None:
            own = nn.functional.binary_cross_entropy_with_logits(votes, target.tokens.to(device), pos_weight=weight)
            placed.append(own if target.weight == 1.0 else own * target.weight)
    wanted = torch.stack([t.study for t in targets]).to(device)
    weights = weights_of([t.weight for t in targets])
    each = None if weights is None else weights.to(device)[:, None].expand(wanted.shape)
    loss = nn.functional.binary_cross_entropy_with_logits(torch.stack(loudest), wanted, weight=each)
    return loss + torch.stack(placed).mean() if placed else loss
