"""B6, second part: recall and precision of the text scrub on sentences whose wording and names it never saw.

English: ``phi_sentences/en_held.jsonl``, 774 frames written without sight of the rules, of the older frames and of
what the reader was trained on, before it was trained; nothing was mended by them. Chinese: the frames of ``zh.jsonl``
with odd numbers, which nobody looked at (those with even numbers were looked at to mend rules). Faker, of which neither
the rules nor the reader hold anything, fills them.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FRAMES = Path(__file__).parent / "phi_sentences"
COUNT = 1000
SEEDS = {"en": 20_261_126, "zh": 20_261_124}
HELD = {"en": ("en_held.jsonl", None), "zh": ("zh.jsonl", 1)}
"""File of the frames that judge, and the parity of the numbers of those of them that were never looked at."""
WANTED = {"en": 0.98, "zh": 0.95}


@dataclass
class Tally:
    """Counts over sentences.

    Attributes:
        sentences: how many were judged.
        items, found: identifiers by kind, and those of them of which every character was covered.
        spans, right: what the scrub replaced, and what of it lies at an identifier.
        clean, alarmed: sentences without any identifier, and those of them in which something was replaced.
        missed: (frame, slot's kind, text, sentence) of what was not covered whole.
        false: (frame, text, rule, sentence) of what was replaced where no identifier is.
    """

    sentences: int = 0
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
    """1,000 sentences a language; the English ones also by the rules alone, which is told and not judged."""
    from medomni.scrub.encoder import base_folder

    parts, met = [], base_folder() is not None
    for language, wanted in WANTED.items():
        tally = measure(language, SEEDS[language], parity=HELD[language][1])
        met = met and tally.recall >= wanted and tally.sentences == COUNT
        parts.append(f"{language}: {tally.sentences} sentences, recall {told(tally)}, precision "
                     f"{tally.precision:.3f}, {tally.alarmed} of {tally.clean} without identifiers changed")
        for kind in sorted(tally.items):
            print(f"  {language} {kind:<9} {tally.found[kind]:>4} of {tally.items[kind]:<4} "
                  f"{interval(tally.found[kind], tally.items[kind])}", flush=True)
    rules = measure("en", SEEDS["en"], read=False)
    print(f"  en by the rules alone: recall {told(rules)}, precision {rules.precision:.3f}", flush=True)
    return met, "; ".join(parts)


def measure(language: str, seed: int, *, count: int = COUNT, parity: int | None = None, read: bool = True) -> Tally:
    """Fill the frames, scrub, count; ``parity`` 1 fills only the frames with odd numbers, 0 the even.

    Args:
        read: with the reader of English where it is installed.
    """
    from medomni.scrub import scrub

    tally = Tally()
    for number, text, items in _sentences(language, count, seed, parity):
        tally.sentences += 1
        spans = scrub(text, read=read).spans
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


def _sentences(language: str, count: int, seed: int,
               parity: int | None) -> list[tuple[int, str, list[tuple[int, int, str]]]]:
    """(number of the frame, text, identifiers) of each sentence; the number is carried through in the first literal."""
    from benchmarks.phi_sentences.fill import fill, load

    marked = [{**f, "parts": [{"t": f"{f['id']}\0"}, *f["parts"]]} for f in load(FRAMES / HELD[language][0])
              if parity is None or int(f["id"]) % 2 == parity]
    out = []
    for text, items in fill(marked, count, language, seed):
        number, _, rest = text.partition("\0")
        shift = len(number) + 1
        out.append((int(number), rest, [(start - shift, end - shift, kind) for start, end, kind in items]))
    return out
