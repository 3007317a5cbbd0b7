"""A case's weight multiplies its loss; a weight of one changes no bit; files of before have none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from medomni.data import collate, load_cases, save_cases
from medomni.data.case import cases_hash
from medomni.data.encode import Encoder
from medomni.train.loss import report_loss
from medomni.train.perception import LabelHead, label_targets, perception_loss
from tests.cases import small_bundle, square_cases

pytestmark = pytest.mark.unit


def test_words_weigh_by_case() -> None:
    bundle = small_bundle()
    encoder = Encoder(bundle.tokenizer, bundle.family, context=512)
    cases = square_cases(2)

    def loss(*weights: float) -> float:
        weighed = [replace(c, weight=w) for c, w in zip(cases, weights, strict=True)]
        batch = collate([encoder.encode(c, facts=True) for c in weighed], encoder)
        assert (batch.weights is None) == (set(weights) == {1.0})
        with torch.no_grad():
            return float(report_loss(bundle, batch))

    whole = loss(1.0, 1.0)
    assert loss(0.5, 0.5) == pytest.approx(whole / 2, rel=1e-5)
    assert loss(1.0, 0.25) + loss(0.25, 1.0) == pytest.approx(1.25 * whole, rel=1e-5)


def test_perception_weighs_by_case() -> None:
    torch.manual_seed(0)
    head, votes = LabelHead(8), [torch.randn(4, 8), torch.randn(4, 8)]
    places = np.zeros((2, 64, 64), np.uint16)
    places[:, :40, :40] = 1
    cases = [replace(c, hu=c.hu[:2], places=places) for c in square_cases(2)]

    def loss(*weights: float) -> float:
        targets = [label_targets(replace(c, weight=w), 32, 2) for c, w in zip(cases, weights, strict=True)]
        return float(perception_loss(head, votes, targets).detach())

    assert loss(0.5, 0.5) == pytest.approx(loss(1.0, 1.0) / 2, rel=1e-5)
    assert loss(1.0, 0.25) + loss(0.25, 1.0) == pytest.approx(1.25 * loss(1.0, 1.0), rel=1e-5)


def test_the_weight_is_kept_and_old_files_have_one(tmp_path: Path) -> None:
    case = replace(square_cases(1)[0], weight=0.8)
    assert load_cases(save_cases([case], tmp_path / "new.npz"))[0].weight == 0.8
    with np.load(tmp_path / "new.npz") as kept:
        arrays = {name: kept[name] for name in kept.files}
    rows = json.loads(arrays["about"].tobytes())
    for row in rows:
        del row["weight"]
        row["findings"].pop("quality", None)
    arrays["about"] = np.frombuffer(json.dumps(rows).encode(), np.uint8)
    np.savez(tmp_path / "old.npz", **arrays)
    assert load_cases(tmp_path / "old.npz")[0].weight == 1.0


def test_the_data_hash_is_that_of_before_where_the_weight_is_one() -> None:
    case = square_cases(1)[0]
    assert cases_hash([case]) == HASH_OF_BEFORE
    assert cases_hash([replace(case, weight=0.8)]) != HASH_OF_BEFORE


HASH_OF_BEFORE = "ade82a032070fec7483c46c7b5db7970d935d644656c8264276713b5efb8280b"
"""Of the same case, computed before cases had a weight."""
