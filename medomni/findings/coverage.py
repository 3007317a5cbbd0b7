"""What was looked for: one statement per finding and side, with the reason where it could not be judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from medomni.findings.chest import SIDES, Chest
from medomni.findings.ground_glass import THIN_MM as GLASS_MM
from medomni.findings.nodule_score import SHARP_MM, THIN_MM
from medomni.findings.sensitivity import CONSOLIDATION_BESIDE_FLUID, GROUND_GLASS, METHODS, NODULES_IN_THICK
from medomni.records import Coverage
from medomni.volume import Segmentation

UNSEEN = ("ground_glass_nodule", "ground_glass_opacity")
"""Kinds of a measured finding whose absence the rules never state: without a row of their own, it would be inferred."""

NODULE_SLICES = 1.65
"""A nodule must show in more than one slice: its smallest size is this many slices, or the method's own if larger."""

THICKEST_MM = {"lung_nodule": 8.5, "rib_fracture": 6.5}


def not_assessable(reason: str) -> tuple[Coverage, ...]:
    """Coverage of a study in which the chest could not be segmented: nothing is assessable, for ``reason``."""
    return tuple(Coverage(finding_id=name, anatomy_id=m.anatomy_id, method=m.method, assessable=False, reason=reason)
                 for name, m in METHODS.items())


def coverage_of(
    chest: Chest, segmentation: Segmentation, ratio: float | None, ribs: tuple[float, float] | None,
    hidden: dict[tuple[str, str], str], wet: frozenset[str] = frozenset(),
    missing: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> tuple[Coverage, ...]:
    """Coverage of a study with lungs.

    Args:
        ratio: the cardiothoracic ratio, None where the heart's borders were not seen.
        ribs: z range (mm, LPS) in which ribs were followed, None where they could not be.
        hidden: (finding, side) to the reason why it cannot be told there from what surrounds it.
        wet: sides with an effusion, beside which airless lung is missed more often.
        missing: (finding, side) to the coded reason why the label map cannot show its absence (see ``needs``).
    """
    cut = {segmentation.table[v].side for v in segmentation.truncated if segmentation.table[v].anatomy_id == "lung"}
    scanned = [s / step for s, step in zip(chest.spacing, chest.steps, strict=True)]
    out = []
    for name, m in METHODS.items():
        common: dict[str, Any] = {"finding_id": name, "anatomy_id": m.anatomy_id, "method": m.method,
                  "min_size_mm": m.min_size_mm, "sensitivity": m.sensitivity}
        if name == "lung_nodule" and m.min_size_mm is not None:
            thin = (m.min_size_mm, m.sensitivity)
            least, common["sensitivity"] = thin if scanned[0] <= THIN_MM else NODULES_IN_THICK
            common["min_size_mm"] = round(max(least, NODULE_SLICES * scanned[0]), 1)
        if name == "cardiomegaly":
            reason = missing.get((name, "bilateral"))
            if ratio is None:
                reason = reason or "MED-S03: the heart's borders are not seen on both sides"
            out.append(Coverage(**common, assessable=reason is None, reason=reason))
            continue
        if name == "rib_fracture":
            thick = chest.spacing[0] > THICKEST_MM[name]
            reason = missing.get((name, "bilateral"))
            if thick or not ribs:
                reason = reason or (f"MED-S03: slices of {chest.spacing[0]:.1f} mm" if thick else
                                    "MED-S03: ribs could not be followed")
            out.append(Coverage(**common, assessable=reason is None, reason=reason, z_range_mm=ribs))
            continue
        for side in SIDES:
            reason = missing.get((name, side))
            if reason:
                pass
            elif (name, side) in hidden:
                reason = f"MED-S03: {hidden[name, side]}"
            elif name == "lung_nodule" and chest.spacing[0] > THICKEST_MM[name]:
                reason = f"MED-S03: slices of {chest.spacing[0]:.1f} mm"
            elif name == "lung_nodule" and scanned[0] <= THIN_MM and max(scanned[1:]) > SHARP_MM:
                reason = f"MED-S03: thin slices with pixels of {max(scanned[1:]):.1f} mm, where few nodules are found"
            elif side in cut and name != "pleural_effusion":
                reason = "MED-S01: the field of view cuts this lung"
            if name == "consolidation":
                common["sensitivity"] = CONSOLIDATION_BESIDE_FLUID if side in wet else m.sensitivity
            out.append(Coverage(**common, side=side, assessable=reason is None, reason=reason))  # type: ignore[arg-type]
    thick = scanned[0] > GLASS_MM
    why = "MED-S03: the rules find solid lesions only" if thick else \
        "MED-S03: ground glass is found too seldom to state its absence"
    out += [Coverage(finding_id=name, anatomy_id=GROUND_GLASS.anatomy_id, assessable=False, reason=why,
                     method="none" if thick else GROUND_GLASS.method,
                     min_size_mm=None if thick else GROUND_GLASS.min_size_mm,
                     sensitivity=None if thick else GROUND_GLASS.sensitivity) for name in UNSEEN]
    return tuple(out)
