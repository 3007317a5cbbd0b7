"""The tiny model's own tokenizer: byte-level BPE, digits one by one, special tokens first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medomni.model.family import Family


def train_tokenizer(texts: Iterable[str], family: Family, vocabulary: int) -> Any:
    """A ``PreTrainedTokenizerFast`` trained on ``texts``.

    Digits are split so that sizes are copied digit by digit. The special tokens take the first ids, so they stay
    stable when the corpus changes.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    core = Tokenizer(models.BPE(byte_fallback=False))
    core.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\d"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=family.specials, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    core.train_from_iterator(texts, trainer)
    return wrap_tokenizer(core, family)


def wrap_tokenizer(core: Any, family: Family) -> Any:
    """Give a ``tokenizers.Tokenizer`` the names of the family's special tokens."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=family.turn_end, pad_token=family.pad, clean_up_tokenization_spaces=False,
        extra_special_tokens={
            "image_token": family.image, "audio_token": family.audio, "video_token": family.video,
            "vision_bos_token": family.vision_start, "vision_eos_token": family.vision_end,
            "audio_bos_token": family.audio_start, "audio_eos_token": family.audio_end,
        })
