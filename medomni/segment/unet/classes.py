"""What the network's channels are: the regions that phantoms know truly."""

from __future__ import annotations

from medomni.volume import UNMAPPED, Label

BACKGROUND = "background"
TABLE: dict[int, Label] = {
    1: Label(1, "lung", "right", name="right lung"),
    2: Label(2, "lung", "left", name="left lung"),
    3: Label(3, "airway", "midline", name="airway"),
    4: Label(4, "heart", "midline", name="heart"),
    5: Label(5, "aorta", "midline", name="aorta"),
    6: Label(6, "liver", "right", name="liver"),
    7: Label(7, "spleen", "left", name="spleen"),
    8: Label(8, UNMAPPED, name="pleural effusion"),
    9: Label(9, UNMAPPED, name="pneumothorax"),
    10: Label(10, UNMAPPED, name="consolidation"),
}
"""Channel to label row. The last three are findings, no anatomy: they are shown by name, nothing is measured by them.
``lung`` is aerated lung with its vessels, without pneumothorax and consolidation."""
NAMES = (BACKGROUND, *(row.name for row in TABLE.values()))
