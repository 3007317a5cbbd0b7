"""A DICOM SEG (PS3.3 A.51) onto a volume's grid: each frame by its own position, segments by their codes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medomni.dicom.keys import study_key
from medomni.dicom.names import shown_name
from medomni.dicom.placed import placed
from medomni.dicom.segment_codes import segment_label
from medomni.dicom.source import frame_group
from medomni.errors import MedomniError
from medomni.volume import Label, Volume

SEG_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # Segmentation, Label Map Segmentation
FRACTION = 0.5
MOST_VOXELS = 1 << 32


@dataclass(frozen=True, eq=False)
class Segments:
    """A SEG's segments as one label map.

    Attributes:
        labels: (slices, rows, columns) uint16 on the volume's grid; the value is the segment's number.
        table: number to row. overlapping: voxels that belong to several segments; the smaller segment has them.
    """

    labels: NDArray[np.uint16]
    table: dict[int, Label]
    overlapping: int


def read_segments(path: Path | str, volume: Volume, *, fraction: float = FRACTION) -> Segments:
    """The segments of a SEG file on the volume's grid; slices that the file leaves out are empty.

    Args:
        volume: of the same study; its array may have any axis order.
        fraction: of MaximumFractionalValue, from which on a voxel of a FRACTIONAL segment belongs to it.

    Raises:
        MedomniError: MED-C08 without the file, MED-S11 where it is no SEG or cannot be read, MED-S02 where it was made
            from another study, or lies off the volume's grid by more than 0.02 voxel, or outside it.
    """
    path = Path(path)
    name = shown_name(path.name)
    if not path.is_file():
        raise MedomniError("MED-C08", where=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = pydicom.dcmread(path)
            if ds.get("SOPClassUID") not in SEG_CLASSES:
                raise MedomniError("MED-S11", f"no DICOM SEG (modality {str(ds.get('Modality', ''))[:16]})", where=name)
            if int(ds.Rows) * int(ds.Columns) * int(ds.get("NumberOfFrames", 1)) > MOST_VOXELS:
                raise MedomniError("MED-S11", "more voxels than can be held", where=name)
            _same_study(ds, volume, name)
            return _segments(ds, volume, name, fraction)
    except (MedomniError, MemoryError):
        raise
    except Exception as exc:  # pydicom and its decoders meeting damaged bytes may raise anything, and quote it
        raise MedomniError("MED-S11", f"not readable as DICOM SEG ({type(exc).__name__})", where=name) from None


def _segments(ds: pydicom.Dataset, volume: Volume, name: str, fraction: float) -> Segments:
    kind = str(ds.get("SegmentationType", "LABELMAP"))
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise MedomniError("MED-S11", "a segmentation type that is not known", where=name)
    table = {int(item.SegmentNumber): segment_label(item, int(item.SegmentNumber)) for item in ds.SegmentSequence
             if int(item.get("SegmentNumber", 0)) > 0}  # 0 is the background of a label map
    frames = np.asarray(ds.pixel_array)
    frames = frames[None] if frames.ndim == 2 else frames
    least = max(1.0, fraction * float(ds.get("MaximumFractionalValue", 255))) if kind == "FRACTIONAL" else 1.0
    pieces = [(number, k) for k, frame in enumerate(frames) for number in _numbers(ds, kind, k, frame, name)]
    size: dict[int, int] = dict.fromkeys(table, 0)
    for number, k in pieces:
        if number not in table:
            raise MedomniError("MED-S11", f"segment {number} of a frame is not described", where=name)
        size[number] += int((frames[k] == number if kind == "LABELMAP" else frames[k] >= least).sum())
    labels = np.zeros(volume.array.shape, np.uint16)
    over = 0
    for number, k in sorted(pieces, key=lambda p: (-size[p[0]], p[0])):
        mask = frames[k] == number if kind == "LABELMAP" else frames[k] >= least
        box, part = placed(mask[None], _frame_affine(ds, k, volume, name), volume, name)
        over += int(((labels[box] > 0) & (labels[box] != number) & part).sum())
        labels[box][part] = number
    return Segments(labels, table, over)


def _numbers(ds: pydicom.Dataset, kind: str, k: int, frame: NDArray[Any], name: str) -> list[int]:
    """Segments that have voxels in a frame."""
    if not frame.any():
        return []
    if kind == "LABELMAP":
        background = {0, int(ds.get("PixelPaddingValue", 0))}
        return [int(v) for v in np.unique(frame) if int(v) not in background]
    return [int(frame_group(ds, k, "SegmentIdentificationSequence").ReferencedSegmentNumber)]


def _frame_affine(ds: pydicom.Dataset, k: int, volume: Volume, name: str) -> NDArray[np.float64]:
    """4x4 of one frame's (0, row, column) to LPS; its first axis takes the volume's step across the frame's plane."""
    six = np.array([float(v) for v in frame_group(ds, k, "PlaneOrientationSequence").ImageOrientationPatient])
    corner = [float(v) for v in frame_group(ds, k, "PlanePositionSequence").ImagePositionPatient]
    measures = frame_group(ds, k, "PixelMeasuresSequence")
    rows, columns = (float(v) for v in measures.PixelSpacing)
    out = np.eye(4)
    out[:3, 1], out[:3, 2], out[:3, 3] = six[3:] * rows, six[:3] * columns, corner
    normal = np.cross(six[:3], six[3:])
    steps = volume.affine[:3, :3]
    across = int(np.argmax(np.abs(normal @ (steps / np.linalg.norm(steps, axis=0)))))
    out[:3, 0] = steps[:, across]
    between = measures.get("SpacingBetweenSlices")
    own = abs(float(normal @ steps[:, across]))
    if between and len(ds.PerFrameFunctionalGroupsSequence) > 1 and abs(float(between) - own) > 0.02 * own:
        raise MedomniError("MED-S02", f"the mask's slices are {float(between):.2f} mm apart, the volume's {own:.2f} mm",
                           where=name)
    return out


def _same_study(ds: pydicom.Dataset, volume: Volume, name: str) -> None:
    """A SEG of another study may have the same grid: two patients on one scanner. Told where UIDs are known."""
    stated = str(ds.get("StudyInstanceUID", ""))
    if not volume.slice_uids or not stated or study_key(stated) == volume.study.study_key:
        return
    referred: set[Any] = {str(item.get("ReferencedSOPInstanceUID", ""))
                          for series in ds.get("ReferencedSeriesSequence") or ()
                          for item in series.get("ReferencedInstanceSequence") or ()}
    if not referred & set(volume.slice_uids):
        raise MedomniError("MED-S02", "the SEG was made from another study", where=name)
