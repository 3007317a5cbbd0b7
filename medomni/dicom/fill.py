"""Slices into one array, in threads: plain ones straight from the file, all others by way of pydicom."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.headers import MOST_PIXELS, SliceHeader
from medomni.dicom.store import SliceStore
from medomni.dicom.straight import read_into
from medomni.errors import MedomniError

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
