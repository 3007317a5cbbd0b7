"""A folder to one :class:`Volume`, with every thing that was left out, dropped or filled in the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom import codes
from medomni.dicom.geometry import SHEAR_TOLERANCE_DEG, Stack, plane_name, sorted_stack
from medomni.dicom.headers import SliceHeader
from medomni.dicom.keys import study_key
from medomni.dicom.pixels import slice_values
from medomni.dicom.scan import Inventory, scan, unusable_reason
from medomni.errors import MedomniError
from medomni.records import Patient, Study, Warned
from medomni.volume import Volume

FEW_SLICES = 8


def read_study(folder: Path | str, *, series: int | None = None) -> Volume:
    """Read the folder's best series (or number ``series`` of :func:`medomni.dicom.inspect`).

    CT is returned in Hounsfield units. Slices are sorted by position along the normal; a gap, a slice twice with
    different pixels, mixed patients or a truncated file is refused; localizers, other series, identical copies
    and padding are recorded as warnings in ``volume.study.warnings``.

    Returns:
        A volume (slices, rows, columns), int16 where exact, else float32; affine to LPS millimetres.

    Raises:
        MedomniError: MED-C08, MED-C03 for a series that is not there, MED-D01, MED-D03 to MED-D06, MED-D08 to
            MED-D12.
    """
    inventory = scan(folder)
    number = series or 0
    if not 0 <= number < len(inventory.groups):
        raise MedomniError("MED-C03", f"series {number} was asked for; the folder has 0 to {len(inventory.groups) - 1}",
                           where=folder)
    group = inventory.groups[number]
    _refuse_cut(inventory, group[0])
    _refuse_unusable(group[0])
    stack = sorted_stack(group)
    array, warnings = _pixels(stack)
    warnings = [*inventory.warnings, *_left_out(inventory, number), *warnings]
    if stack.tilt_deg > SHEAR_TOLERANCE_DEG:
        warnings.append(Warned(code="MED-D13", detail=f"{stack.tilt_deg:.2f} degrees"))
    if len(stack.headers) < FEW_SLICES:
        warnings.append(Warned(code="MED-D17", detail=f"{len(stack.headers)} slices"))
    study = _study(group[0], stack, warnings)
    uids = tuple(str(h.get("SOPInstanceUID", "")) for h in stack.headers)
    volume = Volume(array, stack.affine, study, slice_uids=uids)
    return Volume(array, stack.affine, study.model_copy(update={"spacing_mm": volume.spacing_mm}), slice_uids=uids)


def refusal(inventory: Inventory, number: int) -> str:
    """Why series ``number`` would not be read, from its headers alone: a code and what it names, empty where it would.

    The pixels are not read: a file whose pixels are cut short still shows only when the series is read.
    """
    group = inventory.groups[number]
    try:
        _refuse_cut(inventory, group[0])
        _refuse_unusable(group[0])
        sorted_stack(group)
    except MedomniError as exc:
        return f"{exc.code} {exc.detail}".rstrip()
    return ""


def _refuse_cut(inventory: Inventory, first: SliceHeader) -> None:
    """A file cut inside its header may be a slice of this series: without it the volume would be silently shorter."""
    for name, series in inventory.cut:
        if series in ("", first.text("SeriesInstanceUID")):
            raise MedomniError("MED-D03", "the file ends inside its header", where=name)


def _refuse_unusable(first: SliceHeader) -> None:
    reason = unusable_reason(first)
    if not reason:
        return
    code = {"colour or secondary capture": "MED-D08", "no position or orientation": "MED-D09",
            "no pixel spacing": "MED-D09"}.get(reason, "MED-D12")
    raise MedomniError(code, f"the images are of the kind: {reason}", where=first.label)


def _pixels(stack: Stack) -> tuple[NDArray[Any], list[Warned]]:
    slices, warnings, padded = [], [], 0
    for header in stack.headers:
        values, count = slice_values(header)
        padded += count
        slices.append(values)
    for kept, other in stack.twins:
        first = slices[stack.headers.index(kept)]
        if not np.array_equal(slice_values(other)[0], first):
            raise MedomniError("MED-D06", f"{kept.label} and {other.label}", where=kept.label)
        warnings.append(Warned(code="MED-D15", detail=f"{other.label} equals {kept.label}"))
    if padded:
        warnings.append(Warned(code="MED-D16", detail=f"{padded} voxels"))
    dtype = np.int16 if all(s.dtype == np.int16 for s in slices) else np.float32
    return np.stack([s.astype(dtype, copy=False) for s in slices]), warnings


def _left_out(inventory: Inventory, chosen: int) -> list[Warned]:
    out = []
    for summary in inventory.series:
        if summary.number != chosen:
            what = summary.reason or f"series of {summary.slices} slices, kernel {summary.kernel or 'not stated'}"
            out.append(Warned(code="MED-D14", detail=f"{summary.modality}, {summary.slices} images: {what}"))
    return out


def _study(first: SliceHeader, stack: Stack, warnings: list[Warned]) -> Study:
    synthetic = "SYNTHETIC" in first.text("Manufacturer").upper()
    return Study(
        study_key=study_key(first.text("StudyInstanceUID") or first.text("SeriesInstanceUID")),
        modality=codes.modality(first) or "unknown",
        body_part=codes.body_part(first),
        patient=Patient(sex=_sex(first), age_years=_age(first)),
        orientation=plane_name(stack.affine),
        kernel=codes.kernel(first),
        contrast=_contrast(first),
        source="phantom" if synthetic else "dicom",
        synthetic=synthetic,
        warnings=tuple(warnings),
    )


NO_CONTRAST = frozenset(("NONE", "NO", "N", "NO CONTRAST", "NON CONTRAST", "NON-CONTRAST", "WITHOUT",
                         "WITHOUT CONTRAST", "UNENHANCED", "NATIVE", "NATIV", "PLAIN", "WO", "W/O"))
"""What scanners write into Contrast/Bolus Agent (0018,0010) where none was given."""


def _contrast(header: SliceHeader) -> bool | None:
    """Whether an agent is named; None where the element is empty or absent, which says nothing (PS3.3 C.7.6.4)."""
    agent = header.text("ContrastBolusAgent").strip().upper()
    return None if not agent else agent not in NO_CONTRAST


def _sex(header: SliceHeader) -> Any:
    return {"F": "female", "M": "male", "O": "other"}.get(header.text("PatientSex").upper(), "unknown")


def _age(header: SliceHeader) -> int | None:
    """Years from PatientAge (0010,1010), else from birth and study date; capped at 90."""
    age = header.text("PatientAge")
    if len(age) == 4 and age[:3].isdecimal():
        years = int(age[:3]) if age[3] == "Y" else 0 if age[3] in "DWM" else None
        if years is not None:
            return min(years, 90)
    birth, day = header.text("PatientBirthDate"), header.text("StudyDate")
    if len(birth) == 8 and len(day) == 8 and birth.isdecimal() and day.isdecimal():
        years = int(day[:4]) - int(birth[:4]) - (day[4:] < birth[4:])
        return min(max(years, 0), 90)
    return None
