"""What stands in a compressed frame beside the image and may name a patient: comments, EXIF, bytes behind its end."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from medomni.dicom.faults import UnreadableError
from medomni.dicom.fragments import MOST_SEGMENTS, RLE_HEADER, frame_at, places_of
from medomni.errors import MedomniError

JPEG = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93, 201, 202, 203))
_COLOURS = {b"\xff\xee\x00\x0eAdobe": b"\x00\x64\x00\x00\x00\x00", b"\xff\xe8\x00\x07mrfx": b""}
"""Application segments that say how colours are stored, in their last byte: without them an image looks otherwise. To
what stands before that byte, versions and flags, nobody listens: it is written anew, since letters fit there."""
_EXTENDED = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")


def compressed_frames(ds: Dataset) -> list[bytes]:
    """The codestream of every frame.

    Raises:
        UnreadableError: where the items are damaged, or there are more or fewer frames than the header says.
    """
    try:
        return [frame_at(ds.PixelData, places) for places in places_of(ds, "")]
    except MedomniError as exc:
        raise UnreadableError(exc.detail) from exc


def without_comments(body: Dataset, syntax: str) -> bool:
    """Take comments and what lies behind the image out of every frame; True where anything was.

    JPEG and JPEG-LS (ITU-T T.81, T.87): COM and APPn segments but those of colour. JPEG 2000 (ITU-T T.800 A.9): COM
    segments of the main header and of tile-parts, whose lengths are set anew. RLE (PS3.5 annex G): bytes between and
    behind the segments. Frames are encapsulated anew, an item each, so that nothing stands in tables of offsets.

    Raises:
        UnreadableError: where a frame cannot be followed from marker to marker, there are more or fewer than the header
            says, or the form is another, in which nobody knows what stands beside the image.
    """
    before = compressed_frames(body)
    try:
        after = [b"".join(_cleaned(frame, syntax, body)) for frame in before]
    except (struct.error, IndexError) as exc:
        raise UnreadableError("a compressed frame ends before its image does") from exc
    body.PixelData = encapsulate(after, has_bot=sum(map(len, after)) + 8 * len(after) < 1 << 32)
    for keyword in _EXTENDED:
        if keyword in body:
            delattr(body, keyword)
    return not all(b.startswith(a) and not b[len(a):].strip(b"\0") for a, b in zip(after, before, strict=True))


def _cleaned(frame: bytes, syntax: str, body: Dataset) -> Iterator[bytes]:
    if syntax in JPEG:
        return _jpeg(frame)
    if syntax in JPEG_2000:
        return _jpeg_2000(frame)
    if syntax == RLELossless:
        return _rle(frame, int(body.Rows) * int(body.Columns))
    raise UnreadableError("pixels in a compressed form whose comments cannot be taken out")


def _jpeg(frame: bytes) -> Iterator[bytes]:
    if frame[:2] != b"\xff\xd8":
        raise UnreadableError("a frame is not the JPEG that its syntax says")
    yield frame[:2]
    at = 2
    while True:
        while frame[at:at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if frame[at] != 0xFF:
            raise UnreadableError("a compressed frame cannot be followed from marker to marker")
        code = frame[at + 1]
        if code == 0xD9:
            yield frame[at:at + 2]
            return
        end = at + 2 + struct.unpack_from(">H", frame, at + 2)[0]
        if end > len(frame) or end < at + 4:
            raise UnreadableError("a compressed frame cannot be followed from marker to marker")
        segment = frame[at:end]
        if not (code == 0xFE or 0xE0 <= code <= 0xEF):
            yield segment
        for begin, between in _COLOURS.items():
            if segment.startswith(begin) and len(segment) == len(begin) + len(between) + 1:
                yield begin + between + segment[-1:]
        at = end
        if code == 0xDA:
            while frame[at] != 0xFF or frame[at + 1] < 0x80 or 0xD0 <= frame[at + 1] <= 0xD7:
                at += 1
            yield frame[end:at]


def _jpeg_2000(frame: bytes) -> Iterator[bytes]:
    if frame[:2] != b"\xff\x4f":
        raise UnreadableError("a frame is not the JPEG 2000 codestream that its syntax says")
    header, at = _segments(frame, 2, b"\xff\x90")
    lengths = any(s[:2] in (b"\xff\x55", b"\xff\x57") for s in header)  # TLM, PLM
    yield frame[:2] + b"".join(s for s in header if s[:2] != b"\xff\x64")
    while frame[at:at + 2] == b"\xff\x90":
        size = struct.unpack_from(">I", frame, at + 6)[0]
        tile, data = _segments(frame, at + 12, b"\xff\x93")
        kept = b"".join(s for s in tile if s[:2] != b"\xff\x64")
        less = data - at - 12 - len(kept)
        if less and lengths:
            raise UnreadableError("comments in a tile whose length is told elsewhere too")
        end = at + size if size else frame.find(b"\xff\xd9", data)  # no marker above FF8F stands in data (B.10.1)
        if end < data or end > len(frame):
            raise UnreadableError("a compressed frame ends before its image does")
        yield frame[at:at + 6] + struct.pack(">I", size - less if size else 0) + frame[at + 10:at + 12]
        yield kept + frame[data:end]
        at = end
    if frame[at:at + 2] != b"\xff\xd9":
        raise UnreadableError("a compressed frame cannot be followed from marker to marker")
    yield b"\xff\xd9"


def _segments(frame: bytes, at: int, last: bytes) -> tuple[list[bytes], int]:
    """Marker segments from ``at`` up to the marker ``last``, and where that stands."""
    found = []
    while frame[at:at + 2] != last:
        end = at + 2 + struct.unpack_from(">H", frame, at + 2)[0]
        if frame[at] != 0xFF or end > len(frame) or end < at + 4:
            raise UnreadableError("a compressed frame cannot be followed from marker to marker")
        found.append(frame[at:end])
        at = end
    return found, at


def _rle(frame: bytes, pixels: int) -> Iterator[bytes]:
    """The header and each segment up to where it has given every pixel, with the one byte that may pad it."""
    count, *offsets = struct.unpack_from("<16I", frame)
    if not 0 < count <= MOST_SEGMENTS:
        raise UnreadableError("a frame is not the RLE that its syntax says")
    segments: list[bytes] = []
    places: list[int] = []
    for at, following in zip(offsets[:count], [*offsets[1:count], len(frame)], strict=True):
        if at < RLE_HEADER:
            raise UnreadableError("a frame is not the RLE that its syntax says")
        end = _rle_end(frame, at, pixels)
        places.append(RLE_HEADER + sum(map(len, segments)))
        segments.append(frame[at:end] + (b"\0" if frame[end:following][:1] == b"\0" else b""))
    yield struct.pack("<16I", count, *places, *[0] * (MOST_SEGMENTS - count))
    yield from segments


def _rle_end(frame: bytes, at: int, pixels: int) -> int:
    """Where a segment ends that begins at ``at`` (PS3.5 G.3.2)."""
    while pixels > 0:
        code = frame[at]
        if code < 0x80:
            at, pixels = at + code + 2, pixels - code - 1
        elif code > 0x80:
            at, pixels = at + 2, pixels + code - 257
        else:
            at += 1
    if pixels or at > len(frame):
        raise UnreadableError("a segment of RLE that gives more or fewer pixels than the image has")
    return at
