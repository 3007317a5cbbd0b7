"""One image file's header: only what grouping, geometry and rescaling need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

from medomni.dicom.names import hidden_words, shown_name
from medomni.dicom.parse import UnreadableError, read_elements

TAGS = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
    "PatientID", "PatientName", "PatientSex", "PatientAge", "PatientBirthDate", "StudyDate",
    "Modality", "BodyPartExamined", "ImageType", "ConvolutionKernel", "ContrastBolusAgent",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "Rows", "Columns",
    "NumberOfFrames", "SamplesPerPixel", "EchoTime", "Manufacturer",
]

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
FARTHEST_MM = 1e6  # a position beyond a kilometre is a damaged number
SPACING_MM = (1e-2, 1e3)
COSINE_TOLERANCE = 1e-2


@dataclass(frozen=True, eq=False)
class SliceHeader:
    """Header of one image.

    Attributes:
        rows, columns, frames, samples: sizes; ``samples`` is SamplesPerPixel.
        position: ImagePositionPatient, LPS millimetres, or None.
        orientation: row and column direction cosines, (6,), or None where absent or not perpendicular units.
        pixel_spacing: (between rows, between columns) in millimetres, or None.
    """

    path: Path
    dataset: pydicom.Dataset
    rows: int
    columns: int
    frames: int
    samples: int
    position: NDArray[np.float64] | None
    orientation: NDArray[np.float64] | None
    pixel_spacing: tuple[float, float] | None

    def get(self, name: str, default: Any = None) -> Any:
        """A tag's value by keyword; empty values count as absent."""
        value = self.dataset.get(name, default)
        return default if value is None or value == "" else value

    def text(self, name: str) -> str:
        """A tag's value as text, several values joined by backslashes; empty where absent."""
        return "\\".join(_values(self.get(name)))

    @property
    def label(self) -> str:
        """The file's name as messages and records may show it."""
        return shown_name(self.path.name, hidden_words(self.text("PatientName"), self.text("PatientID")))

    @property
    def normal(self) -> NDArray[np.float64]:
        """Slice normal in LPS: row direction x column direction (PS3.3 C.7.6.2.1.1)."""
        assert self.orientation is not None
        return np.cross(self.orientation[:3], self.orientation[3:])

    @property
    def is_localizer(self) -> bool:
        """True for scouts: ImageType (0008,0008) holds LOCALIZER or SCOUT."""
        return bool({"LOCALIZER", "SCOUT"} & {v.upper() for v in _values(self.get("ImageType"))})

    @property
    def is_colour_or_capture(self) -> bool:
        """True for colour images and secondary captures, which carry no measured unit."""
        return self.text("SOPClassUID").startswith(SECONDARY_CAPTURE) or self.samples > 1


class CutHeaderError(Exception):
    """An image file that ends inside its header; ``series`` is its SeriesInstanceUID where that was reached."""

    def __init__(self, series: str) -> None:
        super().__init__("the file ends inside its header")
        self.series = series


def read_header(path: Path) -> SliceHeader | None:
    """Parse a file's header; None where it is DICOM but holds no image (SR, presentation state, DICOMDIR).

    Raises:
        UnreadableError: where the file is not DICOM, or a size in it is no number.
        CutHeaderError: where it is an image by its class and ends before its size.
        OSError: where it cannot be read.
    """
    ds = read_elements(path, TAGS)
    if not ds.get("Rows") or not ds.get("Columns"):
        uid = ds.get("SOPClassUID") or getattr(ds.file_meta, "MediaStorageSOPClassUID", "")
        if not uid or "Image Storage" in getattr(uid, "name", ""):
            raise CutHeaderError(str(ds.get("SeriesInstanceUID") or ""))
        return None
    try:
        rows, columns = int(ds.Rows), int(ds.Columns)
        frames, samples = int(ds.get("NumberOfFrames") or 1), int(ds.get("SamplesPerPixel") or 1)
    except (TypeError, ValueError) as exc:
        raise UnreadableError("a size in the header is no number") from exc
    return SliceHeader(path, ds, rows, columns, frames, samples, _floats(ds.get("ImagePositionPatient"), 3),
                       _orientation(ds.get("ImageOrientationPatient")), _spacing(ds.get("PixelSpacing")))


def _values(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(v) for v in value] if isinstance(value, pydicom.multival.MultiValue) else [str(value)]


def _floats(value: Any, count: int) -> NDArray[np.float64] | None:
    try:
        out = np.array([float(v) for v in value])
    except (TypeError, ValueError):
        return None
    return out if len(out) == count and (np.abs(out) < FARTHEST_MM).all() else None


def _orientation(value: Any) -> NDArray[np.float64] | None:
    six = _floats(value, 6)
    if six is None:
        return None
    row, column = six[:3], six[3:]
    off = np.array([row @ row - 1.0, column @ column - 1.0, row @ column])
    return six if (np.abs(off) < COSINE_TOLERANCE).all() else None


def _spacing(value: Any) -> tuple[float, float] | None:
    both = _floats(value, 2)
    if both is None or not ((both >= SPACING_MM[0]) & (both <= SPACING_MM[1])).all():
        return None
    return float(both[0]), float(both[1])
