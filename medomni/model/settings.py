"""What a configuration says of the base model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medomni.config import Config


class TinySizes(Config):
    """Sizes of a Thinker built from scratch; ``configs/tiny.yaml`` has those of the embedded demonstration model."""

    vocabulary: Annotated[int, Field(ge=300)] = 1024
    hidden: int = 192
    layers: int = 4
    heads: int = 4
    key_value_heads: int = 2
    head_dim: int = 48
    intermediate: int = 384
    experts: int = 0
    experts_per_token: int = 2
    vision_hidden: int = 96
    vision_depth: int = 2
    vision_heads: int = 4
    audio_hidden: int = 64
    audio_layers: int = 1


class ModelSettings(Config):
    """Which model.

    Attributes:
        family: architecture.
        source: ``tiny`` (built from ``sizes``), ``embedded`` (the shipped demonstration weights), a local folder,
            or a hub name.
        random_depth: with a folder or hub name, build the architecture with random weights at this depth instead
            of loading weights (to try a plan without the checkpoint).
        dtype: of the base weights.
    """

    family: Literal["qwen3_omni", "qwen2_5_omni"] = "qwen3_omni"
    source: str = "embedded"
    sizes: TinySizes = TinySizes()
    random_depth: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
