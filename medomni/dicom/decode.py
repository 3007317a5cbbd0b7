"""Compressed single-frame slices of sixteen bits, decoded without holding the interpreter, so that threads help.

imagecodecs wraps the reference decoders (libjpeg-turbo 3, CharLS, OpenJPEG); what it does not take, or gives in another
shape than the header says, goes the long way through pydicom, which names what is wrong.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.encapsulated import RLE, joined, lacks_sign, stated, whole
from medomni.dicom.headers import SliceHeader

DECODERS = {
    RLE: "dicomrle",
    "1.2.840.10008.1.2.4.57": "jpeg8", "1.2.840.10008.1.2.4.70": "jpeg8",
    "1.2.840.10008.1.2.4.80": "jpegls", "1.2.840.10008.1.2.4.81": "jpegls",
    "1.2.840.10008.1.2.4.90": "jpeg2k", "1.2.840.10008.1.2.4.91": "jpeg2k",
    "1.2.840.10008.1.2.4.201": "jpeg2k", "1.2.840.10008.1.2.4.202": "jpeg2k", "1.2.840.10008.1.2.4.203": "jpeg2k",
}
"""Transfer syntax to the decoder's name in imagecodecs, which has two more for lossless JPEG: ljpeg and jpegsof3 write
outside their memory where a frame is damaged."""
_LONGEST = 1 << 28


def decode_into(out: NDArray[np.int16], header: SliceHeader, signed: bool) -> bool:
    """Decode a slice's one frame into ``out`` (rows, columns) as it is stored; False where the long way must.

    Args:
        signed: as the header states it; a frame of JPEG 2000 that states the other, and one of JPEG or JPEG-LS with too
            few bits for a sign, are left to the long way.
    """
    plain = header.plain
    if plain is None or plain.items < 0 or plain.syntax not in DECODERS:
        return False
    frame = _frame(header, plain.items)
    if frame is None:
        return False
    if plain.syntax != RLE:
        size = stated(frame)
        if size is None or not whole(frame) or not 8 < size.bits <= 16:
            return False
        if (size.rows, size.columns, size.samples) != (*out.shape, 1):
            return False
        if size.signed not in (None, signed) or lacks_sign(size, signed, int(header.text("BitsStored"))):
            return False
    decoded = _decoded(frame, plain.syntax, out.nbytes)
    if decoded is None or decoded.nbytes != out.nbytes or decoded.dtype.itemsize != 2:
        return False
    out[:] = decoded.reshape(out.shape).view(np.int16)
    return True


def _decoded(frame: bytes, syntax: str, size: int) -> NDArray[Any] | None:
    import imagecodecs

    try:
        if syntax == RLE:
            return np.frombuffer(imagecodecs.dicomrle_decode(frame, np.dtype("<u2"), out=size), dtype="<u2")
        decoded: NDArray[Any] = getattr(imagecodecs, f"{DECODERS[syntax]}_decode")(frame)
        return np.ascontiguousarray(decoded)
    except Exception:  # each codec has errors of its own; the long way finds out what is wrong and says it
        return None


def _frame(header: SliceHeader, start: int) -> bytes | None:
    try:
        descriptor = os.open(header.path, os.O_RDONLY)
    except OSError:
        return None
    try:
        length = os.fstat(descriptor).st_size - start
        return joined(os.pread(descriptor, length, start)) if 0 < length < _LONGEST else None
    except OSError:
        return None
    finally:
        os.close(descriptor)
