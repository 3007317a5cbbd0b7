"""Masks made elsewhere under the segmenters' protocol: a DICOM SEG, or a NIfTI label map with a table of its labels."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.mask_sides import PAIRED, sides_of
from medomni.dicom.names import shown_name
from medomni.dicom.placed import placed
from medomni.dicom.seg_read import FRACTION, Segments, read_segments
from medomni.errors import MedomniError
from medomni.files import write_text
from medomni.records import Warned
from medomni.volume import UNMAPPED, Label, Segmentation, Volume, cut_by_view, exchanged

SIDES = ("left", "right", "midline", "bilateral", "unspecified")


class MaskSegmenter:
    """Gives the labels of a file, where it lies on the volume's own grid.

    Nobody measured here how well such masks follow the anatomy: all classes are ``untested``. Classes that have no
    id keep their name and are ``unmapped``; where parts overlap the smaller lies over the larger; a paired organ
    without a side gets one only where the affine leaves no doubt. All three are recorded as MED-S12.

    Args:
        path: a DICOM SEG, or a NIfTI file (``.nii``, ``.nii.gz``).
        table: value to row, for NIfTI; without it the file beside the mask with the ending ``.csv`` is read.
        fraction: of the greatest value, from which on a voxel of a FRACTIONAL SEG belongs to its segment.
    """

    name = "masks"
    version = "1"

    def __init__(self, path: Path | str, table: Mapping[int, Label] | None = None, *, fraction: float = FRACTION
                 ) -> None:
        self.path, self.table, self.fraction = Path(path), table, fraction

    def segment(self, volume: Volume) -> Segmentation:
        """The file's labels on the volume's grid.

        Raises:
            MedomniError: MED-C08 without the file, MED-S02 for another geometry or study, MED-S11 where the file or its
                table cannot be used or exchanges left and right, MED-C06 without nibabel for NIfTI.
        """
        where = shown_name(self.path.name)
        if self.path.name.lower().endswith((".nii", ".nii.gz")):
            kind, found = "nifti", self._nifti(volume, where)
        else:
            kind, found = "dicom-seg", read_segments(self.path, volume, fraction=self.fraction)
        return _segmentation(found, volume, f"{self.name} {kind}", where)

    def _nifti(self, volume: Volume, where: str) -> Segments:
        from medomni.dicom.nifti import read_nifti

        if not self.path.is_file():
            raise MedomniError("MED-C08", where=where)
        table = self.table if self.table is not None else read_table(_beside(self.path))
        mask = read_nifti(self.path)
        if mask.array.dtype != np.int16 or int(mask.array.min()) < 0:
            raise MedomniError("MED-S11", "values that are no labels: whole numbers from 0 on are wanted", where=where)
        _, labels = placed(mask.array, mask.affine, volume, where)
        if labels.shape != volume.array.shape or mask.array.size != volume.array.size:
            raise MedomniError("MED-S02", f"mask {mask.array.shape}, volume {volume.array.shape}", where=where)
        values = [int(v) for v in np.unique(labels) if v]
        rows = {v: table.get(v) or Label(v, UNMAPPED, name=f"label {v}") for v in values}
        return Segments(np.ascontiguousarray(labels).astype(np.uint16), rows, 0)


def read_table(path: Path | str) -> dict[int, Label]:
    """A label table from CSV: ``value,anatomy_id,side`` and, where known, ``level,name``.

    Raises:
        MedomniError: MED-S11 where the file is not there or a row is not valid.
    """
    path = Path(path)
    where = shown_name(path.name)
    if not path.is_file():
        raise MedomniError("MED-S11", "no table says what the labels are", where=where)
    out: dict[int, Label] = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for n, row in enumerate(csv.DictReader(handle), start=2):
            value, anatomy = (row.get("value") or "").strip(), (row.get("anatomy_id") or "").strip()
            side = (row.get("side") or "").strip() or "unspecified"
            if not value.isdecimal() or not re.fullmatch(r"[a-z][a-z0-9_]*", anatomy) or side not in SIDES:
                raise MedomniError("MED-S11", f"line {n}: value,anatomy_id,side are wanted, the side one of "
                                              f"{', '.join(SIDES)}", where=where)
            if int(value) in out:
                raise MedomniError("MED-S11", f"line {n}: the value {value} is listed twice", where=where)
            out[int(value)] = Label(int(value), anatomy, side, (row.get("level") or "").strip(),
                                    (row.get("name") or "").strip())
    return out


def write_table(table: Mapping[int, Label], mask: Path) -> Path:
    """What the labels of a NIfTI label map are, as CSV beside it, where :class:`MaskSegmenter` finds it.

    Raises:
        MedomniError: MED-C04.
    """
    held = io.StringIO()
    lines = csv.writer(held, lineterminator="\n")
    lines.writerow(("value", "anatomy_id", "side", "level", "name"))
    lines.writerows((v, row.anatomy_id, row.side, row.level, row.name) for v, row in sorted(table.items()))
    return write_text(_beside(mask), held.getvalue())


def _beside(path: Path) -> Path:
    return path.with_name(re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE) + ".csv")


def _segmentation(found: Segments, volume: Volume, produced_by: str, where: str) -> Segmentation:
    """One segmentation of what was found; what is lost or open is told."""
    said: list[str] = []
    labels, table = found.labels, dict(found.table)
    for row in found.table.values():
        if row.anatomy_id in PAIRED and row.side in ("unspecified", "bilateral"):
            table |= _sided(labels, row, volume, said, 1 + max(table))
    if found.overlapping:
        said.append(f"{found.overlapping} voxels belong to several masks: the smaller lies over the larger")
    unmapped = [row for row in table.values() if row.anatomy_id == UNMAPPED]
    if unmapped:
        said.append(f"{len(unmapped)} classes have no anatomy here: they are neither measured nor listed")
    notes = tuple(Warned(code="MED-S12", detail=text) for text in said)
    untested = frozenset(row.anatomy_id for row in table.values()) - {UNMAPPED}
    if max(table, default=0) < 256:
        labels = labels.astype(np.uint8)
    cut = cut_by_view(labels, table, volume.affine)
    out = Segmentation(labels, table, volume.affine, produced_by, cut, untested=untested, warnings=notes)
    if wrong := exchanged(out):
        raise MedomniError("MED-S11", f"left and right are exchanged: {', '.join(wrong)}", where=where)
    return out


def _sided(labels: NDArray[np.uint16], row: Label, volume: Volume, said: list[str], free: int) -> dict[int, Label]:
    """Rows of the two sides of a paired organ, whose voxels are relabelled in place; none where the side is open."""
    mask = labels == row.value
    sides = sides_of(mask, volume) if mask.any() else None
    if sides is None:
        if mask.any():
            said.append(f"the side of {row.anatomy_id} is not stated and stays open")
        return {}
    said.append(f"the sides of {row.anatomy_id} are taken from where its two parts lie")
    labels[sides == 1], labels[sides == 2] = free, free + 1
    return {v: replace(row, value=v, side=side) for v, side in ((free, "right"), (free + 1, "left"))}
