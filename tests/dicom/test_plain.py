"""The short way into a file gives what pydicom gives, on every file that both can read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import (
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from medomni.dicom import fill, headers, read_image, read_study, straight
from medomni.dicom.faults import CutHeaderError, UnreadableError
from medomni.dicom.plain import read_plain
from medomni.dicom.survey import survey
from medomni.dicom.tags import DOUBLES, ENCAPSULATED, NUMBERS, SEQUENCES, TAGS
from medomni.errors import MedomniError
from medomni.phantom import SCANNERS, write_series
from tests.dicom.conftest import by_height, edit

pytestmark = pytest.mark.unit


def test_tags_are_those_of_the_standard() -> None:
    for name, tag in TAGS.items():
        assert tag_for_keyword(name) == tag, name
        vr = dictionary_VR(tag)
        assert (name in NUMBERS, name in DOUBLES, name in SEQUENCES) == (vr.startswith("US"), vr == "FD", vr == "SQ")
    known = {str(u) for u in AllTransferSyntaxes}
    assert known >= ENCAPSULATED
    for uid in ENCAPSULATED:
        syntax = pydicom.uid.UID(uid)
        assert syntax.is_compressed and syntax.is_little_endian and not syntax.is_implicit_VR and not syntax.is_deflated


def _long(path: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(headers, "read_plain", lambda _: None)
        return headers.read_headers(path)


def _same(path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """True where the short way was taken; fails where it differs from the long one."""
    short, long = headers.read_headers(path), _long(path, monkeypatch)
    assert len(short) == len(long)
    for a, b in zip(short, long, strict=True):
        for name in ("rows", "columns", "frames", "samples", "pixel_spacing"):
            assert getattr(a, name) == getattr(b, name), name
        for one, two in ((a.position, b.position), (a.orientation, b.orientation)):
            assert (one is None) == (two is None) and (one is None or np.array_equal(one, two))
        for name in headers.LONG_WAY:
            assert _plain_numbers(a.text(name)) == _plain_numbers(b.text(name)), name
    return short[0].plain is not None if short else False


def _plain_numbers(text: str) -> list[str] | list[float]:
    """Texts of numbers compare by value: pydicom writes 5.0 where the file has 5."""
    try:
        return [float(v) for v in text.split("\\")]
    except ValueError:
        return [v.strip() for v in text.split("\\")]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian,
                                    DeflatedExplicitVRLittleEndian])
def test_headers_agree_in_every_encoding(series: Path, syntax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = by_height(series)[3]
    ds = pydicom.dcmread(path)
    ds.file_meta.TransferSyntaxUID = syntax
    big = syntax == ExplicitVRBigEndian
    if big:
        ds.PixelData = ds.pixel_array.astype(">i2").tobytes()
    pydicom.dcmwrite(path, ds, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=not big, force_encoding=True)
    assert _same(path, monkeypatch)
    (header,) = headers.read_headers(path)
    assert header.plain is not None and _equal_values(header)
    spoilt = path.read_bytes()
    path.write_bytes(spoilt[:len(spoilt) // 2])
    assert not _equal_values(header), "a file that was cut since is left to the long way, which names it"


def test_a_description_in_another_character_set_is_not_compared(series: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does it send the file the long way."""
    def describe(ds: pydicom.Dataset) -> None:
        ds.SpecificCharacterSet, ds.SeriesDescription, ds.ProtocolName = "GB18030", "胸部", "lung"
    path = edit(by_height(series)[0], describe)
    assert _same(path, monkeypatch)
    (header,) = headers.read_headers(path)
    assert (header.text("SeriesDescription"), header.text("ProtocolName")) == ("", "lung")


def test_a_name_in_another_character_set_is_left_to_pydicom(series: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(ds: pydicom.Dataset) -> None:
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.PatientName = "王^小东"

    path = edit(by_height(series)[0], rename)
    assert read_plain(path) is None and not _same(path, monkeypatch)
    assert headers.read_headers(path)[0].text("PatientName") == "王^小东"


def test_both_ways_give_the_same_real_files(real_dicom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All shared files: equal headers, and equal values of every slice that the short way reads."""
    taken = filled = 0
    for path in sorted(p for p in real_dicom.rglob("*") if p.is_file()):
        try:
            found = headers.read_headers(path)
        except (UnreadableError, CutHeaderError):
            with pytest.raises((UnreadableError, CutHeaderError)):
                _long(path, monkeypatch)
            continue
        taken += _same(path, monkeypatch)
        for header in found[:2]:
            filled += _equal_values(header)
    assert taken >= 140 and filled >= 140


def _equal_values(header: headers.SliceHeader) -> bool:
    out = np.empty((header.rows, header.columns), dtype=np.int16)
    padded = straight.read_into(out, header)
    if padded is None:
        return False
    values, count = fill.LongWay()(header)
    assert values.dtype == np.int16 and np.array_equal(values, out) and count == padded
    return True


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("scanner", ["soft", "sharp"])
def test_threads_do_not_matter(phantoms, tmp_path: Path, scanner: str, threads: int) -> None:
    patient, truth = phantoms("A")
    write_series(patient, truth, tmp_path, SCANNERS[scanner])
    assert np.array_equal(read_study(tmp_path, threads=threads).axial().array, truth.array)


def test_a_file_that_is_cut_between_header_and_pixels_is_named(series: Path) -> None:
    """The short way reads the pixels later than the header: a file that is cut meanwhile is an error, not noise."""
    found = [h for p in by_height(series) for h in headers.read_headers(p)]
    found[4].path.write_bytes(found[4].path.read_bytes()[:-100])
    with pytest.raises(MedomniError) as info:
        fill.filled(found)
    assert info.value.code == "MED-D03" and info.value.where == found[4].path.name


def test_loading_the_room_loads_no_heavy_package() -> None:
    import subprocess
    import sys

    code = "import sys, medomni.dicom; print([m for m in ('torch', 'monai', 'scipy', 'pydicom') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def without_meta(path: Path, implicit: bool, little: bool) -> None:
    """As old archives hold files: the data set alone, no preamble and no group 0002."""
    ds = pydicom.dcmread(path)
    if not little:
        ds.PixelData = ds.pixel_array.astype(ds.pixel_array.dtype.newbyteorder(">")).tobytes()
    del ds.file_meta
    ds.preamble = None
    pydicom.dcmwrite(path, ds, implicit_vr=implicit, little_endian=little, enforce_file_format=False,
                     force_encoding=True)


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_files_without_a_meta_header(series: Path, implicit: bool, little: bool) -> None:
    truth = read_study(series).array
    for path in by_height(series):
        without_meta(path, implicit, little)
    assert np.array_equal(read_study(series).array, truth)
    listed = survey(series)[0][0].series[0]
    assert not listed.refused and listed.summary.slices == len(truth)
    path = next(series.iterdir())
    assert read_image(path).array.shape == truth.shape[1:]


def test_compressed_files_without_a_meta_header(series: Path) -> None:
    """Nothing says how they are compressed; ingest and reading give the same reason."""
    for path in by_height(series):
        ds = pydicom.dcmread(path)
        ds.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
        ds.save_as(path)
        data = path.read_bytes()
        path.write_bytes(data[144 + int.from_bytes(data[140:144], "little"):])
    for read in (read_study, survey, lambda folder: read_image(next(folder.iterdir()))):
        with pytest.raises(MedomniError, match="MED-D01.*compressed, and states no transfer syntax"):
            read(series)
