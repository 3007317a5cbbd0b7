"""Bits of compressed pixels that hold no value: a codestream of sixteen bits can hide a text above twelve."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from medomni.dicom.deid.redact import put_frames, stored_frames
from medomni.dicom.deid.streams import compressed_frames
from medomni.dicom.deid.unused_bits import clear_unused_bits
from medomni.dicom.encapsulated import stated


def may_hide(ds: Dataset, syntax: str) -> bool:
    """Whether compressed pixels have room beside the Bits Stored: RLE has all the bits allocated (PS3.5 annex G), other
    forms the precision that their own header states; one that states none may."""
    stored = int(ds.get("BitsStored") or 0)
    if "PixelData" not in ds or not 0 < stored < int(ds.get("BitsAllocated") or 0):
        return False
    if syntax == RLELossless:
        return True
    return any(size is None or size.bits > stored for size in map(stated, compressed_frames(ds)))


def whole_words(ds: Dataset) -> NDArray[Any]:
    """Every bit that compressed pixels hold, as :func:`medomni.dicom.deid.redact.stored_frames`: decoders clear what
    lies above the Bits Stored, so that all bits are called stored to them."""
    told = deepcopy(ds.group_dataset(0x0028))  # its elements are changed here
    told.file_meta = ds.file_meta
    for element in ds.group_dataset(0x7FE0):
        told.add(element)
    told.BitsStored = int(ds.BitsAllocated)
    told.HighBit = told.BitsStored - 1
    return stored_frames(told)


def without_hidden_bits(body: Dataset, syntax: str) -> bool:
    """Decode compressed pixels that have room beside their values, and put them back in native form, cleared, where
    anything stood there; else they stay as they are.

    Returns:
        Whether the pixels are native now.

    Raises:
        UnreadableError: where they cannot be decoded.
    """
    if not may_hide(body, syntax):
        return False
    frames = whole_words(body)
    native = deepcopy(body.group_dataset(0x0028))
    native.PixelData = b""
    put_frames(native, frames)
    if not clear_unused_bits(native):
        return False
    put_frames(body, frames)
    body["PixelData"].value = native.PixelData
    return True
