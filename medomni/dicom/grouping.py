"""Images to candidate volumes: what may lie in one stack, and what must not although it shares a series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

import numpy as np

from medomni.dicom.headers import SliceHeader

Group = list[SliceHeader]
TOGETHER_MM = 0.01
FEWEST = 4  # of a part that a series is split into: two lone slices at one place are no two volumes
APART_BY = ("AcquisitionNumber", "TemporalPositionIdentifier", "TemporalPositionIndex", "EchoNumbers",
            "DiffusionBValue", "ImageType", "TriggerTime", "AcquisitionTime", "ContentTime")
"""What may tell apart images at the same position, the most telling first."""


def grouped(headers: list[SliceHeader]) -> list[Group]:
    """Groups by series, matrix, orientation (to 1e-3), pixel spacing, frame of reference, kernel, stack; in MR by echo.

    A group in which positions recur is split by the first element of :data:`APART_BY` that tells all of them apart;
    where none does, it stays whole and its recurring slices are compared when they are read.
    """
    groups: dict[Hashable, Group] = defaultdict(list)
    for h in headers:
        groups[_key(h)].append(h)
    return [part for group in groups.values() for part in _apart(group)]


def _key(h: SliceHeader) -> Hashable:
    orientation = None if h.orientation is None else tuple(round(v * 1000) for v in h.orientation.tolist())
    spacing = None if h.pixel_spacing is None else tuple(round(v, 4) for v in h.pixel_spacing)
    modality = h.text("Modality")
    return (h.text("SeriesInstanceUID"), modality, h.rows, h.columns, h.frames, orientation, spacing,
            h.text("FrameOfReferenceUID"), h.text("ConvolutionKernel"), h.is_localizer, h.is_colour_or_capture,
            h.text("StackID"), h.text("EchoTime") if modality == "MR" else "")


def _apart(group: Group) -> list[Group]:
    if not _recurs(group):
        return [group]
    for name in APART_BY:
        parts: dict[str, Group] = defaultdict(list)
        for h in group:
            parts[h.text(name)].append(h)
        if len(parts) > 1 and all(len(p) >= FEWEST and not _recurs(p) for p in parts.values()):
            return list(parts.values())
    return [group]


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
