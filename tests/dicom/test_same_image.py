"""A second sending of a known instance: a copy in another syntax is known, a hostile one takes no time and no room."""

from __future__ import annotations

import io
import time
import tracemalloc
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from medomni.dicom.pacs import same
from medomni.dicom.pacs.inbox import Inbox

pytestmark = pytest.mark.unit
RLE, JPEG, JPEG_LS, J2K = ("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
                           "1.2.840.10008.1.2.4.90")
SYNTAXES = {"plain": "1.2.840.10008.1.2.1", "deflated": "1.2.840.10008.1.2.1.99", "rle": RLE, "jpeg": JPEG,
            "jpeg_ls": JPEG_LS, "j2k": J2K}
VALUES = (np.arange(3 * 32 * 32, dtype=np.uint16) % 4000).reshape(3, 32, 32)
ENCODERS = {"rle": lambda a: pydicom.pixels.encoders.RLELosslessEncoder.encode(
    a.tobytes(), rows=32, columns=32, samples_per_pixel=1, bits_allocated=16, bits_stored=12, pixel_representation=0,
    number_of_frames=1, photometric_interpretation="MONOCHROME2", encoding_plugin="pydicom"),
    "jpeg": lambda a: imagecodecs.ljpeg_encode(a), "jpeg_ls": lambda a: imagecodecs.jpegls_encode(a),
    "j2k": lambda a: imagecodecs.jpeg2k_encode(a, level=0, reversible=True, codecformat="j2k", bitspersample=12)}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list:
    """What was given to the decoders; nothing is decoded."""
    asked: list = []
    monkeypatch.setattr("medomni.dicom.jpeg.iter_pixels", lambda source: iter(asked.append(source) or ()))
    return asked


def instance(kind: str, size: tuple[int, int] = (32, 32), frames: int = 3, values: np.ndarray = VALUES) -> bytes:
    """One instance of three frames, in a syntax; the header may state another size or number of frames."""
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.UID(SYNTAXES[kind])
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = pydicom.uid.UltrasoundMultiFrameImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.3.4.5")
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.PhotometricInterpretation = "1.2.3", "1.2.3.4", "MONOCHROME2"
    ds.Rows, ds.Columns, ds.NumberOfFrames, ds.SamplesPerPixel = *size, frames, 1
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    encode = ENCODERS.get(kind)
    ds.PixelData = encapsulate([bytes(encode(a)) for a in values]) if encode else values.tobytes()
    ds["PixelData"].VR = "OB" if encode else "OW"
    ds["PixelData"].is_undefined_length = encode is not None
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", SYNTAXES)
def test_a_copy_in_any_syntax_is_known(tmp_path: Path, kind: str) -> None:
    other = VALUES.copy()
    other[2, -1, -1] ^= 1
    with Inbox(tmp_path / "inbox") as inbox:
        assert inbox.store(instance("plain")).outcome == "stored"
        assert inbox.store(instance(kind)).outcome == "known"
        assert inbox.store(instance(kind, values=other)).outcome == "conflict"


@pytest.mark.parametrize("kind", SYNTAXES)
@pytest.mark.parametrize(("size", "frames"), [((65535, 40000), 3), ((5792, 5792), 3), ((32, 32), 99_999_999)])
def test_a_size_that_cannot_be_true_takes_no_time_and_no_room(tmp_path: Path, kind: str, size: tuple[int, int],
                                                              frames: int, decoded: list) -> None:
    """Both sendings state it, so that their headers are equal."""
    first, second = tmp_path / "first.dcm", tmp_path / "second.dcm"
    first.write_bytes(instance(kind, size, frames))
    second.write_bytes(instance(kind, size, frames, VALUES[:, ::-1].copy()))
    tracemalloc.start()
    begun = time.process_time()
    assert not same.same_image(first, second)
    assert time.process_time() - begun < 0.5 and tracemalloc.get_traced_memory()[1] < 20e6
    assert not decoded
    tracemalloc.stop()


def test_one_header_that_lies_is_enough(tmp_path: Path, decoded: list) -> None:
    with Inbox(tmp_path / "inbox") as inbox:
        inbox.store(instance("plain"))
        for kind in SYNTAXES:
            assert inbox.store(instance(kind, (65535, 40000))).outcome == "conflict"
    assert not decoded


def test_a_deflated_bomb_is_not_inflated_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same, "MOST_INFLATED", 4096)
    with Inbox(tmp_path / "inbox") as inbox:
        inbox.store(instance("plain"))
        assert inbox.store(instance("deflated")).outcome == "conflict"


def test_frames_without_end_are_not_compared_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same, "LONGEST_S", -1.0)
    with Inbox(tmp_path / "inbox") as inbox:
        inbox.store(instance("plain"))
        assert inbox.store(instance("rle")).outcome == "conflict"
