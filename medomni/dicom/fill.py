"""Slices into one array, in threads: plain ones straight from the file, all others by way of pydicom."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event, Lock
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.headers import MOST_PIXELS, SliceHeader
from medomni.dicom.store import SliceStore
from medomni.dicom.straight import read_into
from medomni.errors import MedomniError

MOST_THREADS = 8
BLOCK, FEW = 64, 4  # slices
SLOW_S = 5e-4
"""Of a slice: two threads that hand the interpreter to each other need longer for one that is copied in a tenth."""
Done = tuple[NDArray[np.float32] | None, int]


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

    def one(out: NDArray[np.int16], header: SliceHeader) -> Done:
        padding = read_into(out, header)
        if padding is not None:
            return None, padding
        values, padding = long_way(header)
        if values.dtype != np.int16:
            return values, padding
        out[:] = values
        return None, padding

    threads = min(len(headers), threads or min(MOST_THREADS, len(os.sched_getaffinity(0))))
    with ThreadPoolExecutor(max(threads - 1, 1)) as pool:
        for start in range(0, len(headers), BLOCK):
            part = headers[start:start + BLOCK]
            block = store.block(start, start + len(part))
            done = _shared(one, list(zip(block, part, strict=True)), pool, threads - 1)
            store.put(start, block, {k: values for k, (values, _) in enumerate(done) if values is not None})
            padded += sum(count for _, count in done)
    return store.array(), padded


def _shared(one: Callable[[NDArray[np.int16], SliceHeader], Done], work: list[tuple[NDArray[np.int16], SliceHeader]],
            pool: ThreadPoolExecutor, helpers: int) -> list[Done]:
    """The results of ``one`` in the order of the work, of which the caller does a share.

    Helpers are called where a slice takes longer than waking them: compressed, or not in memory yet. Who is free takes
    the next few slices. Of several errors the first slice's is raised.
    """
    done: list[Done | None] = [None] * len(work)
    errors: dict[int, Exception] = {}
    over = Event()

    def fill(slices: range) -> None:
        for k in slices:
            try:
                done[k] = one(*work[k])
            except Exception as exc:
                errors[k] = exc
                over.set()  # what was begun is ended: slices before this one may be at fault too
                break

    begun, tried = perf_counter(), 0
    while tried < min(FEW, len(work)) and perf_counter() - begun <= SLOW_S * FEW and not over.is_set():
        fill(range(tried, tried + 1))
        tried += 1
    slow = perf_counter() - begun > SLOW_S * FEW
    few = 1 if slow and tried == 1 else FEW  # long ones are shared singly, so that nobody waits for another at the end
    rest = iter(range(tried, len(work), few))  # next() on it is one step of the interpreter

    def go_on() -> None:
        while not over.is_set() and (start := next(rest, None)) is not None:
            fill(range(start, min(start + few, len(work))))

    others = [pool.submit(go_on) for _ in range(helpers if slow and not over.is_set() else 0)]
    try:
        go_on()
    except BaseException:  # Ctrl-C: nobody begins another
        over.set()
        raise
    finally:
        begun_by = [other for other in others if not other.cancel()]
        wait(begun_by)
    if errors:
        raise errors[min(errors)]
    for other in begun_by:
        other.result()  # raises what is no Exception: its slices would else be missing
    return [d for d in done if d is not None]


def check_headers(headers: list[SliceHeader]) -> None:
    """Refuse what cannot be one volume of one unit, before any pixel is read; errors MED-D10, MED-D11."""
    first = headers[0]
    if first.rows * first.columns > MOST_PIXELS:
        raise MedomniError("MED-D10", f"{first.rows} x {first.columns} pixels cannot be true", where=first.label)
    bare = [h for h in headers if not h.text("RescaleSlope") and not h.text("RescaleIntercept")]
    if bare and len(bare) < len(headers):
        raise MedomniError("MED-D11", f"{len(bare)} of {len(headers)} slices have neither slope nor intercept",
                           where=bare[0].label)
