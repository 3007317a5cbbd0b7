"""Whether a picture that was read of a damaged file is right: held against pydicom, another decoder, the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, pixel_array

from benchmarks.fuzz_truth import CONCEALING, UNHELD
from medomni.picture import Picture

BT_601 = (0.299, 0.587, 0.114)
DECODERS = {".png": imagecodecs.png_decode, ".jpg": imagecodecs.jpeg8_decode, ".webp": imagecodecs.webp_decode}


def picture_agrees(path: Path, picture: Picture) -> str:
    """``read``, ``concealed`` where a codestream without checksum is damaged, ``unheld`` where nothing else can read
    the file, or ``wrong`` and why."""
    if path.suffix in DECODERS:
        return _still(path, picture)
    try:
        ds = pydicom.dcmread(path)
        stored = pixel_array(ds, index=picture.frame) if int(ds.get("NumberOfFrames") or 1) > 1 else pixel_array(ds)
        wanted = _wanted(ds, stored, picture.frame)
    except Exception:
        return f"{UNHELD}: pydicom could not"
    if picture.padding is not None and not any("Padding" in e.keyword for e in ds):
        return "wrong: padding that the file does not name"
    seen = np.ones(picture.shown.shape, bool) if picture.padding is None else ~picture.padding
    if not any(w.shape == picture.array.shape and np.allclose(w[seen], picture.array[seen], rtol=1e-5, atol=1e-2)
               for w in wanted):
        return "concealed" if ds.file_meta.TransferSyntaxUID.startswith(CONCEALING) else (
            "wrong: another picture than pydicom's")
    grey = ds.get("PhotometricInterpretation"), ds.get("PresentationLUTShape")
    if picture.inverted != (grey[0] == "MONOCHROME1" or grey[1] == "INVERSE"):
        return "wrong: inverted, or not"
    if picture.padding is not None and picture.shown[picture.padding].any():
        return "wrong: padding that is not black"
    try:
        share = _share(ds, picture, seen)
    except Exception:
        return f"{UNHELD}: pydicom has no such greys"
    off = np.abs(255 * (1 - share if picture.inverted else share) - picture.shown)[seen]
    return "read" if off.size == 0 or off.max() <= 1 else "wrong: other greys than the formulas'"


def _wanted(ds: pydicom.Dataset, stored: NDArray[Any], frame: int) -> Sequence[NDArray[Any]]:
    """What may have been read: of a palette of sixteen bits either byte, where its values have one alone."""
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(stored, ds)
        return (colours, colours >> 8) if colours.max() <= 255 and colours.dtype.itemsize == 2 else (
            colours >> 8 * (colours.dtype.itemsize - 1),)
    if stored.ndim == 3:
        return (stored >> max(ds.BitsStored - 8, 0),)
    if "ModalityLUTSequence" in ds:
        return (apply_modality_lut(stored.astype(np.int64), ds),)
    slope, intercept = ds.get("RescaleSlope"), ds.get("RescaleIntercept")
    groups = [g[0] for name in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
              if (g := list(ds.get(name) or [])[frame if name.startswith("Per") else 0:])]
    for group in groups:
        if "PixelValueTransformationSequence" in group:
            slope, intercept = (group.PixelValueTransformationSequence[0].get(f"Rescale{n}")
                                for n in ("Slope", "Intercept"))
            break
    return (stored if slope is None else stored.astype(np.float64) * float(slope) + float(intercept),)


def _share(ds: pydicom.Dataset, picture: Picture, seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """0 to 1 by PS3.3 C.11.2, of the values that were read; pydicom's for a table, BT.601 for colours."""
    values = np.asarray(picture.array, dtype=np.float64)
    if values.ndim == 3:
        return np.asarray(values @ BT_601 / 255)
    if "VOILUTSequence" in ds and not any("table" in note for note in picture.notes):
        return np.asarray(apply_voi(picture.array, ds) / (2.0 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1))
    if not picture.windows:
        low, high = values[seen].min(), values[seen].max()
        return np.asarray((values - low) / max(high - low, 1e-9))
    (centre, width), function = picture.windows[0], ds.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":
        return np.asarray(0.5 + 0.5 * np.tanh(2 * (values - centre) / width))
    if function != "LINEAR_EXACT":
        centre, width = centre - 0.5, max(width - 1, 1e-6)
    return np.interp(values, [centre - width / 2, centre + width / 2], [0.0, 1.0])


def _still(path: Path, picture: Picture) -> str:
    """A PNG has checksums; what JPEG and WebP cannot decode each decoder fills in its own way."""
    try:
        other = np.asarray(DECODERS[path.suffix](path.read_bytes()))
    except Exception:
        return "concealed" if path.suffix != ".png" else f"{UNHELD}: imagecodecs could not"
    if other.ndim == 3 and picture.array.ndim == 2:
        other = other[..., 0]
    if other.shape != picture.array.shape or not np.array_equal(other, picture.array):
        return "concealed" if path.suffix != ".png" else "wrong: another picture than imagecodecs'"
    wanted = picture.array if picture.array.ndim == 2 else picture.array @ BT_601
    off = np.abs(wanted - picture.shown.astype(float)).max()
    return "read" if off <= 1 else "wrong: other greys than the picture's"
