"""What reading a series would refuse, found without its pixels where headers and sizes of files tell it.

The checks are those of reading itself. What they cannot see: damage inside compressed pixels, more than the first few
images that share a place, and values that fit no unit.
"""

from __future__ import annotations

from medomni.dicom.fill import LongWay, check_headers
from medomni.dicom.geometry import Stack
from medomni.dicom.headers import MODALITY_TABLE, SliceHeader
from medomni.dicom.plain import surplus
from medomni.errors import MedomniError

MOST_TWINS = 8
"""Pairs of images at one place whose pixels are compared: copies of a whole series would else be read twice."""


def foresee(stack: Stack) -> None:
    """Refuse what :func:`medomni.dicom.read_study` would refuse; the files must be there still.

    Raises:
        MedomniError: MED-D03, MED-D06, MED-D10, MED-D11, MED-D12, MED-D18.
    """
    from medomni.dicom.pixels import check_bits
    from medomni.dicom.read import check_twin
    from medomni.dicom.rescale import rescale_of

    check_headers(stack.headers)
    for header in (*stack.headers, *(other for _, other in stack.twins)):
        _check_size(header)
        check_bits(header.values, header.label)
        if not header.text(MODALITY_TABLE):
            rescale_of(header.values, header.text("Modality") == "CT", header.label)
    _check_first_table(stack.headers[0])
    for kept, other in stack.twins[:MOST_TWINS]:
        check_twin(LongWay()(kept)[0], kept, other)


def _check_size(header: SliceHeader) -> None:
    """Of a file that the short way read: the pixels that its header promises are there, or have begun."""
    plain, bits = header.plain, header.text("BitsAllocated")
    if plain is None or not bits.isdecimal():
        return
    try:
        size = header.path.stat().st_size
    except OSError as exc:
        raise MedomniError("MED-D03", type(exc).__name__, where=header.label) from exc
    if plain.items >= 0 and plain.items >= size:
        raise MedomniError("MED-D03", "the file ends before its pixel data", where=header.label)
    if plain.offset >= 0:
        wanted = ((header.frame or 0) + 1) * header.rows * header.columns * header.samples * int(bits) // 8
        there = min(plain.length, size - plain.offset)
        if there < wanted:
            raise MedomniError("MED-D03", f"{max(there, 0)} of {wanted} bytes of pixel data", where=header.label)
        if surplus(plain.length, header.rows, header.columns, plain.frames, header.samples * int(bits) // 8):
            LongWay()(header)  # looks at what there is too much of


def _check_first_table(first: SliceHeader) -> None:
    if not first.text(MODALITY_TABLE):
        return
    from medomni.dicom.faults import UnreadableError
    from medomni.dicom.parse import read_elements
    from medomni.dicom.rescale import check_table

    try:
        check_table(read_elements(first.path, ["Modality", MODALITY_TABLE]), first.label)
    except (UnreadableError, OSError) as exc:
        raise MedomniError("MED-D10", type(exc).__name__, where=first.label) from exc
