"""From positions and orientation to slice order and affine. InstanceNumber is never used, nor SliceThickness where
there are two slices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.grouping import in_turns, undecided
from medomni.dicom.headers import SPACING_MM, SliceHeader
from medomni.dicom.numerals import decimal
from medomni.errors import MedomniError
from medomni.records import Warned

POSITION_TOLERANCE_MM = 0.01
SPACING_TOLERANCE = 0.01  # relative to the median step, or POSITION_TOLERANCE_MM, whichever is larger
SHEAR_TOLERANCE_DEG = 0.05
STRAIGHT_MM = 0.1  # of a position from the line of all
GAPS_SHOWN = 4
FEW_SLICES = 8
ASSUMED_MM = 1.0  # step of a lone slice that states no thickness: it has no neighbour to measure it by
GAP = 1.2  # of the thickness: scanners round it, and table feed differs from it by some percent


@dataclass(frozen=True)
class Stack:
    """Headers in ascending position along the normal, with those that share a position.

    Attributes:
        headers: one header per position.
        twins: (kept, other) pairs at the same position; the caller compares their pixels.
        positions: (slices, 3), LPS millimetres of each slice's first voxel.
        affine: 4x4, (slice, row, column) to LPS millimetres, sheared where the gantry was tilted; None where no single
            step leads from slice to slice.
        tilt_deg: angle between the step (from the first slice to the last) and the normal, degrees.
    """

    headers: list[SliceHeader]
    twins: list[tuple[SliceHeader, SliceHeader]]
    positions: NDArray[np.float64]
    affine: NDArray[np.float64] | None
    tilt_deg: float


def sorted_stack(group: list[SliceHeader], *, uneven: bool = False) -> Stack:
    """Sort by n·IPP with n = row direction x column direction (PS3.3 C.7.6.2.1.1).

    Args:
        uneven: accept uneven spacing and in-plane origins that wander, for a caller that resamples.

    Raises:
        MedomniError: MED-D09 without geometry, MED-D05 where the spacing is uneven, MED-D12 where the
            in-plane origin wanders or differs at one height.
    """
    bare = [h for h in group if h.position is None or h.orientation is None or h.pixel_spacing is None]
    if bare:
        raise MedomniError("MED-D09", f"{len(bare)} of {len(group)} images", where=bare[0].label)
    normal = group[0].normal / np.linalg.norm(group[0].normal)
    placed = sorted(group, key=lambda h: float(normal @ h.position))  # type: ignore[operator]
    kept: list[SliceHeader] = []
    twins: list[tuple[SliceHeader, SliceHeader]] = []
    for header in placed:
        if kept and np.linalg.norm(header.position - kept[-1].position) < POSITION_TOLERANCE_MM:  # type: ignore[operator]
            twins.append((kept[-1], header))
        else:
            kept.append(header)
    positions = np.stack([h.position for h in kept])  # type: ignore[misc]
    step, tilt, fault = _step(positions, normal, kept)
    if fault is not None and not uneven:
        raise fault
    return Stack(kept, twins, positions, _affine(kept[0], step) if fault is None else None, tilt)


def geometry_notes(stack: Stack, tilted: bool) -> list[Warned]:
    """What the record says of a stack's geometry.

    Args:
        tilted: the volume keeps the shear of a tilted gantry.
    """
    notes = [Warned(code="MED-D13", detail=f"{stack.tilt_deg:.2f} degrees")] if tilted else []
    if len(stack.headers) < FEW_SLICES:
        notes.append(Warned(code="MED-D17", detail=f"{len(stack.headers)} slices"))
    uids = [h.text("SOPInstanceUID") for h in stack.headers if h.frame is None and h.text("SOPInstanceUID")]
    if len(set(uids)) < len(uids):
        notes.append(Warned(code="MED-D26", detail=f"{len(uids)} slices, {len(set(uids))} UIDs"))
    times = in_turns(stack.headers)
    if times:
        notes.append(Warned(code="MED-D24", detail=f"{len(times)} times"))
    elif setting := undecided(stack.headers):
        notes.append(Warned(code="MED-D24", detail=setting))
    thick = _thickness(stack.headers[0])
    if len(stack.headers) == 1 and thick is None:
        notes.append(Warned(code="MED-D27", detail=f"{ASSUMED_MM:g} mm"))
    if len(stack.headers) > 1 and thick is not None:
        normal = stack.headers[0].normal / np.linalg.norm(stack.headers[0].normal)
        step = float(np.median(np.diff(stack.positions @ normal)))
        if step > GAP * thick:
            notes.append(Warned(code="MED-D22", detail=f"every {step:.2f} mm, {thick:.2f} mm thick"))
    return notes


def sideways(stack: Stack) -> str:
    """How a stack's corners move in the plane from slice to slice; empty where they stand one above the other.

    A tilted gantry moves them by the same share of every step. A table that was shifted between two slices does not:
    the angle between the first corner and the last is then none of a gantry.
    """
    normal = stack.headers[0].normal / np.linalg.norm(stack.headers[0].normal)
    away = stack.positions - stack.positions[0]
    heights = away @ normal
    beside = away - np.outer(heights, normal)
    off = 0.0 if len(away) < 3 else np.abs(beside - np.outer(heights / heights[-1], beside[-1])).max()
    if off > max(STRAIGHT_MM, SPACING_TOLERANCE * float(np.median(np.diff(heights)))):
        moved = np.linalg.norm(np.ptp(beside, axis=0))
        return f"positions shift sideways by {moved:.1f} mm, not by one tilt"
    return f"tilt {stack.tilt_deg:.2f} degrees" if stack.tilt_deg > SHEAR_TOLERANCE_DEG else ""


def _step(
    positions: NDArray[np.float64], normal: NDArray[np.float64], headers: list[SliceHeader]
) -> tuple[NDArray[np.float64], float, MedomniError | None]:
    """Step, tilt in degrees, and what is wrong with taking one step for all, which resampling mends."""
    if len(positions) == 1:
        return normal * (_thickness(headers[0]) or ASSUMED_MM), 0.0, None
    heights = positions @ normal
    gaps = np.diff(heights)
    median = float(np.median(gaps))
    tolerance = max(POSITION_TOLERANCE_MM, SPACING_TOLERANCE * abs(median))
    if gaps.min() < POSITION_TOLERANCE_MM:
        k = int(gaps.argmin())
        raise MedomniError("MED-D12", f"two slices at height {heights[k]:.2f} mm have different in-plane origins",
                           where=headers[k].label)
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    cosine = float(np.clip(step @ normal / np.linalg.norm(step), -1.0, 1.0))
    tilt = float(np.degrees(np.arccos(cosine)))
    uneven = np.flatnonzero(np.abs(gaps - median) > tolerance)
    if len(uneven):
        widest = sorted(uneven.tolist(), key=lambda k: -gaps[k])
        shown = "; ".join(f"{gaps[k]:.3f} mm between {heights[k]:.2f} and {heights[k + 1]:.2f} mm"
                          for k in widest[:GAPS_SHOWN])
        more = f"; and {len(widest) - GAPS_SHOWN} more" if len(widest) > GAPS_SHOWN else ""
        return step, tilt, MedomniError(
            "MED-D05", f"{len(uneven)} of {len(gaps)} steps differ from {median:.3f} mm: {shown}{more}",
            where=headers[widest[0]].label)
    drift = np.abs(positions - (positions[0] + np.outer(np.arange(len(positions)), step))).max()
    if drift > max(STRAIGHT_MM, tolerance):
        return step, tilt, MedomniError("MED-D12", f"positions leave a straight line by {drift:.2f} mm",
                                        where=headers[0].label)
    return step, tilt, None


def _thickness(header: SliceHeader) -> float | None:
    """SliceThickness, millimetres; None where it is absent or no length."""
    try:
        value = decimal(header.text("SliceThickness"))
    except ValueError:
        return None
    return value if SPACING_MM[0] <= value <= SPACING_MM[1] else None


def _affine(first: SliceHeader, step: NDArray[np.float64]) -> NDArray[np.float64]:
    assert first.orientation is not None and first.pixel_spacing is not None and first.position is not None
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = first.orientation[3:] * first.pixel_spacing[0]  # down a column: to the next row
    affine[:3, 2] = first.orientation[:3] * first.pixel_spacing[1]  # along a row: to the next column
    affine[:3, 3] = first.position
    return affine


def plane_name(affine: NDArray[np.float64]) -> str:
    """``axial``, ``coronal`` or ``sagittal`` by the largest component of the slice normal."""
    normal = np.cross(affine[:3, 2], affine[:3, 1])
    return ("sagittal", "coronal", "axial")[int(np.abs(normal).argmax())]
