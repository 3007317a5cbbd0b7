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
        position: Patient Position; it turns axial pixels in quarter turns, and of other planes the patient before he is
            cut: sagittal feet first runs to the head.
        oblique_deg: the stack turned about the patient's long axis, degrees.
        tilt_deg: gantry tilt: each slice's origin shifted along its columns (axial slices only).
        syntax: of the pixel data and the data set.
        bits, signed: of the stored values; 12 are stored in 16, and 8 hold every tenth unit.
        overlay: bits above the stored ones hold something else.
        rescale: ``hu`` slope 1 and a whole intercept, ``slope`` 2 and another, ``fraction`` 0.5 and -1024.25,
            ``per_slice`` another whole pair for each slice, ``table`` a Modality LUT Sequence in Hounsfield units,
            ``table_us`` one in no stated unit.
        padding: ``none``, ``value`` outside the scan circle, or ``range`` of values.
        order: of instance numbers: ``up``, ``down``, ``mixed``, ``equal``, ``absent``.
        frames: ``single`` files, one ``enhanced`` multi-frame file with shuffled frames, or that in the parts of a
            ``concatenation``, whose frames are shuffled where the order is not ``up``.
        beside: what else lies in the folder: ``nothing``, ``localizer`` in the same series, ``kernel`` in the same
            series at the same places, ``copy`` of a slice, ``report`` (a file without an image), ``junk``.
        missing: ``none``, a ``slice`` inside the stack, ``gaps`` of two sizes, ``steps`` twice as wide above,
            ``irregular`` steps, or a ``part`` of a concatenation.
        numbers: ``whole`` stored values, ``float`` or ``double`` ones (Float Pixel Data, PS3.3 C.7.6.24).
        photometric: of the stored values, which stay what they are.
        fragments: of a compressed frame: ``one``, ``several``, several and ``no_table`` of offsets, or one and the
            ``extended`` offset table.
        thickness: of a slice against the step: ``step``, ``overlapping`` (thicker), ``thin``.
        volumes: ``one``, or two in one series at the same places, told apart by what each choice names: ``phases``,
            ``acquisitions``, ``times``, ``triggers``, ``types``, ``echoes`` and ``b_values`` (of MR), by nothing
            (``unsaid``); or two whose slices alternate half a step apart, told apart by the acquisition (``between``)
            or by one of the others (``between_phases`` and so on).
        windows: ``none``, ``one`` window, or ``two`` presets with explanations (PS3.3 C.11.2.1.2); for display only.
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
    numbers: str = "whole"
    photometric: str = "MONOCHROME2"
    fragments: str = "one"
    thickness: str = "step"
    volumes: str = "one"
    windows: str = "none"

    @property
    def key(self) -> str:
        """What UIDs are made from: a habit that is named here later must not change those of the others."""
        chosen = [(f.name, getattr(self, f.name), f.default) for f in fields(self)]
        shown = ", ".join(f"{name}={value!r}" for k, (name, value, plain) in enumerate(chosen)
                          if k < FIRST_NAMED or value != plain)
        return f"Habit({shown})"


FIRST_NAMED = 14
"""How many fields stand in every key."""

CHOICES: dict[str, tuple[Any, ...]] = {
    "plane": ("axial", "sagittal", "coronal"), "position": tuple(TURNS), "oblique_deg": (0.0, 12.0),
    "tilt_deg": (0.0, 18.5, -7.0),
    "syntax": ("implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000",
               "htj2k", "jpeg_lossless_57", "htj2k_rpcl", "htj2k_any"),
    "bits": (8, 12, 16), "signed": (False, True), "overlay": (False, True),
    "rescale": ("hu", "slope", "fraction", "per_slice", "table", "table_us"),
    "padding": ("none", "value", "range"),
    "order": ("up", "down", "mixed", "equal", "absent"), "frames": ("single", "enhanced", "concatenation"),
    "beside": ("nothing", "localizer", "kernel", "copy", "report", "junk"),
    "missing": ("none", "slice", "gaps", "steps", "irregular", "part"), "numbers": ("whole", "float", "double"),
    "photometric": ("MONOCHROME2", "MONOCHROME1"), "fragments": ("one", "several", "no_table", "extended"),
    "thickness": ("step", "overlapping", "thin"),
    "volumes": ("one", "phases", "acquisitions", "times", "triggers", "types", "echoes", "b_values", "between",
                "between_phases", "between_triggers", "between_echoes", "between_b_values", "unsaid"),
    "windows": ("none", "one", "two"),
}
PLAIN_SHARE = {"missing": 0.7, "volumes": 0.6, "numbers": 0.6, "rescale": 0.4}
"""How often the plain way is drawn beside the even share: most of the others end in a refusal or exclude much else."""

COMPRESSED = frozenset(("rle", "jpeg_lossless", "jpeg_lossless_57", "jpeg_ls", "jpeg_2000", "htj2k", "htj2k_rpcl",
                        "htj2k_any"))
OF_MR = frozenset(("echoes", "b_values", "between_echoes", "between_b_values"))
"""Volumes that only MR tells apart."""


def possible(habit: Habit) -> Habit:
    """The nearest habit that exists: what excludes another choice stands first."""
    single = habit.frames == "single"
    if habit.plane != "axial" or TURNS[habit.position] in (90, 270) or habit.missing == "irregular":
        habit = replace(habit, tilt_deg=0.0)  # irregular steps and a tilt leave no voxel on the upright grid
    if habit.syntax in COMPRESSED:
        habit = replace(habit, numbers="whole")
    if habit.numbers != "whole":
        habit = replace(habit, bits=16, signed=True, rescale="slope" if "table" in habit.rescale else habit.rescale)
    if habit.bits != 12 or habit.syntax in COMPRESSED:
        habit = replace(habit, overlay=False)
    if not single and habit.beside in ("localizer", "kernel", "copy"):
        habit = replace(habit, beside="nothing")
    if (habit.bits == 12 and habit.rescale == "fraction") or (not single and "table" in habit.rescale):
        habit = replace(habit, rescale="slope")
    if habit.missing == "part" and habit.frames != "concatenation":
        habit = replace(habit, missing="none")
    if habit.syntax not in COMPRESSED or (habit.syntax == "rle" and habit.fragments in ("several", "no_table")):
        habit = replace(habit, fragments="one")  # one fragment is a frame of RLE (PS3.5 G.2)
    if habit.volumes in OF_MR:
        habit = replace(habit, padding="none")  # which is read in CT alone
    return habit


def habits(count: int, seed: int = 0) -> list[Habit]:
    """``count`` habits in which every pair of choices that can meet does meet, as far as ``count`` allows.

    Greedy: of 40 random ones that with the most pairs not seen before is taken each time.
    """
    rng = np.random.default_rng(seed)
    number = {choice: k for k, choice in enumerate((name, v) for name, values in CHOICES.items() for v in values)}
    seen = np.zeros((len(number), len(number)), dtype=bool)
    one, two = np.triu_indices(len(CHOICES), 1)
    drawn: list[Habit] = []
    for _ in range(count):
        candidates = [possible(Habit(**{name: _drawn(name, values, rng) for name, values in CHOICES.items()}))
                      for _ in range(40)]
        chosen = np.array([[number[name, getattr(h, name)] for name in CHOICES] for h in candidates])
        best = int(np.argmax((~seen[chosen[:, one], chosen[:, two]]).sum(axis=1)))
        seen[chosen[best, one], chosen[best, two]] = True
        drawn.append(candidates[best])
    return drawn


def _drawn(name: str, values: tuple[Any, ...], rng: np.random.Generator) -> Any:
    return values[0] if rng.random() < PLAIN_SHARE.get(name, 0.0) else values[rng.integers(len(values))]


def pairs(habit: Habit) -> Iterator[tuple]:
    """Every two choices of a habit."""
    chosen = [(f.name, getattr(habit, f.name)) for f in fields(habit)]
    return combinations(chosen, 2)
