"""Compressed frames: what they state is read right, and a frame that lies never reaches a decoder."""

from __future__ import annotations

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames

from medomni.dicom import decode, fill, headers, read_study, straight
from medomni.dicom.encapsulated import Stated, joined, stated
from medomni.errors import MedomniError
from medomni.phantom import SCANNERS, write_series
from tests.dicom.conftest import by_height

pytestmark = pytest.mark.unit
JPEG_2000, JPEG_LS, LOSSLESS, RLE = (f"1.2.840.10008.1.2.{n}" for n in ("4.90", "4.80", "4.70", "5"))
HTJ2K = "1.2.840.10008.1.2.4.201"


def encoded(plane: np.ndarray, syntax: str) -> bytes:
    if syntax == JPEG_2000:
        return imagecodecs.jpeg2k_encode(plane, codecformat="j2k", reversible=True)
    if syntax == HTJ2K:
        return imagecodecs.htj2k_encode(plane, reversible=True)
    return imagecodecs.jpegls_encode(plane) if syntax == JPEG_LS else imagecodecs.ljpeg_encode(plane, bitspersample=16)


def compress(path: Path, syntax: str, **changes: object) -> None:
    ds = pydicom.dcmread(path)
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.decompress(generate_instance_uid=False)
    plane = ds.pixel_array
    if plane.dtype.kind == "i" and syntax not in (JPEG_2000, HTJ2K):
        plane = plane.view(np.uint16)  # these codecs know no sign: two's complement, as PS3.5 8.2.1 has it
    ds.PixelData = encapsulate([encoded(plane, syntax)])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax
    for name, value in changes.items():
        setattr(ds, name, value)
    ds.save_as(path, implicit_vr=False, little_endian=True)


@pytest.mark.parametrize("syntax", [JPEG_2000, HTJ2K, JPEG_LS, LOSSLESS])
@pytest.mark.parametrize("scanner", ["soft", "sharp"])
def test_lossless_syntaxes_give_the_truth_by_both_ways(phantoms, tmp_path: Path, scanner: str, syntax: str) -> None:
    patient, truth = phantoms("A")
    for path in write_series(patient, truth, tmp_path, SCANNERS[scanner]):
        compress(path, syntax)
    assert np.array_equal(read_study(tmp_path).axial().array, truth.array)
    header = headers.read_headers(next(tmp_path.iterdir()))[0]
    out = np.empty((header.rows, header.columns), dtype=np.int16)
    signed = SCANNERS[scanner].habit == "implicit_signed"
    assert decode.decode_into(out, header, signed), "the short way was not taken"
    values, _ = fill.LongWay()(header)
    assert straight.read_into(out, header) == 0 and np.array_equal(values, out)


@pytest.mark.parametrize("syntax", [JPEG_2000, HTJ2K, JPEG_LS, LOSSLESS])
def test_a_frame_states_its_size(syntax: str) -> None:
    plane = np.arange(24 * 40, dtype=np.uint16).reshape(24, 40)
    assert stated(encoded(plane, syntax)) == Stated(24, 40, 1, 16, False if syntax in (JPEG_2000, HTJ2K) else None)
    assert stated(b"\x00" * 100) is None and stated(b"\xff\xd8\xff") is None and stated(b"") is None


def test_real_frames_state_what_their_headers_say(real_dicom: Path) -> None:
    for name in ("jpeg_lossless", "compressed_multiframe_mr"):
        for path in sorted((real_dicom / name).iterdir()):
            ds = pydicom.dcmread(path)
            if not ds.file_meta.TransferSyntaxUID.is_encapsulated or ds.file_meta.TransferSyntaxUID == RLE:
                continue
            frame = next(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))
            size = stated(frame)
            assert size is not None and (size.rows, size.columns, size.samples) == (ds.Rows, ds.Columns, 1)


@pytest.mark.parametrize("syntax", [JPEG_2000, JPEG_LS, LOSSLESS])
def test_a_frame_that_states_another_size_is_refused_before_decoding(series: Path, syntax: str, monkeypatch) -> None:
    """A codestream of 60,000 x 60,000 would ask its decoder for seven gigabytes."""
    path = by_height(series)[0]
    compress(path, syntax)
    data = path.read_bytes()
    ds = pydicom.dcmread(path)
    size = struct.pack(">HH", ds.Rows, ds.Columns)
    marker = {JPEG_LS: b"\xff\xf7", LOSSLESS: b"\xff\xc3"}.get(syntax)
    if marker is None:
        at = data.index(b"\xff\x4f\xff\x51") + 8
        data = data[:at] + struct.pack(">II", 60_000, 60_000) + data[at + 8:]
    else:
        at = data.index(marker) + 5
        assert data[at:at + 4] == size
        data = data[:at] + struct.pack(">HH", 60_000, 60_000) + data[at + 4:]
    path.write_bytes(data)
    for name in ("jpegls_decode", "jpeg2k_decode", "jpegsof3_decode"):
        monkeypatch.setattr(imagecodecs, name, lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(MedomniError, match="MED-D12.*60000 x 60000"):
        read_study(series)


@pytest.mark.parametrize(("items", "whole"), [
    ([b"", b"abcd"], b"abcd"), ([b"\0\0\0\0", b"ab", b"cd"], b"abcd"), ([b""], None)])
def test_items_are_joined(items: list[bytes], whole: bytes | None) -> None:
    data = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(i)) + i for i in items)
    assert joined(data + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)) == whole
    assert joined(data) is None and joined(data[:-1]) is None
    assert joined(struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFE) + data) is None


def test_fragments_of_one_frame(series: Path) -> None:
    truth = read_study(series).array
    for path in by_height(series):
        compress(path, JPEG_LS)
        ds = pydicom.dcmread(path)
        frame = next(generate_frames(ds.PixelData, number_of_frames=1))
        ds.PixelData = encapsulate([frame], fragments_per_frame=3, has_bot=False)
        ds["PixelData"].is_undefined_length = True
        ds.save_as(path)
    assert np.array_equal(read_study(series).array, truth)
