"""A second pair of eyes on compressed frames: whatever stands there beside the image is named, and so is what cannot be
followed.

Written apart from :mod:`medomni.dicom.deid.streams`, which takes such things out.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.uid import UID, RLELossless

COMMENT, BEHIND, BESIDE = "comment in a compressed frame", "bytes behind a compressed frame", "bytes beside the frames"
LOST = "a compressed frame that cannot be followed"
_JPEG = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81)}
_JPEG_2000 = {f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93, 201, 202, 203)}
_OF_IMAGES = {*range(0xC0, 0xD0), *range(0xDA, 0xE0), 0xF7, 0xF8}
"""Second bytes of JPEG's and JPEG-LS's markers (ITU-T T.81 table B.1, T.87 annex C) of tables, frames and scans."""
_OF_CODESTREAMS = {0x50, 0x51, 0x52, 0x53, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x63}
"""The same of JPEG 2000 (ITU-T T.800 table A.2, T.814): all but COM."""
_NEXT = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
_COLOUR = re.compile(rb"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0[\0-\x02]|\xff\xe8\0\x07mrfx[\0-\x05]")
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
_RLE_HEADER = 64


def beside_the_images(ds: Dataset, syntax: str) -> set[str]:
    """What stands in encapsulated pixel data beside the images of its frames; nothing for native pixels.

    One item a frame is wanted, as :func:`medomni.dicom.deid.streams.without_comments` writes them.
    """
    if not UID(syntax).is_compressed or "PixelData" not in ds:
        return set()
    found = {BESIDE for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths") if name in ds}
    try:
        frames = list(_items(bytes(ds.PixelData)))
        table = frames.pop(0)
        places = [sum(len(f) + 8 for f in frames[:k]) for k in range(len(frames))]
        if len(frames) != int(ds.get("NumberOfFrames") or 1) or table not in (
                b"", struct.pack(f"<{len(places)}I", *(p % (1 << 32) for p in places))):
            found.add(BESIDE)
        for frame in frames:
            found.update(_judged(frame, syntax, ds))
    except (IndexError, ValueError, struct.error):
        found.add(LOST)
    return found


def _items(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data) and data[at:] != _END:
        length = struct.unpack_from("<I", data, at + 4)[0]
        if data[at:at + 4] != _ITEM or at + 8 + length > len(data):
            raise ValueError(LOST)
        yield data[at + 8:at + 8 + length]
        at += 8 + length


def _judged(frame: bytes, syntax: str, ds: Dataset) -> Iterator[str]:
    if syntax in _JPEG:
        yield from _jpeg(frame)
    elif syntax in _JPEG_2000:
        yield from _jpeg_2000(frame)
    elif syntax == RLELossless:
        yield from _rle(frame, int(ds.Rows) * int(ds.Columns))
    else:
        yield LOST


def _jpeg(frame: bytes) -> Iterator[str]:
    at = 2 if frame[:2] == b"\xff\xd8" else len(frame)
    while frame[at:at + 2] != b"\xff\xd9":
        if frame[at] != 0xFF:
            raise ValueError(LOST)
        if frame[at + 1] == 0xFF:  # fill
            at += 1
            continue
        code, end = frame[at + 1], at + 2 + _length(frame, at)
        if code not in _OF_IMAGES and not _COLOUR.fullmatch(frame, at, end):
            yield COMMENT
        at = end
        if code == 0xDA:
            after = _NEXT.search(frame, at)
            if after is None:
                raise ValueError(LOST)
            at = after.start()
    if frame[at + 2:] not in (b"", b"\0"):
        yield BEHIND


def _jpeg_2000(frame: bytes) -> Iterator[str]:
    at = 2 if frame[:2] == b"\xff\x4f" else len(frame)
    begun = end = 0
    while frame[at:at + 2] != b"\xff\xd9":
        if frame[at] != 0xFF:
            raise ValueError(LOST)
        code = frame[at + 1]
        if code == 0x93:  # data of a tile-part, as long as its beginning says
            at = end if end else frame.index(b"\xff\xd9", at)
            continue
        if code == 0x90:
            begun, size = at, struct.unpack_from(">I", frame, at + 6)[0]
            end = begun + size if size else 0
        elif code not in _OF_CODESTREAMS:
            yield COMMENT
        at += 2 + _length(frame, at)
    if frame[at + 2:] not in (b"", b"\0"):
        yield BEHIND


def _rle(frame: bytes, pixels: int) -> Iterator[str]:
    """Each segment must end where it has given every pixel (PS3.5 G.3)."""
    count, *offsets = struct.unpack_from("<16I", frame)
    starts = [*offsets[:count], len(frame)]
    if not 0 < count <= len(offsets) or starts[0] != _RLE_HEADER or any(offsets[count:]):
        yield BESIDE
        return
    for at, limit in zip(starts, starts[1:], strict=False):
        left = pixels
        while left > 0:
            n = frame[at]
            given = n + 1 if n < 128 else 257 - n if n > 128 else 0
            at, left = at + (n + 2 if n < 128 else 1 + (n > 128)), left - given
        if left or at > limit:
            raise ValueError(LOST)
        if frame[at:limit] not in (b"", b"\0"):
            yield BEHIND


def _length(frame: bytes, at: int) -> int:
    length = struct.unpack_from(">H", frame, at + 2)[0]
    if length < 2 or at + 2 + length > len(frame):
        raise ValueError(LOST)
    return int(length)
