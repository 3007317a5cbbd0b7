"""Comments within compressed frames, and bytes behind them, do not leave; the image is what it was."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless

from medomni.dicom.deid.streams import without_comments
from medomni.dicom.faults import UnreadableError
from tests.dicom.deid.support import cleaned, ct_file

pytestmark = pytest.mark.unit
SAID = b"ZWIEBEL, HANNA, geb. 12.03.1960"
COM = {"j2k": b"\xff\x64" + struct.pack(">HH", len(SAID) + 4, 1) + SAID,
       "jpeg": b"\xff\xfe" + struct.pack(">H", len(SAID) + 2) + SAID}


def compressed(path: Path, syntax: str) -> pydicom.Dataset:
    ct_file(path)
    ds = pydicom.dcmread(path)
    ds.Rows = ds.Columns = 64
    ds.PixelData = np.random.default_rng(2).integers(0, 4095, (64, 64), dtype="<u2").tobytes()
    ds.compress(syntax, generate_instance_uid=False)
    return ds


def spoilt(ds: pydicom.Dataset, syntax: str) -> bytes:
    frame = next(generate_frames(ds.PixelData, number_of_frames=1)).rstrip(b"\0")
    com = COM["j2k" if syntax == JPEG2000Lossless else "jpeg"]
    at = 4 + struct.unpack_from(">H", frame, 4)[0] if syntax == JPEG2000Lossless else 2
    return frame[:at] + com + frame[at:] + b"behind: " + SAID


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_comments_go_and_the_image_stays(syntax: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    ds = compressed(path, syntax)
    truth = ds.pixel_array.copy()
    frame = spoilt(ds, syntax)
    ds.PixelData = encapsulate([frame])
    ds.save_as(path)
    assert SAID in path.read_bytes()
    _, out, after = cleaned(path)
    assert SAID not in next(generate_frames(after.PixelData, number_of_frames=1))
    assert after.file_meta.TransferSyntaxUID == syntax and np.array_equal(after.pixel_array, truth)


@pytest.mark.parametrize("progressive", [False, True])
def test_exif_of_a_photograph(progressive: bool) -> None:
    rng = np.random.default_rng(4)
    image = Image.fromarray(rng.integers(0, 255, (40, 56), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x013B] = SAID.decode()
    packed = io.BytesIO()
    image.save(packed, "jpeg", exif=exif, comment=SAID, progressive=progressive, restart_marker_rows=1)
    assert packed.getvalue().count(SAID) == 2
    ds = pydicom.Dataset()
    ds.PixelData = encapsulate([packed.getvalue()])
    assert without_comments(ds, JPEGBaseline8Bit)
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    assert SAID not in frame
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(frame))), np.asarray(Image.open(packed)))
    assert not without_comments(ds, JPEGBaseline8Bit), "nothing is left to take"


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_frames_without_comments_keep_their_bytes_but_the_encoders_own(syntax: str, tmp_path: Path) -> None:
    ds = compressed(tmp_path / "a", syntax)
    truth = ds.pixel_array.copy()
    without_comments(ds, syntax)  # an encoder may sign its work
    before = ds.PixelData
    assert not without_comments(ds, syntax) and ds.PixelData == before and np.array_equal(ds.pixel_array, truth)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, JPEGBaseline8Bit])
def test_a_frame_that_cannot_be_followed_is_refused(syntax: str, tmp_path: Path) -> None:
    ds = compressed(tmp_path / "a", JPEG2000Lossless if syntax == JPEG2000Lossless else JPEGLSLossless)
    whole = next(generate_frames(ds.PixelData, number_of_frames=1))
    for frame in (b"", b"\xff", whole[:40], whole[:len(whole) // 2], b"\0" * 50, whole[:30] + bytes(4) + whole[34:90]):
        ds.PixelData = encapsulate([frame or b"\0\0"])
        with pytest.raises(UnreadableError):
            without_comments(ds, syntax)
