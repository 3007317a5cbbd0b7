"""One file's elements, read within bounds: no hang on garbage, no header content in a warning on the console."""

from __future__ import annotations

import logging
import warnings
import zlib
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID

from medomni.dicom.faults import DisorderError, UnreadableError
from medomni.dicom.plain import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, UNDEFINED, data_set_at

PIXEL_DATA = Tag(0x7FE0, 0x0010)
PREAMBLE = 128
MOST_INFLATED = 1 << 28
logging.getLogger("pydicom").propagate = False  # its messages quote header values: no root handler may print them


def read_elements(path: Path, tags: list[str], *, pixels: bool = False, only: bool = False,
                  strict: bool = False) -> FileDataset:
    """The elements named in ``tags``, each decoded; with ``pixels`` the pixel data too.

    With ``only``, what stands behind the last of them is not looked at.

    A file that states no transfer syntax, as those without group 0002 do, is given in ``file_meta`` that of its first
    element: explicit where its VR is one, big endian where its group says so, else implicit little endian, which is
    DICOM's own default (PS3.5 10.1). Only native pixels can be read so.

    Parsing stops where tags no longer ascend (PS3.5 7.1): a file that ends in zeros or noise would else be read
    eight bytes at a time. Where that is behind the pixel data, and no zeros stand there, the file was put together from
    pieces and may hold two sets of pixels. pydicom's warnings quote values, so they are not shown.

    Raises:
        DisorderError: where parsing stopped so behind the pixel data; with ``pixels`` or ``strict`` before them too;
            not for zeros, which only end the file.
        UnreadableError: where the bytes are not DICOM or an element cannot be decoded.
        OSError: where the file cannot be opened or read.
    """
    wanted = [Tag(t) for t in tags]
    end = int(max(wanted)) + 1 if only else 1 << 32 if pixels else int(PIXEL_DATA)
    try:
        with open(path, "rb") as handle, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            forced = not _has_preamble(handle.read(PREAMBLE + 4))
            handle.seek(0)
            if forced and not _plausible_start(handle.read(2)):
                raise UnreadableError("not DICOM")
            handle.seek(0)
            check_deflated(handle)
            order = _Order(end)
            dataset = read_partial(handle, order.stops, force=forced, specific_tags=wanted)  # type: ignore[arg-type]
            if "TransferSyntaxUID" not in dataset.file_meta:
                if order.compressed:
                    raise UnreadableError("compressed, and states no transfer syntax")
                dataset.file_meta.TransferSyntaxUID = UID(_implied(*dataset.original_encoding))
            for element in (*dataset.file_meta, *dataset):
                _ = element.value  # decode now: a damaged value must not surface later
    except UnreadableError:
        raise
    except OSError as exc:
        if exc.errno is None:  # the parser's own word for damaged bytes
            raise UnreadableError(f"not readable as DICOM ({type(exc).__name__})") from exc
        raise
    except InvalidDicomError as exc:
        raise UnreadableError("not DICOM") from exc
    except Exception as exc:  # a parser meeting hostile bytes may raise anything (struct, zlib, decimal, recursion)
        raise UnreadableError(f"not readable as DICOM ({type(exc).__name__})") from exc
    if forced and "SOPClassUID" not in dataset and "Rows" not in dataset:
        raise UnreadableError("not DICOM")  # a file without preamble must still look like an image
    if order.spoilt or (order.disorder and (pixels or strict)):
        raise DisorderError("elements out of order behind the pixel data" if order.spoilt else order.disorder, dataset)
    return dataset


def check_deflated(handle: BinaryIO, most: int | None = None) -> None:
    """A deflated data set is inflated whole by pydicom: one that would fill the memory is refused before.

    Args:
        handle: at the file's first byte, where it is left too.
        most: bytes that it may inflate to, by default :data:`MOST_INFLATED`.

    Raises:
        UnreadableError: where it inflates to more, or cannot be inflated.
    """
    most = MOST_INFLATED if most is None else most
    head = handle.read(4096)
    if DEFLATED.encode() in head[:1024]:
        try:
            handle.seek(data_set_at(head))
            inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
            while chunk := handle.read(1 << 16):
                while chunk:
                    size += len(inflate.decompress(chunk, 1 << 20))
                    chunk = inflate.unconsumed_tail
                    if size > most:
                        raise UnreadableError(f"not readable as DICOM (inflates to more than {most} bytes)")
        except zlib.error as exc:
            raise UnreadableError("not readable as DICOM (damaged deflated data)") from exc
    handle.seek(0)


def may_be_dicom(start: bytes) -> bool:
    """By the first bytes of a file: a preamble, or a group that a data set without one begins with."""
    return _has_preamble(start[:PREAMBLE + 4]) or _plausible_start(start[:2])


def _has_preamble(start: bytes) -> bool:
    return start[PREAMBLE:] == b"DICM"


def _plausible_start(group: bytes) -> bool:
    """A data set without preamble begins with group 0002 or 0008, little or big endian."""
    return group in (b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08")


def _implied(implicit: bool | None, little: bool | None) -> str:
    return IMPLICIT if implicit else EXPLICIT if little else BIG_ENDIAN


class _Order:
    """Stops the parser at ``end``, and where tags no longer ascend.

    Attributes:
        spoilt: whether that was behind the pixel data, at something else than zeros.
        disorder: how it was before them, at something else than zeros; empty where it was not.
        compressed: whether pixel data of undefined length were met, which are compressed (PS3.5 A.4).
    """

    def __init__(self, end: int) -> None:
        self._end, self._last, self.spoilt, self.disorder, self.compressed = end, -1, False, "", False
        self._looked_at = -1

    def stops(self, tag: BaseTag, _vr: str | None, length: int) -> bool:
        self.compressed |= tag == PIXEL_DATA and length == UNDEFINED
        if tag <= self._last:
            self.spoilt = tag > 0 and self._last >= PIXEL_DATA
            if tag > 0 and not self.spoilt:
                self.disorder = ("its elements are not written in the transfer syntax that it states"
                                 if tag == self._looked_at else
                                 f"element {tag} stands twice" if tag == self._last else
                                 f"elements are not in ascending order: {tag} stands behind {Tag(self._last)}")
            return True
        if self._last < 0 and length == 0:  # pydicom's look at the first element, where it finds another VR than stated
            self._looked_at = int(tag)
        elif tag > self._looked_at:
            self._looked_at = -1
        self._last = int(tag)
        return tag >= self._end
