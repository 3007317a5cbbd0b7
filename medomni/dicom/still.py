"""PNG, JPEG and WebP files: pictures that say nothing of the patient's side or of millimetres."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from medomni.dicom.headers import MOST_PIXELS
from medomni.dicom.names import shown_name
from medomni.errors import MedomniError
from medomni.picture import Picture, luminance

STILLS = frozenset((".png", ".jpg", ".jpeg", ".webp"))


def read_still(path: Path, frame: int = 0) -> Picture:
    """Values of grey as they are, 8 or 16 bits; a grey picture in colours is made grey; turned as its EXIF says.

    Raises:
        MedomniError: MED-C03 for another frame than 0, MED-D10 where it cannot be decoded or is too large.
    """
    from PIL import Image, ImageOps

    name = shown_name(path.name)

    if frame:
        raise MedomniError("MED-C03", f"frame {frame} was asked for; the picture has one", where=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise MedomniError("MED-D10", f"{opened.height} x {opened.width} pixels cannot be true",
                                       where=name)
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
        shown = np.rint(255 * (array.astype(np.float64) - low) / max(high - low, 1e-9)).astype(np.uint8)
    else:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        array = np.asarray(Image.alpha_composite(black, image.convert("RGBA")).convert("RGB"))
        if (array[..., :1] == array).all():
            array = np.ascontiguousarray(array[..., 0])
            shown = array
        else:
            shown = luminance(array)
    return Picture(array, shown, "picture", spacing_reason="a picture states no millimetres",
                   side_reason="a picture states no side: not assessable until it is stated")
