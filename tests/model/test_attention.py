"""The tower's attention in one call gives what the stock tower gives pair by pair."""

from __future__ import annotations

import pytest
import torch

from medomni.data import Encoder, collate
from medomni.model.attention import NAME, frames_attention
from medomni.train.loss import visual_features
from tests.cases import small_bundle, square_case

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("family", ["qwen3_omni", "qwen2_5_omni"])
def test_the_tower_sees_the_same(family: str) -> None:
    bundle = small_bundle(family)
    size = 64 if family == "qwen3_omni" else 56
    cases = [square_case(i, size) for i in range(3)]
    encoder = Encoder(bundle.tokenizer, bundle.family)
    batch = collate([encoder.encode(c, facts=False) for c in cases], encoder)
    config = bundle.thinker.model.visual.config
    assert config._attn_implementation == NAME
    ours = visual_features(bundle, batch)
    sum(f.square().sum() for f in ours).backward()
    moved = {n: p.grad.clone() for n, p in bundle.model.named_parameters() if p.grad is not None}
    bundle.model.zero_grad()
    config._attn_implementation = "sdpa"
    stock = visual_features(bundle, batch)
    sum(f.square().sum() for f in stock).backward()
    assert len(ours) == len(cases) == len(stock)
    for a, b in zip(ours, stock, strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    for name, parameter in bundle.model.named_parameters():
        if parameter.grad is not None:
            assert torch.allclose(moved[name], parameter.grad, rtol=1e-3, atol=1e-4), name


def test_runs_of_different_lengths_do_not_mix() -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, 2, 9, 4) for _ in range(3))
    borders = torch.tensor([0, 2, 6, 9])
    out, _ = frames_attention(None, query, key, value, None, scaling=0.5, cu_seq_lens_q=borders)
    for a, b in ((0, 2), (2, 6), (6, 9)):
        alone = torch.nn.functional.scaled_dot_product_attention(
            query[:, :, a:b], key[:, :, a:b], value[:, :, a:b], scale=0.5)
        assert torch.allclose(out[:, a:b], alone.transpose(1, 2), atol=1e-6)


