"""What differs between the two Thinker architectures: token names, patch size, module names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Constants of an architecture.

    Attributes:
        patch: vision patch edge in pixels; images are multiples of ``patch * merge``.
        merge: spatial merge (patches per model token and axis).
        temporal: slices per temporal patch.
        image, vision_start, vision_end, audio, audio_start, audio_end, video: special tokens.
        vision_linear, vision_attention: leaf names of the vision blocks, as regular expressions.
    """

    name: str
    patch: int
    image: str
    vision_start: str
    vision_end: str
    audio: str
    audio_start: str
    audio_end: str
    video: str
    vision_attention: str
    vision_linear: str
    aligner: str
    merge: int = 2
    temporal: int = 2
    turn_start: str = "<|im_start|>"
    turn_end: str = "<|im_end|>"
    pad: str = "<|endoftext|>"

    @property
    def specials(self) -> list[str]:
        """All special tokens, pad first; their order fixes their ids in a vocabulary made from scratch."""
        return [self.pad, self.turn_start, self.turn_end, self.vision_start, self.vision_end, self.image, self.video,
                self.audio_start, self.audio_end, self.audio]


QWEN3_OMNI = Family(
    name="qwen3_omni", patch=16,
    image="<|image_pad|>", vision_start="<|vision_start|>", vision_end="<|vision_end|>",
    audio="<|audio_pad|>", audio_start="<|audio_start|>", audio_end="<|audio_end|>", video="<|video_pad|>",
    vision_attention=r"attn\.(qkv|proj)", vision_linear=r"mlp\.(linear_fc1|linear_fc2)",
    aligner=r"model\.visual\.(merger|merger_list\.\d+)\.mlp\.\d+|model\.audio_tower\.(proj1|proj2)",
)
QWEN2_5_OMNI = Family(
    name="qwen2_5_omni", patch=14,
    image="<|IMAGE|>", vision_start="<|vision_bos|>", vision_end="<|vision_eos|>",
    audio="<|AUDIO|>", audio_start="<|audio_bos|>", audio_end="<|audio_eos|>", video="<|VIDEO|>",
    vision_attention=r"attn\.(q|k|v|qkv|proj)", vision_linear=r"mlp\.(gate_proj|up_proj|down_proj)",
    aligner=r"model\.visual\.merger\.mlp\.\d+|model\.audio_tower\.proj",
)
FAMILIES = {f.name: f for f in (QWEN3_OMNI, QWEN2_5_OMNI)}
