"""Targets mean what they say: coverage is exact for both families, with and without experts."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

from medomni.errors import MedomniError
from medomni.model import AdapterSettings, TargetGroup, attach_adapter, load_adapter, require_coverage, save_adapter
from medomni.model.adapters import adapter_tensors, set_adapter_tensors
from medomni.model.coverage import adapted_weights, coverage_report, trainable_share
from tests.cases import small_bundle

pytestmark = pytest.mark.unit
TEXT_VISION = AdapterSettings(rank=4, targets=(
    TargetGroup(part="text", kind="attention"), TargetGroup(part="text", kind="mlp"),
    TargetGroup(part="vision", kind="attention", rank=2)))


def by_place(rows):
    return {(r.part, r.kind): (r.expected, r.adapted, r.weights) for r in rows}


@pytest.mark.parametrize("family", ["qwen3_omni", "qwen2_5_omni"])
def test_text_and_vision_only(family: str) -> None:
    bundle = attach_adapter(small_bundle(family), TEXT_VISION)
    rows = by_place(require_coverage(bundle, TEXT_VISION))
    assert rows[("text", "attention")] == (12, 12, 12)
    assert rows[("text", "mlp")] == (9, 9, 9)
    assert rows[("audio", "attention")][:2] == (0, 0), "the audio tower must stay untouched"
    assert rows[("vision", "convolution")][:2] == (0, 0)
    ranks = {n: p.shape[0] for n, p in adapter_tensors(bundle.model).items() if ".lora_A." in n}
    assert {r for n, r in ranks.items() if ".visual." in n} == {2}
    assert {r for n, r in ranks.items() if ".language_model." in n} == {4}


def test_stock_peft_would_not_do_this() -> None:
    """The trap that exact targets avoid: if upstream mends it, this test says so."""
    from peft import LoraConfig, get_peft_model

    bundle = small_bundle()
    pattern = r".*language_model.*(q|k|v|o|gate|up|down)_proj|.*visual\.blocks.*attn\.(qkv|proj)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(bundle.thinker, LoraConfig(r=4, target_modules=pattern))
    names = adapted_weights(model)
    assert any("audio_tower" in n for n in names) or not any(".mlp." in n and "language" in n for n in names)


def test_experts_are_adapted_as_parameters() -> None:
    settings = AdapterSettings(rank=4, targets=(
        TargetGroup(part="text", kind="attention"), TargetGroup(part="text", kind="experts", rank=2)))
    bundle = attach_adapter(small_bundle(experts=4), settings)
    assert by_place(require_coverage(bundle, settings))[("text", "experts")] == (6, 6, 6)


def test_groups_that_match_nothing_are_refused() -> None:
    settings = AdapterSettings(targets=(TargetGroup(part="text", kind="experts"),))
    with pytest.raises(MedomniError) as info:
        attach_adapter(small_bundle(), settings)
    assert info.value.code == "MED-M02"


def test_coverage_fails_where_an_adapter_is_missing_or_surplus() -> None:
    bundle = attach_adapter(small_bundle(), TEXT_VISION)
    wider = TEXT_VISION.model_copy(update={"targets": (*TEXT_VISION.targets, TargetGroup(part="audio"))})
    narrower = TEXT_VISION.model_copy(update={"targets": TEXT_VISION.targets[:1]})
    for asked in (wider, narrower):
        with pytest.raises(MedomniError) as info:
            require_coverage(bundle, asked)
        assert info.value.code == "MED-M02"
    assert 0 < trainable_share(bundle.model) < 0.2
    assert sum(r.numbers for r in coverage_report(bundle, TEXT_VISION)) > 0


def test_round_trip_and_wrong_base(tmp_path: Path) -> None:
    bundle = attach_adapter(small_bundle(), TEXT_VISION)
    for p in adapter_tensors(bundle.model).values():
        torch.nn.init.normal_(p, generator=torch.Generator().manual_seed(1))
    sha = save_adapter(bundle, TEXT_VISION, tmp_path)
    loaded = load_adapter(small_bundle(), tmp_path)
    assert loaded.adapter_sha256 == sha
    for name, p in adapter_tensors(loaded.model).items():
        assert torch.equal(p, adapter_tensors(bundle.model)[name]), name
    ids = torch.arange(12)[None] + 20
    with torch.no_grad():
        assert torch.equal(loaded.thinker.model.language_model(input_ids=ids)[0],
                           bundle.thinker.model.language_model(input_ids=ids)[0])
    with pytest.raises(MedomniError) as info:
        load_adapter(small_bundle(seed=5), tmp_path)
    assert info.value.code == "MED-M01"


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    bundle = attach_adapter(small_bundle(), TEXT_VISION)
    save_adapter(bundle, TEXT_VISION, tmp_path)
    weights = tmp_path / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    with pytest.raises(MedomniError) as info:
        load_adapter(small_bundle(), tmp_path)
    assert info.value.code == "MED-M08"
    with pytest.raises(MedomniError) as info:
        set_adapter_tensors(bundle.model, {})
    assert info.value.code == "MED-M02"


def test_factors_start_equal_at_every_site() -> None:
    one, two = (attach_adapter(small_bundle(), TEXT_VISION, seed=7) for _ in range(2))
    for a, b in zip(adapter_tensors(one.model).values(), adapter_tensors(two.model).values(), strict=True):
        assert torch.equal(a, b)
