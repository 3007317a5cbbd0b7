"""Loss on report tokens only, from hidden states: no prompt logits are ever computed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from medomni.data.batch import Batch
from medomni.model.bundle import Bundle
from medomni.model.inputs import model_inputs


def report_loss(bundle: Bundle, batch: Batch) -> Tensor:
    """Mean cross-entropy over the report tokens of a batch, scalar float32.

    A token of a case with a weight counts that much, and the sum is divided by the number of tokens, not of weights: a
    batch of poor images alone moves the model less, too.
    """
    loss, _ = report_loss_and_features(bundle, batch)
    return loss


def report_loss_and_features(bundle: Bundle, batch: Batch) -> tuple[Tensor, list[Tensor]]:
    """The loss, and the visual tokens (tokens, hidden) of each row that has images; the tower runs once."""
    inputs, _ = model_inputs(bundle, batch.input_ids, batch.attention_mask, batch.images, batch.pair_mm)
    model = bundle.thinker.model
    features = _encode_images(bundle, inputs)
    hidden = model(**inputs, use_cache=False)[0]
    labels = batch.labels[:, 1:].to(hidden.device)
    keep = labels != -100
    logits = bundle.thinker.lm_head(hidden[:, :-1][keep])
    if batch.weights is None:
        return torch.nn.functional.cross_entropy(logits.float(), labels[keep]), features
    each = torch.nn.functional.cross_entropy(logits.float(), labels[keep], reduction="none")
    weights = batch.weights.to(each.device)[:, None].expand(labels.shape)[keep]
    return (each * weights).sum() / each.numel(), features


def visual_features(bundle: Bundle, batch: Batch) -> list[Tensor]:
    """The visual tokens (tokens, hidden) of each row that has images; the text blocks do not run."""
    inputs, _ = model_inputs(bundle, batch.input_ids, batch.attention_mask, batch.images, batch.pair_mm)
    return _encode_images(bundle, inputs)


def _encode_images(bundle: Bundle, inputs: dict[str, Any]) -> list[Tensor]:
    """Run the tower on ``inputs["pixel_values"]`` and leave its output in ``inputs`` in their place."""
    if "pixel_values" not in inputs:
        return []
    encoded = bundle.thinker.model.get_image_features(
        inputs.pop("pixel_values"), inputs["image_grid_thw"], return_dict=True)
    inputs["mm_encoder_outputs"] = {"image": encoded}
    return list(encoded.pooler_output)
