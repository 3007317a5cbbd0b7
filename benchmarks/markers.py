"""Side markers burnt into synthetic radiographs: read right, not read, read wrong; upright pictures, mirrored ones, and
ones without a marker: `python -m benchmarks.markers [pictures]`.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

from medomni.dicom.marker import left_edge
from medomni.phantom.burnt import marked

OTHER = {"left": "right", "right": "left"}


def outcome(seed: int, mirrored: bool) -> str:
    """``right``, ``wrong`` or ``not assessable`` for one picture."""
    rng = np.random.default_rng([seed, 99])
    letter = str(rng.choice(["L", "R", "LEFT", "RIGHT"], p=[0.35, 0.35, 0.15, 0.15]))
    at_left = bool(rng.random() < 0.5)
    size = int(rng.integers(16, 48))
    column = int(rng.integers(10, 80)) if at_left else int(rng.integers(360, 400))
    picture = marked(seed, letter, (int(rng.integers(20, 520)), column), size)
    if mirrored:
        picture, at_left = np.ascontiguousarray(picture[:, ::-1]), not at_left
    told, _ = left_edge(picture, "CHEST", "PA")
    side = "left" if letter.startswith("L") else "right"
    truth = side if at_left else OTHER[side]
    return "not assessable" if told is None else "right" if told == truth else "wrong"


def run(pictures: int = 200) -> str:
    """The figures as one line."""
    upright, flipped = (Counter(outcome(seed, m) for seed in range(pictures)) for m in (False, True))
    invented = sum(left_edge(marked(seed, ".", (5, 5), 8), "CHEST", "PA")[0] is not None for seed in range(pictures))
    return (f"{pictures} upright: {dict(upright)}; {pictures} mirrored: {dict(flipped)}; {pictures} without a marker: "
            f"{invented} read")


if __name__ == "__main__":
    print(run(*(int(a) for a in sys.argv[1:])))
