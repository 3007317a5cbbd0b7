"""JPEG of more than eight bits by way of pydicom: each value as it was, and nothing that ends the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from medomni.dicom.jpeg import pixel_array
from medomni.phantom import Habit, render, sample_patient, write_habit

SLOPE = (np.add.outer(np.arange(40), np.arange(48)) * 20).astype(np.uint16)
COLOURS = np.random.default_rng(0).integers(0, 255, (40, 48, 3)).astype(np.uint8)
NO_CONVERSION = {"colorspace": "RGB", "outcolorspace": "RGB"}


def wrapped(frame: bytes, syntax: str, kind: str, bits: int, **more: Any) -> pydicom.Dataset:
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.SOPClassUID, ds.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    ds.Rows, ds.Columns = SLOPE.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 3 if kind[0] in "RY" else 1, kind
    ds.PlanarConfiguration = 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8 if bits <= 8 else 16, bits, bits - 1, 0
    ds.update(more)
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR = "OB"
    return ds


@pytest.mark.parametrize("syntax", [JPEGLossless, JPEGLosslessSV1])
@pytest.mark.parametrize(("encoder", "options"), [("jpeg8", {"lossless": True}), ("ljpeg", {})])
@pytest.mark.parametrize("bits", [12, 16])
def test_lossless_grey(syntax: str, encoder: str, options: dict[str, Any], bits: int) -> None:
    frame = getattr(imagecodecs, f"{encoder}_encode")(SLOPE, bitspersample=bits, **options)
    assert np.array_equal(pixel_array(wrapped(bytes(frame), syntax, "MONOCHROME2", bits)), SLOPE)


@pytest.mark.parametrize("kind", ["RGB", "YBR_FULL"])
def test_lossless_colours_stay_as_they_are_stored(kind: str) -> None:
    frame = imagecodecs.jpeg8_encode(COLOURS, lossless=True, **NO_CONVERSION)
    ds = wrapped(bytes(frame), JPEGLosslessSV1, kind, 8)
    assert np.array_equal(pixel_array(ds, raw=True), COLOURS)


def test_twelve_bits_with_loss() -> None:
    frame = imagecodecs.jpeg8_encode(SLOPE, bitspersample=12, level=98)
    values = pixel_array(wrapped(bytes(frame), JPEGExtended12Bit, "MONOCHROME2", 12))
    assert values.dtype == np.uint16 and np.abs(values.astype(int) - SLOPE).max() <= 2


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless,
                                    JPEGLSNearLossless, JPEG2000, JPEG2000Lossless])
def test_the_decoder_that_ends_processes_is_never_asked(syntax: str) -> None:
    plugins = get_decoder(pydicom.uid.UID(syntax)).available_plugins
    assert plugins and "gdcm" not in plugins


@pytest.mark.parametrize(("values", "kind"), [
    (SLOPE, "MONOCHROME2"), (COLOURS, "RGB"), (COLOURS[..., 0], "MONOCHROME2"),
    (np.repeat(SLOPE[:, :, None], 3, 2), "RGB")], ids=["16", "8, colours", "8", "16, colours"])
def test_rle_is_as_it_was(values: np.ndarray, kind: str) -> None:
    ds = wrapped(bytes(8), JPEGLossless, kind, 8 * values.itemsize)
    ds.PixelData = values.tobytes()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(RLELossless)
    assert np.array_equal(pixel_array(ds, decoding_plugin="imagecodecs", raw=True), values)


@pytest.mark.filterwarnings("ignore")
def test_damaged_rle_is_an_error_without_a_panic(capfd: pytest.CaptureFixture[str]) -> None:
    ds = wrapped(bytes(8), JPEGLossless, "MONOCHROME2", 16)
    ds.PixelData = SLOPE.tobytes()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(RLELossless)
    whole, rng, refused = ds.PixelData, np.random.default_rng(5), 0
    start = whole.index(b"\x02\0\0\0\x40")  # two segments, the first behind the header (PS3.5 G.5)
    for k in range(200):
        data = bytearray(whole[:-300] if k < 5 else whole)
        for _ in range(8):
            data[start + int(rng.integers(len(data) - start if k % 2 else 70))] ^= 1 << int(rng.integers(8))
        ds.PixelData = bytes(data)
        try:
            assert pixel_array(ds).shape == SLOPE.shape
        except Exception:  # each decoder has its own
            refused += 1
    assert refused > 50 and "pylibjpeg" not in get_decoder(RLELossless).available_plugins
    assert "panicked" not in capfd.readouterr().err


def test_damaged_lossless_frames_do_not_end_the_process(tmp_path: Path) -> None:
    """Each is an error or has its size: in a process of its own, as what is tested is whether it lives."""
    habit = Habit(syntax="jpeg_lossless", frames="enhanced", bits=12)
    whole = write_habit(render(sample_patient(3, "A"), 32, 40.0), tmp_path / "in", habit).paths[0].read_bytes()
    (tmp_path / "whole").write_bytes(whole)
    code = """
import sys, numpy as np
from pathlib import Path
from medomni.dicom import read_study
from medomni.errors import MedomniError
whole, rng = Path(sys.argv[1], "whole").read_bytes(), np.random.default_rng(7)
start, coded = whole.rindex(bytes.fromhex("e07f1000")), 0
for k in range(150):
    data = bytearray(whole)
    for _ in range(20):
        data[int(rng.integers(start + 40, len(data)))] ^= 1 << int(rng.integers(8))
    path = Path(sys.argv[1], "x.dcm")
    path.write_bytes(data)
    try:
        assert read_study(path).array.shape[1:] == (32, 32)
    except MedomniError as exc:
        coded += exc.code.startswith("MED-D")
print("lives", coded)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("lives"), done.stderr[-500:]
    assert int(done.stdout.split()[1]) > 10
