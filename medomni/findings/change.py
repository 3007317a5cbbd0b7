"""What a finding did since an earlier study, by thresholds and by what its sizes are uncertain by.

A nodule has grown where its longest axis did by 2 mm or more (Fleischner Society 2017: MacMahon et al., Radiology
284:228), or its volume by more than 25 % (British Thoracic Society 2015: Callister et al., Thorax 70 Suppl 2; Devaraj
et al. 2017, Thorax 72:615), and in either case by more than both measurements together are uncertain by. Effusion,
pneumothorax and consolidation change by more than 25 % and 50 ml, the cardiothoracic ratio by more than 0.03: these
limits are this project's own.
"""

from __future__ import annotations

import numpy as np

from medomni.records import Finding, PriorChange

LONGER_MM, LARGER = 2.0, 1.25
LEAST_ML, LEAST_RATIO = 50.0, 0.03


def change_of(now: Finding, before: Finding, interval_days: int | None) -> PriorChange:
    """The change of one finding that both studies show."""
    change: str = "unchanged"
    doubling = None
    if now.ratio is not None and before.ratio is not None:
        change = _sign(now.ratio - before.ratio) if abs(now.ratio - before.ratio) > LEAST_RATIO else change
    elif now.longest_mm is not None and before.longest_mm is not None:
        change, sure = _of_nodule(now, before)
        if sure and interval_days and now.volume_ml and before.volume_ml:
            doubling = round(interval_days * float(np.log(2) / np.log(now.volume_ml / before.volume_ml)), 1)
    elif now.volume_ml and before.volume_ml:
        more = now.volume_ml - before.volume_ml
        if abs(more) > LEAST_ML and not 1 / LARGER <= now.volume_ml / before.volume_ml <= LARGER:
            change = _sign(more)
    return PriorChange(change=change, interval_days=interval_days, longest_mm=before.longest_mm,  # type: ignore[arg-type]
                       volume_ml=before.volume_ml, doubling_days=doubling)


def _of_nodule(now: Finding, before: Finding) -> tuple[str, bool]:
    """(the change, whether the volume changed by more than it is uncertain by)."""
    longer = (now.longest_mm or 0.0) - (before.longest_mm or 0.0)
    if abs(longer) >= LONGER_MM and abs(longer) > both(now.uncertainty_mm, before.uncertainty_mm):
        by_axis = _sign(longer)
    else:
        by_axis = "unchanged"
    if now.uncertainty is None or before.uncertainty is None or not now.volume_ml or not before.volume_ml:
        return by_axis, False
    more, ratio = now.volume_ml - before.volume_ml, now.volume_ml / before.volume_ml
    sure = abs(more) > both(now.uncertainty.volume_ml, before.uncertainty.volume_ml)
    by_volume = _sign(more) if sure and not 1 / LARGER <= ratio <= LARGER else "unchanged"
    if {by_axis, by_volume} == {"grown", "smaller"}:  # it changed its shape
        return "unchanged", False
    return (by_volume if by_axis == "unchanged" else by_axis), sure


def both(one: float | None, other: float | None) -> float:
    """What a difference is uncertain by; infinite where one of the two does not say."""
    return float(np.hypot(one, other)) if one is not None and other is not None else float("inf")


def _sign(value: float) -> str:
    return "grown" if value > 0 else "smaller"
