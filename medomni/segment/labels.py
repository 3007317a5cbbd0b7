"""The label table of the built-in chest segmenter."""

from __future__ import annotations

from medomni.volume import Label

TABLE: dict[int, Label] = {
    1: Label(1, "body"),
    2: Label(2, "lung", "right"),
    3: Label(3, "lung", "left"),
    4: Label(4, "airway", "midline"),
    5: Label(5, "heart", "midline"),
    6: Label(6, "mediastinum", "midline"),
    7: Label(7, "liver", "right"),
    8: Label(8, "spine", "midline"),
    9: Label(9, "rib", "right"),
    10: Label(10, "rib", "left"),
    11: Label(11, "hemithorax", "right"),
    12: Label(12, "hemithorax", "left"),
    13: Label(13, "skeleton"),
    14: Label(14, "soft_tissue"),
    15: Label(15, "aorta", "midline"),
    16: Label(16, "spleen", "left"),
}
VALUE = {(row.anatomy_id, row.side): value for value, row in TABLE.items()}
LUNG_DEPENDENT = ("lung", "airway", "heart", "mediastinum", "liver", "hemithorax", "rib", "aorta", "spleen")

OTHER = {"right": "left", "left": "right"}
INVERTED = TABLE | {v: Label(v, row.anatomy_id, OTHER[row.side]) for v, row in TABLE.items()
                    if row.anatomy_id in ("liver", "spleen")}
"""The table where liver and spleen lie on the other side (*situs inversus*)."""
EXCHANGED = {VALUE[name, side]: VALUE[name, OTHER[side]] for name in ("lung", "rib", "hemithorax") for side in OTHER}
"""Values of paired organs, which change places when labels are drawn on a mirrored grid."""
