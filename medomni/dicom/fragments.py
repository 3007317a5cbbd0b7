"""Which fragments of encapsulated pixel data are whose frame's (PS3.5 A.4), and that there are as many as are stated.

Readers differ in what they make of more frames than the header states, or of a table of offsets that does not ascend:
each then takes another image for the same frame.
"""

from __future__ import annotations

from struct import unpack, unpack_from
from typing import TYPE_CHECKING

from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

ITEM, SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
Places = list[tuple[int, int]]
"""Where values of items begin and end in encapsulated pixel data, in bytes."""
_HUGE = 1 << 31
RLE_HEADER, MOST_SEGMENTS = 64, 15
"""Bytes before the segments of a frame of RLE, and how many there may be (PS3.5 G.5)."""


def items_of(data: bytes) -> tuple[Places, int, bool]:
    """Where the items' values lie, of which the first is the offset table; where the walk ended; and whether that was
    behind the sequence delimiter."""
    position = 0
    found: Places = []
    while position + 8 <= len(data):
        group, element, length = unpack_from("<HHI", data, position)
        tag, start = group << 16 | element, position + 8
        if tag == SEQUENCE_END:
            return found, start, True
        if tag != ITEM or length >= _HUGE or start + length > len(data):
            break
        position = start + length
        found.append((start, position))
    return found, position, False


def begins(data: bytes, start: int, end: int) -> bool:
    """Whether a fragment begins a codestream: JPEG, JPEG-LS, JPEG 2000, or the 64 bytes before a frame of RLE.

    None of these stands inside the data of a frame: behind FF no byte that makes a marker of JPEG may stand there.
    """
    head = data[start:min(end, start + RLE_HEADER)]
    if head[:3] == b"\xff\xd8\xff" or head[:4] == b"\xff\x4f\xff\x51" or head[4:8] == b"jP  ":
        return True
    if len(head) < RLE_HEADER:
        return False
    count, *offsets = unpack("<16I", head)
    return 0 < count <= MOST_SEGMENTS and offsets[0] == RLE_HEADER and not any(offsets[count:])


def frames_in(data: bytes, frames: int, extended: tuple[bytes, bytes], name: str) -> list[Places]:
    """The fragments of each frame: as a table of offsets says where there is one, else one a frame, else from one
    beginning of a codestream to the next.

    Args:
        data: from the first item on, which is the basic offset table; the delimiter at the end may be missing.
        frames: how many the header states.
        extended: the Extended Offset Table and its lengths (PS3.3 C.7.6.3.1.8), little endian; empty without one.
        name: of the file, as messages may show it.

    Raises:
        MedomniError: MED-D12 where there are more frames than the header states, MED-D03 where there are fewer, MED-D10
            where the items are damaged or a table's offsets do not ascend from fragment to fragment.
    """
    items, end, delimited = items_of(data)
    if not items or not (delimited or end == len(data)):
        raise MedomniError("MED-D10", "damaged items of compressed pixel data", where=name)
    table, fragments = items[0], items[1:]
    if not fragments:
        raise MedomniError("MED-D03", f"0 of {frames} compressed frames", where=name)
    begun = [k for k, place in enumerate(fragments) if begins(data, *place)]
    tables = [_by_table(_numbers(raw, size, name), fragments, frames, name)
              for raw, size in ((data[slice(*table)], 4), (extended[0], 8)) if raw]
    if any(other != tables[0] for other in tables):
        raise MedomniError("MED-D10", "two tables of offsets that differ", where=name)
    if tables:
        starts = tables[0]
    elif frames == 1 or len(fragments) == frames:
        starts = list(range(frames))
    else:
        starts = begun if begun[:1] == [0] else []
    if (count := len({*starts, *begun})) > frames:
        raise MedomniError("MED-D12", f"{count} compressed frames, the header says {frames}", where=name)
    if len(starts) < frames:
        raise MedomniError("MED-D03", f"{len(starts)} of {frames} compressed frames", where=name)
    cut = [fragments[a:b] for a, b in zip(starts, [*starts[1:], len(fragments)], strict=True)]
    if extended[0] and extended[1]:
        _check_lengths(_numbers(extended[1], 8, name), cut, name)
    return cut


def places_of(ds: Dataset, name: str) -> list[Places]:
    """The fragments of each frame of a data set, as :func:`frames_in`, which says what is raised."""
    table, lengths = (bytes(ds.get(n) or b"") for n in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"))
    return frames_in(ds.PixelData, int(ds.get("NumberOfFrames") or 1), (table, lengths), name)


def frame_at(data: bytes, places: Places) -> bytes:
    """A frame's fragments joined."""
    return b"".join(data[a:b] for a, b in places)


def _numbers(table: bytes, size: int, name: str) -> list[int]:
    if len(table) % size:
        raise MedomniError("MED-D10", "a damaged table of offsets", where=name)
    return list(unpack(f"<{len(table) // size}{'I' if size == 4 else 'Q'}", table))


def _by_table(table: list[int], fragments: Places, frames: int, name: str) -> list[int]:
    """The fragment at which each frame begins, by offsets that are counted from the first fragment's item."""
    if len(table) != frames:
        raise MedomniError("MED-D12" if len(table) > frames else "MED-D03",
                           f"offsets of {len(table)} compressed frames, the header says {frames}", where=name)
    at = {start - fragments[0][0]: k for k, (start, _) in enumerate(fragments)}
    starts = [at.get(offset, -1) for offset in table]
    if starts[0] != 0 or any(b <= a for a, b in zip(starts, starts[1:], strict=False)):
        raise MedomniError("MED-D10", "the offsets of the compressed frames do not ascend from fragment to fragment",
                           where=name)
    return starts


def _check_lengths(lengths: list[int], cut: list[Places], name: str) -> None:
    """With an extended table each frame is one fragment, as long as its item but for a byte that pads it."""
    if len(lengths) != len(cut) or any(
            len(places) > 1 or not 0 <= places[0][1] - places[0][0] - length <= 1
            for places, length in zip(cut, lengths, strict=True)):
        raise MedomniError("MED-D10", "the lengths of the compressed frames are not those of their items", where=name)
