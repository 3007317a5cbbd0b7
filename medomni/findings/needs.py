"""Which classes of the label map each finding is judged by: where one is missing or untested nothing is absent.

A finding that is looked for inside a mask is not seen where the mask is missing. Its absence is then no measurement
but a gap, so the coverage says *not assessable* with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from medomni.findings.chest import SIDES
from medomni.findings.tested import Tested
from medomni.volume import Segmentation

OWN_SIDE: dict[str, tuple[str, ...]] = {
    "pleural_effusion": ("lung", "hemithorax"),
    "pneumothorax": ("lung", "hemithorax"),
    "consolidation": ("lung", "hemithorax"),
    "lung_nodule": ("lung", "hemithorax"),
    "lung_mass": ("lung", "hemithorax"),
}
"""Classes with a side that must be there on the side that is judged."""
BOTH_SIDES: dict[str, tuple[str, ...]] = {"cardiomegaly": ("lung", "hemithorax"),
                                          "rib_fracture": ("lung", "rib", "hemithorax")}
MIDDLE: dict[str, tuple[str, ...]] = {
    "pleural_effusion": ("mediastinum", "heart"),
    "pneumothorax": (),
    "consolidation": ("mediastinum", "heart"),
    "lung_nodule": (),
    "lung_mass": ("mediastinum", "heart"),
    "cardiomegaly": ("heart", "mediastinum", "spine"),
    "rib_fracture": ("spine", "mediastinum", "heart", "airway", "liver"),  # the inside of the ribs
}
"""Classes without a side that must be there: what lies in them by mistake would otherwise be outside the chest."""


def untested(segmentation: Segmentation, name: str) -> str | None:
    """Why what is measured by a class is not to be believed: nobody has measured how good its masks are; or None."""
    return f"MED-S03: untested class: {name} by {segmentation.produced_by}" if name in segmentation.untested else None


def needed(finding_id: str, side: str) -> tuple[tuple[str, str], ...]:
    """(anatomy id, side) of all classes by which a finding on a side is judged; an empty side stands for any."""
    sides = (side,) if side in SIDES and finding_id in OWN_SIDE else SIDES
    sided = OWN_SIDE.get(finding_id, ()) + BOTH_SIDES.get(finding_id, ())
    return tuple((name, s) for name in sided for s in sides) + tuple((name, "") for name in MIDDLE.get(finding_id, ()))


def unmet(segmentation: Segmentation, tested: Tested) -> dict[tuple[str, str], str]:
    """(finding, side) to the coded reason why its absence cannot be stated; side ``bilateral`` for unsided ones.

    The reason is the segmenter's own where it abstained, else the class that has no voxel, else the class whose
    accuracy was never measured and that ``tested`` does not name.
    """
    present = _present(segmentation)
    out: dict[tuple[str, str], str] = {}
    for finding_id in MIDDLE:
        for side in SIDES if finding_id in OWN_SIDE else ("bilateral",):
            reason = next(filter(None, (
                _why_not(segmentation, name, s, present) for name, s in needed(finding_id, side))), None)
            reason = reason or next(filter(None, (
                _untested(segmentation, name, finding_id, tested) for name, _ in needed(finding_id, side))), None)
            if reason:
                out[finding_id, side] = reason
    return out


def figures(segmentation: Segmentation, tested: Tested) -> dict[str, float]:
    """Finding id to the least sensitivity that ``tested`` gives for the classes it needs; empty where none was tested.

    It replaces the sensitivity on phantoms, which holds for the built-in segmenter's masks alone.
    """
    out: dict[str, float] = {}
    for finding_id in MIDDLE:
        names = {name for name, _ in needed(finding_id, "")} & set(segmentation.untested)
        known = [tested.sensitivity(segmentation.produced_by, name, finding_id) for name in sorted(names)]
        if known and None not in known:
            out[finding_id] = min(v for v in known if v is not None)
    return out


def _present(segmentation: Segmentation) -> Mapping[tuple[str, str], bool]:
    seen = {int(v) for plane in segmentation.labels for v in np.unique(plane)}  # plane by plane, to spare memory
    out: dict[tuple[str, str], bool] = {}
    for v, row in segmentation.table.items():
        for key in ((row.anatomy_id, row.side), (row.anatomy_id, "")):
            out[key] = out.get(key, False) or v in seen
    return out


def _why_not(segmentation: Segmentation, name: str, side: str, present: Mapping[tuple[str, str], bool]) -> str | None:
    if name in segmentation.abstained:
        why = segmentation.abstained[name]
        return why if why.startswith("MED-") else f"MED-S03: {why}"
    if present.get((name, side)):
        return None
    return f"MED-S03: the {f'{side} ' if side else ''}{name} was not segmented"


def _untested(segmentation: Segmentation, name: str, finding_id: str, tested: Tested) -> str | None:
    known = tested.sensitivity(segmentation.produced_by, name, finding_id) is not None
    return None if known else untested(segmentation, name)
