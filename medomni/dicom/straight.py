"""One slice straight from its file into an array, where it is plain and exact in sixteen bits."""

from __future__ import annotations

import math
import os
import sys
import zlib

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.decode import decode_into
from medomni.dicom.headers import SliceHeader
from medomni.dicom.numerals import decimal
from medomni.dicom.padding import beyond, clear_untagged, fill_of, folded_ends
from medomni.dicom.plain import BIG_ENDIAN, PlainFile, data_set_at, inflated, may_follow, surplus

INT16 = (-32768, 32767)


def read_into(out: NDArray[np.int16], header: SliceHeader) -> int | None:
    """Read a 16-bit slice into ``out`` (rows, columns), int16, and rescale it there.

    Returns:
        How many voxels were padding; None where the slice is not plain or not exact in int16, and ``out`` holds nothing
        of use: the long way then decides, and names what is wrong.
    """
    rescale = _rescale(header)
    if rescale is None:
        return None
    slope, intercept, bits, signed = rescale
    plain, values = header.plain, header.values
    assert plain is not None
    if plain.offset < 0 and plain.within < 0:
        if header.frame is not None or not decode_into(out, header, signed):
            return None
    else:
        if surplus(plain.length, header.rows, header.columns, plain.frames, out.itemsize):
            return None
        skipped = (header.frame or 0) * out.nbytes
        if plain.length < skipped + out.nbytes:
            return None
        if not (_inflate(header, out, plain) if plain.within >= 0 else _read(header, out, plain.offset + skipped)):
            return None
        if plain.syntax == BIG_ENDIAN:
            out.byteswap(inplace=True)
    stored = out if signed else out.view(np.uint16)
    padding, pads = None, values.get("PixelPaddingValue")
    if pads:
        low, high = folded_ends([float(values[n]) if values.get(n) else None
                                 for n in ("PixelPaddingValue", "PixelPaddingRangeLimit")], signed)
        if beyond(low, high, bits, signed):  # then it lies in the bits above, which are masked next
            padding = (stored >= low) & (stored <= high)
    if bits < 16 and signed:
        np.left_shift(stored, 16 - bits, out=stored)
        np.right_shift(stored, 16 - bits, out=stored)
    elif bits < 16:
        np.bitwise_and(stored, (1 << bits) - 1, out=stored)
    if pads and padding is None:
        padding = stored == low if low == high else (stored >= low) & (stored <= high)
    if padding is not None:
        stored[padding] = 0  # padding may lie where no value in the modality's unit would fit
    ends = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    if not _fits(ends, slope, intercept) and not _fits((int(stored.min()), int(stored.max())), slope, intercept):
        return None
    if slope != 1:
        np.multiply(out, _wrapped(slope), out=out)  # modulo 2^16, and exact because the result fits
    if intercept:
        np.add(out, _wrapped(intercept), out=out)
    count = 0 if padding is None else int(np.count_nonzero(padding))
    if count:
        out[padding] = fill_of(header.text("Modality"))
    return count + clear_untagged(out, header.text("Modality"))


def _rescale(header: SliceHeader) -> tuple[int, int, int, bool] | None:
    """Slope, intercept, bits stored, signed; None where the slice is not of the plain kind."""
    plain, values = header.plain, header.values
    if plain is None or sys.byteorder != "little" or values.get("ModalityLUTSequence"):
        return None
    if header.samples != 1 or header.frames != 1 or values.get("BitsAllocated") != "16":
        return None
    try:
        bits, high = int(values["BitsStored"]), int(values["HighBit"])
        signed = {"0": False, "1": True}[values["PixelRepresentation"]]
        slope, intercept = (decimal(values[n]) if values.get(n) else math.nan
                            for n in ("RescaleSlope", "RescaleIntercept"))
    except (KeyError, ValueError):
        return None
    if header.text("Modality") != "CT" and not (values.get("RescaleSlope") or values.get("RescaleIntercept")):
        slope, intercept = 1.0, 0.0
    if not 1 < bits <= 16 or high != bits - 1 or not slope or not (slope.is_integer() and intercept.is_integer()):
        return None
    return (int(slope), int(intercept), bits, signed) if max(abs(slope), abs(intercept)) < 2**31 else None


def _read(header: SliceHeader, out: NDArray[np.int16], offset: int) -> bool:
    try:
        descriptor = os.open(header.path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.preadv(descriptor, [out.data.cast("B")], offset) == out.nbytes
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _inflate(header: SliceHeader, out: NDArray[np.int16], plain: PlainFile) -> bool:
    """The one frame of a deflated file; False where it has more, ends early, or goes on as none may."""
    if header.frame is not None:
        return False  # each frame would inflate the file anew
    try:
        packed = header.path.read_bytes()
        whole = inflated(packed[data_set_at(packed):], plain.within + plain.length + 4)
    except (OSError, zlib.error):
        return False
    pixels = whole[plain.within:plain.within + out.nbytes]
    if len(whole) < plain.within + plain.length or not may_follow(whole[plain.within + plain.length:]):
        return False
    out.data.cast("B")[:] = pixels
    return True


def _fits(ends: tuple[int, int], slope: int, intercept: int) -> bool:
    scaled = sorted(end * slope + intercept for end in ends)
    return INT16[0] <= scaled[0] and scaled[1] <= INT16[1]


def _wrapped(value: int) -> np.int16:
    return np.uint16(value & 0xFFFF).astype(np.int16)
