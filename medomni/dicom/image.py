"""One file to a :class:`Picture`: radiographs, ultrasound and other DICOM images, PNG, JPEG, WebP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_color_lut, apply_modality_lut

from medomni.dicom import codes
from medomni.dicom.faults import UnreadableError
from medomni.dicom.headers import IDENTIFYING, SPACING_MM, SliceHeader
from medomni.dicom.marker import agreed, left_edge
from medomni.dicom.names import shown_name
from medomni.dicom.parse import read_elements
from medomni.dicom.pixels import PIXEL_TAGS, decoded, rescale_of
from medomni.dicom.still import STILLS, read_still
from medomni.dicom.voi import presets, shown
from medomni.errors import MedomniError
from medomni.picture import Picture

WANTED = [
    *PIXEL_TAGS, *IDENTIFYING, "SOPClassUID", "RescaleType", "VOILUTSequence", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "PresentationLUTShape", "PixelSpacing", "ImagerPixelSpacing", "PixelSpacingCalibrationType",
    "SequenceOfUltrasoundRegions", "PatientOrientation", "ImageLaterality", "Laterality", "ViewPosition",
    "BodyPartExamined",
    *(f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue")
      for part in ("Descriptor", "Data")),
]
PROJECTIONS = frozenset(("CR", "DX", "RG", "RF", "XA", "MG", "IO", "PX"))
PROJECTION_CLASSES = frozenset("1.2.840.10008.5.1.4.1.1." + end for end in (
    "1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1", "12.1", "12.2"))
"""Storage of computed and digital radiographs, mammograms, intra-oral, XA and RF images."""
VIEWS = frozenset(("AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO"))
"""Defined terms of View Position (0018,5101), PS3.3 C.8.1.1.1.1, with the obliques."""
_CENTIMETRES = 3  # of Physical Units X and Y Direction (0018,6024), PS3.3 C.8.5.5.1.5


def read_image(path: Path | str, *, frame: int = 0, marker: bool = False) -> Picture:
    """Read one image at its full resolution.

    Of a PNG, JPEG or WebP file neither the patient's side nor millimetres are known.

    Args:
        frame: of a multi-frame image, from 0.
        marker: also look for a side marker that is burnt into the pixels (seconds; extra ``deid``); see
            :func:`medomni.dicom.marker.left_edge`.

    Raises:
        MedomniError: MED-C08, MED-C03 for a frame that is not there, MED-D01 where the file is no image, MED-D03 where
            it is cut short, MED-D10 where it cannot be decoded, MED-D11, MED-D12 where its size is not the header's.
    """
    path = Path(path)
    if not path.is_file():
        raise MedomniError("MED-C08", where=shown_name(path.name))
    if path.suffix.lower() in STILLS:
        return read_still(path, frame)
    try:
        ds = read_elements(path, WANTED, pixels=True)
    except UnreadableError as exc:
        raise MedomniError("MED-D01", str(exc), where=shown_name(path.name)) from exc
    header = _as_header(path, ds)
    name = header.label
    stored = _stored(ds, frame, name)
    values = _values(stored, ds, name)
    modality = codes.modality(header) or "unknown"
    windows = presets(ds)
    inverted = ds.get("PhotometricInterpretation") == "MONOCHROME1" or ds.get("PresentationLUTShape") == "INVERSE"
    spacing, why_not = _spacing(ds, modality)
    view = str(ds.get("ViewPosition") or "").upper()
    seen = shown(values, ds, inverted, windows)
    edge, side_reason = _left_edge(ds)
    if marker:
        edge, side_reason = agreed((edge, side_reason), left_edge(seen, str(ds.get("BodyPartExamined") or ""), view))
    return Picture(values, seen, modality, inverted, windows, spacing, why_not, edge,
                   side_reason, _laterality(ds), view if view in VIEWS else None, frame, _frames(ds))


def _as_header(path: Path, ds: pydicom.Dataset) -> SliceHeader:
    values = {n: str(ds.get(n) or "") for n in (*IDENTIFYING, "Modality")}
    return SliceHeader(path, values, 0, 0, 1, 1, None, None, None)


def _frames(ds: pydicom.Dataset) -> int:
    return int(ds.get("NumberOfFrames") or 1)


def _stored(ds: pydicom.Dataset, frame: int, name: str) -> NDArray[Any]:
    """Stored values of a frame, (rows, columns) or (rows, columns, 3) in RGB."""
    try:
        size, frames = (int(ds.get("Rows") or 0), int(ds.get("Columns") or 0)), _frames(ds)
    except (TypeError, ValueError) as exc:
        raise MedomniError("MED-D10", "a size in the header is no number", where=name) from exc
    if not all(size):
        raise MedomniError("MED-D01", "the file holds no image", where=name)
    if not 0 <= frame < frames:
        raise MedomniError("MED-C03", f"frame {frame} was asked for; the image has 0 to {frames - 1}", where=name)
    stored = decoded(ds, size, frame, name)
    if ds.get("PhotometricInterpretation") != "PALETTE COLOR":
        return stored
    try:
        coloured = apply_color_lut(stored, ds)
    except Exception as exc:  # a damaged table
        raise MedomniError("MED-D10", f"palette: {type(exc).__name__}", where=name) from exc
    return (coloured >> 8 if coloured.dtype.itemsize == 2 and not _low_bytes(ds) else coloured).astype(np.uint8)


def _low_bytes(ds: pydicom.Dataset) -> bool:
    """Whether a palette of 16-bit entries holds values of 8 bits, unscaled, as some ultrasound machines write it."""
    tables = [ds.get(f"{colour}PaletteColorLookupTableData") for colour in ("Red", "Green", "Blue")]
    return all(isinstance(t, bytes) and len(t) % 2 == 0 and not any(t[1::2]) for t in tables)


def _values(stored: NDArray[Any], ds: pydicom.Dataset, name: str) -> NDArray[Any]:
    """After the Modality LUT (PS3.3 C.11.1); a CT without rescale has no unit."""
    if stored.ndim == 3:
        return (stored >> max(int(ds.BitsStored) - 8, 0)).astype(np.uint8)
    if not ds.get("ModalityLUTSequence"):
        rescale_of(ds, ds.get("Modality") == "CT", name)
    try:
        values = np.asarray(apply_modality_lut(stored, ds))
    except Exception as exc:  # a damaged table
        raise MedomniError("MED-D11", f"modality table: {type(exc).__name__}", where=name) from exc
    if not np.isfinite(values).all():
        raise MedomniError("MED-D10", "values that are no numbers", where=name)
    return values.astype(np.float32 if values.dtype == np.float64 else values.dtype.newbyteorder("="))


def _spacing(ds: pydicom.Dataset, modality: str) -> tuple[tuple[float, float] | None, str]:
    """Millimetres at the patient, or why there are none (PS3.3 10.7.1.3)."""
    if modality == "US":
        try:
            regions = [r for r in ds.get("SequenceOfUltrasoundRegions") or []
                       if r.get("PhysicalUnitsXDirection") == r.get("PhysicalUnitsYDirection") == _CENTIMETRES]
            steps = {(abs(float(r.get("PhysicalDeltaY", 0))) * 10, abs(float(r.get("PhysicalDeltaX", 0))) * 10)
                     for r in regions}
        except (TypeError, ValueError):
            steps = set()
        if len(steps) != 1:
            return None, "ultrasound without one calibrated region"
        both = steps.pop()
    else:
        try:
            first, second = (float(v) for v in ds.get("PixelSpacing") or ())
        except (TypeError, ValueError):
            return None, "no pixel spacing at the patient" if ds.get("ImagerPixelSpacing") else "no pixel spacing"
        both = (first, second)
        projection = modality in PROJECTIONS or ds.get("SOPClassUID") in PROJECTION_CLASSES
        if projection and not ds.get("PixelSpacingCalibrationType"):
            return None, "projection without calibration: lengths at the detector are magnified"
    if not all(SPACING_MM[0] <= v <= SPACING_MM[1] for v in both):
        return None, "the pixel spacing is not a length"
    return both, ""


def _left_edge(ds: pydicom.Dataset) -> tuple[str | None, str]:
    """The patient's side at column 0, from Patient Orientation (0020,0020; PS3.3 C.7.6.1.1.1)."""
    value = ds.get("PatientOrientation") or []
    toward = str(value[0]).upper()[:1] if not isinstance(value, str) and len(value) == 2 else ""
    if toward in ("L", "R"):
        return {"L": "right", "R": "left"}[toward], "Patient Orientation"
    if toward in ("A", "P", "H", "F"):
        return None, "the rows do not run from side to side"
    return None, "no Patient Orientation: the side is not assessable until it is stated"


def _laterality(ds: pydicom.Dataset) -> str | None:
    value = str(ds.get("ImageLaterality") or ds.get("Laterality") or "").upper()
    return {"L": "left", "R": "right", "B": "both"}.get(value)
