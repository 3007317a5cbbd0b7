"""A case to token ids and windowed images. The prompt: slices as images, history, facts (which may be withheld)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from medomni.data.case import Case
from medomni.data.facts import fact_lines
from medomni.data.windows import windowed
from medomni.errors import MedomniError

WITHHELD = "withheld"


@dataclass(frozen=True)
class Example:
    """One encoded case.

    Attributes:
        ids: prompt and, for training, report and end-of-turn.
        prompt: number of prompt tokens; loss is taken on what follows only.
        images: (slices, 3, height, width) float32, or None where images are withheld.
        pair_mm: distance between slab pairs.
        weight: of the case's loss.
    """

    ids: list[int]
    prompt: int
    images: torch.Tensor | None
    pair_mm: float
    weight: float = 1.0


class Encoder:
    """Encodes cases for one tokenizer and family.

    Args:
        tokenizer: with the family's special tokens.
        family: :class:`medomni.model.family.Family` or anything with its fields.
        context: most tokens of an example.
    """

    def __init__(self, tokenizer: Any, family: Any, *, context: int = 512) -> None:
        self.tokenizer, self.family, self.context = tokenizer, family, context
        self.end = tokenizer.convert_tokens_to_ids(family.turn_end)
        self.image = tokenizer.convert_tokens_to_ids(family.image)
        self.pad = tokenizer.convert_tokens_to_ids(family.pad)

    def prompt_text(self, case: Case, *, facts: bool) -> str:
        """The words of the prompt after the images."""
        p = case.findings.study.patient
        who = f"{p.age_years} year old {p.sex}" if p.age_years is not None else f"{p.sex} patient"
        history = " ".join(t for t in (case.history.symptom, case.history.prior) if t)
        lines = "; ".join(fact_lines(case.findings)) or "none"
        return f"CT chest. {who}. {history}\nFacts: {lines if facts else WITHHELD}.\nReport."

    def encode(self, case: Case, *, facts: bool, images: bool = True, report: bool = True) -> Example:
        """Encode a case; ``report=False`` for generation.

        Raises:
            MedomniError: MED-M07 where the example does not fit the context, MED-M06 for slabs of a wrong size.
        """
        ids, prompt = self.token_ids(case, facts=facts, images=images, report=report)
        views = windowed(torch.from_numpy(case.hu)) if images else None
        return Example(ids, prompt, views, case.pair_mm, case.weight)

    def image_tokens(self, case: Case) -> int:
        """Model tokens of a case's slabs; error MED-M06 where their size is no multiple of patch x merge."""
        slices, height, width = case.hu.shape
        cell = self.family.patch * self.family.merge
        if height % cell or width % cell:
            raise MedomniError("MED-M06", f"slabs of {height} x {width} are no multiple of {cell}")
        return -(-slices // self.family.temporal) * (height // cell) * (width // cell)

    def token_ids(self, case: Case, *, facts: bool, images: bool = True, report: bool = True) -> tuple[list[int], int]:
        """Ids of prompt (and report), and the number of prompt tokens; errors as :meth:`encode`."""
        f = self.family
        tokens = self.image_tokens(case) if images else 0
        volume = f"{f.vision_start}{f.image * tokens}{f.vision_end}" if tokens else ""
        text = (f"{f.turn_start}user\n{volume}{self.prompt_text(case, facts=facts)}{f.turn_end}\n"
                f"{f.turn_start}assistant\n")
        ids = self.tokenizer(text, add_special_tokens=False).input_ids
        prompt = len(ids)
        if report:
            if not case.report:
                raise MedomniError("MED-M06", "a training case has no report")
            ids = ids + self.tokenizer(case.report, add_special_tokens=False).input_ids + [self.end]
        if len(ids) > self.context:
            raise MedomniError("MED-M07", f"{len(ids)} tokens, context {self.context}")
        if ids.count(self.image) != tokens:
            raise MedomniError("MED-M06", f"{ids.count(self.image)} placeholders for {tokens} image tokens")
        return ids, prompt
