"""What stands in a compressed frame beside the image and may name a patient: comments, EXIF, bytes behind its end."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames

from medomni.dicom.faults import UnreadableError

JPEG = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93, 201, 202, 203))
_COLOURS = (b"\xff\xeeAdobe", b"\xff\xe8mrfx")
"""Application segments that say how colours are stored: without them an image looks otherwise."""


def without_comments(body: Dataset, syntax: str) -> bool:
    """Take comments and what lies behind the image out of every frame; True where anything was.

    JPEG and JPEG-LS (ITU-T T.81, T.87): COM and APPn segments but those of colour. JPEG 2000 (ITU-T T.800 A.9): COM
    segments of the main header and of tile-parts, whose lengths are set anew.

    Raises:
        UnreadableError: where a frame cannot be followed from marker to marker.
    """
    clean = _jpeg if syntax in JPEG else _jpeg_2000 if syntax in JPEG_2000 else None
    if clean is None:
        return False
    before = list(generate_frames(body.PixelData, number_of_frames=int(body.get("NumberOfFrames") or 1)))
    try:
        after = [b"".join(clean(frame)) for frame in before]
    except (struct.error, IndexError) as exc:
        raise UnreadableError("a compressed frame ends before its image does") from exc
    if all(a == b.rstrip(b"\0") or a == b for a, b in zip(after, before, strict=True)):
        return False
    body.PixelData = encapsulate(after)
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in body:
            delattr(body, keyword)
    return True


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
        if not (code == 0xFE or 0xE0 <= code <= 0xEF) or (segment[:2] + segment[4:]).startswith(_COLOURS):
            yield segment
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
        end = at + size if size else frame.rindex(b"\xff\xd9")
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
