"""Whether an image was compressed with loss: by its tag, its transfer syntax, or what its codestream says of itself."""

from __future__ import annotations

import re
from pathlib import Path
from struct import unpack_from

from medomni.dicom.headers import SliceHeader

ALWAYS_LOSSY = frozenset(("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"))
"""JPEG Baseline and Extended."""
EITHER = frozenset("1.2.840.10008.1.2.4." + end for end in ("81", "91", "93", "203"))
"""JPEG-LS near-lossless, JPEG 2000 and HTJ2K, whose codestreams may keep every value or not."""
HEAD = 1 << 12  # main headers end within some hundred bytes
MOST = 1 << 20
_ENCAPSULATED = re.compile(rb"\xe0\x7f\x10\x00O[BW]\0\0\xff\xff\xff\xff")
_SOS, _COD, _SOT = 0xFFDA, 0xFF52, 0xFF90


def lossy_slices(headers: list[SliceHeader]) -> int:
    """How many slices say that they were compressed with loss (0028,2110), have a transfer syntax that always loses,
    or a codestream that does so. The frames of one file are compressed alike."""
    asked: dict[Path, bool] = {}
    for h in headers:
        if h.path not in asked or h.frame is None:
            asked[h.path] = _is_lossy(h)
    return sum(asked[h.path] for h in headers)


def _is_lossy(header: SliceHeader) -> bool:
    if header.text("LossyImageCompression") == "01" or header.syntax in ALWAYS_LOSSY:
        return True
    return header.syntax in EITHER and loses(_head(header))


def loses(codestream: bytes) -> bool:
    """Whether a codestream loses by its main header: JPEG-LS with NEAR above 0 (ISO 14495-1 C.2.3), JPEG 2000 with the
    irreversible 9-7 filter (ISO 15444-1 A.6.1). False where the header is not found: then decoding names the damage.

    Args:
        codestream: its first bytes at least.
    """
    jpeg_2000 = codestream[:2] != b"\xff\xd8"
    start = codestream.find(b"\xff\x4f\xff\x51") if jpeg_2000 else 0  # a container is forbidden, and some write one
    if start < 0:
        return False
    position = start + 2
    while position + 14 <= len(codestream):
        marker, length = unpack_from(">HH", codestream, position)
        if jpeg_2000 and marker == _COD:
            return codestream[position + 13] == 0
        if not jpeg_2000 and marker == _SOS:
            near = position + 5 + 2 * codestream[position + 4]
            return near < len(codestream) and codestream[near] > 0
        if marker < 0xFF00 or marker == _SOT:
            return False
        position += 2 + length
    return False


def _head(header: SliceHeader) -> bytes:
    """The first bytes of a file's first frame: behind the table of offsets (PS3.5 A.4); empty where it is not found."""
    try:
        with open(header.path, "rb") as file:
            items = header.plain.items if header.plain is not None else -1
            if items < 0:
                found = _ENCAPSULATED.search(file.read(MOST))
                if found is None:
                    return b""
                items = found.end()
            file.seek(items)
            table = file.read(8)
            if len(table) < 8:
                return b""
            file.seek(items + 16 + unpack_from("<I", table, 4)[0])
            return file.read(HEAD)
    except OSError:
        return b""
