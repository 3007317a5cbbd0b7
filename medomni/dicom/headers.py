"""One image file's header: only what grouping, geometry and rescaling need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.errors import InvalidDicomError

TAGS = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
    "PatientID", "PatientName", "PatientSex", "PatientAge", "PatientBirthDate", "StudyDate",
    "Modality", "BodyPartExamined", "ImageType", "SeriesDescription", "ConvolutionKernel", "ContrastBolusAgent",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "Rows", "Columns",
    "NumberOfFrames",
    "SamplesPerPixel", "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "AcquisitionNumber", "EchoTime", "Manufacturer",
    "BitsAllocated", "PixelRepresentation",
]

CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@dataclass(frozen=True, eq=False)
class SliceHeader:
    """Header of one single-frame image.

    Attributes:
        position: ImagePositionPatient, LPS millimetres, or None.
        orientation: row and column direction cosines, (6,), or None.
        pixel_spacing: (between rows, between columns) in millimetres, or None.
    """

    path: Path
    dataset: pydicom.Dataset
    position: NDArray[np.float64] | None
    orientation: NDArray[np.float64] | None
    pixel_spacing: tuple[float, float] | None

    def get(self, name: str, default: Any = None) -> Any:
        """A tag's value by keyword; empty values count as absent."""
        value = self.dataset.get(name, default)
        return default if value is None or value == "" else value

    @property
    def normal(self) -> NDArray[np.float64]:
        """Slice normal in LPS: row direction x column direction (PS3.3 C.7.6.2.1.1)."""
        assert self.orientation is not None
        return np.cross(self.orientation[:3], self.orientation[3:])

    @property
    def is_localizer(self) -> bool:
        """True for scouts: ImageType (0008,0008) holds LOCALIZER or SCOUT."""
        return bool({"LOCALIZER", "SCOUT"} & {str(v).upper() for v in self.get("ImageType", [])})

    @property
    def is_colour_or_capture(self) -> bool:
        """True for colour images and secondary captures, which carry no measured unit."""
        capture = str(self.get("SOPClassUID", "")).startswith(SECONDARY_CAPTURE)
        return capture or int(self.get("SamplesPerPixel", 1)) > 1


def read_header(path: Path) -> SliceHeader | None:
    """Parse a file's header; None where it is DICOM but holds no image (SR, presentation state, DICOMDIR).

    Raises:
        pydicom.errors.InvalidDicomError: where the file is not DICOM.
    """
    try:
        ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=TAGS)
    except InvalidDicomError:
        ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=TAGS, force=True)
        if "SOPClassUID" not in ds and "Rows" not in ds:  # a file without preamble must still look like an image
            raise
    if not ds.get("Rows") or not ds.get("Columns"):
        return None
    return SliceHeader(path, ds, _floats(ds.get("ImagePositionPatient"), 3),
                       _floats(ds.get("ImageOrientationPatient"), 6), _spacing(ds.get("PixelSpacing")))


def _floats(value: Any, count: int) -> NDArray[np.float64] | None:
    if value is None or len(value) != count:
        return None
    out = np.array([float(v) for v in value])
    return out if np.isfinite(out).all() else None


def _spacing(value: Any) -> tuple[float, float] | None:
    both = _floats(value, 2)
    return (float(both[0]), float(both[1])) if both is not None and (both > 0).all() else None
