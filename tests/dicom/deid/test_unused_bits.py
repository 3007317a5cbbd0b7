"""Bits above Bits Stored hold no value: what stands in them goes, and everything else in the pixels stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRBigEndian

from medomni.dicom.deid.beside_values import HIDDEN
from tests.dicom.deid.support import cleaned, ct_file, found

pytestmark = pytest.mark.unit
NAME = np.frombuffer(b"Obermoser", np.uint8).astype("<u2") << 8


def _pixels(ds: Dataset, words: np.ndarray, stored: int, signed: bool = False) -> None:
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = stored, stored - 1, int(signed)
    ds.PixelData = words.tobytes()


def _after(path: Path, words: np.ndarray, stored: int, signed: bool = False, **others: int) -> FileDataset:
    """What is written of words; the verifier passes it, and finds what the original holds."""
    def edit(ds: Dataset) -> None:
        _pixels(ds, words, stored, signed)
        for name, value in others.items():
            ds.add_new(tag_for_keyword(name) or 0, "SS" if signed else "US", value)

    original = ct_file(path, edit)
    _, out, ds = cleaned(original)
    assert found(original, out) == []
    changed = ds.PixelData != words.tobytes()
    if changed:
        ds.PixelData = words.tobytes()
        ds.save_as(out)
        assert found(original, out) == [HIDDEN]
    return cleaned(original)[2]


def test_text_above_the_bits_stored_goes(tmp_path: Path) -> None:
    words = np.arange(64, dtype="<u2")
    words[:9] |= NAME
    assert np.frombuffer(_after(tmp_path / "a", words, 8).PixelData, "<u2").tolist() == list(range(64))
    shifted = (np.arange(64, dtype="<u2") << 8) | (words >> 8)

    def edit(ds: Dataset) -> None:
        _pixels(ds, shifted, 8)
        ds.HighBit = 15

    path = ct_file(tmp_path / "b", edit)
    _, out, ds = cleaned(path)
    assert (np.frombuffer(ds.PixelData, "<u2") == np.arange(64) << 8).all() and found(path, out) == []


def test_signs_are_extended(tmp_path: Path) -> None:
    values = np.arange(-32, 32, dtype="<i2")
    words = values.copy()
    words[:9] ^= NAME.astype("<i2")
    assert np.frombuffer(_after(tmp_path / "a", words, 8, True).PixelData, "<i2").tolist() == values.tolist()


def test_big_endian_words_too(tmp_path: Path) -> None:
    words = np.arange(64, dtype=">u2")
    words[:9] |= NAME

    path = ct_file(tmp_path / "a", lambda ds: _pixels(ds, words, 8))
    ds = pydicom.dcmread(path)
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    pydicom.dcmwrite(path, ds, little_endian=False, implicit_vr=False, enforce_file_format=True)
    _, out, ds = cleaned(path)
    assert np.frombuffer(ds.PixelData, ">u2").tolist() == list(range(64)) and found(path, out) == []


@pytest.mark.parametrize(("words", "stored", "signed", "others"), [
    (np.arange(64, dtype="<u2"), 12, False, {}), (np.arange(-32, 32, dtype="<i2"), 12, True, {}),
    (np.arange(-32, 32, dtype="<i2") & 0xFFF, 12, True, {}), (np.arange(0, 65536, 1024).astype("<u2"), 16, False, {}),
    (np.array([-2000] * 9 + [-5, 7] * 27 + [0], "<i2"), 11, True, {"PixelPaddingValue": -2000}),
    (np.array([63536, 63537] * 9 + [5, 7] * 23, "<u2"), 12, False,
     {"PixelPaddingValue": 63536, "PixelPaddingRangeLimit": 63537}),
], ids=("unsigned", "signed", "signs not extended", "all bits hold values", "padding", "range of padding"))
def test_pixels_without_such_bits_stay(tmp_path: Path, words: np.ndarray, stored: int, signed: bool,
                                       others: dict[str, int]) -> None:
    words = words.astype("<i2" if signed else "<u2")
    assert _after(tmp_path / "a", words, stored, signed, **others).PixelData == words.tobytes()
