"""How scanners and archives write one patient: every habit that a reader must undo, drawn so that all pairs meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any

import numpy as np

TURNS = {"HFS": 0, "FFS": 0, "HFP": 180, "FFP": 180, "HFDR": 90, "FFDR": 90, "HFDL": 270, "FFDL": 270}
"""Patient Position (0018,5100) to how far the pixels of an axial slice are turned; the patient stays where he is."""


@dataclass(frozen=True)
class Habit:
    """One way to write a series. Every field has the plain way as its default.

    Attributes:
        plane: of the slices.
        position: Patient Position; it turns axial pixels in quarter turns.
        oblique_deg: the stack turned about the patient's long axis, degrees.
        tilt_deg: gantry tilt: each slice's origin shifted along its columns (axial slices only).
        syntax: of the pixel data and the data set.
        bits, signed: of the stored values; 12 are stored in 16.
        overlay: bits above the stored ones hold something else.
        rescale: ``hu`` slope 1 and a whole intercept, ``slope`` 2 and another, ``fraction`` 0.5 and -1024.25,
            ``per_slice`` another whole pair for each slice.
        padding: ``none``, ``value`` outside the scan circle, or ``range`` of values.
        order: of instance numbers: ``up``, ``down``, ``mixed``, ``equal``, ``absent``.
        frames: ``single`` files, or one ``enhanced`` multi-frame file with shuffled frames.
        beside: what else lies in the folder: ``nothing``, ``localizer`` in the same series, ``kernel`` in the same
            series at the same places, ``copy`` of a slice, ``report`` (a file without an image), ``junk``.
        missing: ``none``, or ``slice`` inside the stack.
    """

    plane: str = "axial"
    position: str = "HFS"
    oblique_deg: float = 0.0
    tilt_deg: float = 0.0
    syntax: str = "explicit"
    bits: int = 16
    signed: bool = True
    overlay: bool = False
    rescale: str = "hu"
    padding: str = "none"
    order: str = "up"
    frames: str = "single"
    beside: str = "nothing"
    missing: str = "none"


CHOICES: dict[str, tuple[Any, ...]] = {
    "plane": ("axial", "sagittal", "coronal"), "position": tuple(TURNS), "oblique_deg": (0.0, 12.0),
    "tilt_deg": (0.0, 18.5, -7.0),
    "syntax": ("implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000",
               "htj2k"),
    "bits": (12, 16), "signed": (False, True), "overlay": (False, True),
    "rescale": ("hu", "slope", "fraction", "per_slice"), "padding": ("none", "value", "range"),
    "order": ("up", "down", "mixed", "equal", "absent"), "frames": ("single", "enhanced"),
    "beside": ("nothing", "localizer", "kernel", "copy", "report", "junk"), "missing": ("none", "slice"),
}
COMPRESSED = frozenset(("rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000", "htj2k"))


def possible(habit: Habit) -> Habit:
    """The nearest habit that exists: tilt and position are of axial slices, overlay bits of uncompressed 12 bits."""
    if habit.plane != "axial":
        habit = replace(habit, position="HFS", tilt_deg=0.0)
    if TURNS[habit.position] in (90, 270):
        habit = replace(habit, tilt_deg=0.0)
    if habit.bits == 16 or habit.syntax in COMPRESSED:
        habit = replace(habit, overlay=False)
    if habit.frames == "enhanced" and habit.beside in ("localizer", "kernel", "copy"):
        habit = replace(habit, beside="nothing")
    if habit.bits == 12 and habit.rescale == "fraction":
        habit = replace(habit, rescale="slope")
    return habit


def habits(count: int, seed: int = 0) -> list[Habit]:
    """``count`` habits in which every pair of choices that can meet does meet, as far as ``count`` allows.

    Greedy: of 40 random ones that with the most pairs not seen before is taken each time.
    """
    rng = np.random.default_rng(seed)
    seen: set[tuple] = set()
    drawn: list[Habit] = []
    for _ in range(count):
        candidates = [possible(Habit(**{name: values[rng.integers(len(values))] for name, values in CHOICES.items()}))
                      for _ in range(40)]
        best = max(candidates, key=lambda h: len(set(pairs(h)) - seen))
        seen.update(pairs(best))
        drawn.append(best)
    return drawn


def pairs(habit: Habit) -> Iterator[tuple]:
    """Every two choices of a habit."""
    chosen = [(f.name, getattr(habit, f.name)) for f in fields(habit)]
    return combinations(chosen, 2)
