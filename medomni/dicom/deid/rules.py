"""One attribute to what is done with it, and by which rule."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydicom.datadict import dictionary_VR

from medomni.dicom.deid.keep import (
    BINARY,
    CHARACTERISTICS,
    DEVICE,
    FREE_TEXT,
    KEPT_BINARY,
    KEPT_TEXT,
    NUMBERS,
)
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.table import in_removed_range, profile

What = Literal["remove", "empty", "dummy", "uid", "move", "keep", "describe", "recurse"]


class Ruling(NamedTuple):
    """What is done, and the rule's name for the report."""

    what: What
    rule: str


_PERSONAL = ("PatientBirthDate", "PatientBirthTime", "PatientBirthDateInAlternativeCalendar",
             "PatientDeathDateInAlternativeCalendar")
_DESCRIBING = ("Description", "ProtocolName", "ContrastBolusAgent", "ViewName", "PerformedProcedureTypeDescription")
_NEVER_DESCRIBED = ("Diagnos", "Patient", "Address", "Visit", "ServiceEpisode", "Confidentiality")


def ruling(tag: int, keyword: str, vr: str, options: Options) -> Ruling:
    """What is done with a standard attribute. Private ones and file meta are judged elsewhere.

    Args:
        keyword: the dictionary's, empty where it does not know the tag.
        vr: as the file has it.
    """
    if in_removed_range(tag):
        return Ruling("remove", "curves and overlays")
    if not tag & 0xFFFF:
        return Ruling("remove", "group length")
    by_table = profile().get(tag)
    if keyword and vr not in dictionary_VR(tag).split(" or "):
        return Ruling("remove", "value representation other than the dictionary's")
    option = _by_option(keyword, vr, options) if by_table or vr in ("DA", "DT", "TM") else None
    if option is not None:
        return option
    if by_table is not None:
        return _by_table(by_table, vr)
    if not keyword:
        return Ruling("remove", "unknown to the table and the dictionary")
    return _by_kind(keyword, vr, options)


def _by_option(keyword: str, vr: str, options: Options) -> Ruling | None:
    if keyword in _PERSONAL:
        return None
    if options.dates == "shift" and vr in ("DA", "DT"):
        return Ruling("move", "option modified dates")
    if options.dates == "shift" and vr == "TM":
        return Ruling("keep", "option modified dates")
    if options.retain_device and keyword in DEVICE and vr not in ("DA", "DT", "TM"):
        return Ruling("uid" if vr == "UI" else "keep", "option device identity")
    if options.retain_characteristics and keyword in CHARACTERISTICS:
        return Ruling("keep", "option patient characteristics")
    if options.clean_descriptors and vr in FREE_TEXT and keyword.endswith(_DESCRIBING) and not any(
            part in keyword for part in _NEVER_DESCRIBED):
        return Ruling("describe", "option clean descriptors")
    return None


def _by_table(action: str, vr: str) -> Ruling:
    if action == "U":
        return Ruling("recurse" if vr == "SQ" else "uid", "table U")
    if action == "D" and vr == "SQ":
        return Ruling("recurse", "table D")
    what: What = {"X": "remove", "Z": "empty", "D": "dummy"}[action]  # type: ignore[assignment]
    return Ruling(what, f"table {action}")


def _by_kind(keyword: str, vr: str, options: Options) -> Ruling:
    """An attribute that the dictionary knows and the table does not name."""
    if vr == "SQ":
        return Ruling("recurse", "sequence")
    if vr == "UI":
        return Ruling("uid", "UID outside the table")
    if vr in ("DA", "DT", "TM"):  # with moved dates the option has judged already
        return Ruling("remove", "date or time outside the table")
    if vr in NUMBERS:
        return Ruling("keep", "number")
    if vr in ("CS", "IS", "DS", "AS"):
        return Ruling("keep", "code or number in text")
    if vr in FREE_TEXT:
        if keyword in KEPT_TEXT:
            return Ruling("keep", "text on the list of safe attributes")
        if options.clean_descriptors and keyword.endswith(_DESCRIBING):
            return Ruling("describe", "option clean descriptors")
        return Ruling("remove", "free text outside the table")
    if vr in BINARY and keyword in KEPT_BINARY:
        return Ruling("keep", "pixels and tables")
    return Ruling("remove", "bytes outside the list of pixels and tables")
