"""One image file's header: only what grouping, geometry and rescaling need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.faults import CutHeaderError, DisorderError, UnreadableError
from medomni.dicom.names import hidden_words, shown_name
from medomni.dicom.numerals import decimal, whole
from medomni.dicom.plain import PlainFile, read_plain
from medomni.dicom.tags import COMPARED, ONLY_PIXELS, SEQUENCES, TAGS, WINDOWS

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LONG_WAY = [name for name in TAGS if name not in ONLY_PIXELS and name not in SEQUENCES]
IDENTIFYING = ("PatientName", "PatientID", "PatientBirthDate")
FUNCTIONAL_GROUPS = "PerFrameFunctionalGroupsSequence"
MODALITY_TABLE = "ModalityLUTSequence"
SYNTAX = "TransferSyntaxUID"

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MOST_PIXELS = 1 << 25  # a larger frame is a damaged header: mammograms, the largest, have 25 million
FARTHEST_MM = 1e6  # a position beyond a kilometre is a damaged number
SPACING_MM = (1e-2, 1e3)
COSINE_TOLERANCE = 1e-2
EXACT = 2e-4  # of the squares: a length of 0.9999 moves the last of 512 columns by 0.03 mm


@dataclass(frozen=True, eq=False)
class SliceHeader:
    """Header of one image.

    Attributes:
        values: keyword to text; several values are joined by backslashes, as in the file.
        rows, columns, frames, samples: sizes; ``samples`` is SamplesPerPixel.
        position: ImagePositionPatient, LPS millimetres, or None.
        orientation: row and column direction cosines, (6,), or None where absent or not perpendicular units.
        pixel_spacing: (between rows, between columns) in millimetres, or None.
        plain: the file as the short way read it, or None where pydicom did.
        frame: this frame's place in the pixel data of an enhanced multi-frame image, counted from 0; else None.
    """

    path: Path
    values: Mapping[str, str]
    rows: int
    columns: int
    frames: int
    samples: int
    position: NDArray[np.float64] | None
    orientation: NDArray[np.float64] | None
    pixel_spacing: tuple[float, float] | None
    plain: PlainFile | None = None
    frame: int | None = None

    def text(self, name: str) -> str:
        """A tag's value as text, several values joined by backslashes; empty where absent."""
        return self.values.get(name, "")

    def same(self, name: str) -> str:
        """A tag's value in a form that is equal for equal values: ``2.10`` and ``2.1`` are one number."""
        text = self.values.get(name, "")
        if not text or text[-1] not in "0.123456789":
            return text
        try:
            return repr(float(text))
        except ValueError:
            return text

    @property
    def hidden(self) -> frozenset[str]:
        """Words of this patient's that no message may show."""
        return hidden_words(*(self.text(name) for name in IDENTIFYING))

    @property
    def label(self) -> str:
        """The file's name as messages and records may show it, and the frame, counted from 1 (PS3.3 C.7.6.16)."""
        name = shown_name(self.path.name, self.hidden)
        return name if self.frame is None else f"{name}, frame {self.frame + 1}"

    @cached_property
    def normal(self) -> NDArray[np.float64]:
        """Slice normal in LPS: row direction x column direction (PS3.3 C.7.6.2.1.1)."""
        assert self.orientation is not None
        return np.cross(self.orientation[:3], self.orientation[3:])

    @property
    def syntax(self) -> str:
        """The transfer syntax UID; empty where the file states none."""
        return self.plain.syntax if self.plain is not None else self.text(SYNTAX)

    @property
    def is_localizer(self) -> bool:
        """True for scouts: ImageType (0008,0008) holds LOCALIZER or SCOUT."""
        return not {"LOCALIZER", "SCOUT"}.isdisjoint(self.text("ImageType").upper().split("\\"))

    @property
    def is_colour_or_capture(self) -> bool:
        """True for colour images and secondary captures, which carry no measured unit."""
        return (self.text("SOPClassUID").startswith(SECONDARY_CAPTURE) or self.samples > 1
                or self.text("PhotometricInterpretation") == "PALETTE COLOR")


def read_headers(path: Path) -> list[SliceHeader]:
    """Parse a file's header: one for an image, one for every frame of an enhanced image whose frames have places.

    Returns:
        Nothing where the file is DICOM but holds no image (SR, presentation state, DICOMDIR).

    Raises:
        UnreadableError: where the file is not DICOM, or a size in it is no number.
        CutHeaderError: where it is an image by its class and ends before its size, or its elements are out of order.
        OSError: where it cannot be read.
    """
    plain = read_plain(path)
    if plain is not None:
        try:
            header = _header(path, plain.values, plain)
        except ValueError:  # a damaged number, or no image: pydicom decides
            pass
        else:
            if header.frames == 1 and not plain.values.get(FUNCTIONAL_GROUPS):
                return [header]
    return _long_way(path, plain)


def _long_way(path: Path, plain: PlainFile | None) -> list[SliceHeader]:
    from medomni.dicom.frames import GROUPS, text_of
    from medomni.dicom.parse import read_elements

    ds: Dataset
    try:
        ds, disorder = read_elements(path, [*LONG_WAY, *WINDOWS, MODALITY_TABLE, *GROUPS], strict=True), ""
    except DisorderError as exc:
        ds, disorder = exc.read, str(exc)
    sized = bool(ds.get("Rows") and ds.get("Columns"))
    uid = ds.get("SOPClassUID") or getattr(ds.file_meta, "MediaStorageSOPClassUID", "")
    if not sized and uid and "Image Storage" not in getattr(uid, "name", ""):
        return []
    if disorder or not sized or "BitsAllocated" not in ds:
        hidden = hidden_words(*(str(ds.get(name) or "") for name in IDENTIFYING))
        fault = (disorder, "MED-D10") if disorder else ()
        raise CutHeaderError(str(ds.get("SeriesInstanceUID") or ""), hidden, *fault)
    values = {name: text_of(ds.get(name)) for name in (*LONG_WAY, *WINDOWS)}
    values[SYNTAX] = str(ds.file_meta.get(SYNTAX) or "")
    values.update({name: "" for name in COMPARED if not values[name].isascii()})
    values[MODALITY_TABLE] = "present" if MODALITY_TABLE in ds else ""
    values[FUNCTIONAL_GROUPS] = "present" if FUNCTIONAL_GROUPS in ds else ""
    try:
        header = _header(path, values, None)
        return _frames(header, plain, ds) if header.frames > 1 or values[FUNCTIONAL_GROUPS] else [header]
    except ValueError as exc:
        raise UnreadableError("damaged: a size in its header is no number") from exc


def _frames(image: SliceHeader, plain: PlainFile | None, ds: Dataset) -> list[SliceHeader]:
    from medomni.dicom.frames import frame_values

    common = dict(image.values) if plain is None else {**image.values, **plain.values}
    common["NumberOfFrames"] = "1"
    groups = len(ds.get(FUNCTIONAL_GROUPS) or [])
    if groups not in (0, image.frames):
        raise UnreadableError(f"damaged: functional groups of {groups} frames, the image has {image.frames}")
    try:
        rows = frame_values(ds, common, image.frames)
    except Exception as exc:  # items are decoded when they are looked at, and may then be found damaged
        raise UnreadableError(f"damaged in its functional groups ({type(exc).__name__})") from exc
    if not any(row.get("ImagePositionPatient") for row in rows):
        return [image]
    return [replace(_header(image.path, row, None), plain=plain, frame=k) for k, row in enumerate(rows)]


def _header(path: Path, values: Mapping[str, str], plain: PlainFile | None) -> SliceHeader:
    """Raises ValueError where a size is no number, or where the short way met any number that is none."""
    rows, columns = int(values.get("Rows") or ""), int(values.get("Columns") or "")
    if not rows or not columns:
        raise ValueError("an image without pixels")
    return SliceHeader(path, values, rows, columns, whole(values.get("NumberOfFrames") or "1"),
                       int(values.get("SamplesPerPixel") or 1), _floats(values, "ImagePositionPatient", 3, plain),
                       _orientation(values, plain), _spacing(values, plain), plain)


def _floats(values: Mapping[str, str], name: str, count: int, plain: PlainFile | None) -> NDArray[np.float64] | None:
    text = values.get(name)
    if not text:
        return None
    try:
        numbers = [decimal(v) for v in text.split("\\")]
    except ValueError:
        if plain is not None:
            raise
        return None
    return np.array(numbers) if len(numbers) == count and all(abs(v) < FARTHEST_MM for v in numbers) else None


def _orientation(values: Mapping[str, str], plain: PlainFile | None) -> NDArray[np.float64] | None:
    six = _floats(values, "ImageOrientationPatient", 6, plain)
    if six is None:
        return None
    a, b, c, d, e, f = six.tolist()
    off = (a * a + b * b + c * c - 1.0, d * d + e * e + f * f - 1.0, a * d + b * e + c * f)
    if any(abs(v) >= COSINE_TOLERANCE for v in off):
        return None
    return six if all(abs(v) < EXACT for v in off) else _orthonormal(six)


def _orthonormal(six: NDArray[np.float64]) -> NDArray[np.float64]:
    """Perpendicular units (PS3.3 C.7.6.2.1.1) nearest to two directions that few decimals have bent: a length of 0.997
    would make every pixel as much smaller."""
    left, _, right = np.linalg.svd(six.reshape(2, 3), full_matrices=False)
    return np.asarray(left @ right).reshape(6)


def _spacing(values: Mapping[str, str], plain: PlainFile | None) -> tuple[float, float] | None:
    both = _floats(values, "PixelSpacing", 2, plain)
    if both is None:
        return None
    rows, columns = both.tolist()
    fit = all(SPACING_MM[0] <= v <= SPACING_MM[1] for v in (rows, columns))
    return (rows, columns) if fit else None
