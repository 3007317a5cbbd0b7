"""A folder to one :class:`Volume`, with every thing that was left out, dropped or filled in the record."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom import codes
from medomni.dicom.archive import dicom_files
from medomni.dicom.concatenation import check_parts
from medomni.dicom.fill import LongWay, filled
from medomni.dicom.geometry import SHEAR_TOLERANCE_DEG, Stack, geometry_notes, sideways, sorted_stack
from medomni.dicom.headers import SliceHeader
from medomni.dicom.kinds import CODES, is_other_word, unusable_reason
from medomni.dicom.loss import lossy_slices
from medomni.dicom.names import shown_name
from medomni.dicom.padding import AIR_HU
from medomni.dicom.record import study_record
from medomni.dicom.scan import Inventory, described, inventory_of, look
from medomni.errors import MedomniError
from medomni.records import Warned
from medomni.volume import Volume

if TYPE_CHECKING:
    from medomni.dicom.regular import Regular

SHOWN_RUNS = 20
NIFTI = (".nii", ".nii.gz")


def read_study(source: Path | str, *, series: int | None = None, resample: bool = False,
               threads: int | None = None, budget_mb: float | None = None, modality: str | None = None) -> Volume:
    """Read the best series (or number ``series`` of :func:`medomni.dicom.inspect`) of a folder, a zip or a DICOMDIR.

    A NIfTI file is read by :func:`medomni.dicom.nifti.read_nifti`.

    CT is returned in Hounsfield units. Slices are sorted by position along the normal; a gap, a slice twice with
    different pixels, mixed patients or a truncated file is refused; localizers, other series, identical copies
    and padding are recorded as warnings in ``volume.study.warnings``.

    Args:
        resample: where slices are missing, unevenly spaced or sheared by a tilted gantry, interpolate to an even,
            upright grid instead of refusing or shearing; warning MED-D19 names the slices that lie between real ones,
            and their entry in ``slice_uids`` is empty.
        threads: for reading; by default the processors that this process may use, at most eight.
        budget_mb: a volume of more megabytes (2^20 bytes; two a voxel, four where values are no whole numbers) lies in
            an unnamed file that is mapped into memory, so that only the slices in use take memory, before and after
            resampling; by default ``MEDOMNI_VOLUME_MB``, else no limit.
        modality: what the images must be; a NIfTI file cannot say it itself.

    Returns:
        A volume (slices, rows, columns), int16 where exact, else float32; affine to LPS millimetres.

    Raises:
        MedomniError: MED-C08, MED-C03 for a series that is not there or another modality than was given, MED-C04,
            MED-D01, MED-D03 to MED-D06, MED-D08 to MED-D12, MED-D18, MED-D21.
    """
    if is_nifti(source):
        from medomni.dicom.nifti import read_nifti

        if series or resample:
            raise MedomniError("MED-C03", "a NIfTI file has one volume, on an even grid: no series, no resampling",
                               where=shown_name(Path(source).name))
        return read_nifti(source, modality=modality)
    with dicom_files(Path(source)) as files:
        inventory, number = chosen_series(files, Path(source), series)
        found = codes.modality(inventory.groups[number][0]) or "unknown"
        if modality not in (None, found):
            raise MedomniError("MED-C03", f"modality {modality} was given, the series is {found}", where=source)
        return _read(inventory, number, resample, threads, _budget(budget_mb))


def is_nifti(source: Path | str) -> bool:
    """By its name: compressed, it has no other mark."""
    return Path(source).is_file() and Path(source).name.lower().endswith(NIFTI)


def chosen_series(files: list[Path], source: Path, series: int | None) -> tuple[Inventory, int]:
    """What the files hold, and the number of the series to read; MED-C03 where it is not there."""
    inventory = inventory_of(look(files, source))
    number = series or 0
    if not 0 <= number < len(inventory.groups):
        raise MedomniError("MED-C03", f"series {number} was asked for; the folder has 0 to "
                           f"{len(inventory.groups) - 1}", where=source)
    return inventory, number


def _read(inventory: Inventory, number: int, resample: bool, threads: int | None, budget: int | None) -> Volume:
    stack = ordered(inventory, number, uneven=resample)
    array, warnings = pixels_of(stack, threads, budget)
    warnings = [*inventory.warnings, *left_out(inventory, number), *warnings]
    uids = tuple(h.text("SOPInstanceUID") for h in stack.headers)
    tilted, affine = stack.tilt_deg > SHEAR_TOLERANCE_DEG, stack.affine
    if affine is None or (tilted and resample):
        even = regular_of(stack, array, budget)
        warnings.append(_resampled(even, stack))
        array, affine = even.array, even.affine
        uids = even.real(uids)
        tilted = False
    warnings += [*geometry_notes(stack, tilted), *check_parts(inventory, stack.headers)]
    study = study_record(stack.headers, affine, warnings)
    volume = Volume(array, affine, study, slice_uids=uids)
    return Volume(array, affine, study.model_copy(update={"spacing_mm": volume.spacing_mm}), slice_uids=uids)


def regular_of(stack: Stack, array: NDArray[Any], budget: int | None = None) -> Regular:
    """The slices of a stack on an even, upright grid; errors MED-C04, MED-D05, MED-D12."""
    from medomni.dicom.regular import regular  # scipy takes longer to load than a series to read

    first = stack.headers[0]
    assert first.orientation is not None and first.pixel_spacing is not None
    outside = float(AIR_HU) if first.text("Modality") == "CT" else float(array.min())
    return regular(array, stack.positions, first.orientation[3:] * first.pixel_spacing[0],
                   first.orientation[:3] * first.pixel_spacing[1], outside, budget)


def _resampled(even: Regular, stack: Stack) -> Warned:
    """Names the slices that lie between real ones: by number, in runs."""
    runs: list[list[int]] = []
    for k in even.interpolated:
        if runs and runs[-1][1] == k - 1:
            runs[-1][1] = k
        else:
            runs.append([k, k])
    shown = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs[:SHOWN_RUNS])
    more = f" and {len(runs) - SHOWN_RUNS} more runs" if len(runs) > SHOWN_RUNS else ""
    moved = sideways(stack)
    return Warned(code="MED-D19", detail=f"{len(stack.headers)} slices to {len(even.array)} of {even.step_mm:.3f} mm"
                                         f"{moved and ', '}{moved}; interpolated: {shown or 'none'}{more}")


def foretold(inventory: Inventory, number: int) -> tuple[str, list[Warned]]:
    """Why series ``number`` would not be read, a code and what it names, empty where it would; and what the record
    would then say of its geometry and values.

    As :func:`medomni.dicom.foreseen.foresee` finds it: damage inside compressed pixels shows only when they are read.
    """
    from medomni.dicom.foreseen import foresee

    try:
        stack = ordered(inventory, number)
        foresee(stack)
    except MedomniError as exc:
        return f"{exc.code} {exc.detail}".rstrip(), []
    return "", [*value_notes(stack), *geometry_notes(stack, stack.tilt_deg > SHEAR_TOLERANCE_DEG),
                *check_parts(inventory, stack.headers)]


def ordered(inventory: Inventory, number: int, *, uneven: bool = False) -> Stack:
    """A series in the order of its heights, unless it is refused; errors as :func:`read_study`."""
    group = inventory.groups[number]
    _refuse_cut(inventory, group[0])
    _refuse_unusable(group[0])
    check_parts(inventory, group)
    return sorted_stack(group, uneven=uneven)


def _refuse_cut(inventory: Inventory, first: SliceHeader) -> None:
    """A file cut inside its header may be a slice of this series: without it the volume would be silently shorter."""
    for name, fault in inventory.cut:
        if fault.series in ("", first.text("SeriesInstanceUID")):
            raise MedomniError(fault.code, str(fault), where=name)


def _refuse_unusable(first: SliceHeader) -> None:
    reason = unusable_reason(first)
    if not reason:
        return
    raise MedomniError(CODES[reason], f"the images are of the kind: {reason}", where=first.label)


def _budget(megabytes: float | None) -> int | None:
    if megabytes is None:
        given = os.environ.get("MEDOMNI_VOLUME_MB", "")
        if not given:
            return None
        try:
            megabytes = float(given)
        except ValueError as exc:
            raise MedomniError("MED-C03", "a number of megabytes is wanted", where="MEDOMNI_VOLUME_MB") from exc
    if not megabytes >= 0:
        raise MedomniError("MED-C03", "a number of megabytes, 0 or more, is wanted", where="budget_mb")
    return int(megabytes * 2**20) if math.isfinite(megabytes) else None


def pixels_of(stack: Stack, threads: int | None, budget: int | None = None) -> tuple[NDArray[Any], list[Warned]]:
    """The values of a series' slices, as :func:`medomni.dicom.fill.filled`, and what was dropped or padded."""
    array, padded = filled(stack.headers, threads, budget)
    warnings = []
    for kept, other in stack.twins:
        check_twin(array[stack.headers.index(kept)], kept, other)
        warnings.append(Warned(code="MED-D15", detail=f"{other.label} equals {kept.label}"))
    if padded:
        warnings.append(Warned(code="MED-D16", detail=f"{padded} voxels"))
    return array, [*warnings, *value_notes(stack)]


def value_notes(stack: Stack) -> list[Warned]:
    """What the headers of a series say of its values that the record must repeat."""
    of = len(stack.headers)
    lossy, odd = lossy_slices(stack.headers), sum(is_other_word(h) for h in stack.headers)
    said = (("MED-D25", lossy, f"{lossy} of {of} slices"),
            ("MED-D23", odd, f"{odd} of {of} slices have another Rescale Type"))
    return [Warned(code=code, detail=text) for code, count, text in said if count]


def check_twin(values: NDArray[Any], kept: SliceHeader, other: SliceHeader) -> None:
    """Refuse two images at one place whose values, those of ``kept`` being given, differ; error MED-D06."""
    if not np.array_equal(LongWay()(other)[0], values):
        raise MedomniError("MED-D06", f"{kept.label} and {other.label}", where=kept.label)


def left_out(inventory: Inventory, chosen: int) -> list[Warned]:
    """A warning for each series of the folder that is not the chosen one, and which one that is."""
    out, read = [], f"; read instead: {described(inventory.groups[chosen])}"
    for summary, group in zip(inventory.series, inventory.groups, strict=True):
        if summary.number != chosen:
            what = summary.reason or described(group) + read
            out.append(Warned(code="MED-D14", detail=f"{summary.modality}, {summary.slices} images: {what}"))
    return out
