"""Slices and crops for a model under a budget of image tokens: chosen from the segmentation, the same every time.

The embedded model does not see these: it reads slabs (:mod:`medomni.data.slabs`), whose every voxel counts. A choice is
for models that take single pictures, and for people (``medomni slices``). Nothing is random, and places are chosen in
LPS millimetres, so that a study that is mirrored in its array, turned or fed feet first gives the same places.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from medomni.data.crops import Chest, Interval, cropped, square
from medomni.errors import MedomniError
from medomni.records import Finding, Findings, Record
from medomni.volume import Segmentation, Volume

WindowName = Literal["lung", "mediastinum", "bone"]
WINDOWS: dict[str, tuple[float, float]] = {  # centre, width in HU
    "lung": (-600.0, 1500.0), "mediastinum": (40.0, 400.0), "bone": (400.0, 1800.0)}
WINDOW_OF: dict[str, WindowName] = {"lung_nodule": "lung", "lung_mass": "mediastinum", "pneumothorax": "lung",
                                    "rib_fracture": "bone"}
"""Where a finding is best seen; any other in the mediastinal window."""
EVEN_SHARE: tuple[tuple[WindowName, int], ...] = (("lung", 4), ("mediastinum", 2), ("bone", 1))
"""Parts of the even cover. The lung window comes first and gets at least a picture in each third of the lungs."""
LEAST_SIDE_MM, WIDE = 60.0, 2.0


class Pick(Record):
    """One picture: an axial slice, a rectangle in it (LPS millimetres), a window, and why.

    ``slice`` counts axial slices from the feet; ``finding`` is the id of what it shows; ``crop`` says what the
    rectangle is about.
    """

    slice: Annotated[int, Field(ge=0)]
    z_mm: float
    x_mm: tuple[float, float]
    y_mm: tuple[float, float]
    crop: Literal["body", "lungs", "finding"]
    window: WindowName
    reason: str
    finding: str | None = None


class Choice(Record):
    """What was chosen, to be kept beside a case: with it and the volume, :func:`pictures` gives the same pictures."""

    schema_version: Literal["1"] = "1"
    study_key: str
    family: str
    budget: int
    size: int
    tokens_each: int
    tokens: int
    lungs: bool
    picks: tuple[Pick, ...]
    chosen_by: str = "rules:even-and-findings 1"


def picture_tokens(size: int, family: Any) -> int:
    """Model tokens of one picture of ``size`` x ``size``: what the family's patches and merging leave of it.

    The start and end marks around a picture are text tokens and not counted.

    Raises:
        MedomniError: MED-M06 where the size is no multiple of patch x merge.
    """
    cell = family.patch * family.merge
    if size % cell or size < cell:
        raise MedomniError("MED-M06", f"pictures of {size} x {size} are no multiple of {cell}")
    return (size // cell) ** 2


def choose(volume: Volume, segmentation: Segmentation, findings: Findings | None, *, family: Any, budget: int,
           size: int = 224) -> Choice:
    """Choose pictures of a chest.

    Each finding that is not absent has a picture of its own, the most certain first, as long as three pictures of even
    cover stay; the rest of the budget covers the lungs evenly from base to apex. Without lungs the whole volume is
    covered, and every reason says so.

    Args:
        findings: of the same study, or None.
        family: :class:`medomni.model.family.Family` or anything with its ``name``, ``patch`` and ``merge``.
        budget: most image tokens of all pictures together.
        size: pixels along the side of a picture.

    Raises:
        MedomniError: MED-S02 when the segmentation lies on another grid, MED-M06 for a size that the family does not
            take, MED-C03 for a budget that does not hold one picture.
    """
    if not segmentation.matches(volume):
        shapes = f"volume {volume.array.shape}, labels {segmentation.labels.shape}"
        raise MedomniError("MED-S02", shapes, where="slice choice")
    each = picture_tokens(size, family)
    count = budget // each
    if count < 1:
        raise MedomniError("MED-C03", f"a budget of {budget} tokens; one picture of {size} x {size} takes {each}")
    chest = Chest(volume, segmentation)
    shown = sorted((f for f in (findings.findings if findings else ()) if f.presence != "absent" and f.centroid_mm),
                   key=_rank)
    own = [_of_finding(chest, f) for f in shown[:max(0, count - 3)]]
    picks = sorted([*_even(chest, count - len(own)), *own], key=lambda p: (p.finding is not None, _order(p)))
    return Choice(study_key=volume.study.study_key, family=family.name, budget=budget, size=size, tokens_each=each,
                  tokens=each * len(picks), lungs=chest.lung, picks=tuple(picks))


def pictures(volume: Volume, choice: Choice) -> NDArray[np.int16]:
    """(pictures, size, size) int16 HU of a choice, not windowed; rows run to the back, columns to the left."""
    axial = volume.axial()
    return np.stack([cropped(axial, p.slice, p.x_mm, p.y_mm, choice.size) for p in choice.picks])


def _even(chest: Chest, count: int) -> list[Pick]:
    """``count`` pictures over the lungs, shared among the windows; fewer where there are not so many slices."""
    parts = sum(share for _, share in EVEN_SHARE)
    counts = {name: count * share // parts for name, share in EVEN_SHARE}
    counts["lung"] = count - counts["mediastinum"] - counts["bone"]
    if count >= 3 and counts["lung"] < 3:
        counts = {"lung": 3, "mediastinum": count - 3, "bone": 0}
    low, high = (float(chest.levels[k]) for k in chest.slices)
    there = chest.slices[1] - chest.slices[0] + 1
    what = "" if chest.lung else " of the whole volume, no lungs were segmented"
    out = []
    for name, _ in EVEN_SHARE:
        n = min(counts[name], there)
        crop: Literal["body", "lungs"] = "body" if name == "bone" else "lungs"
        x, y = chest.body_box if name == "bone" else chest.lung_box
        for k in range(n):
            index = chest.at(low + (k + 0.5) / n * (high - low))
            out.append(_pick(chest, index, x, y, crop, name, f"even cover {k + 1}/{n}{what}"))
    return out


def _of_finding(chest: Chest, finding: Finding) -> Pick:
    assert finding.centroid_mm is not None
    side_mm = max(LEAST_SIDE_MM, WIDE * (finding.longest_mm or 0.0))
    x, y = square(finding.centroid_mm[0], finding.centroid_mm[1], side_mm)
    crop: Literal["lungs", "finding"] = "finding"
    if finding.longest_mm is None:  # fluid, air and the heart are seen against the whole chest
        (x, y), crop = chest.lung_box, "lungs"
    side = "" if finding.side in ("unspecified", "midline") else f" {finding.side}"
    return _pick(chest, chest.at(finding.centroid_mm[2]), x, y, crop, WINDOW_OF.get(finding.finding_id, "mediastinum"),
                 f"finding {finding.id}: {finding.finding_id.replace('_', ' ')}{side}", finding.id)


def _pick(chest: Chest, index: int, x: Interval, y: Interval, crop: Literal["body", "lungs", "finding"],
          window: WindowName, reason: str, finding: str | None = None) -> Pick:
    return Pick(slice=index, z_mm=float(chest.levels[index]), x_mm=x, y_mm=y, crop=crop, window=window, reason=reason,
                finding=finding)


def _rank(finding: Finding) -> tuple:
    """The most certain first; place, not number, parts equals, since numbers follow the order of measuring."""
    return (finding.presence != "present", -finding.confidence, finding.finding_id, finding.centroid_mm)


def _order(pick: Pick) -> tuple:
    return ([name for name, _ in EVEN_SHARE].index(pick.window), pick.z_mm, pick.reason)
