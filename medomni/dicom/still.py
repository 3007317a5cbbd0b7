"""PNG, JPEG and WebP files: pictures that say nothing of the patient's side or of millimetres."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from medomni.dicom.headers import MOST_PIXELS
from medomni.dicom.names import shown_name
from medomni.dicom.stated import side_stated, spacing_stated
from medomni.errors import MedomniError
from medomni.picture import Picture, by_rows, luminance


def read_still(path: Path, frame: int = 0, left_edge: str | None = None,
               spacing_mm: tuple[float, float] | None = None) -> Picture:
    """Values of grey as they are, 8 or 16 bits, but 8 of 16 where a PNG has an alpha channel or colours, which a note
    says; a grey picture in colours is made grey; turned as its EXIF says.

    Args:
        left_edge, spacing_mm: of the picture as it is turned; as :func:`medomni.dicom.image.read_image`.

    Raises:
        MedomniError: MED-C03 for another frame than 0, or a side or spacing that is none; MED-D10 where it cannot be
            decoded or is too large.
    """
    from PIL import Image, ImageOps

    name = shown_name(path.name)
    edge, side_reason = side_stated((None, "a picture states no side: not assessable until it is stated"),
                                    left_edge, name)
    spacing, why_not = spacing_stated((None, "a picture states no millimetres"), spacing_mm, (), name)
    if frame:
        raise MedomniError("MED-C03", f"frame {frame} was asked for; of a picture only frame 0 is read", where=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise MedomniError("MED-D10", f"{opened.height} x {opened.width} pixels cannot be true",
                                       where=name)
                frames = int(getattr(opened, "n_frames", 1))
                opened.load()
                image: Any = ImageOps.exif_transpose(opened)
    except MedomniError:
        raise
    except Exception as exc:  # a decoder meeting damaged bytes may raise anything
        raise MedomniError("MED-D10", type(exc).__name__, where=name) from exc
    if image.mode in ("I;16", "I;16B", "I", "F", "L", "1"):
        array = np.asarray(image.convert("L") if image.mode == "1" else image)
        array = array.astype(np.uint16) if array.dtype.kind in "iu" and array.dtype.itemsize > 1 else array
        low, high = (0.0, 255.0) if array.dtype == np.uint8 else (float(array.min()), float(array.max()))
        shown = by_rows(lambda rows: np.rint(255 * (rows.astype(np.float64) - low) / max(high - low, 1e-9)), array,
                        np.uint8)
    else:
        if image.mode != "RGB" or "transparency" in image.info:
            black = Image.new("RGBA", image.size, (0, 0, 0, 255))
            image = Image.alpha_composite(black, image.convert("RGBA")).convert("RGB")
        array = np.asarray(image)
        if (array[..., :1] == array).all():
            array = np.ascontiguousarray(array[..., 0])
            shown = array
        else:
            shown = luminance(array)
    notes = (f"the file holds {frames} pictures, an animation or several: only the first is read",) * (frames > 1)
    if array.dtype == np.uint8 and _bits(path) > 8:
        notes += ("the file holds 16 bits a value: the upper 8 are read",)
    return Picture(array, shown, "picture", spacing_mm=spacing, spacing_reason=why_not, left_edge=edge,
                   side_reason=side_reason, frames=frames, notes=notes)


def _bits(path: Path) -> int:
    """Bits of a value in a PNG (ISO/IEC 15948 11.2.2), which Pillow takes down to eight where there are colours; else
    0."""
    with open(path, "rb") as handle:
        head = handle.read(25)
    return head[24] if head[12:16] == b"IHDR" else 0
