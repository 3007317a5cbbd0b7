"""Damaged and hostile files: a coded error or a right answer. The short form of B7, of other seeds."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from benchmarks.bar_b7 import fuzzed
from medomni.dicom import parse, read_study
from medomni.errors import MedomniError
from tests.dicom.conftest import by_height

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("part", [101, 102])
def test_mutated_files(part: int) -> None:
    met, figure = fuzzed(150, 1, first=part)
    assert met, figure


def test_a_deflated_bomb_is_not_inflated(series: Path, monkeypatch) -> None:
    """The data set of a deflated file is inflated whole by pydicom; a small file may ask for any memory."""
    path = by_height(series)[0]
    ds = pydicom.dcmread(path)
    ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, implicit_vr=False, little_endian=True)
    data = buffer.getvalue()
    at = 144 + int.from_bytes(data[140:144], "little")
    whole = zlib.decompress(data[at:], -zlib.MAX_WBITS)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(whole) + packer.compress(bytes(8 << 20)) + packer.flush()
    path.write_bytes(data[:at] + bomb)
    assert read_study(path).array.shape[0] == 1, "zeros behind the last element do no harm"
    monkeypatch.setattr(parse, "MOST_INFLATED", 4 << 20)
    with pytest.raises(MedomniError, match="MED-D01.*inflates to more"):
        read_study(path)
