"""Perception: tokens are told what lies in them; a stage without words moves the tower and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from medomni.config import load_config
from medomni.data import LABELS
from medomni.errors import MedomniError
from medomni.train import Blocks, Recipe, StageSettings, TrainSettings, train
from medomni.train.log import read_log
from medomni.train.perception import LabelHead, label_targets, perception_loss
from tests.cases import small_bundle, square_cases
from tests.data.test_places import BIT, with_places

pytestmark = pytest.mark.unit


def test_a_token_is_told_what_lies_in_its_part() -> None:
    case = with_places(1)  # the right side: columns 0..20 of 64, rows from 32, all six slabs
    targets = label_targets(case, cell=32, temporal=2)
    bit = BIT["pleural_effusion", "right"]
    assert targets.study.nonzero().flatten().tolist() == [bit]
    assert targets.tokens is not None and targets.tokens.shape == (3 * 2 * 2, len(LABELS))
    assert targets.tokens[:, bit].reshape(3, 2, 2).tolist() == [[[0, 0], [1, 0]]] * 3
    places = case.places.copy()
    places[...] = 0
    places[4, 10, 10] = places[5, 11, 40] = 1 << BIT["lung_nodule", "left"]  # one pixel each: too little
    places[0, 40:42, 3] = 1 << BIT["lung_nodule", "left"]
    from dataclasses import replace

    tokens = label_targets(replace(case, places=places), 32, 2).tokens
    assert tokens is not None
    assert tokens[:, BIT["lung_nodule", "left"]].nonzero().flatten().tolist() == [2]
    assert label_targets(square_cases(1)[0], 32, 2).tokens is None


def test_votes_that_fit_cost_less() -> None:
    head = LabelHead(len(LABELS))
    with torch.no_grad():
        head.weight.copy_(torch.eye(len(LABELS)))
        head.bias.zero_()
    target = label_targets(with_places(1), 32, 2)
    right = target.tokens * 12 - 6
    wrong = right[:, torch.arange(len(LABELS)) - 1]
    cheap, dear = (float(perception_loss(head, [v], [target]).detach()) for v in (right, wrong))
    assert cheap < 0.1 < dear
    assert np.isfinite(float(perception_loss(head, [right], [label_targets(square_cases(1)[0], 32, 2)]).detach()))


def recipe(**keys) -> Recipe:
    stages = (StageSettings(name="eyes", open=(Blocks(part="vision"), Blocks(part="aligner")), steps=30, lr=3e-3,
                            warmup=2, words=False),
              StageSettings(name="all", open=(Blocks(part="all"),), steps=4, lr=1e-3, warmup=1))
    return Recipe(name="t", train=TrainSettings(stages=stages, batch=8, threads=1, label_loss=1.0, checkpoint_every=7,
                                                mirror=0.5, shift_px=2, **keys))


def test_a_stage_without_words_teaches_the_tower_alone(tmp_path: Path) -> None:
    bundle, cases = small_bundle(), [with_places(i) for i in range(16)]
    result = train(bundle, cases, recipe(), tmp_path)
    assert result.proofs["eyes"]["frozen_changed"] == 0 and result.proofs["eyes"]["opened_changed"] > 10
    rows = read_log(tmp_path / "log.jsonl")
    eyes = [r for r in rows if r["stage"] == "eyes"]
    assert np.mean([r["loss"] for r in eyes[-5:]]) < 0.5 * np.mean([r["loss"] for r in eyes[:5]])
    assert all("perception" in r for r in rows)

    again = small_bundle()

    class KilledError(Exception):
        pass

    def kill(step: int) -> None:
        if step == 17:
            raise KilledError

    with pytest.raises(KilledError):
        train(again, cases, recipe(), tmp_path / "killed", after_step=kill)
    again = small_bundle()
    assert train(again, cases, recipe(), tmp_path / "killed").resumed_from == 14
    for (name, a), (_, b) in zip(bundle.model.named_parameters(), again.model.named_parameters(), strict=True):
        assert torch.equal(a, b), name


def test_a_stage_without_words_needs_the_label_loss(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    stage = "{name: eyes, open: [{part: vision}], steps: 1, lr: 1.0e-3, words: false}"
    path.write_text(f"name: r\ntrain:\n  stages: [{stage}]\n")
    with pytest.raises(MedomniError, match="label_loss") as info:
        load_config(path, Recipe)
    assert info.value.code == "MED-C03"


def test_the_head_is_kept_beside_the_weights_and_started_from(tmp_path: Path) -> None:
    from medomni.model import AdapterSettings, TargetGroup, attach_adapter, load_bundle, save_bundle
    from medomni.model.bundle import PERCEPTION

    bundle, cases = small_bundle(), [with_places(i) for i in range(16)]
    train(bundle, cases, recipe())
    assert bundle.perception is not None
    again = load_bundle(save_bundle(bundle, tmp_path / "model"))
    assert again.perception is not None and torch.equal(again.perception["weight"], bundle.perception["weight"])
    settings = AdapterSettings(rank=2, targets=(TargetGroup(part="vision", kind="mlp"),))
    stages = (StageSettings(name="eyes", open=(Blocks(part="vision"),), steps=1, lr=1e-5, words=False),)
    short = Recipe(name="s", adapter=settings, train=TrainSettings(stages=stages, batch=16, threads=1, label_loss=1.0))
    warm, cold = (train(attach_adapter(b, settings), cases, short).losses[0]
                  for b in (again, load_bundle(save_bundle(_without_head(bundle), tmp_path / "bare"))))
    assert warm < 0.5 * cold
    damaged = tmp_path / "model" / PERCEPTION
    damaged.write_bytes(damaged.read_bytes()[:-4])
    with pytest.raises(MedomniError) as info:
        load_bundle(tmp_path / "model")
    assert info.value.code == "MED-M08"


def _without_head(bundle):
    from dataclasses import replace

    return replace(bundle, perception=None)
