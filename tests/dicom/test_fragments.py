"""Fragments of compressed pixel data: each is its frame's; more or fewer than stated are refused by every reader."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, encapsulate_extended, fragment_frame, itemize_fragment
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from medomni.dicom import read_image, read_study
from medomni.dicom.deid.streams import without_comments
from medomni.dicom.faults import UnreadableError
from medomni.dicom.fragments import frame_at, frames_in
from medomni.errors import MedomniError
from tests.dicom.conftest import by_height
from tests.dicom.test_image import image, with_tags

pytestmark = pytest.mark.unit
SIZE = (16, 20)
NOTHING = (b"", b"")


def coded(value: int, syntax: str = JPEGLSLossless) -> bytes:
    plane = np.full(SIZE, value, np.uint8)
    plane[0] = np.arange(SIZE[1])
    if syntax == RLELossless:
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = *SIZE, 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
        ds.compress(RLELossless, plane, encoding_plugin="pydicom", generate_instance_uid=False)
        frame = pydicom.encaps.get_frame(ds.PixelData, 0, number_of_frames=1)
    elif syntax == JPEG2000Lossless:
        frame = imagecodecs.jpeg2k_encode(plane, codecformat="j2k", reversible=True)
    else:
        frame = imagecodecs.jpegls_encode(plane)
    return frame + b"\0" * (len(frame) % 2)


def ultrasound(path: Path, frames: list[bytes], stated: int, *, table: str = "none", parts: int = 1,
               syntax: str = JPEGLSLossless) -> Path:
    """``stated`` in the header, ``frames`` in the items, each in ``parts`` fragments."""

    def change(ds: pydicom.Dataset) -> None:
        with_tags(Modality="US", SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1", NumberOfFrames=stated)(ds)
        ds.file_meta.TransferSyntaxUID = syntax
        if table == "extended":
            ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
        else:
            ds.PixelData = encapsulate(frames, fragments_per_frame=parts, has_bot=table == "basic")
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True

    return image(path, np.zeros(SIZE, np.uint8), change)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless])
@pytest.mark.parametrize("table", ["none", "basic", "extended"])
@pytest.mark.parametrize(("stated", "there"), [(1, 3), (2, 3)])
def test_more_frames_than_stated(tmp_path: Path, stated: int, there: int, table: str, syntax: str) -> None:
    path = ultrasound(tmp_path / "a.dcm", [coded(10 * k, syntax) for k in range(there)], stated, table=table,
                      syntax=syntax)
    for frame in range(stated):
        with pytest.raises(MedomniError, match=f"MED-D12.*{there} compressed frames, the header says {stated}"):
            read_image(path, frame=frame)
    with pytest.raises(UnreadableError, match="compressed frames, the header says"):
        without_comments(pydicom.dcmread(path), syntax)


@pytest.mark.parametrize("table", ["none", "basic", "extended"])
def test_fewer_frames_than_stated(tmp_path: Path, table: str) -> None:
    path = ultrasound(tmp_path / "a.dcm", [coded(1), coded(2)], 3, table=table)
    with pytest.raises(MedomniError, match="MED-D03"):
        read_image(path)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless])
@pytest.mark.parametrize(("table", "parts"), [("none", 1), ("basic", 1), ("extended", 1), ("none", 3), ("basic", 3)])
def test_as_many_frames_as_stated(tmp_path: Path, table: str, parts: int, syntax: str) -> None:
    if (table, parts, syntax) == ("none", 3, RLELossless):
        parts = 1  # PS3.5 8.2.2: each frame is one fragment, and without a table nothing tells more of them apart
    frames = [coded(10 * k, syntax) for k in range(4)]
    path = ultrasound(tmp_path / "a.dcm", frames, 4, table=table, parts=parts, syntax=syntax)
    assert [read_image(path, frame=k).array[1, 0] for k in range(4)] == [0, 10, 20, 30]
    ds = pydicom.dcmread(path)
    found = frames_in(ds.PixelData, 4, (ds.get("ExtendedOffsetTable", b""), ds.get("ExtendedOffsetTableLengths", b"")),
                      "a")
    assert [frame_at(ds.PixelData, places) for places in found] == frames


@pytest.mark.parametrize("syntax", [JPEGLSLossless, RLELossless])
@pytest.mark.parametrize("first", [True, False], ids=["extra first", "extra last"])
def test_two_frames_in_a_slice(series: Path, syntax: str, first: bool) -> None:
    files = by_height(series)
    both = [pydicom.dcmread(path) for path in files[2:4]]
    for ds in both:
        ds.compress(syntax, generate_instance_uid=False)
    own, other = (pydicom.encaps.get_frame(ds.PixelData, 0, number_of_frames=1) for ds in both)
    both[0].PixelData = encapsulate([other, own] if first else [own, other], has_bot=False)
    both[0].save_as(files[2])
    with pytest.raises(MedomniError, match="MED-D12.*2 compressed frames, the header says 1"):
        read_study(series)


@pytest.mark.parametrize("wide", [False, True], ids=["basic", "extended"])
@pytest.mark.parametrize("order", [(0, 2, 1), (1, 0, 2), (0, 1, 1), (0, 0, 1), (2, 1, 0)])
def test_offsets_that_do_not_ascend(tmp_path: Path, order: tuple[int, ...], wide: bool) -> None:
    frames = [coded(10 * k) for k in range(3)]
    items = [itemize_fragment(frame) for frame in frames]
    at = [sum(map(len, items[:k])) for k in order]
    path = ultrasound(tmp_path / "a.dcm", frames, 3, table="extended" if wide else "basic")
    ds = pydicom.dcmread(path)
    if wide:
        ds.ExtendedOffsetTable = struct.pack("<3Q", *at)
        ds.ExtendedOffsetTableLengths = struct.pack("<3Q", *(len(frames[k]) for k in order))
    else:
        ds.PixelData = itemize_fragment(struct.pack("<3I", *at)) + b"".join(items)
    ds.save_as(path)
    for frame in range(3):
        with pytest.raises(MedomniError, match="MED-D10.*do not ascend"):
            read_image(path, frame=frame)
    with pytest.raises(UnreadableError, match="do not ascend"):
        without_comments(pydicom.dcmread(path), JPEGLSLossless)


@pytest.mark.parametrize(("table", "code"), [
    ((4,), "MED-D10"), ((0, 8), "MED-D12"), ((0, 1 << 31), "MED-D12"), (b"\0\0\0", "MED-D10")])
def test_a_table_that_points_elsewhere(table: tuple | bytes, code: str) -> None:
    data = b"".join(itemize_fragment(part) for part in fragment_frame(coded(7), 3))
    raw = table if isinstance(table, bytes) else struct.pack(f"<{len(table)}I", *table)
    head = struct.pack("<HHI", 0xFFFE, 0xE000, len(raw)) + raw
    with pytest.raises(MedomniError, match=code):
        frames_in(head + data, 1, NOTHING, "a")


@pytest.mark.parametrize("lengths", [(100, 100), (2, 2), (0,)])
def test_lengths_that_are_not_those_of_the_items(lengths: tuple[int, ...]) -> None:
    data, table, _ = encapsulate_extended([coded(1), coded(2)])
    with pytest.raises(MedomniError, match="MED-D10.*lengths"):
        frames_in(data, 2, (table, struct.pack(f"<{len(lengths)}Q", *lengths)), "a")


@pytest.mark.parametrize("data", [b"", b"\0" * 20, itemize_fragment(b"")[:-1], itemize_fragment(b"") + b"\1" * 9])
def test_damaged_items(data: bytes) -> None:
    with pytest.raises(MedomniError, match="MED-D10"):
        frames_in(data, 1, NOTHING, "a")
    with pytest.raises(MedomniError, match="MED-D03"):
        frames_in(itemize_fragment(b""), 1, NOTHING, "a")
