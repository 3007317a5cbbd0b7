"""Build or load a Thinker: tiny from scratch, embedded, a local folder, or a hub name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from medomni.errors import MedomniError
from medomni.model.attention import use_frames_attention
from medomni.model.bundle import Bundle, load_bundle, weights_hash
from medomni.model.family import FAMILIES, Family
from medomni.model.settings import ModelSettings, TinySizes
from medomni.model.tokenizer import train_tokenizer


def build_bundle(settings: ModelSettings, *, corpus: Iterable[str] = (), seed: int = 0) -> Bundle:
    """The model that ``settings`` describes.

    Args:
        settings: family, source, sizes.
        corpus: texts for the tokenizer, where the model is built from scratch.
        seed: of random weights.

    Raises:
        MedomniError: MED-M05 where the folder does not hold a supported Thinker, or keys do not fit.
    """
    family = FAMILIES[settings.family]
    if settings.source == "embedded":
        return load_bundle()
    if settings.source == "tiny":
        return _tiny(settings.sizes, family, corpus, seed)
    if (Path(settings.source) / "medomni.json").is_file():
        return load_bundle(settings.source)
    return _checkpoint(settings, family, seed)


def base_bundle(settings: ModelSettings, source: str | None = None) -> Bundle:
    """The base of a recipe; ``source`` (a folder or hub name) stands in for the recipe's own where it is given."""
    return build_bundle(settings if source is None else settings.model_copy(update={"source": source}))


def thinker_classes(family: Family) -> tuple[Any, Any]:
    """(configuration class, model class) of a family."""
    import transformers

    if family.name == "qwen3_omni":
        from transformers.models.qwen3_omni_moe.configuration_qwen3_omni_moe import Qwen3OmniMoeThinkerConfig

        return Qwen3OmniMoeThinkerConfig, transformers.Qwen3OmniMoeThinkerForConditionalGeneration
    from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniThinkerConfig

    return Qwen2_5OmniThinkerConfig, transformers.Qwen2_5OmniThinkerForConditionalGeneration


def thinker_from_config(config: dict, family: Family) -> Any:
    """A Thinker with random weights from a configuration dictionary; attention by PyTorch's SDPA."""
    config_class, model_class = thinker_classes(family)
    fields = {k: v for k, v in config.items() if k not in ("architectures", "transformers_version", "model_type")}
    model = model_class._from_config(config_class(**fields), attn_implementation="sdpa")
    use_frames_attention(model)
    return model


def tiny_config(sizes: TinySizes, family: Family, ids: dict[str, int]) -> dict:
    """Configuration of a small Thinker; ``ids`` maps the family's special tokens to ids."""
    part = sizes.head_dim // 2
    third = part // 3
    text: dict[str, Any] = {
        "vocab_size": sizes.vocabulary, "hidden_size": sizes.hidden, "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads, "num_key_value_heads": sizes.key_value_heads,
        "head_dim": sizes.head_dim, "intermediate_size": sizes.intermediate, "tie_word_embeddings": False,
        "pad_token_id": ids[family.pad], "eos_token_id": ids[family.turn_end], "max_position_embeddings": 4096,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0,
                            "mrope_section": [part - 2 * third, third, third]},
    }
    vision: dict[str, Any] = {"depth": sizes.vision_depth, "hidden_size": sizes.vision_hidden,
                              "num_heads": sizes.vision_heads, "patch_size": family.patch, "spatial_merge_size": 2,
                              "temporal_patch_size": 2, "intermediate_size": 2 * sizes.vision_hidden}
    audio: dict[str, Any] = {"d_model": sizes.audio_hidden, "encoder_layers": sizes.audio_layers,
                             "encoder_attention_heads": 4, "encoder_ffn_dim": 2 * sizes.audio_hidden,
                             "output_dim": sizes.hidden, "num_mel_bins": 128}
    names = {"vision_start_token_id": family.vision_start, "audio_start_token_id": family.audio_start}
    if family.name == "qwen3_omni":
        text["rope_parameters"]["mrope_interleaved"] = True
        moe = sizes.experts > 0
        text |= {"mlp_only_layers": [] if moe else list(range(sizes.layers)), "num_experts": sizes.experts or 2,
                 "num_experts_per_tok": sizes.experts_per_token, "moe_intermediate_size": sizes.intermediate // 2}
        vision |= {"out_hidden_size": sizes.hidden, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]}
        audio |= {"downsample_hidden_size": 32, "n_window": 50, "n_window_infer": 800}
        names |= {"image_token_id": family.image, "video_token_id": family.video, "audio_token_id": family.audio}
    else:
        vision |= {"out_hidden_size": sizes.hidden, "window_size": 4 * 2 * family.patch, "fullatt_block_indexes": [1]}
        audio |= {"n_window": 100}
        names |= {"image_token_index": family.image, "video_token_index": family.video,
                  "audio_token_index": family.audio}
    return {"text_config": text, "vision_config": vision, "audio_config": audio,
            "user_token_id": ids[family.turn_start], **{k: ids[v] for k, v in names.items()}}


def _tiny(sizes: TinySizes, family: Family, corpus: Iterable[str], seed: int) -> Bundle:
    tokenizer = train_tokenizer(corpus, family, sizes.vocabulary)
    ids = {t: tokenizer.convert_tokens_to_ids(t) for t in family.specials}
    torch.manual_seed(seed)
    model = thinker_from_config(tiny_config(sizes, family, ids), family)
    return Bundle(model, tokenizer, family, f"medomni-tiny-{family.name}", True, weights_hash(model.state_dict()))


def _checkpoint(settings: ModelSettings, family: Family, seed: int) -> Bundle:
    from transformers import AutoConfig, AutoTokenizer

    config_class, model_class = thinker_classes(family)
    dtype = getattr(torch, settings.dtype)
    try:
        config = AutoConfig.from_pretrained(settings.source)
        tokenizer = AutoTokenizer.from_pretrained(settings.source)
    except (OSError, ValueError, json.JSONDecodeError) as exc:
        raise MedomniError("MED-M05", type(exc).__name__, where=settings.source) from exc
    config = getattr(config, "thinker_config", config)
    if not isinstance(config, config_class):
        raise MedomniError("MED-M05", f"{config.model_type} is not a {family.name} Thinker", where=settings.source)
    if getattr(config, "vision_start_token_id", None) is None:
        config.vision_start_token_id = tokenizer.convert_tokens_to_ids(family.vision_start)
    if settings.random_depth:
        model = _random(config, model_class, settings.random_depth, seed, dtype)
    else:
        model, info = model_class.from_pretrained(settings.source, config=config, dtype=dtype, output_loading_info=True)
        if info["missing_keys"] or info["unexpected_keys"]:
            raise MedomniError("MED-M05", f"missing {list(info['missing_keys'])[:3]}, surplus "
                               f"{list(info['unexpected_keys'])[:3]}", where=settings.source)
    return Bundle(model, tokenizer, family, settings.source, False, weights_hash(model.state_dict()))


def _random(config: Any, model_class: Any, depth: int, seed: int, dtype: torch.dtype) -> Any:
    config.text_config.num_hidden_layers = min(depth, config.text_config.num_hidden_layers)
    config.vision_config.depth = min(depth, config.vision_config.depth)
    config.audio_config.encoder_layers = min(depth, config.audio_config.encoder_layers)
    if hasattr(config.text_config, "layer_types") and config.text_config.layer_types:
        config.text_config.layer_types = config.text_config.layer_types[:depth]
    if hasattr(config.vision_config, "deepstack_visual_indexes"):
        config.vision_config.deepstack_visual_indexes = list(range(min(depth, 1)))
    torch.manual_seed(seed)
    return model_class._from_config(config, dtype=dtype, attn_implementation="sdpa")
