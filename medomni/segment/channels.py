"""The classes of a network by the names of its output channels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from medomni.errors import MedomniError
from medomni.segment.classes import class_table
from medomni.volume import UNMAPPED, Label

SIDE = re.compile(r"^(?:(left|right)_(.+)|(.+)_(left|right))$")
MORE = {"lung": "lung", "airway": "airway", "rib": "rib", "spine": "spine", "mediastinum": "mediastinum",
        "adrenal": "adrenal_gland", "bladder": "urinary_bladder", "inferior_vena_cava": "inferior_vena_cava",
        "portal_vein": "portal_vein", "pulmonary_artery": "pulmonary_artery", "vertebra": "vertebra"}
"""Names beside TotalSegmentator's that say one thing only."""


def channel_table(metadata: Mapping[str, Any], where: str) -> tuple[dict[int, Label], int]:
    """The label table of a bundle's ``metadata.json`` (channel to row, without the background), and how many it names.

    Raises:
        MedomniError: MED-S13 where no output names its channels, or one voxel may belong to several.
    """
    outputs = (metadata.get("network_data_format") or {}).get("outputs") or {}
    named = next((o for o in outputs.values() if isinstance(o, Mapping) and o.get("channel_def")), None)
    if named is None:
        raise MedomniError("MED-S13", "metadata.json does not name the channels (channel_def)", where=where)
    names = {int(k): str(v) for k, v in named["channel_def"].items()}
    first = names.get(0, "").strip().lower()
    if len(names) > 1 and first not in ("background", "bg"):
        raise MedomniError("MED-S13", "channel 0 is not the background: its classes may overlap", where=where)
    if len(names) == 1:  # one channel, whose voxels are those above the threshold
        return {1: named_row(1, names[min(names)])}, 1
    if sorted(names) != list(range(len(names))):
        raise MedomniError("MED-S13", "channel_def leaves channels out", where=where)
    return {value: named_row(value, name) for value, name in sorted(names.items()) if value}, len(names)


def named_row(value: int, name: str) -> Label:
    """A row by a class's name; *unmapped* where the name is none that is known exactly."""
    key = re.sub(r"[\s\-]+", "_", name.strip().lower())
    known = _names()
    if key in known:
        return Label(value, known[key].anatomy_id, known[key].side, known[key].level, name[:64])
    side, plain = "unspecified", key
    if parts := SIDE.match(key):
        side, plain = parts[1] or parts[4], parts[2] or parts[3]
    if plain in MORE or plain in known:
        row = known.get(plain)
        return Label(value, row.anatomy_id if row else MORE[plain], side, row.level if row else "", name[:64])
    return Label(value, UNMAPPED, name=name[:64])


@cache
def _names() -> dict[str, Label]:
    rows = class_table("totalsegmentator").values()
    whole = [row for row in rows if not row.level]
    plain = {SIDE.sub(lambda m: m[2] or m[3], row.name.lower()): Label(0, row.anatomy_id) for row in whole}
    return {**plain, **{row.anatomy_id: Label(0, row.anatomy_id) for row in whole},
            **{row.name.lower(): row for row in rows}}
