"""The Thinker as it is fed here: patches as the stock processor makes them, positions, saving, both families."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from medomni.config import load_config
from medomni.data import SlabSettings
from medomni.errors import MedomniError
from medomni.generate import decode
from medomni.model import (
    Bundle,
    ModelSettings,
    attach_adapter,
    build_bundle,
    load_bundle,
    require_coverage,
    save_bundle,
)
from medomni.model.build import thinker_classes, thinker_from_config
from medomni.model.family import FAMILIES, QWEN3_OMNI
from medomni.model.inputs import model_inputs
from medomni.model.patches import patchify, token_count
from medomni.model.positions import position_ids
from medomni.pipeline import load_model
from medomni.train import Recipe
from medomni.train.command import run_recipe
from tests.cases import small_bundle, square_case

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]


def test_patches_equal_the_stock_processor() -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (64, 96, 3), dtype=np.uint8)
    stock = Qwen2VLImageProcessorPil(patch_size=16, merge_size=2, temporal_patch_size=2, do_resize=False,
                                     image_mean=[0.5] * 3, image_std=[0.5] * 3)(images=[picture], return_tensors="pt")
    view = (torch.from_numpy(picture).permute(2, 0, 1).float() / 255 - 0.5) / 0.5
    ours, grid = patchify(view[None], QWEN3_OMNI)
    assert list(grid) == stock["image_grid_thw"][0].tolist()
    assert torch.allclose(ours, stock["pixel_values"], atol=1e-6)


def test_positions_step_by_millimetres() -> None:
    image = 9
    ids = torch.tensor([[1, 2, *[image] * 8, 3, 4]])
    pos, following = position_ids(ids, torch.ones_like(ids), image, [[(2, 4, 4)]], [[48.0]])
    assert pos[0, 0, 2:10].tolist() == [2, 2, 2, 2, 5, 5, 5, 5]  # 48 mm is three steps of 16 mm
    assert pos[1, 0, 2:6].tolist() == [2, 2, 3, 3] and pos[2, 0, 2:6].tolist() == [2, 3, 2, 3]
    assert pos[0, 0, 10:].tolist() == [6, 7] and following.tolist() == [8]
    left = torch.tensor([[0, 0, 5, 6]])
    padded, following = position_ids(left, torch.tensor([[0, 0, 1, 1]]), image, [[]], [[1.0]])
    assert padded[0, 0, 2:].tolist() == [0, 1] and following.tolist() == [2]


def test_positions_equal_the_stock_ones_where_spacing_is_stock() -> None:
    bundle = small_bundle()
    f, t = bundle.family, bundle.tokenizer
    ids = t(f"ab{f.vision_start}{f.image * 4}{f.vision_end}cd", return_tensors="pt").input_ids
    stock, _ = bundle.thinker.model.get_rope_index(ids, torch.tensor([[1, 4, 4]]), None, torch.ones_like(ids),
                                                   False, None, None)
    ours, _ = position_ids(ids, torch.ones_like(ids), t.convert_tokens_to_ids(f.image), [[(1, 4, 4)]], [[16.0]])
    assert torch.equal(stock.long(), ours)


@pytest.mark.parametrize("family", ["qwen3_omni", "qwen2_5_omni"])
def test_volume_and_audio_go_through(family: str) -> None:
    bundle = small_bundle(family)
    f, t = bundle.family, bundle.tokenizer
    edge = f.patch * f.merge * 2
    view = torch.randn(4, 3, edge, edge)
    tokens = token_count(patchify(view, f)[1], f)
    enc = t(f"{f.vision_start}{f.image * tokens}{f.vision_end}cough", return_tensors="pt")
    inputs, _ = model_inputs(bundle, enc.input_ids, enc.attention_mask, [view], [32.0])
    with torch.no_grad():
        one = bundle.thinker.model(**inputs, use_cache=False)[0]
        other = bundle.thinker.model(**{**inputs, "pixel_values": inputs["pixel_values"] * 0}, use_cache=False)[0]
    assert torch.isfinite(one).all() and not torch.allclose(one[0, -1], other[0, -1]), "the image must reach the text"
    seconds = 2
    per_second = {"qwen3_omni": 13, "qwen2_5_omni": 25}[family]
    audio = t(f.audio_start + f.audio * (seconds * per_second) + f.audio_end, return_tensors="pt")
    mel = torch.randn(1, 128, 100 * seconds)
    with torch.no_grad():
        heard = bundle.thinker.model(input_ids=audio.input_ids, attention_mask=audio.attention_mask,
                                     input_features=mel, feature_attention_mask=torch.ones(1, 100 * seconds).long(),
                                     use_cache=False)[0]
    assert torch.isfinite(heard).all()


def test_save_and_load(tmp_path: Path) -> None:
    bundle = small_bundle()
    save_bundle(bundle, tmp_path, dtype=torch.float32)
    again = load_bundle(tmp_path)
    for (name, a), (_, b) in zip(bundle.model.named_parameters(), again.model.named_parameters(), strict=True):
        assert torch.equal(a, b), name
    assert again.tokenizer("a 12 mm nodule").input_ids == bundle.tokenizer("a 12 mm nodule").input_ids
    weights = tmp_path / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 0xFF
    weights.write_bytes(bytes(data))
    with pytest.raises(MedomniError) as info:
        load_bundle(tmp_path)
    assert info.value.code == "MED-M08"
    weights.unlink()
    with pytest.raises(MedomniError) as info:
        load_bundle(tmp_path)
    assert info.value.code == "MED-M05"


@pytest.mark.parametrize("name", ["medomni.json", "config.json", "tokenizer.json"])
@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_damaged_model_folder_has_a_code(tmp_path: Path, name: str, text: str) -> None:
    save_bundle(small_bundle(), tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(MedomniError) as info:
        load_bundle(tmp_path)
    assert info.value.code == "MED-M05" and str(tmp_path) in str(info.value)


def full_checkpoint(folder: Path, family: str) -> None:
    """A folder laid out like a hub checkpoint: config of the whole omni model, tokenizer, no weights.

    Qwen3-Omni's layers are mixtures of experts, as the checkpoint's are; widths are small.
    """
    folder.mkdir(exist_ok=True)
    bundle = small_bundle(family, experts=4 if family == "qwen3_omni" else 0)
    kind = {"qwen3_omni": "qwen3_omni_moe", "qwen2_5_omni": "qwen2_5_omni"}[family]
    thinker = json.loads(bundle.thinker.config.to_json_string(use_diff=False))
    thinker.pop("vision_start_token_id", None)
    (folder / "config.json").write_text(json.dumps({"model_type": kind, "thinker_config": thinker}))
    bundle.tokenizer.save_pretrained(folder)


@pytest.mark.parametrize(("family", "config"), [("qwen3_omni", "qwen3_omni_30b"), ("qwen2_5_omni", "qwen2_5_omni_3b")])
def test_real_recipes_take_the_same_path_at_reduced_depth(tmp_path: Path, family: str, config: str) -> None:
    """Random weights at depth 2 from a full checkpoint's config: build, adapt, cover. Real weights are not tried."""
    full_checkpoint(tmp_path, family)
    recipe = load_config(ROOT / "configs" / f"{config}.yaml", Recipe)
    assert recipe.model.family == family and recipe.adapter is not None
    settings = ModelSettings(family=family, source=str(tmp_path), random_depth=2, dtype="float32")
    bundle = build_bundle(settings)
    assert bundle.thinker.config.text_config.num_hidden_layers == 2
    assert bundle.thinker.config.vision_start_token_id == bundle.tokenizer.convert_tokens_to_ids(
        FAMILIES[family].vision_start)
    require_coverage(attach_adapter(bundle, recipe.adapter), recipe.adapter)


PUBLISHED = {
    "qwen3_omni": {"hidden_size": 2048, "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128,
                   "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768, "mlp_only_layers": []},
    "qwen2_5_omni": {"hidden_size": 2048, "num_attention_heads": 16, "num_key_value_heads": 2,
                     "intermediate_size": 11008},
}
"""Widths of the language models as their checkpoints' config.json states them (Qwen3-Omni-30B-A3B, Qwen2.5-Omni-3B)."""


@pytest.mark.parametrize(("family", "config"), [("qwen3_omni", "qwen3_omni_30b"), ("qwen2_5_omni", "qwen2_5_omni_3b")])
def test_real_recipes_fit_the_published_widths(family: str, config: str) -> None:
    """Depth 2 at full width, on the meta device, where weights take no memory: every target finds its layers."""
    f = FAMILIES[family]
    kind = thinker_classes(f)[0]
    about = kind().to_dict()
    width = PUBLISHED[family]["hidden_size"]
    about["text_config"] |= PUBLISHED[family] | {"num_hidden_layers": 2, "layer_types": None}
    about["vision_config"] |= {"depth": 2, "out_hidden_size": width}
    about["audio_config"] |= {"encoder_layers": 2, "output_dim": width}
    if family == "qwen3_omni":
        about["vision_config"]["deepstack_visual_indexes"] = [0]
    recipe = load_config(ROOT / "configs" / f"{config}.yaml", Recipe)
    assert recipe.adapter is not None
    with torch.device("meta"):
        model = thinker_from_config(about, f)
        numbers = sum(p.numel() for p in model.parameters())
        bundle = attach_adapter(Bundle(model, None, f, "published widths", False, ""), recipe.adapter)
    rows = {(r.part, r.kind): r for r in require_coverage(bundle, recipe.adapter)}
    assert numbers > 7e8 and rows["text", "attention"].adapted == 8
    if family == "qwen3_omni":
        assert rows["text", "experts"].numbers == 2 * 128 * 3 * 768 * 2048 and rows["text", "experts"].adapted == 0


@pytest.mark.parametrize(("family", "config"), [("qwen3_omni", "qwen3_omni_30b"), ("qwen2_5_omni", "qwen2_5_omni_3b")])
def test_real_recipes_train_save_and_report(tmp_path: Path, family: str, config: str) -> None:
    """Their own stages, targets and view: a step a stage, the adapter saved, and a checked report from it.

    Random weights at depth 2 and small widths, experts where the checkpoint has them, and a view that is smaller by
    whole patches, so that it takes seconds.
    """
    full_checkpoint(tmp_path / "hub", family)
    recipe = load_config(ROOT / "configs" / f"{config}.yaml", Recipe)
    cell = FAMILIES[family].patch * FAMILIES[family].merge
    assert recipe.data.slabs.size % cell == 0
    stages = [s.model_copy(update={"steps": 1, "open": tuple(
        b.model_copy(update={"count": b.count and 1}) for b in s.open)}) for s in recipe.train.stages]
    recipe = recipe.model_copy(update={
        "model": ModelSettings(family=family, source=str(tmp_path / "hub"), random_depth=2, dtype="float32"),
        "data": recipe.data.model_copy(update={"slabs": SlabSettings(slices=6, size=2 * cell)}),
        "train": recipe.train.model_copy(update={"stages": tuple(stages)})})
    cases = [square_case(k, size=2 * cell) for k in range(2)]
    trained, result = run_recipe(recipe, cases, tmp_path / "out")
    assert result.steps == len(stages) and all(np.isfinite(result.losses))
    assert all(p["opened_changed"] and not p["frozen_changed"] for p in result.proofs.values()), result.proofs
    again = load_model(None, tmp_path / "out" / "adapter", recipe)
    assert again.adapter_sha256 == trained.adapter_sha256
    assert decode(again, cases[:1], facts=True, longest=12) == decode(trained, cases[:1], facts=True, longest=12)
    with pytest.raises(MedomniError) as info:
        run_recipe(recipe, [square_case(0, size=3 * cell)], None)
    assert info.value.code == "MED-C03" and "medomni cases --config" in str(info.value)


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    full_checkpoint(tmp_path, "qwen2_5_omni")
    with pytest.raises(MedomniError) as info:
        build_bundle(ModelSettings(family="qwen3_omni", source=str(tmp_path), random_depth=2))
    assert info.value.code == "MED-M05"
