"""Compressed frames: the bytes of one, and the size that its own header states, before anything decodes it.

A decoder makes room for what the compressed header says. Where that is not what the DICOM header says the file is
damaged or hostile, and a few bytes could ask for gigabytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from

from medomni.dicom.fragments import begins, frame_at, items_of
from medomni.dicom.plain import may_follow

RLE = "1.2.840.10008.1.2.5"
RLE_GAIN = 64
"""Two bytes of RLE stand for 128 at most (PS3.5 G.3.1)."""
_SOF = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7))
"""Start of frame of JPEG (ISO 10918-1 B.1.1.3) and of JPEG-LS (ISO 14495-1 C.1.1)."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a compressed header says: rows, columns, samples of a pixel, bits of a sample, and whether they are signed,
    which JPEG 2000 alone states."""

    rows: int
    columns: int
    samples: int
    bits: int
    signed: bool | None = None


def joined(data: bytes) -> bytes | None:
    """The one frame in the items of encapsulated pixel data (PS3.5 A.4), its fragments joined.

    Args:
        data: from the first item on, which is the offset table, to the sequence delimiter.

    Returns:
        None where the items are damaged, the delimiter is missing, what is behind it may not follow, or there is more
        than one frame or offset.
    """
    items, end, delimited = items_of(data)
    if not delimited or len(items) < 2 or not may_follow(data[end:end + 4]):
        return None
    (first, last), fragments = items[0], items[1:]
    if data[first:last] not in (b"", bytes(4)) or any(begins(data, *place) for place in fragments[1:]):
        return None
    return frame_at(data, fragments)


def stated(frame: bytes) -> Stated | None:
    """The size that a JPEG, JPEG-LS or JPEG 2000 frame states; None where none is found.

    RLE frames state none (PS3.5 G): their room is taken from the DICOM header.
    """
    if frame[:2] == b"\xff\x4f":
        return _jpeg_2000(frame, 0)
    if frame[4:8] == b"jP  ":  # JPEG 2000 in a JP2 container, which DICOM forbids and some write
        at = frame.find(b"\xff\x4f\xff\x51")
        return _jpeg_2000(frame, at) if at >= 0 else None
    if frame[:2] != b"\xff\xd8":
        return None
    position = 2
    while position + 9 < len(frame):
        if frame[position] != 0xFF:
            return None
        marker = frame[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _SOF:
            bits, rows, columns, samples = unpack_from(">BHHB", frame, position + 4)
            return Stated(rows, columns, samples, bits)
        position += 2 + unpack_from(">H", frame, position + 2)[0]
    return None


def whole(frame: bytes) -> bool:
    """Whether a JPEG, JPEG-LS or JPEG 2000 frame ends with its end marker, padding aside.

    A transfer that broke off leaves a tail that is missing or zero, which most decoders fill in without a word.
    """
    return b"\xff\xd9" in frame[-6:]


def may_be(frame: bytes, size: tuple[int, int, int], octets: int, syntax: str) -> bool:
    """Whether a compressed frame can be the image that the header states, before anything makes room for it.

    Args:
        size: rows, columns and samples of a pixel. octets: that they take, decoded.
        syntax: the transfer syntax UID. Of RLE, which states no size, the most counts that it can hold.
    """
    says = stated(frame)
    if says is None:
        return syntax == RLE and octets <= RLE_GAIN * len(frame)
    return (says.rows, says.columns, says.samples) == size and whole(frame)


def lacks_sign(size: Stated, signed: bool, bits: int) -> bool:
    """Whether a frame of JPEG or JPEG-LS, which states no sign, has fewer bits than the header's signed values: their
    highest one may be the sign, or none of the values be negative, and nothing tells which."""
    return size.signed is None and signed and size.bits < bits


def _jpeg_2000(frame: bytes, start: int) -> Stated | None:
    """The SIZ segment (ISO 15444-1 A.5.1), which follows the start of the codestream."""
    if len(frame) < start + 43 or frame[start + 2:start + 4] != b"\xff\x51":
        return None
    right, bottom, left, top = unpack_from(">IIII", frame, start + 8)
    samples, depth = unpack_from(">HB", frame, start + 40)
    return Stated(bottom - top, right - left, samples, (depth & 0x7F) + 1, bool(depth & 0x80))
