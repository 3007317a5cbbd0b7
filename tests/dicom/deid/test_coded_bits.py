"""Bits that hold no value in compressed pixels: what stands there goes; pixels without them stay."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from medomni.dicom.deid import Options
from medomni.dicom.deid.beside_values import HIDDEN, beside_the_values
from medomni.dicom.deid.coded_bits import whole_words
from medomni.dicom.deid.one import clean_file
from medomni.dicom.jpeg import pixel_array
from tests.dicom.deid.support import KEYS, cleaned, ct_file, found

pytestmark = pytest.mark.unit
ENCODE = {
    JPEGLosslessSV1: lambda a: imagecodecs.ljpeg_encode(a, bitspersample=16),
    JPEGLSLossless: imagecodecs.jpegls_encode,
    JPEG2000Lossless: lambda a: imagecodecs.jpeg2k_encode(a, level=0, codecformat="j2k", bitspersample=16),
}
TEXT = b"Quellmann Hedwig "


def _write(path: Path, syntax: str, hidden: bool) -> np.ndarray:
    """A CT slice of eight bits in sixteen, compressed, with a name in the high bytes or none; its values."""
    values = np.random.default_rng(3).integers(0, 256, (32, 32)).astype("<u2")
    above = np.frombuffer((TEXT * 99)[:values.size], np.uint8).reshape(values.shape).astype("<u2") << 8
    words = values | above if hidden else values

    def edit(ds: Dataset) -> None:
        ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 32, 32, 16, 8, 7
        ds.PixelRepresentation, ds.PixelData = 0, words.tobytes()
        if syntax == RLELossless:
            ds.BitsStored, ds.HighBit = 16, 15  # so that the writer keeps every bit
            ds.compress(RLELossless, generate_instance_uid=False)
            ds.BitsStored, ds.HighBit = 8, 7
            return
        ds.file_meta.TransferSyntaxUID = syntax
        ds.PixelData = encapsulate([ENCODE[syntax](words)])
        ds["PixelData"].is_undefined_length, ds["PixelData"].VR = True, "OB"

    ct_file(path, edit)
    return values


@pytest.mark.parametrize("syntax", [*ENCODE, RLELossless])
def test_a_name_above_the_bits_stored_goes(tmp_path: Path, syntax: str) -> None:
    values = _write(tmp_path / "a", syntax, hidden=True)
    before = pydicom.dcmread(tmp_path / "a")
    assert (whole_words(before) >> 8).any(), "the name is there before"
    assert beside_the_values(before, syntax) == {HIDDEN}
    _, out, ds = cleaned(tmp_path / "a")
    assert np.array_equal(whole_words(ds)[0], values) and np.array_equal(pixel_array(ds, raw=True), values)
    assert not found(tmp_path / "a", out)


@pytest.mark.parametrize("syntax", [*ENCODE, RLELossless])
def test_pixels_without_such_bits_keep_their_bytes(tmp_path: Path, syntax: str) -> None:
    _write(tmp_path / "a", syntax, hidden=False)
    done, out, ds = cleaned(tmp_path / "a")
    assert not done.recoded and ds.file_meta.TransferSyntaxUID == syntax and not found(tmp_path / "a", out)


@pytest.mark.parametrize("syntax", [*ENCODE, RLELossless])
def test_a_frame_that_is_not_the_stated_image_is_not_decoded(tmp_path: Path, syntax: str) -> None:
    """A few bytes would else take gigabytes: a decoder makes room for what a header says."""
    _write(tmp_path / "a", syntax, hidden=True)
    ds = pydicom.dcmread(tmp_path / "a")
    ds.Rows, ds.Columns = 65535, 6000
    ds.save_as(tmp_path / "a")
    tracemalloc.start()
    done, file = clean_file(tmp_path / "a", KEYS, Options())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file is None and done.reason and peak < 10_000_000
