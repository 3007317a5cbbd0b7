"""What a segment of a DICOM SEG is: its coded concepts as an id of the knowledge graph with side and level.

The codes beside this module are SNOMED CT as DICOM uses it (PS3.16 CID 7150 ff.) and as TotalSegmentator writes them;
SNOMED RT codes of older files (PS3.16 8.1) are translated by pydicom's table. A segment whose code is none of them
keeps its name and stays unmapped: a label in words is not trusted to name an organ, only to state a side.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pydicom

from medomni.dicom.concepts import ANATOMY, FINDINGS, OWN_SCHEME
from medomni.volume import UNMAPPED, Label

DATA = Path(__file__).with_name("segment_codes.csv")
SIDE_CODES = {"7771000": "left", "24028007": "right", "51440002": "bilateral"}
NONE = (UNMAPPED, "", "")
CYST = "367643001"
WORDS = re.compile(r"[A-Za-z]+")


@cache
def known_codes() -> dict[str, tuple[str, str, str]]:
    """SNOMED CT code to (anatomy id, side or empty, level or empty)."""
    with DATA.open(encoding="utf-8", newline="") as handle:
        rows = {r["code"]: (r["anatomy_id"], r["side"], r["level"]) for r in csv.DictReader(handle)}
    return {**{code: (name, "", "") for name, (code, _) in FINDINGS.items()}, **rows}


@cache
def _written() -> dict[tuple[str, str], tuple[str, str]]:
    """(anatomy id, level) to the first code without a side and its meaning."""
    out: dict[tuple[str, str], tuple[str, str]] = {}
    with DATA.open(encoding="utf-8", newline="") as handle:
        for r in csv.DictReader(handle):
            if not r["side"]:
                out.setdefault((r["anatomy_id"], r["level"]), (r["code"], r["meaning"]))
    return out


def anatomy_code(label: Label) -> tuple[str, str] | None:
    """SNOMED CT code and meaning of a row's anatomy at its level, without its side; None where none is known."""
    if not label.level and label.anatomy_id in ANATOMY:
        return ANATOMY[label.anatomy_id]
    return _written().get((label.anatomy_id, label.level)) or _written().get((label.anatomy_id, ""))


def segment_label(segment: pydicom.Dataset, value: int) -> Label:
    """The row of a label table for one item of the Segment Sequence (PS3.3 C.8.20.2).

    The side is that of the code, of its modifier or of the region's; else the word left or right of the segment's
    label; ``unspecified`` where none says it or two contradict each other.
    """
    name = str(segment.get("SegmentLabel", "") or f"segment {value}")[:64]
    kind = _first(segment, "SegmentedPropertyTypeCodeSequence")
    region = _first(segment, "AnatomicRegionSequence")
    code = code_of(kind)
    anatomy_id, side, level = known_codes().get(code, NONE)
    if code == CYST and region is not None and known_codes().get(code_of(region), NONE)[0] == "kidney":
        anatomy_id = "kidney_cyst"
    if kind is not None and str(kind.get("CodingSchemeDesignator", "")) == OWN_SCHEME:
        own = str(kind.get("CodeMeaning", "")).replace(" ", "_")
        anatomy_id = own if re.fullmatch(r"[a-z][a-z0-9_]*", own) else UNMAPPED
    modifiers = [
        *((kind.get("SegmentedPropertyTypeModifierCodeSequence") or ()) if kind is not None else ()),
        *(segment.get("SegmentedPropertyTypeModifierCodeSequence") or ()),
        *((region.get("AnatomicRegionModifierSequence") or ()) if region is not None else ()),
        *(segment.get("AnatomicRegionModifierSequence") or ()),
    ]
    said = {side} | {SIDE_CODES.get(code_of(item), "") for item in modifiers}
    if region is not None:
        said.add(known_codes().get(code_of(region), NONE)[1])
    said |= {"left", "right"} & {word.lower() for word in WORDS.findall(name)}
    said.discard("")
    return Label(value, anatomy_id, said.pop() if len(said) == 1 else "unspecified", level, name)


def code_of(item: pydicom.Dataset | None) -> str:
    """The SNOMED CT code of an item of a code sequence, empty for another scheme."""
    if item is None:
        return ""
    scheme, value = str(item.get("CodingSchemeDesignator", "")), str(item.get("CodeValue", ""))
    if scheme in ("SRT", "SNM3", "99SDM"):  # names that SNOMED RT has had in DICOM (PS3.16 8.1)
        from pydicom.sr import _snomed_dict

        table: Any = _snomed_dict.mapping
        value = table["SRT"].get(value, "")
    return value if scheme in ("SCT", "SRT", "SNM3", "99SDM") else ""


def _first(segment: pydicom.Dataset, name: str) -> pydicom.Dataset | None:
    items: Any = segment.get(name) or ()
    return items[0] if len(items) else None
