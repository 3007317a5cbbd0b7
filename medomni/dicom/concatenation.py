"""Concatenations (PS3.3 C.7.6.16.2.2.4): one image in several files, without one of which slices are missing."""

from __future__ import annotations

from medomni.dicom.headers import SliceHeader
from medomni.dicom.scan import Inventory
from medomni.errors import MedomniError
from medomni.records import Warned


def check_parts(inventory: Inventory, group: list[SliceHeader]) -> list[Warned]:
    """Refuse a series of which parts are missing; and say where their number is not stated, as it need not be.

    A part may hold another volume of the image alone, so that the parts of all groups count.

    Raises:
        MedomniError: MED-D05 where fewer parts are there than are stated, or than the greatest number of one.
    """
    first = {h.text("ConcatenationUID"): h for h in reversed(group) if h.text("ConcatenationUID")}
    if not first:
        return []
    parts: dict[str, set[str]] = {}
    totals: dict[str, set[str]] = {}
    for h in (h for every in inventory.groups for h in every):
        uid = h.text("ConcatenationUID")
        parts.setdefault(uid, set()).add(h.text("InConcatenationNumber"))
        totals.setdefault(uid, set()).add(h.text("InConcatenationTotalNumber"))
    notes = []
    for uid, header in first.items():
        there, stated = parts[uid], [int(v) for v in totals[uid] if v.isdecimal()]
        numbers = [int(v) for v in there if v.isdecimal()]  # without a total the greatest number stands for it
        total = max((*stated, *numbers), default=0)
        if len(there) < total:
            raise MedomniError("MED-D05", f"{len(there)} of {total} parts of a concatenation are there",
                               where=header.label)
        if not stated:
            notes.append(Warned(code="MED-D28", detail=f"{len(there)} parts found"))
    return notes
