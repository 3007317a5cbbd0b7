"""From what measure on an image is degraded or unusable, and how much less it then counts.

The limits of ``noise``, ``motion``, ``values``, ``field_of_view``, ``apex``, ``base`` and ``metal`` were set on
degraded phantoms of seeds from 300,000 on (:mod:`medomni.phantom.degraded`) and counted on others by
``python -m benchmarks.quality``; the figures stand in ``docs/explanation/quality.md``. They are this project's own and
no guideline; of real images nothing is known.
"""

from __future__ import annotations

from math import sqrt
from types import MappingProxyType

from medomni.records import Quality, QualityItem

NOISE_HU, NOISE_SLICE_MM = (20.0, 60.0), 6.0
"""Degraded, unusable, in slices of 6 mm and more. At 60 HU the spread within soft tissue reaches the difference between
fluid and muscle."""
MOTION_MM, MOTION_MM_PER_MM, MOTION_UNUSABLE_MM = 0.6, 0.06, 6.0
"""The limit grows with the distance of the slices: from one to the next a border's course bends more."""
UNEVEN_PERCENT = 10.0
LUNG_CUT_MM, LUNG_LOST_MM = 10.0, 250.0
BODY_CUT_MM = 250.0
"""A field of view set to the lungs cuts the skin of most patients: only the greater part of both flanks counts."""
APEX_PERCENT, BASE_PERCENT = (5.0, 50.0), (15.0, 75.0)
"""As the built-in segmenter's own: a lung counts as cut from the first, and is refused from the second."""
STREAK_PERCENT = 0.0
SLICE_MM = (7.0, 15.0)
"""From 15 mm on, a nodule of a centimetre may lie in one slice alone, at half its density."""
SLICES = (16, 8)
"""Fewer than the model's slabs; fewer than the built-in segmenter takes."""

UNUSABLE_WEIGHT = 0.25
"""Below a half, so that no finding of an unusable image stays certain."""
DEGRADED_WEIGHT: MappingProxyType[str, float] = MappingProxyType({
    "values": 0.8, "slice_distance": 0.9, "slice_count": 0.8, "noise": 0.8, "motion": 0.8, "field_of_view": 0.8,
    "apex": 0.9, "base": 0.9, "metal": 0.9,
})


def motion_limit_mm(slice_mm: float) -> float:
    """From how many millimetres on a border counts as displaced between slices that lie ``slice_mm`` apart."""
    return MOTION_MM + MOTION_MM_PER_MM * slice_mm


def noise_limits_hu(slice_mm: float) -> tuple[float, float]:
    """From what noise on slices of a thickness are degraded and unusable: as that of slices of 6 mm, made of them by
    averaging, which takes the square root of their number off white noise."""
    factor = sqrt(NOISE_SLICE_MM / min(slice_mm, NOISE_SLICE_MM))
    return NOISE_HU[0] * factor, NOISE_HU[1] * factor


def weight_of(items: tuple[QualityItem, ...]) -> float:
    """The smallest of the items' weights: 1 for ``ok`` and ``not_assessed``, else as the tables above say.

    Not the product: one cause often shows in several items (a scan that is cut short has no apex and few slices), and
    would count several times.
    """
    return min((_weight(item) for item in items), default=1.0)


def gravest(quality: Quality) -> QualityItem | None:
    """The item that sets the weight, None where none is bad."""
    return min(quality.faults, key=_weight, default=None)


def _weight(item: QualityItem) -> float:
    if item.state == "degraded":
        return DEGRADED_WEIGHT[item.kind]
    return UNUSABLE_WEIGHT if item.state == "unusable" else 1.0


def unusable(quality: Quality, *kinds: str) -> QualityItem | None:
    """The first unusable item, of some kinds or of any."""
    return next((i for i in quality.items if i.state == "unusable" and (not kinds or i.kind in kinds)), None)
