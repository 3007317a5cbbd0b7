"""How often each fault of the images is found, and how often one is called where there is none, on phantoms.

``python -m benchmarks.quality`` renders patients of seeds from 310,000 on (the limits were set on seeds from 300,000
on), degrades each in every way of :mod:`medomni.phantom.degraded`, and prints a table: found, and false alarms on the
same patients as they were, with 95 % intervals (Wilson). ``--fine 9`` adds thin slices (matrix 256, 2.5 mm), ``--weak``
takes weaker degradations.
"""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import sqrt

from medomni.phantom import render, sample_patient
from medomni.phantom.degraded import (
    DEGRADATIONS,
    moved,
    narrowed,
    noisy,
    with_metal,
    without_apex,
    without_base,
)
from medomni.quality import quality_of
from medomni.segment import get_segmenter

WEAK = {"shift 2.5 mm": partial(moved, shift_mm=2.5, blur_mm=0.1),
        "blur 5 mm": partial(moved, shift_mm=0.0, blur_mm=5.0),
        "noise x 2": partial(noisy, factor=2.0), "noise x 3": partial(noisy, factor=3.0),
        "narrow 0.75": partial(narrowed, share=0.75), "apex 0.12": partial(without_apex, share=0.12),
        "base 0.2": partial(without_base, share=0.2), "streaks 250": partial(with_metal, strength_hu=250.0)}
"""Each at less than its usual strength."""
SHOWS = {"motion": "motion", "noise": "noise", "clipped": "values", "grey": "values", "narrow": "field_of_view",
         "no apex": "apex", "no base": "base", "metal": "metal", "thick": "slice_distance",
         "shift 2.5 mm": "motion", "blur 5 mm": "motion", "noise x 2": "noise",
         "noise x 3": "noise", "narrow 0.75": "field_of_view", "apex 0.12": "apex", "base 0.2": "base",
         "streaks 250": "metal"}
"""The item in which each degradation should show."""


def counted(number: int, first: int, matrix: int, slice_mm: float, ways: tuple[str, ...]) -> Counter[tuple[str, str]]:
    """(way, item) found bad in one patient, way ``none`` for the patient as rendered."""
    volume = render(sample_patient(first + number, "ABC"[number % 3]), matrix, slice_mm)
    out: Counter[tuple[str, str]] = Counter()
    for way in ("none", *ways):
        seen = (DEGRADATIONS | WEAK)[way](volume) if way != "none" else volume
        quality = quality_of(seen, get_segmenter().segment(seen))
        out.update((way, item.kind) for item in quality.faults)
        out[way, "studies"] += 1
    return out


def interval(hits: int, of: int) -> str:
    """``hits / of`` with the 95 % interval of Wilson."""
    z, p = 1.96, hits / max(of, 1)
    middle, half = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return f"{hits}/{of} ({(middle - half) / (1 + z * z / of):.2f}-{(middle + half) / (1 + z * z / of):.2f})"


def main() -> None:
    """Count and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--first", type=int, default=310_000)
    options.add_argument("--count", type=int, default=42)
    options.add_argument("--fine", type=int, default=0)
    options.add_argument("--weak", action="store_true", help="weaker degradations")
    options.add_argument("--workers", type=int, default=1)
    chosen = options.parse_args()
    sizes = [(chosen.first, chosen.count, 128, 6.0), (chosen.first + 100, chosen.fine, 256, 2.5)]
    for first, count, matrix, slice_mm in sizes:
        if not count:
            continue
        ways = tuple(WEAK) if chosen.weak else tuple(DEGRADATIONS)
        if slice_mm < 3:  # thin slices take long
            ways = ("motion", "noise", "clipped", "no apex", "metal")
        total: Counter[tuple[str, str]] = Counter()
        with ProcessPoolExecutor(chosen.workers) as pool:
            for counts in pool.map(partial(counted, first=first, matrix=matrix, slice_mm=slice_mm, ways=ways),
                                   range(count)):
                total.update(counts)
        print(f"matrix {matrix}, slices {slice_mm} mm, seeds from {first}, synthetic")
        for way in ways:
            item = SHOWS[way]
            print(f"  {way:12s} {item:14s} found {interval(total[way, item], count)}  "
                  f"false alarms {interval(total['none', item], count)}")
        others = {key: n for key, n in total.items() if key[1] not in ("studies", SHOWS.get(key[0])) and n}
        print(f"  other items called bad: {others or 'none'}")


if __name__ == "__main__":
    main()
