"""Greedy decoding in left-padded batches with a key-value cache and explicit positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from medomni.data.batch import collate
from medomni.data.case import Case
from medomni.data.encode import Encoder
from medomni.model.bundle import Bundle
from medomni.model.inputs import model_inputs

CONTEXT = 1024
CUT = "(The model did not end this report in time; the rest is missing.)"
"""Stands at the end of a report that reached ``longest``: a report cut short must not read as a whole one."""


@torch.no_grad()
def decode(
    bundle: Bundle, cases: Sequence[Case], *, facts: bool, images: bool = True, batch: int = 32,
    longest: int = 256, context: int = CONTEXT, progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """The model's report of each case, in order. Greedy: the same weights and case always give the same words.

    Args:
        bundle: model, put in evaluation mode.
        cases: any number; sorted by length inside, returned in the given order.
        facts: does the prompt carry the measured facts?
        images: are the slabs shown?
        batch: cases decoded together.
        longest: most new tokens.
        context: most prompt tokens.
        progress: called with (done, all).
    """
    bundle.model.eval()
    encoder = Encoder(bundle.tokenizer, bundle.family, context=context)
    order = sorted(range(len(cases)), key=lambda k: len(encoder.token_ids(cases[k], facts=facts, images=images,
                                                                          report=False)[0]))
    texts = [""] * len(cases)
    for start in range(0, len(order), batch):
        chosen = order[start:start + batch]
        examples = [encoder.encode(cases[k], facts=facts, images=images, report=False) for k in chosen]
        for k, text in zip(chosen, _greedy(bundle, encoder, examples, longest), strict=True):
            texts[k] = text
        if progress:
            progress(min(start + batch, len(order)), len(order))
    return texts


def _greedy(bundle: Bundle, encoder: Encoder, examples: list, longest: int) -> list[str]:
    from transformers import DynamicCache

    packed = collate(examples, encoder, left=True)
    inputs, following = model_inputs(bundle, packed.input_ids, packed.attention_mask, packed.images, packed.pair_mm)
    thinker, cache = bundle.thinker, DynamicCache()
    mask = inputs["attention_mask"]
    hidden = thinker.model(**inputs, past_key_values=cache, use_cache=True)[0]
    running = torch.ones(len(examples), dtype=torch.bool, device=mask.device)
    produced: list[torch.Tensor] = []
    for step in range(longest):
        token = thinker.lm_head(hidden[:, -1]).argmax(-1)
        token = torch.where(running, token, torch.full_like(token, encoder.pad))
        running = running & (token != encoder.end)
        produced.append(token)
        if not running.any():
            break
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
        positions = (following + step).view(1, -1, 1).expand(3, -1, 1)
        hidden = thinker.model(input_ids=token[:, None], attention_mask=mask, position_ids=positions,
                               past_key_values=cache, use_cache=True)[0]
    rows = torch.stack(produced, dim=1).tolist()
    texts = []
    for row in rows:
        ids = row[:row.index(encoder.end)] if encoder.end in row else row
        text = encoder.tokenizer.decode(ids, skip_special_tokens=True).strip()
        texts.append(text if encoder.end in row else f"{text}\n{CUT}".strip())
    return texts
