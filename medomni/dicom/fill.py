"""Slices into one array, in threads: plain ones straight from the file, all others by way of pydicom."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.decode import decode_into
from medomni.dicom.headers import MOST_PIXELS, SliceHeader
from medomni.dicom.padding import beyond, fill_of, folded_ends
from medomni.dicom.store import SliceStore
from medomni.errors import MedomniError

INT16 = (-32768, 32767)
MOST_THREADS = 8
BLOCK = 64  # slices


class LongWay:
    """:func:`medomni.dicom.pixels.slice_values`, loaded with pydicom when the first slice needs it."""

    def __init__(self) -> None:
        self._opened: Any = None
        self._lock = Lock()

    def __call__(self, header: SliceHeader) -> tuple[NDArray[Any], int]:
        from medomni.dicom.pixels import OpenFiles, slice_values

        with self._lock:
            self._opened = self._opened or OpenFiles()
        return slice_values(header, self._opened)


def filled(headers: list[SliceHeader], threads: int | None = None, budget: int | None = None,
           folder: Path | None = None) -> tuple[NDArray[Any], int]:
    """The values of all slices in the modality's unit, and how many voxels were padding.

    Args:
        headers: of slices of one size, in the order in which they lie.
        threads: by default the processors that this process may use, at most eight.
        budget, folder: as :class:`medomni.dicom.store.SliceStore`.

    Returns:
        (slices, rows, columns), int16 where every slice is exact in it, else float32; and the count.

    Raises:
        MedomniError: as :func:`medomni.dicom.pixels.slice_values`, of several slices the first one's; MED-C04.
    """
    first = headers[0]
    check_headers(headers)
    store = SliceStore((len(headers), first.rows, first.columns), budget, folder)
    long_way, padded = LongWay(), 0

    def one(out: NDArray[np.int16], header: SliceHeader) -> tuple[NDArray[np.float32] | None, int]:
        padding = read_into(out, header)
        if padding is not None:
            return None, padding
        values, padding = long_way(header)
        if values.dtype != np.int16:
            return values, padding
        out[:] = values
        return None, padding

    def several(out: NDArray[np.int16], some: list[SliceHeader]) -> list[tuple[NDArray[np.float32] | None, int]]:
        return [one(plane, header) for plane, header in zip(out, some, strict=True)]

    threads = min(len(headers), threads or min(MOST_THREADS, len(os.sched_getaffinity(0))))
    with ThreadPoolExecutor(threads) as pool:
        run = map if threads == 1 else pool.map
        for start in range(0, len(headers), BLOCK):
            part = headers[start:start + BLOCK]
            block = store.block(start, start + len(part))
            size = -(-len(part) // threads)  # a run of slices a thread: handing each over would cost more
            runs = [slice(k, k + size) for k in range(0, len(part), size)]
            done = [d for some in run(several, [block[r] for r in runs], [part[r] for r in runs]) for d in some]
            store.put(start, block, {k: values for k, (values, _) in enumerate(done) if values is not None})
            padded += sum(count for _, count in done)
    return store.array(), padded


def check_headers(headers: list[SliceHeader]) -> None:
    """Refuse what cannot be one volume of one unit, before any pixel is read; errors MED-D10, MED-D11."""
    first = headers[0]
    if first.rows * first.columns > MOST_PIXELS:
        raise MedomniError("MED-D10", f"{first.rows} x {first.columns} pixels cannot be true", where=first.label)
    bare = [h for h in headers if not h.text("RescaleSlope") and not h.text("RescaleIntercept")]
    if bare and len(bare) < len(headers):
        raise MedomniError("MED-D11", f"{len(bare)} of {len(headers)} slices have neither slope nor intercept",
                           where=bare[0].label)


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
    if plain.offset < 0:
        if header.frame is not None or not decode_into(out, header, signed):
            return None
    else:
        skipped = (header.frame or 0) * out.nbytes
        if plain.length < skipped + out.nbytes or not _read(header, out, plain.offset + skipped):
            return None
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
    if padding is None:
        return 0
    count = int(np.count_nonzero(padding))
    if count:
        out[padding] = fill_of(header.text("Modality"))
    return count


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
        slope, intercept = float(values.get("RescaleSlope") or "nan"), float(values.get("RescaleIntercept") or "nan")
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


def _fits(ends: tuple[int, int], slope: int, intercept: int) -> bool:
    scaled = sorted(end * slope + intercept for end in ends)
    return INT16[0] <= scaled[0] and scaled[1] <= INT16[1]


def _wrapped(value: int) -> np.int16:
    return np.uint16(value & 0xFFFF).astype(np.int16)
