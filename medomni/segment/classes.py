"""Classes of segmenters made elsewhere as rows of a label table; data beside this module.

TotalSegmentator's 117 classes of the task ``total`` (version 2; Wasserthal et al., Radiology AI 2023, e230024) are
those of ``totalsegmentator/map_to_binary.py`` in the package 2.18. ``vertebrae_S1`` is a part of the sacrum with the
level S1; ``kidney_cyst`` is a finding of the graph, not an anatomy. A class whose name states no side has none here,
though the organ has one in most people: the mask says where it lies.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from medomni.errors import MedomniError
from medomni.volume import Label

DATA = Path(__file__).parent / "data"
LUNGMASK_SIDES = {1: Label(1, "lung", "right", name="right lung"), 2: Label(2, "lung", "left", name="left lung")}
"""R231 and R231CovidWeb (lungmask README: 1 = right lung, 2 = left lung)."""
LUNGMASK_LOBES = {
    1: Label(1, "upper_lobe", "left", name="left upper lobe"),
    2: Label(2, "lower_lobe", "left", name="left lower lobe"),
    3: Label(3, "upper_lobe", "right", name="right upper lobe"),
    4: Label(4, "middle_lobe", "right", name="right middle lobe"),
    5: Label(5, "lower_lobe", "right", name="right lower lobe"),
}
"""LTRCLobes (lungmask README)."""


def class_tables() -> tuple[str, ...]:
    """Names that :func:`class_table` knows."""
    return tuple(sorted(path.stem for path in DATA.glob("*.csv")))


@cache
def class_table(name: str) -> dict[int, Label]:
    """The label table of a known set of classes: value to row.

    Raises:
        MedomniError: MED-S11 for a name that is not known.
    """
    if name not in class_tables():
        raise MedomniError("MED-S11", f"no table is called so; known here: {', '.join(class_tables())}", where=name)
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return {int(r["value"]): Label(int(r["value"]), r["anatomy_id"], r["side"], r["level"], r["name"])
                for r in csv.DictReader(handle)}
