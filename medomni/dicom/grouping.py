"""Images to candidate volumes: what may lie in one stack, and what must not although it shares a series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from itertools import combinations

import numpy as np

from medomni.dicom.headers import SliceHeader
from medomni.dicom.kinds import is_map, is_mosaic, is_object

Group = list[SliceHeader]
TOGETHER_MM = 0.01
COSINE, SPACING = 1e-3, 1e-4
FEWEST = 4  # of a part that a series is split into: two lone slices at one place are no two volumes
APART_BY = ("AcquisitionNumber", "TemporalPositionIdentifier", "TemporalPositionIndex", "EchoNumbers",
            "DiffusionBValue", "ImageType", "TriggerTime", "AcquisitionTime", "ContentTime")
"""What may tell apart images at the same position, the most telling first."""
TIME = "AcquisitionTime"
INTERLEAVED_BY = (*(name for name in APART_BY if name not in (TIME, "ContentTime")), "KVP", "ContrastBolusAgent")
"""What may tell apart slices that alternate along the normal; in CT the time of acquisition does too. The time of the
content is that of reconstruction, in which neighbours may change places."""
MOST_TIMES, STRICT = 4, 0.9
"""Volumes that times alone tell apart are few, and their slices alternate from one to the next."""
SETTINGS = {
    "SequenceName": 0.0, "ScanningSequence": 0.0, "FlipAngle": 0.0, "InversionTime": 0.0, "SeriesDescription": 0.0,
    "ProtocolName": 0.0, "RepetitionTime": 2.0, "ExposureTime": 1.5, "XRayTubeCurrent": 1.5, "Exposure": 1.5,
}
"""What an operator sets for one acquisition tells two apart where few values take turns from slice to slice without a
fault; of what a scanner changes by itself (the dose by the patient's width, the repetition by breath or beat), where
one value is so many times the next."""
FEWEST_TOLD = 3  # slices of each value of which the record says that they alternate
DRIFT = 1.1  # values of these that differ by less are one setting, rounded or regulated


def grouped(headers: list[SliceHeader]) -> list[Group]:
    """Groups by study and series, matrix, frame of reference, kernel, stack, kind of image; in MR by echo; and by
    orientation and pixel spacing, within a tolerance.

    A group in which positions recur is split by the first element of :data:`APART_BY`, or the first two, that tells all
    of them apart; where none does, it stays whole and its recurring slices are compared when they are read. A group in
    which slices of several kinds alternate is split too. The order of ``headers`` does not matter.
    """
    groups: dict[Hashable, list[Group]] = defaultdict(list)
    for h in sorted(headers, key=instance):
        alike = groups[_key(h)]
        near = next((g for g in alike if _parallel(g[0], h)), None)
        if near is None:
            alike.append([h])
        else:
            near.append(h)
    return [part for alike in groups.values() for group in alike for part in _apart(group)]


def instance(h: SliceHeader) -> tuple[str, int]:
    """What tells one image from every other, whatever its file is called."""
    return h.text("SOPInstanceUID"), h.frame or 0


def _key(h: SliceHeader) -> Hashable:
    modality = h.text("Modality")
    return (h.text("StudyInstanceUID"), h.text("SeriesInstanceUID"), modality, h.rows, h.columns, h.frames,
            h.orientation is None, h.pixel_spacing is None, h.text("FrameOfReferenceUID"),
            h.text("ConvolutionKernel"), h.is_localizer, h.is_colour_or_capture, is_object(h), is_mosaic(h),
            modality == "CT" and is_map(h), h.text("StackID"), h.same("EchoTime") if modality == "MR" else "")


def _parallel(a: SliceHeader, b: SliceHeader) -> bool:
    """Orientation to 1e-3 of a cosine and spacing to 1e-4 of itself: rounding in the file must not split a stack."""
    if a.orientation is not None and b.orientation is not None and np.abs(a.orientation - b.orientation).max() > COSINE:
        return False
    return a.pixel_spacing is None or b.pixel_spacing is None or all(
        abs(x - y) <= SPACING * x for x, y in zip(a.pixel_spacing, b.pixel_spacing, strict=True))


def _apart(group: Group) -> list[Group]:
    if not _recurs(group):
        return _interleaved(group)
    for names in (*((name,) for name in APART_BY), *combinations(APART_BY, 2)):
        parts: dict[tuple[str, ...], Group] = defaultdict(list)
        for h in group:
            parts[tuple(h.same(name) for name in names)].append(h)
        if len(parts) > 1 and all(len(p) >= FEWEST and not _recurs(p) for p in parts.values()):
            return [whole for part in parts.values() for whole in _interleaved(part)]
    return [group]


def _interleaved(group: Group) -> list[Group]:
    """The parts of a group whose slices alternate along the normal, by the first of :data:`INTERLEAVED_BY` that tells
    them apart; the group alone where none does.

    Two scans of one region, half a step apart, would else make one stack with an even spacing, in which every second
    slice is of another breath, phase or weighting. A region scanned in steps has its acquisitions one after the other.
    Of :data:`SETTINGS` the first whose values take turns without a fault counts. The slices of MR in packages alternate
    in time and are one volume: there times do not count. Of that, and of settings that do not decide, the record tells
    (:func:`medomni.dicom.geometry.geometry_notes`).
    """
    if group[0].orientation is None or any(h.position is None for h in group):
        return [group]
    placed = sorted(group, key=lambda h: float(group[0].normal @ h.position))  # type: ignore[operator]
    for name in INTERLEAVED_BY:
        parts = _alternating(placed, name)
        if parts:
            return parts
    for name in SETTINGS:
        values = cycle(placed, name)
        if values and len(placed) >= FEWEST * len(values) and _ratio(values) >= SETTINGS[name]:
            return _alternating(placed, name)
    return (in_turns(placed) if group[0].text("Modality") == "CT" else []) or [group]


def in_turns(placed: Group) -> list[Group]:
    """Slices by their times of acquisition where a few of these take turns from slice to slice; else nothing.

    Args:
        placed: in the order of their heights.
    """
    parts = _alternating(placed, TIME)
    turns = sum(a.same(TIME) != b.same(TIME) for a, b in zip(placed, placed[1:], strict=False))
    return parts if len(parts) <= MOST_TIMES and turns >= STRICT * (len(placed) - 1) else []


def cycle(placed: Group, name: str) -> list[str]:
    """The few values of an element that return in one order from slice to slice, without a fault; else nothing.

    Args:
        placed: in the order of their heights.
    """
    values = list(dict.fromkeys(h.same(name) for h in placed[:MOST_TIMES]))
    if len(values) < 2 or any(h.same(name) != values[k % len(values)] for k, h in enumerate(placed)):
        return []
    return values


def undecided(placed: Group) -> str:
    """An element whose values take turns in slices that were left one volume, and how many they are; empty without.

    Args:
        placed: in the order of their heights.
    """
    for name in (*(n for n in INTERLEAVED_BY if n not in SETTINGS), *SETTINGS):
        values = cycle(placed, name)
        if not values or len(placed) < FEWEST_TOLD * len(values):
            continue
        if not SETTINGS.get(name) or not 0 < _ratio(values) < DRIFT:
            return f"{len(values)} values of {name}"
    return ""


def _ratio(values: list[str]) -> float:
    """The smallest ratio of one number to the next smaller one; 0 where one is no number above zero."""
    try:
        numbers = sorted(float(v) for v in values)
    except ValueError:
        return 0.0
    return min(b / a for a, b in zip(numbers, numbers[1:], strict=False)) if numbers[0] > 0 else 0.0


def _alternating(placed: Group, name: str) -> list[Group]:
    """Slices by an element's values where these alternate; nothing where they do not, or a value has few slices.

    Args:
        placed: in the order of their heights.
    """
    parts: dict[str, Group] = defaultdict(list)
    at: dict[str, list[int]] = defaultdict(list)
    for k, h in enumerate(placed):
        parts[h.same(name)].append(h)
        at[h.same(name)].append(k)
    if len(parts) < 2 or min(len(p) for p in parts.values()) < FEWEST:
        return []
    ends = sorted((places[0], places[-1]) for places in at.values())
    return list(parts.values()) if any(a[1] > b[0] for a, b in zip(ends, ends[1:], strict=False)) else []


def _recurs(group: Group) -> bool:
    """Whether two images of the group lie at one place; the same instance twice is a copy and does not count."""
    seen: dict[str, SliceHeader] = {}
    for h in group:
        seen.setdefault(f"{h.text('SOPInstanceUID')}|{h.frame}", h)
    placed = [h.position for h in seen.values() if h.position is not None]
    if len(placed) < 2 or group[0].orientation is None:
        return False
    heights = np.stack(placed) @ group[0].normal
    order = np.argsort(heights)
    at, near = np.stack(placed)[order], np.diff(heights[order]) < TOGETHER_MM
    return bool((np.linalg.norm(np.diff(at, axis=0), axis=1)[near] < TOGETHER_MM).any())
