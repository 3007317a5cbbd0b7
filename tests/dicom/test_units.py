"""Padding of every modality and of float pixels, and units that are not Hounsfield's: set, named or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from medomni.dicom import read_image, read_study
from medomni.dicom.numerals import decimal, whole
from medomni.dicom.survey import survey
from medomni.errors import MedomniError
from tests.dicom.conftest import by_height, edit, edit_all

pytestmark = pytest.mark.unit
LARGE = "1.2.840.10008.1.2.2"  # big endian: the long way reads it


def as_mr(ds: pydicom.Dataset, low: int, high: int | None) -> None:
    """An MR of unsigned values, whose first two rows are padding."""
    words = np.clip(ds.pixel_array.astype(np.int32) + 1100, 100, 4000).astype(np.uint16)
    words[0], words[1] = low, low if high is None else high
    ds.Modality, ds.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4"
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 0
    for name in ("RescaleType", "RescaleSlope", "RescaleIntercept"):
        if name in ds:
            delattr(ds, name)
    ds.add_new("PixelPaddingValue", "US", low)
    if high is not None:
        ds.add_new("PixelPaddingRangeLimit", "US", high)
    ds.PixelData = words.tobytes()


@pytest.mark.parametrize(("low", "high"), [(65535, None), (5000, 5100), (7, None)])
@pytest.mark.parametrize("scaled", [False, True], ids=["stored", "scaled"])
@pytest.mark.parametrize("way", ["short", "long"])
def test_padding_of_an_mr_is_no_signal(series: Path, low: int, high: int | None, scaled: bool, way: str) -> None:
    def change(ds: pydicom.Dataset) -> None:
        as_mr(ds, low, high)
        if scaled:
            ds.RescaleSlope, ds.RescaleIntercept = "2", "-5"

    edit_all(series, change)
    stored = np.stack([pydicom.dcmread(p).pixel_array for p in by_height(series)]).astype(np.int32)
    if way == "long":
        for path in by_height(series):
            ds = pydicom.dcmread(path)
            ds.PixelData = ds.pixel_array.astype(">u2").tobytes()
            ds.file_meta.TransferSyntaxUID = LARGE
            pydicom.dcmwrite(path, ds, implicit_vr=False, little_endian=False, force_encoding=True)
    volume = read_study(series)
    assert (volume.array[:, :2] == 0).all()
    assert np.array_equal(volume.array[:, 2:], 2 * stored[:, 2:] - 5 if scaled else stored[:, 2:])
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D16"] == [f"{stored[:, :2].size} voxels"]


def as_float(ds: pydicom.Dataset, kind: str, value: float, limit: float | None) -> None:
    """A CT of float pixels, whose first two rows are padding."""
    name, vr, number = {"f": ("Float", "FL", "<f4"), "d": ("DoubleFloat", "FD", "<f8")}[kind]
    words = (ds.pixel_array.astype(np.float64) + 0.25).astype(number)
    words[0], words[1] = value, value if limit is None else limit
    for gone in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(ds, gone)
    ds.BitsAllocated = 8 * words.itemsize
    ds.add_new(f"{name}PixelData", {"f": "OF", "d": "OD"}[kind], words.tobytes())
    if not np.isnan(value) or limit is None:
        ds.add_new(f"{name}PixelPaddingValue", vr, value)
    if limit is not None:
        ds.add_new(f"{name}PixelPaddingRangeLimit", vr, limit)


@pytest.mark.parametrize("kind", ["f", "d"])
@pytest.mark.parametrize(("value", "limit"), [(-5000.0, None), (-6000.5, -5000.1), (-5000.1, -6000.5), (np.nan, None)])
def test_padding_of_float_pixels(series: Path, kind: str, value: float, limit: float | None) -> None:
    truth = read_study(series).array
    edit_all(series, lambda ds: as_float(ds, kind, value, limit))
    volume = read_study(series)
    assert (volume.array[:, :2] == -1024).all() and np.isfinite(volume.array).all()
    assert np.array_equal(volume.array[:, 2:], truth[:, 2:] + np.float32(0.25))
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D16"] == [f"{truth[:, :2].size} voxels"]


def test_values_that_are_no_numbers_are_refused(series: Path) -> None:
    edit_all(series, lambda ds: as_float(ds, "f", -5000.0, None))
    def spoil(ds: pydicom.Dataset) -> None:
        words = np.frombuffer(ds.FloatPixelData, "<f4").copy()
        words[-1] = np.nan
        ds.FloatPixelData = words.tobytes()

    edit(by_height(series)[2], spoil)
    with pytest.raises(MedomniError, match="MED-D11"):
        read_study(series)


def with_table(ds: pydicom.Dataset, unit: str) -> None:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "US", [4096, 0, 16])
    item.ModalityLUTType = unit
    item.add_new("LUTData", "OW", np.arange(4096, dtype="<u2").tobytes())
    ds.PixelData = np.clip(ds.pixel_array.astype(np.int32) + 1024, 0, 4095).astype("<u2").tobytes()
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    for name in ("RescaleType", "RescaleSlope", "RescaleIntercept"):
        if name in ds:
            delattr(ds, name)
    ds.ModalityLUTSequence = Sequence([item])


@pytest.mark.parametrize(("unit", "code"), [("OD", "MED-D18"), ("Z_EFF", "MED-D18"), ("US", "MED-D11"), ("HU", "")])
def test_a_table_of_another_unit(series: Path, unit: str, code: str) -> None:
    edit_all(series, lambda ds: with_table(ds, unit))
    if not code:
        stored = np.stack([pydicom.dcmread(p).pixel_array for p in by_height(series)])
        assert np.array_equal(read_study(series).array, stored), "a table from 0 to 4095 gives what is stored"
        return
    for read in (read_study, read_image):
        with pytest.raises(MedomniError, match=code):
            read(series if read is read_study else by_height(series)[0])


def test_a_rescale_type_that_is_no_unit_is_named(series: Path) -> None:
    assert "MED-D23" not in {w.code for w in read_study(series).study.warnings}
    edit(by_height(series)[1], lambda ds: setattr(ds, "RescaleType", "US"))
    volume = read_study(series)
    (told,) = [w.detail for w in volume.study.warnings if w.code == "MED-D23"]
    assert told.startswith("1 of ")


@pytest.mark.parametrize("name", ["RescaleSlope", "RescaleIntercept"])
@pytest.mark.parametrize("text", ["1_0", "1 0", "١"])
@pytest.mark.parametrize("preamble", [True, False], ids=["short way", "long way"])
def test_what_only_python_takes_for_a_number(series: Path, name: str, text: str, preamble: bool) -> None:
    """PS3.5 6.2: a decimal string holds digits, a sign, a point and an exponent; 1_0 was read as 10."""
    path = by_height(series)[0]
    ds = pydicom.dcmread(path)
    raw = text.encode() + b" " * (len(text.encode()) % 2)
    ds[name] = RawDataElement(Tag(name), "DS", len(raw), raw, 0, False, True)
    ds.save_as(path)
    if not preamble:
        path.write_bytes(path.read_bytes()[132:])
    for read in (read_study, read_image):
        with pytest.raises(MedomniError, match="MED-D1[01]"):
            read(series if read is read_study else path)
    assert survey(series)[0][0].series[0].refused.startswith("MED-D11")


@pytest.mark.parametrize(("text", "value"), [
    ("1", 1.0), (" -1024 ", -1024.0), ("1.", 1.0), (".5", 0.5), ("+1e0", 1.0), ("-1.024E3", -1024.0)])
def test_decimal_strings(text: str, value: float) -> None:
    assert decimal(text) == value


@pytest.mark.parametrize("text", ["", " ", "1_0", "1,0", "0x1", "inf", "nan", "1e", ".", "١", "1\n", "1 0"])
def test_no_decimal_strings(text: str) -> None:
    for number in (decimal, whole):
        with pytest.raises(ValueError, match="string"):
            number(text)
