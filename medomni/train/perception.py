"""Perception: the visual tokens must tell which measured findings are there, before any word is written.

A report holds few words that depend on the image, so a tower trained from scratch by words alone learns slowly. Here
each visual token votes for each (finding, side); the loudest vote counts (multiple-instance learning with a soft
maximum), since a finding is somewhere and not everywhere. Targets are the case's *measured* findings. The head serves
training only and is not saved with the model.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from medomni.data.case import Case

LABELS: tuple[tuple[str, str], ...] = tuple(
    (finding, side) for finding in ("pleural_effusion", "pneumothorax", "consolidation", "lung_nodule")
    for side in ("left", "right")) + (("cardiomegaly", ""),)
SHARPNESS = 4.0


class LabelHead(nn.Linear):
    """Votes of a visual token, (tokens, hidden) to (tokens, labels)."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, len(LABELS))
        nn.init.normal_(self.weight, std=0.02)
        nn.init.constant_(self.bias, -1.0)


def label_targets(case: Case) -> list[float]:
    """1.0 for each label that was measured as present."""
    there = {(f.finding_id, "" if f.finding_id == "cardiomegaly" else f.side)
             for f in case.findings.findings if f.presence == "present"}
    return [float(label in there) for label in LABELS]


def perception_loss(head: LabelHead, features: Sequence[Tensor], targets: Sequence[Sequence[float]]) -> Tensor:
    """Binary cross-entropy of the soft maximum over each case's visual tokens.

    Args:
        head: the votes.
        features: per case (tokens, hidden).
        targets: per case the label targets.
    """
    logits = []
    for tokens in features:
        votes = head(tokens.float()) * SHARPNESS
        logits.append((torch.logsumexp(votes, dim=0) - torch.log(torch.tensor(float(len(votes))))) / SHARPNESS * 2)
    wanted = torch.tensor(targets, dtype=torch.float32)
    return nn.functional.binary_cross_entropy_with_logits(torch.stack(logits), wanted)
