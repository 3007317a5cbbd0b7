"""Recall and precision of the English scrub's rules, without the reader.

``python -m benchmarks.scrub_dev.measure [mend|check] [words]``

Recall: identifiers of which every letter and figure was taken. Precision: letters and figures taken that belong to an
identifier, or to one of the stretches that are neither (weekdays, states, makers, titles). ``words`` fills every name
with one that is an English word too. ``mend --show`` lists the mend
half's misses and false findings; the check half's are never listed.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks.scrub_dev.fill import Filled, filled
from medomni.scrub import scrub

HERE = Path(__file__).parent
ROUNDS = 8
"""Fillings of each frame."""


def frames(half: str) -> list[tuple[int, dict[str, str]]]:
    """(number, frame) of one half: even numbers to mend on, odd ones to check with."""
    rows = [json.loads(line) for line in (HERE / "frames.jsonl").read_text("utf-8").split("\n") if line]
    return [(n, row) for n, row in enumerate(rows) if n % 2 == (half == "check")]


def sentences(half: str, seed: str = "a", rounds: int = ROUNDS, group: str = "") -> list[Filled]:
    """Every frame of the half, filled ``rounds`` times; frames without a slot once."""
    return [filled(row["text"], f"{seed}{n}.{turn}", group) for n, row in frames(half)
            for turn in range(rounds if row["group"] != "none" else 1)]


def measured(rows: list[Filled], show: bool = False) -> dict[str, object]:
    """Recall by kind and by group of names, precision, and seconds per 1,000 sentences."""
    hit: Counter[str] = Counter()
    total: Counter[str] = Counter()
    taken = right = wrong_clean = clean = 0
    began = time.perf_counter()
    results = [scrub(row.text, read=False) for row in rows]
    seconds = time.perf_counter() - began
    for row, result in zip(rows, results, strict=True):
        covered = {at for span in result.spans for at in range(span.start, span.end)}
        allowed = {at for start, end, *_ in (*row.identifiers, *row.neutral) for at in range(start, end)}
        for start, end, kind, group in row.identifiers:
            found = all(at in covered for at in range(start, end) if row.text[at].isalnum())
            for key in (kind, "all", *((f"NAME/{group}",) if kind == "NAME" else ())):
                total[key] += 1
                hit[key] += found
            if show and not found:
                print(f"MISS {kind} {row.text[start:end]!r}\t{result.text}\t<< {row.text}")
        letters = [at for at in covered if row.text[at].isalnum()]
        extra = [at for at in letters if at not in allowed]
        taken, right = taken + len(letters), right + len(letters) - len(extra)
        clean += not row.identifiers
        wrong_clean += bool(extra) and not row.identifiers
        if show and extra:
            text = "".join(row.text[at] if at in extra else " " for at in range(len(row.text))).split()
            print(f"FALSE {' '.join(text)!r}\t{result.text}\t<< {row.text}")
    recall = {key: (round(hit[key] / total[key], 4), total[key]) for key in sorted(total)}
    return {"recall": recall, "precision": round(right / max(1, taken), 4), "clean sentences touched":
            (wrong_clean, clean), "seconds per 1,000": round(1000 * seconds / len(rows), 2)}


def main(halves: list[str], show: bool, group: str) -> None:
    for half in halves:
        out = measured(sentences(half, group=group), show and half == "mend")
        print(half, json.dumps({k: v for k, v in out.items() if k != "recall"}))
        recall = out["recall"]
        assert isinstance(recall, dict)
        for key, (value, number) in recall.items():
            print(f"  {key:16} {value:.4f} of {number}")


if __name__ == "__main__":
    main([a for a in sys.argv[1:] if a in ("mend", "check")] or ["mend", "check"], "--show" in sys.argv,
         "words" if "words" in sys.argv else "")
