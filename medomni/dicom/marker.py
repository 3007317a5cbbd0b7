"""The side marker that is burnt into a radiograph: L or R beside the patient's left or right."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

SIDES = {"L": "left", "LEFT": "left", "左": "left", "R": "right", "RIGHT": "right", "右": "right"}
"""What markers say; small letters are none."""
MIDLINE = frozenset(("CHEST", "THORAX", "RIB", "RIBS", "LUNG", "ABDOMEN", "PELVIS", "CSPINE", "TSPINE", "LSPINE",
                     "SPINE"))
"""Body Part Examined (0018,0015) of images that show both sides: of a limb a marker says which limb it is."""
FRONTAL = frozenset(("PA", "AP"))
SURE = 0.8
CLEAR = 0.1
"""A marker nearer to the middle than this share of the width stands at neither edge."""


def left_edge(shown: NDArray[np.uint8], body_part: str, view: str | None) -> tuple[str | None, str]:
    """The patient's side at column 0 by the markers, and what they are; None where they do not tell, and why.

    A lead marker lies beside the patient, so that of a flipped picture too it tells the edge that it stands at.

    Args:
        shown: (rows, columns), as it is meant to be seen.
        body_part: Body Part Examined. view: View Position.

    Raises:
        MedomniError: MED-P06 without a reader of text (extra ``deid``).
    """
    from medomni.dicom.deid.pixel_text import read_line, text_boxes

    if body_part.upper() not in MIDLINE or view not in FRONTAL:
        return None, "a marker tells the edges in a frontal view of the trunk alone, and this is not stated to be one"
    edges: set[str] = set()
    words: list[str] = []
    columns = shown.shape[1]
    for top, left, bottom, right in text_boxes(shown):
        side = _side(*read_line(shown[top:bottom, left:right]))
        offset = (left + right) / 2 / columns - 0.5
        if side is None or abs(offset) < CLEAR:
            continue
        edges.add(side if offset < 0 else {"left": "right", "right": "left"}[side])
        words.append(side)
    if len(edges) == 1:
        return edges.pop(), f"marker burnt into the image: {' and '.join(sorted(set(words)))}"
    return None, "burnt-in markers contradict each other" if edges else "no burnt-in marker is read for certain"


def agreed(stated: tuple[str | None, str], marked: tuple[str | None, str]) -> tuple[str | None, str]:
    """What the header states and what the markers show, of which neither is believed against the other."""
    if stated[0] and marked[0] and stated[0] != marked[0]:
        return None, f"{stated[1]} and the {marked[1]} contradict each other"
    return stated if stated[0] else marked if marked[0] else (None, f"{stated[1]}; {marked[1]}")


def _side(text: str, score: float) -> str | None:
    """The one side that a line names."""
    found = {SIDES[word] for word in re.findall(r"[^\W\d_]+", text) if word in SIDES}
    return found.pop() if len(found) == 1 and score >= SURE else None
