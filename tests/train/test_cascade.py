"""The cascade: a network that is given the rules' outlines begins as the rules and learns what is to be corrected."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from medomni.demo import segmenter as made
from medomni.errors import MedomniError
from medomni.findings.outlines import OUTLINED, outlines
from medomni.phantom import render, sample_patient
from medomni.phantom.degraded import noisy
from medomni.pipeline import segmenter_named
from medomni.segment import get_segmenter
from medomni.segment.unet import UNetSegmenter
from medomni.segment.unet.coarse import Plan
from medomni.segment.unet.given import FINDINGS, INSIDE_RIBS, chest_place, coarse_shares, given_labels
from medomni.segment.unet.network import built, save_network
from medomni.volume import Volume, from_upright
from tests.volumes import turned

RECIPE = """
name: test
hospitals: {A: 1, B: 1}
validation: 1
workers: 0
matrices: [48]
slices_mm: [8.0, 10.0]
train:
  network: {in_plane_mm: 12.0, slice_mm: 16.0, features: [4, 4, 4, 8, 8, 4], crop: [16, 32, 32], given: rules+findings}
  steps: %d
  threads: 1
  precision: float32
  checkpoint_seconds: 0
"""
TINY = Plan(12.0, 16.0, (4, 4, 4, 8, 8, 4), (16, 32, 32), "rules+findings")


@pytest.fixture(scope="module")
def volume() -> Volume:
    """A chest in which the rules outline a finding."""
    return noisy(render(sample_patient(300_102, "A"), 112, 5.0), 1.5, 1)


def recipe(folder: Path, steps: int) -> Path:
    (folder / "recipe.yaml").write_text(RECIPE % steps)
    return folder / "recipe.yaml"


def saved(folder: Path, network: object, plan: Plan) -> Path:
    folder.mkdir(exist_ok=True)
    save_network(network, {"plan": plan.as_json()}, folder)
    return folder


@pytest.mark.flow
def test_untrained_it_equals_what_it_is_given_and_goes_with_the_patient(volume: Volume, tmp_path: Path) -> None:
    given = given_labels(volume, outlines)
    assert any((given == value).any() for value in FINDINGS.values()), "the phantom must show a finding"
    weights = saved(tmp_path / "new", built(TINY), TINY)
    found = UNetSegmenter(weights, "cpu", outlines).segment(volume)
    expected = from_upright(np.where(given == INSIDE_RIBS, 0, given), volume)
    assert np.array_equal(found.labels, expected)
    assert found.produced_by.endswith(" on builtin 1")
    other = turned(volume, (2, 0, 1), (False, True, False))
    again = UNetSegmenter(weights, "cpu", outlines).segment(other)
    assert (from_upright(given_labels(other, outlines) % INSIDE_RIBS, other) == again.labels).all()

    network = built(TINY)  # what the network adds changes the labels, all over the box about what was given
    network.final_conv.bias.data[3] = 9.0
    grown = UNetSegmenter(saved(tmp_path / "one", network, TINY), "cpu", outlines).segment(volume).labels
    assert (grown == 3)[found.labels > 0].mean() > 0.99 > (found.labels == 3)[found.labels > 0].mean()


@pytest.mark.flow
def test_findings_are_outlined_as_they_are_measured(volume: Volume) -> None:
    from medomni.findings import measure

    rules = get_segmenter().segment(volume)
    measured, drawn = measure(volume, rules), outlines(volume, rules)
    seen = 0
    for name in OUTLINED:
        mask = np.zeros(volume.array.shape, bool)
        for n, finding in enumerate(measured.findings.findings, start=1):
            if finding.finding_id == name and finding.confidence / measured.findings.quality.weight >= 0.5:
                mask |= measured.masks.labels == n
        seen += int(mask.sum())
        assert not (mask & ~drawn[name]).any()
        assert drawn[name].sum() <= 1.02 * mask.sum()  # a nodule may lie over it
    assert seen > 0


@pytest.mark.unit
def test_shares_and_the_box_about_them() -> None:
    given = np.zeros((32, 48, 48), np.uint8)
    given[8:16, 24:36, 12:24] = 2
    plan = Plan(4.0, 8.0, crop=(16, 16, 16), given="rules")
    shares = coarse_shares(given, (4.0, 2.0, 2.0), plan)
    assert shares.shape == (INSIDE_RIBS, 16, 24, 24) and shares[1, 5, 14, 8] == 255
    assert shares.max(axis=(1, 2, 3)).tolist() == [0, 255] + [0] * (INSIDE_RIBS - 2)
    assert chest_place(shares, plan) == (slice(2, 10), slice(8, 22), slice(2, 16))
    assert chest_place(np.zeros_like(shares), plan) == (slice(0, 16), slice(0, 24), slice(0, 24))


@pytest.mark.flow
def test_stopped_and_given_again_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    class StopError(Exception):
        """In the midst of the steps."""

    def stop(done: int, *_: object) -> None:
        if done == 4:
            raise StopError

    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = made.train_segmenter(tmp_path / "whole" / "out", recipe(tmp_path / "whole", 8))
    path = recipe(tmp_path / "parts", 8)
    with pytest.raises(StopError):
        made.train_segmenter(tmp_path / "parts" / "out", path, steps=stop)
    card = made.train_segmenter(tmp_path / "parts" / "out", path)
    assert card["resumed_from"] >= 3 and card["sha256"] == whole["sha256"]
    assert card["plan"]["given"] == "rules+findings" and "correct the built-in rules' outlines" in card["learned"]


@pytest.mark.flow
def test_without_the_outlines_that_they_correct_weights_are_refused(volume: Volume, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    weights = saved(tmp_path / "new", built(TINY), TINY)
    monkeypatch.setenv("MEDOMNI_UNET_WEIGHTS", str(weights))
    with pytest.raises(MedomniError, match=r"MED-S13.*outlines of findings"):
        get_segmenter("unet").segment(volume)
    named = segmenter_named("unet")
    assert isinstance(named, UNetSegmenter) and named.outlines is outlines


@pytest.mark.unit
def test_a_card_that_does_not_say_what_was_given_was_given_nothing(tmp_path: Path) -> None:
    from medomni.segment.unet.network import load_network

    plain = Plan(12.0, 16.0, (4, 4, 4, 8, 8, 4), (16, 32, 32))
    weights = saved(tmp_path, built(plain), plain)
    card = json.loads((weights / "unet.json").read_text())
    del card["plan"]["given"]
    (weights / "unet.json").write_text(json.dumps(card))
    assert load_network(weights, "cpu")[1] == plain and plain.given == "none"
    card["plan"]["given"] = "an oracle"
    (weights / "unet.json").write_text(json.dumps(card))
    with pytest.raises(MedomniError, match="MED-S13"):
        load_network(weights, "cpu")
