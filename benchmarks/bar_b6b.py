"""B6, second part: recall and precision of the text scrub on sentences whose wording and names it never saw.

The frames of ``phi_sentences`` were written apart from the rules; Faker, of which the rules hold nothing, fills them.
Frames with even numbers may be looked at to mend rules, those with odd ones may not, so they are told apart here.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FRAMES = Path(__file__).parent / "phi_sentences"
COUNT = 1000
SEEDS = {"first": 20_261_121, "mended once": 20_261_122, "mended twice": 20_261_123,
         "mended by other sentences": 20_261_124}
"""Seed of the first sight, of the measurements after the rules were mended by the failures of even frames, and after
they were mended by sentences of another making (``scrub_dev``), of none of these."""
WANTED = {"en": 0.98, "zh": 0.95}


@dataclass
class Tally:
    """Counts over sentences.

    Attributes:
        items, found: identifiers by kind, and those of them of which every character was covered.
        spans, right: what the scrub replaced, and what of it lies at an identifier.
        clean, alarmed: sentences without any identifier, and those of them in which something was replaced.
        missed: (frame, slot's kind, text, sentence) of what was not covered whole.
        false: (frame, text, rule, sentence) of what was replaced where no identifier is.
    """

    items: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    spans: int = 0
    right: int = 0
    clean: int = 0
    alarmed: int = 0
    missed: list[tuple[int, str, str, str]] = field(default_factory=list)
    false: list[tuple[int, str, str, str]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of identifiers covered whole."""
        return self.found.total() / self.items.total()

    @property
    def precision(self) -> float:
        """Share of replacements that lie at an identifier."""
        return self.right / self.spans


def run() -> tuple[bool, str]:
    """1,000 sentences a language, on the seed that the rules were not mended on; odd frames, which nobody looked at."""
    parts, met = [], True
    seed = list(SEEDS.values())[-1]
    for language, wanted in WANTED.items():
        every, odd = measure(language, seed), measure(language, seed, parity=1)
        met = met and odd.recall >= wanted and every.recall >= wanted
        parts.append(f"{language}: recall {told(odd)} on unseen frames, {told(every)} on all, precision "
                     f"{odd.precision:.3f}, {odd.alarmed} of {odd.clean} sentences without identifiers changed")
        for kind in sorted(every.items):
            print(f"  {language} {kind:<9} {every.found[kind]:>4} of {every.items[kind]:<4} "
                  f"{interval(every.found[kind], every.items[kind])}", flush=True)
    return met, "; ".join(parts)


def measure(language: str, seed: int, *, count: int = COUNT, parity: int | None = None) -> Tally:
    """Fill the frames, scrub, count; ``parity`` 1 takes only the sentences of frames with odd numbers, 0 the even."""
    from medomni.scrub import scrub

    tally = Tally()
    for number, text, items in _sentences(language, count, seed):
        if parity is not None and number % 2 != parity:
            continue
        spans = scrub(text).spans
        covered = {k for s in spans for k in range(s.start, s.end)}
        at = {k for start, end, _ in items for k in range(start, end)}
        tally.clean += not items
        tally.alarmed += not items and bool(spans)
        for start, end, kind in items:
            tally.items[kind] += 1
            if covered.issuperset(range(start, end)):
                tally.found[kind] += 1
            else:
                tally.missed.append((number, kind, text[start:end], text))
        for s in spans:
            tally.spans += 1
            if at & set(range(s.start, s.end)):
                tally.right += 1
            else:
                tally.false.append((number, text[s.start:s.end], s.rule, text))
    return tally


def told(tally: Tally) -> str:
    """Recall with its interval."""
    return f"{tally.recall:.3f} {interval(tally.found.total(), tally.items.total())}"


def interval(hits: int, of: int) -> str:
    """Wilson's 95 % interval of a share (Wilson 1927, J Am Stat Assoc 22:209)."""
    if not of:
        return "[none]"
    z, p = 1.959964, hits / of
    middle, half = (p + z * z / (2 * of)), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return f"[{(middle - half) / (1 + z * z / of):.3f}, {(middle + half) / (1 + z * z / of):.3f}]"


def _sentences(language: str, count: int, seed: int) -> list[tuple[int, str, list[tuple[int, int, str]]]]:
    """(number of the frame, text, identifiers) of each sentence; the number is carried through in the first literal."""
    from benchmarks.phi_sentences.fill import fill, load

    marked = [{**f, "parts": [{"t": f"{f['id']}\0"}, *f["parts"]]} for f in load(FRAMES / f"{language}.jsonl")]
    out = []
    for text, items in fill(marked, count, language, seed):
        number, _, rest = text.partition("\0")
        shift = len(number) + 1
        out.append((int(number), rest, [(start - shift, end - shift, kind) for start, end, kind in items]))
    return out
