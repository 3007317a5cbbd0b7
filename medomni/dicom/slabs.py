"""A series slab by slab: never more of it in memory than one slab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medomni.dicom.archive import dicom_files
from medomni.dicom.concatenation import check_parts
from medomni.dicom.geometry import SHEAR_TOLERANCE_DEG, Stack, geometry_notes
from medomni.dicom.read import chosen_series, left_out, ordered, pixels_of
from medomni.dicom.record import study_record
from medomni.errors import MedomniError
from medomni.volume import Volume

SLICES = 64


@dataclass(frozen=True, eq=False)
class Slab:
    """Some neighbouring slices of a series.

    Attributes:
        start: number of its first slice in the series, counted from 0 in ascending position along the normal.
        total: slices of the series.
        volume: as :func:`medomni.dicom.read_study` gives the whole, with these slices alone; int16 where every one of
            *these* is exact in it. Its record's warnings are those of the series and of this slab.
    """

    start: int
    total: int
    volume: Volume


def read_slabs(source: Path | str, *, slices: int = SLICES, overlap: int = 0, series: int | None = None,
               threads: int | None = None) -> Iterator[Slab]:
    """Read a series slab by slab, from the first slice to the last.

    Args:
        slices: of a slab; the last one may have fewer.
        overlap: slices that a slab shares with the one before, e.g. for a filter.

    Raises:
        MedomniError: as :func:`medomni.dicom.read_study`, where the iteration reaches the file in question; MED-C03
            where ``overlap`` is not smaller than ``slices``. Missing or uneven slices are refused, not resampled.
    """
    if not 0 <= overlap < slices:
        raise MedomniError("MED-C03", f"slabs of {slices} slices that share {overlap}")
    with dicom_files(Path(source)) as files:
        inventory, number = chosen_series(files, Path(source), series)
        stack = ordered(inventory, number)
        assert stack.affine is not None  # it is where the spacing is even, and else the series is refused
        general = [*inventory.warnings, *left_out(inventory, number),
                   *geometry_notes(stack, stack.tilt_deg > SHEAR_TOLERANCE_DEG), *check_parts(inventory, stack.headers)]
        record, total = study_record(stack.headers, stack.affine, general), len(stack.headers)
        for start in range(0, max(total - overlap, 1), slices - overlap):
            part = _part(stack, start, min(start + slices, total))
            array, warnings = pixels_of(part, threads)
            assert part.affine is not None
            volume = Volume(array, part.affine, record.model_copy(update={"warnings": (*general, *warnings)}),
                            slice_uids=tuple(h.text("SOPInstanceUID") for h in part.headers))
            yield Slab(start, total, replace(volume, study=volume.study.model_copy(
                update={"spacing_mm": volume.spacing_mm})))


def _part(stack: Stack, start: int, stop: int) -> Stack:
    headers = stack.headers[start:stop]
    inside = {id(h) for h in headers}
    affine = np.array(stack.affine)
    affine[:3, 3] += start * affine[:3, 0]
    return Stack(headers, [t for t in stack.twins if id(t[0]) in inside], stack.positions[start:stop], affine,
                 stack.tilt_deg)
