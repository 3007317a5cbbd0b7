"""Any segmenter's labels as the measuring rooms need them: lobes joined to lungs, what is missing taken from rules.

The measuring rooms need the inside of the ribs parted into lung, airway, heart, mediastinum, liver and what else lies
there on a side (``hemithorax``); networks and masks made elsewhere give lobes, vertebrae and vessels, and no
hemithorax. What a segmenter does not give is taken from the built-in rules on the same volume; where these abstain
it stays missing, and what depends on it is *not assessable*, never absent.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from medomni.errors import MedomniError
from medomni.segment.builtin import BuiltinChestSegmenter
from medomni.volume import LOBES, Segmentation, Volume, exchanged

JOINED: dict[str, str] = {
    **dict.fromkeys(LOBES, "lung"),
    **dict.fromkeys(("trachea", "carina", "main_bronchus", "bronchus"), "airway"),
    **dict.fromkeys(("cervical_vertebra", "thoracic_vertebra", "lumbar_vertebra", "vertebra", "sacrum"), "spine"),
    **dict.fromkeys(("left_ventricle", "right_ventricle", "left_atrium", "right_atrium", "atrial_appendage",
                     "pericardium"), "heart"),
    **dict.fromkeys(("esophagus", "superior_vena_cava", "brachiocephalic_vein", "brachiocephalic_artery", "thymus",
                     "pulmonary_artery", "pulmonary_vein", "ascending_aorta", "aortic_arch"), "mediastinum"),
    **dict.fromkeys(("sternum", "clavicle", "scapula", "humerus", "costal_cartilage"), "skeleton"),
}
"""Anatomy id to the class of the measuring rooms that it is a part of."""
NEVER_GIVEN = ("hemithorax", "body", "soft_tissue")
SIDES = ("right", "left")


def working_labels(volume: Volume, segmentation: Segmentation) -> Segmentation:
    """The label map that is measured: the segmentation itself where it parts the chest, else joined and completed.

    Returns:
        Labels on the volume's grid in the built-in segmenter's table. ``abstained`` says what could neither be
        joined nor derived, ``untested`` which of the classes come from a segmenter that was never measured here.

    Raises:
        MedomniError: MED-S02 where the segmentation lies on another grid, MED-S13 where a segmenter from elsewhere
            exchanges left and right; as the built-in segmenter.
    """
    if not segmentation.matches(volume):
        shapes = f"volume {volume.array.shape}, labels {segmentation.labels.shape}"
        raise MedomniError("MED-S02", shapes, where=segmentation.produced_by)
    own = segmentation.produced_by.startswith(f"{BuiltinChestSegmenter.name} ")  # which names sides by the affine
    if not own and (wrong := exchanged(segmentation)):
        raise MedomniError("MED-S13", f"left and right are exchanged: {', '.join(wrong)}",
                           where=segmentation.produced_by)
    if _parts_the_chest(segmentation):
        return segmentation
    lungs = {side: _lung(segmentation, side) for side in SIDES}
    if missing := [side for side in SIDES if not lungs[side].any()]:
        return _without_lungs(segmentation, missing)
    rules = BuiltinChestSegmenter().segment(volume)
    if "lung" in rules.abstained:
        return replace(segmentation, abstained={**segmentation.abstained, "lung": rules.abstained["lung"]})
    return _painted(segmentation, rules)


def _painted(segmentation: Segmentation, rules: Segmentation) -> Segmentation:
    value = {(row.anatomy_id, row.side): v for v, row in rules.table.items()}
    given: dict[int, list[int]] = {}
    for v, row in segmentation.table.items():
        name = JOINED.get(row.anatomy_id, row.anatomy_id)
        side = "right" if row.anatomy_id == "middle_lobe" else row.side
        same = [key for key in value if key[0] == name]
        key = (name, side) if (name, side) in value else same[0] if len(same) == 1 else None
        if key and name not in NEVER_GIVEN:
            given.setdefault(value[key], []).append(v)
    present = set(np.unique(segmentation.labels).tolist())
    given = {target: vs for target, vs in given.items() if present & set(vs)}
    labels = rules.labels.copy()
    for target in given:
        labels[rules.labels == target] = 0
    _fill(labels, rules, set(given), value)
    order = sorted(given, key=lambda v: PAINTED.index(rules.table[v].anatomy_id)
                   if rules.table[v].anatomy_id in PAINTED else -1)
    for target in order:
        labels[np.isin(segmentation.labels, given[target])] = target
    untested = {rules.table[v].anatomy_id for v in given} if segmentation.untested else set()
    cut = {t for t, vs in given.items() if segmentation.truncated & set(vs)} | rules.truncated
    return Segmentation(labels, rules.table, segmentation.affine, segmentation.produced_by, frozenset(cut),
                        {**rules.abstained, **segmentation.abstained}, frozenset(untested))


PAINTED = ("skeleton", "spine", "rib", "mediastinum", "aorta", "liver", "heart", "lung", "airway")
"""Later classes lie over earlier ones."""


def _fill(labels: np.ndarray, rules: Segmentation, given: set[int], value: dict[tuple[str, str], int]) -> None:
    """What the rules called otherwise and the segmenter does not claim stays inside the ribs, on its own side.

    Lungs tell the side; for what lies between them the nearer one in the affine's x does.
    """
    inside = [v for v in given if rules.table[v].anatomy_id in ("lung", "airway", "heart", "mediastinum", "liver")]
    gone = np.isin(rules.labels, inside)
    if not gone.any():
        return
    x = _x_of(rules)
    middle = (x[rules.mask("lung", "right")].mean() + x[rules.mask("lung", "left")].mean()) / 2
    for side, half in (("right", x < middle), ("left", x >= middle)):
        labels[gone & half & (labels == 0)] = value["hemithorax", side]


def _x_of(segmentation: Segmentation) -> np.ndarray:
    """LPS x in millimetres of every voxel, (slices, rows, columns) float32."""
    a = segmentation.affine[0].astype(np.float32)
    s, r, c = (np.arange(n, dtype=np.float32) for n in segmentation.labels.shape)
    out: np.ndarray = a[0] * s[:, None, None] + a[1] * r[None, :, None] + a[2] * c[None, None, :] + a[3]
    return out


def _parts_the_chest(segmentation: Segmentation) -> bool:
    keys = [(row.anatomy_id, row.side) for row in segmentation.table.values()]
    return len(set(keys)) == len(keys) and all((n, s) in keys for n in ("lung", "hemithorax") for s in SIDES)


def _lung(segmentation: Segmentation, side: str) -> np.ndarray:
    values = [v for v, row in segmentation.table.items() if JOINED.get(row.anatomy_id, row.anatomy_id) == "lung"
              and side == ("right" if row.anatomy_id == "middle_lobe" else row.side)]
    return np.isin(segmentation.labels, values)


def _without_lungs(segmentation: Segmentation, missing: list[str]) -> Segmentation:
    unsided = np.isin(segmentation.labels, [
        v for v, row in segmentation.table.items() if JOINED.get(row.anatomy_id, row.anatomy_id) == "lung"
        and row.side not in SIDES and row.anatomy_id != "middle_lobe"]).any()
    why = "MED-S03: the masks do not say which lung is which" if unsided else \
        f"MED-S03: the masks hold no {' and no '.join(missing)} lung"
    return replace(segmentation, abstained={"lung": why, **segmentation.abstained})
