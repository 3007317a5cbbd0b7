"""Where the slices of a volume are put while they are read: memory, or a file that is mapped when it is whole."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.errors import MedomniError


class SliceStore:
    """Room for (slices, rows, columns): int16 until a slice needs float32, then float32 for all.

    A volume of more than ``budget`` bytes is written to a file without a name, in ``folder`` or the system's folder for
    such files, and mapped: it takes memory only for the pages in use, and is gone with the process, killed or not. One
    that passes the budget when it is widened moves there.

    Args:
        budget: bytes; None for no limit.
        dtype: another one than int16 stays as it is.

    Raises:
        MedomniError: MED-C04 where the file cannot be written.
    """

    def __init__(self, shape: tuple[int, int, int], budget: int | None = None, folder: Path | None = None,
                 dtype: np.dtype[Any] | type = np.int16) -> None:
        self._shape = shape
        self._plane = shape[1] * shape[2]
        self._folder = folder
        self._budget = budget
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._array, self._file = self._room()

    def block(self, start: int, stop: int) -> NDArray[np.int16]:
        """An int16 array for these slices, to be filled and given to :meth:`put`."""
        if self._array is not None and self.dtype == np.int16:
            exact: NDArray[np.int16] = self._array[start:stop]
            return exact
        return np.empty((stop - start, *self._shape[1:]), dtype=np.int16)

    def put(self, start: int, block: NDArray[Any], inexact: dict[int, NDArray[np.float32]]) -> None:
        """Keep a filled block; ``inexact`` holds the slices, by number in the block, that int16 could not.

        Raises:
            MedomniError: MED-C04 where the mapped file's disk, or the memory, has no room for floating numbers.
        """
        if inexact and self.dtype == np.int16:
            self._widen(start)
        if self.dtype != np.int16:
            block = block.astype(self.dtype)
            for k, values in inexact.items():
                block[k] = values
        if self._array is not None:
            if not np.shares_memory(block, self._array):
                self._array[start:start + len(block)] = block
            return
        try:
            self._file.seek(start * self._plane * self.dtype.itemsize)
            self._file.write(np.ascontiguousarray(block).data.cast("B"))
        except OSError as exc:
            raise MedomniError("MED-C04", f"{type(exc).__name__}, for a volume larger than the memory budget",
                               where=self._folder or tempfile.gettempdir()) from exc

    def array(self) -> NDArray[Any]:
        """The whole volume, once every slice was put."""
        if self._array is not None:
            return self._array
        self._file.flush()
        return np.memmap(self._file, dtype=self.dtype, mode="r+", shape=self._shape)

    def _room(self) -> tuple[NDArray[Any] | None, Any]:
        if self._budget is None or self._shape[0] * self._plane * self.dtype.itemsize <= self._budget:
            try:
                return np.empty(self._shape, dtype=self.dtype), None
            except MemoryError as exc:
                size = np.prod(self._shape, dtype=np.float64) * self.dtype.itemsize
                raise MedomniError("MED-C04", f"{size / 2**20:.0f} MiB of memory are not there; MEDOMNI_VOLUME_MB sets "
                                   "above what size a volume lies in a file", where="volume") from exc
        try:
            return None, tempfile.TemporaryFile(dir=self._folder, prefix="medomni-")
        except OSError as exc:
            raise MedomniError("MED-C04", type(exc).__name__, where=self._folder or tempfile.gettempdir()) from exc

    def _widen(self, done: int) -> None:
        """From int16 to float32, with the first ``done`` slices, a slice at a time."""
        exact = self._array if self._array is not None else self._written(done)
        self.dtype = np.dtype(np.float32)
        self._array, self._file = self._room()
        for k in range(done):
            self.put(k, exact[k:k + 1], {})

    def _written(self, done: int) -> NDArray[Any]:
        self._file.flush()
        if not done:
            return np.empty((0, *self._shape[1:]), dtype=np.int16)
        return np.memmap(self._file, dtype=self.dtype, mode="r", shape=(done, *self._shape[1:]))
