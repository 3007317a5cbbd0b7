"""One file to a :class:`Picture`: radiographs, ultrasound and other DICOM images, PNG, JPEG, WebP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels import apply_color_lut

from medomni.dicom import codes
from medomni.dicom.faults import DisorderError, UnreadableError
from medomni.dicom.frames import GROUPS, frame_values, text_of
from medomni.dicom.headers import IDENTIFYING, SliceHeader
from medomni.dicom.kinds import STILLS
from medomni.dicom.length import regions, spacing_of
from medomni.dicom.loss import ALWAYS_LOSSY, EITHER, loses
from medomni.dicom.marker import agreed
from medomni.dicom.marker import left_edge as marked_edge
from medomni.dicom.names import shown_name
from medomni.dicom.numerals import whole
from medomni.dicom.padding import AIR_HU
from medomni.dicom.parse import read_elements
from medomni.dicom.pixels import PIXEL_TAGS, decoded, padding_of
from medomni.dicom.rescale import rescale_of, tabled
from medomni.dicom.side import laterality, of_plane
from medomni.dicom.side import left_edge as left_edge_of
from medomni.dicom.stated import NOT_SIDEWAYS, side_stated, spacing_stated
from medomni.dicom.still import read_still
from medomni.dicom.voi import presets, shown
from medomni.errors import MedomniError
from medomni.picture import Picture, by_rows

WANTED = [
    *PIXEL_TAGS, *IDENTIFYING, "SOPClassUID", "RescaleType", "VOILUTSequence", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "PresentationLUTShape", "PixelSpacing", "ImagerPixelSpacing", "PixelSpacingCalibrationType",
    "SequenceOfUltrasoundRegions", "PatientOrientation", "ImageLaterality", "Laterality", "ViewPosition",
    "BodyPartExamined", "ImageOrientationPatient", "LossyImageCompression", *GROUPS,
    *(f"{colour}PaletteColorLookupTable{part}" for colour in ("Red", "Green", "Blue")
      for part in ("Descriptor", "Data")),
]
VIEWS = frozenset(("AP", "PA", "LL", "RL", "RLD", "LLD", "RLO", "LLO"))
"""Defined terms of View Position (0018,5101), PS3.3 C.8.1.1.1.1, with the obliques."""
_OF_A_FRAME = ("RescaleSlope", "RescaleIntercept", "PixelSpacing", "ImageOrientationPatient")
_GREYS = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_PARTIAL_422", "YBR_ICT",
            "YBR_RCT")

def read_image(path: Path | str, *, frame: int = 0, marker: bool = False, left_edge: str | None = None,
               spacing_mm: tuple[float, float] | None = None) -> Picture:
    """Read one image at its full resolution.

    Of a PNG, JPEG or WebP file neither the patient's side nor millimetres are known until they are stated. Of an
    enhanced multi-frame image rescale, window and spacing are the frame's own (PS3.3 C.7.6.16).

    Args:
        frame: of a multi-frame image, from 0.
        marker: also look for a side marker that is burnt into the pixels (seconds; extra ``deid``); see
            :func:`medomni.dicom.marker.left_edge`.
        left_edge: the patient's side at column 0, ``left`` or ``right``, for a file that does not say it.
        spacing_mm: at the patient, between rows and between columns, for a file that does not say it. What is stated
            is recorded as stated and never replaces what the file says.

    Raises:
        MedomniError: MED-C08, MED-C03 for a frame that is not there or a side or spacing that is none or that
            contradicts the file, MED-D01 where the file is no image, MED-D03 where
            it is cut short, MED-D10 where it cannot be decoded, MED-D11, MED-D12 where its size is not the header's.
    """
    path = Path(path)
    if not path.is_file():
        raise MedomniError("MED-C08", where=shown_name(path.name))
    if path.suffix.lower() in STILLS:
        return read_still(path, frame, left_edge, spacing_mm)
    try:
        ds = read_elements(path, WANTED, pixels=True)
    except UnreadableError as exc:
        if isinstance(exc, DisorderError):
            raise MedomniError("MED-D10", str(exc), where=_as_header(path, exc.read).label) from exc
        raise MedomniError("MED-D01", str(exc), where=shown_name(path.name)) from exc
    header = _as_header(path, ds)
    name = header.label
    stored = _stored(ds, frame, name)
    at, voi = _of_frame(ds, frame, name)
    padding = _mask(ds, stored, frame)
    values, notes = _unpadded(_values(stored, ds, at, name), padding, ds.get("Modality") == "CT")
    modality = codes.modality(header) or "unknown"
    windows = presets(voi)
    inverted = ds.get("PhotometricInterpretation") == "MONOCHROME1" or ds.get("PresentationLUTShape") == "INVERSE"
    spacing, why_not = spacing_stated(spacing_of(ds, at, modality), spacing_mm,
                                      regions(ds) if modality == "US" else (), name)
    view = str(ds.get("ViewPosition") or "").upper()
    seen, left_out = shown(values, voi, inverted, windows, padding)
    told, plane = left_edge_of(ds), of_plane(at, ds)
    if told[0] and plane[0] and told[0] != plane[0]:
        told = None, "Patient Orientation and Image Orientation name different sides"
    else:
        side_stated(told if told[0] or told[1] == NOT_SIDEWAYS else plane, left_edge, name)
    if marker:
        marked = marked_edge(seen, str(ds.get("BodyPartExamined") or ""), view)
        side_stated(marked, left_edge, name)
        told = agreed(told, marked)
    edge, side_reason = side_stated(told, left_edge, name)
    return Picture(values, seen, modality, inverted, windows, spacing, why_not, edge, side_reason, laterality(ds),
                   view if view in VIEWS else None, frame, _frames(ds), padding,
                   notes + ((left_out,) if left_out else ()) + _lossy(ds) + _odd(ds, stored.ndim))


def _odd(ds: pydicom.Dataset, axes: int) -> tuple[str, ...]:
    """Where what the values mean for the eye (PS3.3 C.7.6.3.1.2) is no word for an image of so many axes: retired ones
    are decoded too."""
    if ds.get("PhotometricInterpretation") in (_GREYS if axes == 2 else _COLOURS):
        return ()
    return (f"the Photometric Interpretation is not known: shown as {'MONOCHROME2' if axes == 2 else 'RGB'}",)


def _lossy(ds: pydicom.Dataset) -> tuple[str, ...]:
    syntax = ds.file_meta.get("TransferSyntaxUID")
    lossy = ds.get("LossyImageCompression") == "01" or syntax in ALWAYS_LOSSY or (
        syntax in EITHER and loses(get_frame(ds.PixelData, 0, number_of_frames=_frames(ds))))
    return ("it was compressed with loss: values differ from what was measured",) if lossy else ()


def _of_frame(ds: pydicom.Dataset, frame: int, name: str) -> tuple[Mapping[str, str], pydicom.Dataset]:
    """Rescale, spacing and orientation of a frame, as the file writes them, and what holds its windows: its functional
    groups (PS3.3 C.7.6.16), the shared ones, else the image."""
    common = {n: text_of(ds.get(n)) for n in _OF_A_FRAME}
    shared, own = (ds.get(n) or [] for n in GROUPS)
    if not len(shared) and not len(own):
        return common, ds
    if len(own) not in (0, _frames(ds)):
        raise MedomniError("MED-D11", f"functional groups of {len(own)} frames, the image has {_frames(ds)}",
                           where=name)
    try:
        items = [own[frame]] if len(own) else [pydicom.Dataset()]
        alone = pydicom.Dataset()  # the one frame, so that the others' groups are not decoded
        alone.SharedFunctionalGroupsSequence, alone.PerFrameFunctionalGroupsSequence = list(shared)[:1], items
        for item in (*items, *list(shared)[:1]):
            voi = (item.get("FrameVOILUTSequence") or [None])[0]
            if voi is not None and presets(voi):
                break
        else:
            voi = ds
        return frame_values(alone, common, 1)[0], voi
    except Exception as exc:  # items are decoded when they are looked at, and may then be found damaged
        raise MedomniError("MED-D10", f"functional groups: {type(exc).__name__}", where=name) from exc


def _mask(ds: pydicom.Dataset, stored: NDArray[Any], frame: int) -> NDArray[np.bool_] | None:
    """Where a grey image is padding (PS3.3 C.7.5.1.1.2), or None where it is nowhere."""
    return padding_of(ds, stored, frame) if stored.ndim == 2 and stored.dtype.kind in "iuf" else None


def _unpadded(values: NDArray[Any], padding: NDArray[np.bool_] | None,
              hounsfield: bool) -> tuple[NDArray[Any], tuple[str, ...]]:
    """A CT with -1024 HU for padding, any other image as it is; and what there is to say of it."""
    if padding is None:
        return values, ()
    count = int(padding.sum())
    if not hounsfield:
        return values, (f"{count} pixels are padding: black, and as stored in the values",)
    values = values if values.dtype.kind == "f" else values.astype(np.float32)
    values[padding] = AIR_HU
    return values, (f"{count} pixels are padding: black, and {AIR_HU} HU in the values",)


def _as_header(path: Path, ds: pydicom.Dataset) -> SliceHeader:
    values = {n: str(ds.get(n) or "") for n in (*IDENTIFYING, "Modality")}
    return SliceHeader(path, values, 0, 0, 1, 1, None, None, None)


def _frames(ds: pydicom.Dataset) -> int:
    return whole(text_of(ds.get("NumberOfFrames")) or "1") or 1


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


def _values(stored: NDArray[Any], ds: pydicom.Dataset, at: Mapping[str, str], name: str) -> NDArray[Any]:
    """After the Modality LUT (PS3.3 C.11.1); a CT without rescale has no unit."""
    if stored.ndim == 3:
        return (stored >> max(int(ds.BitsStored) - 8, 0)).astype(np.uint8)
    values: NDArray[Any] = stored
    if ds.get("ModalityLUTSequence"):
        values = tabled(stored, ds, name)
    else:
        slope, intercept = rescale_of(at, ds.get("Modality") == "CT", name)
        if at.get("RescaleSlope"):
            return by_rows(lambda rows: _finite(rows.astype(np.float64) * slope + intercept, name), stored, np.float32)
    _finite(values, name)
    return values.astype(np.float32 if values.dtype == np.float64 else values.dtype.newbyteorder("="), copy=False)


def _finite(values: NDArray[Any], name: str) -> NDArray[Any]:
    """The values; MED-D10 where one is no number."""
    if not np.isfinite(values).all():
        raise MedomniError("MED-D10", "values that are no numbers", where=name)
    return values
