"""Whether two files of one SOP instance are the same image, found within bounds: anybody may send the second one."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from medomni.dicom.encapsulated import may_be
from medomni.dicom.headers import MOST_PIXELS
from medomni.dicom.parse import PIXEL_DATA, check_deflated

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

DEFERRED = 1 << 20
"""Longer values, pixels above all, are left in the file until they are asked for."""
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
ENCODING = ("PixelData", "PhotometricInterpretation", "PlanarConfiguration")
MOST_INFLATED = 1 << 26
"""Bytes of a deflated data set: it cannot be looked at piece by piece."""
MOST_FRAME, MOST_DECODED = 2 * MOST_PIXELS, 1 << 30
"""Decoded bytes of a frame, and of all frames together."""
LONGEST_S = 4.0
"""Seconds after which frames are not compared further: a sender waits for the answer."""


class _NotShownError(Exception):
    """Nothing shows that the two are equal: a size that cannot be true, bytes that are missing, or too much work."""


def same_image(one: Path, other: Path) -> bool:
    """Whether two files of one SOP instance hold the same elements and the same pixels, in whatever transfer syntax.

    Private elements that only one of them has are overlooked beside equal pixels: archives leave them out or add their
    own. Without pixels everything must be equal. False also where either cannot be decoded, or comparing would take
    more than :data:`LONGEST_S`, a frame of :data:`MOST_FRAME` or :data:`MOST_DECODED` in all: then nothing shows that
    they are equal.
    """
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for path in (one, other):
                with open(path, "rb") as handle:
                    check_deflated(handle, MOST_INFLATED)
            first, second = (pydicom.dcmread(path, defer_size=DEFERRED) for path in (one, other))
            pixels = ["PixelData" in ds for ds in (first, second)]
            if pixels[0] != pixels[1]:
                return False
            if not pixels[0]:
                return bool(first == second)
            return _of_one_kind(first, second) and _alike(first, second) and same_frames(one, other)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # damaged files may raise anything in a decoder, a Rust one even panics
        return False


def same_frames(one: Path, other: Path) -> bool:
    """Whether two files have the same pixels, colours as RGB whatever they are stored in; a frame of each at a time.

    Raises:
        Exception: of any kind where a file is damaged, states what cannot be true, or comparing takes too long.
    """
    import numpy as np

    end = time.monotonic() + LONGEST_S
    for a, b in zip_longest(_frames(one), _frames(other)):
        if a is None or b is None or not np.array_equal(a, b):
            return False
        if time.monotonic() > end:
            raise _NotShownError
    return True


def _frames(path: Path) -> Iterator[NDArray[Any]]:
    """A file's frames, decoded one by one, after all of them were held against the header."""
    from pydicom.filereader import read_partial

    from medomni.dicom.jpeg import iter_pixels

    with open(path, "rb") as handle:
        head = read_partial(handle, lambda tag, _vr, _length: tag >= PIXEL_DATA)
        syntax = head.file_meta.TransferSyntaxUID
        _check_size(head)
        if syntax.is_deflated:  # it was inflated whole, and the file stands at its end
            handle.seek(0)
            all_of_it = read_partial(handle)
            _check_length(head, len(all_of_it.PixelData))
            yield from iter_pixels(all_of_it)
            return
        handle.seek(8 if syntax.is_implicit_VR else 12, os.SEEK_CUR)  # tag, VR and length of the pixel data
        if syntax.is_encapsulated:
            _check_frames(head, handle)
        else:
            _check_length(head, os.fstat(handle.fileno()).st_size - handle.tell())
    yield from iter_pixels(path)


def _check_size(head: Dataset) -> None:
    pixels, frames = int(head.Rows) * int(head.Columns), int(head.get("NumberOfFrames") or 1)
    frame = pixels * int(head.SamplesPerPixel) * max(int(head.BitsAllocated) // 8, 1)
    if not 0 < pixels <= MOST_PIXELS or not 0 < frame <= MOST_FRAME or not 0 < frame * frames <= MOST_DECODED:
        raise _NotShownError


def _check_length(head: Dataset, there: int) -> None:
    """Hold uncompressed pixels against the header; a file may state more than it has."""
    samples = 2 if head.PhotometricInterpretation == "YBR_FULL_422" else int(head.SamplesPerPixel)
    bits = int(head.Rows) * int(head.Columns) * samples * int(head.BitsAllocated) * int(head.get("NumberOfFrames") or 1)
    if there < bits // 8:
        raise _NotShownError


def _check_frames(head: Dataset, handle: BinaryIO) -> None:
    """Hold what each compressed frame says of itself, or could hold, against the header, before it is decoded."""
    from pydicom.encaps import generate_frames

    table = [head.get(name) for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")]
    told = (int(head.Rows), int(head.Columns), int(head.SamplesPerPixel))
    wanted = told[0] * told[1] * told[2] * (int(head.BitsAllocated) // 8)
    for data in generate_frames(handle, number_of_frames=int(head.get("NumberOfFrames") or 1),
                                extended_offsets=(table[0], table[1]) if all(table) else None):
        if not may_be(data, told, wanted, head.file_meta.TransferSyntaxUID):
            raise _NotShownError


def _of_one_kind(first: Dataset, second: Dataset) -> bool:
    kinds = [str(ds.get("PhotometricInterpretation")) for ds in (first, second)]
    return kinds[0] == kinds[1] or all(kind in COLOURS for kind in kinds)


def _alike(first: Dataset, second: Dataset) -> bool:
    """Equal in all elements but what another encoding of the same pixels changes."""
    private = [{e.tag for e in ds if e.tag.is_private} for ds in (first, second)]
    if any(first[tag] != second[tag] for tag in private[0] & private[1]):
        return False
    for ds in (first, second):
        for element in ENCODING:
            if element in ds:
                del ds[element]
        ds.remove_private_tags()
    return bool(first == second)
