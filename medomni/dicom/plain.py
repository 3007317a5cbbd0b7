"""The short way into a file: one walk over the top-level elements, without building a data set.

Only what is plain is read here: a preamble, ascending tags, ASCII text. Everything else returns None and is left to
pydicom, which decides what it is. Both ways give the same values on every file that both can read; the short
one spends a third of the time and lets other threads run while it reads.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from medomni.dicom.tags import COMPARED, DOUBLES, ENCAPSULATED, NUMBERS, SEQUENCES, TAGS, WINDOWS

HEAD = 1 << 14  # most headers end within it
LONGEST_HEAD = 1 << 20
DEEPEST = 16
UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = 0x7FE00010
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_LONG_VR = frozenset((b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UN", b"UR", b"UT", b"SV", b"UV"))
_KNOWN_VR = _LONG_VR | frozenset(v.encode() for v in (
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI",
    "UL", "US"))


class _Endian:
    """The order of bytes in a data set."""

    def __init__(self, sign: str) -> None:
        self.tag = Struct(f"{sign}HHI").unpack_from
        self.short = Struct(f"{sign}H").unpack_from
        self.long = Struct(f"{sign}I").unpack_from
        self.us, self.fd = Struct(f"{sign}H"), Struct(f"{sign}d")


_LITTLE, _BIG = _Endian("<"), _Endian(">")


@dataclass(frozen=True, slots=True)
class PlainFile:
    """What the walk found.

    Attributes:
        values: keyword to text (several values joined by backslashes); numbers of two bytes as decimal text; a
            sequence that is there as ``present``.
        syntax: the transfer syntax UID.
        offset, length: of uncompressed pixel data in bytes; ``offset`` is -1 where the data are compressed or absent.
        items: where the items of compressed pixel data begin; -1 where the data are not compressed.
        within: where uncompressed pixel data begin in the bytes that a deflated data set is inflated to; else -1, as
            ``offset`` is then.
    """

    values: Mapping[str, str]
    syntax: str
    offset: int
    length: int
    items: int = -1
    within: int = -1

    @property
    def frames(self) -> int:
        """How many frames the header states; 1 where it states no number."""
        text = self.values.get("NumberOfFrames") or "1"
        return int(text) if text.isdecimal() else 1


class _OddError(Exception):
    """Not plain: pydicom decides."""


class _MoreError(Exception):
    """The header goes on past the bytes that were read."""


_NAMES = {tag: name for name, tag in TAGS.items() if name not in SEQUENCES}
_SEQUENCES = {TAGS[name]: name for name in SEQUENCES}
_NUMBERS = frozenset(TAGS[name] for name in NUMBERS)
_COMPARED = frozenset((*(TAGS[name] for name in COMPARED), WINDOWS["WindowCenterWidthExplanation"]))
_SPECIAL = _NUMBERS | _COMPARED | frozenset(TAGS[name] for name in DOUBLES)


def read_plain(path: Path | str, wanted: Mapping[str, int] | None = None) -> PlainFile | None:
    """Walk one file's header for :data:`medomni.dicom.tags.TAGS`, or other texts; None where it is not plain.

    Args:
        wanted: keyword to tag, of texts.

    Raises:
        OSError: where the file cannot be opened or read.
    """
    names = _NAMES if wanted is None else {tag: name for name, tag in wanted.items()}
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = os.read(descriptor, HEAD)
        if data[128:132] != b"DICM":
            return None
        try:
            found = _walked(data, HEAD, names)
        except _MoreError:
            if len(data) < HEAD:
                return None
            found = _walked(data + os.read(descriptor, LONGEST_HEAD - HEAD), LONGEST_HEAD, names)
        behind = os.pread(descriptor, 4, found.offset + found.length) if found.offset >= 0 else b""
        return found if may_follow(behind, found.syntax) else None
    except (_OddError, _MoreError, IndexError, zlib.error):
        return None
    finally:
        os.close(descriptor)


def surplus(length: int, rows: int, columns: int, frames: int, sample: int) -> int:
    """Bytes of uncompressed pixel data beyond what their header's size takes and the one that makes their number even:
    the size may not be that of the pixels, which would then lie sheared.

    Args:
        length: of the pixel data in bytes.
        sample: bytes of a pixel.
    """
    beyond = length - rows * columns * frames * sample
    return beyond if beyond > 1 else 0


def data_set_at(head: bytes) -> int:
    """Where the data set of a file begins, by the group length of group 0002, which stands first (PS3.10 7.1)."""
    return 144 + int.from_bytes(head[140:144], "little")


def inflated(packed: bytes, most: int) -> bytes:
    """The first ``most`` bytes of a deflated data set (PS3.5 A.5; RFC 1951, no header); fewer where it ends; zlib.error
    where it is damaged."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)


def may_follow(behind: bytes, syntax: str = EXPLICIT) -> bool:
    """Whether a file may go on so behind its pixel data (PS3.5 7.1): with a larger tag, with zeros, or not at all."""
    if len(behind) < 4:
        return True
    short = (_BIG if syntax == BIG_ENDIAN else _LITTLE).short
    group, element = short(behind)[0], short(behind, 2)[0]
    return group << 16 | element == 0 or group << 16 | element > PIXEL_DATA


def _walked(data: bytes, most: int, names: Mapping[int, str]) -> PlainFile:
    syntax, position = _meta(data)
    if syntax != DEFLATED:
        return _walk(data, position, syntax, names)
    found = _walk(inflated(data[position:], most), 0, EXPLICIT, names)
    return PlainFile(found.values, syntax, -1, found.length, -1, found.offset)


def _walk(data: bytes, position: int, syntax: str, names: Mapping[int, str]) -> PlainFile:
    implicit, order = syntax == IMPLICIT, _BIG if syntax == BIG_ENDIAN else _LITTLE
    if not implicit and syntax not in (EXPLICIT, BIG_ENDIAN) and syntax not in ENCAPSULATED:
        raise _OddError
    special, sequences = _SPECIAL, _SEQUENCES
    values: dict[str, str] = {}
    end, last = len(data) - 12, 0
    while position <= end:
        group, element, length = order.tag(data, position)
        tag = group << 16 | element
        if tag <= last:
            raise _OddError
        last = tag
        if implicit:
            start, vr = position + 8, b""
        else:
            vr, length, start = _explicit(data, position, order)
        if tag >= PIXEL_DATA:
            if tag != PIXEL_DATA or (length == UNDEFINED) != (syntax in ENCAPSULATED):
                return PlainFile(values, syntax, -1, 0)
            return PlainFile(values, syntax, start, length) if length != UNDEFINED else PlainFile(
                values, syntax, -1, 0, start)
        if tag in sequences:
            values[sequences[tag]] = "present"
        if length == UNDEFINED:
            if tag in names or (not implicit and vr not in (b"SQ", b"UN")):
                raise _OddError
            position = _past_sequence(data, start, implicit or vr == b"UN", 0, _LITTLE if vr == b"UN" else order)
            continue
        position = start + length
        name = names.get(tag)
        if name is not None:
            if position > len(data):
                raise _MoreError
            if tag not in special:
                values[name] = _text(data[start:position], vr)
            elif tag in _COMPARED:
                values[name] = _compared(data[start:position], vr)
            else:
                values[name] = _number(data, start, length, order.us if tag in _NUMBERS else order.fd)
    raise _MoreError


def _meta(data: bytes) -> tuple[str, int]:
    """The transfer syntax and where the data set begins (PS3.10 7.1: group 0002 in explicit little endian)."""
    position, syntax = 132, ""
    while True:
        if position + 12 > len(data):
            raise _MoreError
        group, element, _ = _LITTLE.tag(data, position)
        if group != 2:
            break
        vr, length, start = _explicit(data, position, _LITTLE)
        if length == UNDEFINED:
            raise _OddError
        position = start + length
        if element == 0x0010:
            syntax = _text(data[start:position], vr)
    if not syntax:
        raise _OddError
    return syntax, position


def _explicit(data: bytes, position: int, order: _Endian) -> tuple[bytes, int, int]:
    """VR, length and start of the value of an element in explicit VR (PS3.5 7.1.2)."""
    vr = data[position + 4:position + 6]
    if vr in _KNOWN_VR:
        if vr in _LONG_VR:
            return vr, order.long(data, position + 8)[0], position + 12
        return vr, order.short(data, position + 6)[0], position + 8
    raise _OddError


def _past_sequence(data: bytes, position: int, implicit: bool, depth: int, order: _Endian) -> int:
    """The position behind a sequence of undefined length (PS3.5 7.5)."""
    if depth > DEEPEST:
        raise _OddError
    while True:
        if position + 8 > len(data):
            raise _MoreError
        group, element, length = order.tag(data, position)
        tag, position = group << 16 | element, position + 8
        if tag == SEQUENCE_END:
            return position
        if tag != ITEM:
            raise _OddError
        position = (_past_item(data, position, implicit, depth + 1, order) if length == UNDEFINED else
                    position + length)


def _past_item(data: bytes, position: int, implicit: bool, depth: int, order: _Endian) -> int:
    while True:
        if position + 12 > len(data):
            raise _MoreError
        group, element, length = order.tag(data, position)
        if group << 16 | element == ITEM_END:
            return position + 8
        vr, start = b"", position + 8
        if not implicit:
            vr, length, start = _explicit(data, position, order)
        if length == UNDEFINED:
            position = _past_sequence(data, start, implicit or vr == b"UN", depth + 1,
                                      _LITTLE if vr == b"UN" else order)
        else:
            position = start + length


def _text(raw: bytes, vr: bytes) -> str:
    if not raw.isascii() or b"\x1b" in raw or vr == b"SQ":
        raise _OddError  # a character set, which pydicom knows
    return raw.decode("ascii").rstrip("\0 ")


def _compared(raw: bytes, vr: bytes) -> str:
    return _text(raw, vr) if raw.isascii() and b"\x1b" not in raw else ""


def _number(data: bytes, start: int, length: int, form: Struct) -> str:
    if length == 0:
        return ""
    if length != form.size:
        raise _OddError
    return str(form.unpack_from(data, start)[0])
