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
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from medomni.dicom.deid.frames import beside_the_images
from medomni.dicom.deid.streams import without_comments
from medomni.dicom.faults import UnreadableError
from tests.dicom.deid.support import cleaned, ct_file, found

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


def test_bytes_between_and_behind_the_segments_of_rle_go(tmp_path: Path) -> None:
    path = tmp_path / "a"
    ds = compressed(path, RLELossless)
    truth, plain = ds.pixel_array.copy(), ds.PixelData
    frame = next(generate_frames(plain, number_of_frames=1))
    first, second = struct.unpack_from("<2I", frame, 4)
    added = SAID + b"\0" * (len(SAID) % 2)
    spread = struct.pack("<3I", 2, first, second + len(added)) + frame[12:second] + added + frame[second:] + added
    ds.PixelData = encapsulate([spread])
    ds.save_as(path)
    assert found(path, path) and path.read_bytes().count(SAID) == 2
    _, out, after = cleaned(path)
    assert after.PixelData == plain and np.array_equal(after.pixel_array, truth) and found(path, out) == []
    for bad in (frame[:80], struct.pack("<I", 0) + frame[4:], struct.pack("<I", 16) + frame[4:]):
        ds.PixelData = encapsulate([bad])
        with pytest.raises(UnreadableError):
            without_comments(ds, RLELossless)


@pytest.mark.parametrize(("told", "kept"), [
    (b"\xff\xee\0\x0eAdobeKOWALC\x01", b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01"),
    (b"\xff\xe8\0\x07mrfx\x02", b"\xff\xe8\0\x07mrfx\x02"), (b"\xff\xe8\0\x0emrfxAnna Abt", b"")])
def test_of_a_segment_of_colours_the_colours_stay(tmp_path: Path, told: bytes, kept: bytes) -> None:
    ds = compressed(tmp_path / "a", JPEGLSLossless)
    without_comments(ds, JPEGLSLossless)
    bare = next(generate_frames(ds.PixelData, number_of_frames=1))
    ds.PixelData = encapsulate([bare[:2] + told + bare[2:]])
    assert bool(beside_the_images(ds, JPEGLSLossless)) == (told != kept)
    without_comments(ds, JPEGLSLossless)
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    assert frame.rstrip(b"\0") == (bare[:2] + kept + bare[2:]).rstrip(b"\0")
    assert not beside_the_images(ds, JPEGLSLossless)


@pytest.mark.parametrize(("syntax", "where", "said"), [
    (JPEG2000Lossless, "comment", "comment in a compressed frame"),
    (JPEG2000Lossless, "tile", "comment in a compressed frame"), (JPEG2000Lossless, "behind", "bytes behind"),
    (JPEGLSLossless, "comment", "comment in a compressed frame"), (JPEGLSLossless, "behind", "bytes behind"),
    (JPEGLSLossless, "application", "comment in a compressed frame"), (RLELossless, "behind", "bytes behind"),
    (JPEGLSLossless, "item", "bytes beside"), (JPEGLSLossless, "table", "bytes beside"),
    (JPEG2000Lossless, "half", "cannot be followed"), (RLELossless, "half", "cannot be followed"),
    (JPEGLSLossless, "half", "cannot be followed")])
def test_the_verifier_finds_what_is_put_back(syntax: str, where: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    compressed(path, syntax).save_as(path)
    _, out, ds = cleaned(path)
    assert found(path, out) == []
    frame = next(generate_frames(ds.PixelData, number_of_frames=1)).rstrip(b"\0")
    word = b"harmless"
    com = {JPEG2000Lossless: b"\xff\x64" + struct.pack(">HH", len(word) + 4, 1) + word,
           JPEGLSLossless: b"\xff\xfe" + struct.pack(">H", len(word) + 2) + word}.get(syntax, b"")
    if where == "comment":
        at = 4 + struct.unpack_from(">H", frame, 4)[0] if syntax == JPEG2000Lossless else 2
        frame = frame[:at] + com + frame[at:]
    elif where == "tile":
        at = frame.index(b"\xff\x90")
        size = struct.unpack_from(">I", frame, at + 6)[0] + len(com)
        frame = frame[:at + 6] + struct.pack(">I", size) + frame[at + 10:at + 12] + com + frame[at + 12:]
    elif where == "application":
        frame = frame[:2] + b"\xff\xee\0\x1eAdobe" + b"harmless words of any".ljust(23) + frame[2:]
    elif where == "behind":
        frame += word
    elif where == "half":
        frame = frame[:len(frame) // 2]
    ds.PixelData = encapsulate([frame, word] if where == "item" else [frame])
    if where == "table":
        ds.PixelData = ds.PixelData[:8] + b"ANNA" + ds.PixelData[12:]
    ds.save_as(out)
    assert [one for one in found(path, out) if said in one]


def test_a_last_tile_that_does_not_say_how_long_it_is_ends_at_the_first_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    ds = compressed(path, JPEG2000Lossless)
    truth = ds.pixel_array.copy()
    frame = next(generate_frames(ds.PixelData, number_of_frames=1)).rstrip(b"\0")
    at = frame.index(b"\xff\x90")
    ds.PixelData = encapsulate([frame[:at + 6] + bytes(4) + frame[at + 10:] + SAID + b"\xff\xd9"])
    ds.save_as(path)
    assert [one for one in found(path, path) if "bytes behind" in one]
    _, out, after = cleaned(path)
    assert SAID not in after.PixelData and np.array_equal(after.pixel_array, truth) and found(path, out) == []


def test_a_form_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    ds = compressed(tmp_path / "a", JPEGLSLossless)
    with pytest.raises(UnreadableError, match="form"):
        without_comments(ds, "1.2.840.10008.1.2.4.103")
