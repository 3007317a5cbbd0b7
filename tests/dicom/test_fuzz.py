"""Damaged and hostile files: a coded error or a right answer. The short form of B7, of other seeds."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian

from benchmarks.bar_b7 import _tree, fuzzed
from benchmarks.fuzz import _and
from benchmarks.fuzz_picture import picture_agrees
from benchmarks.fuzz_sources import DECOY, DECOY_UID, MEDIUM_SLICES, decoy, lowest, palette, radiograph, ultrasound
from benchmarks.fuzz_tricks import DEEP, LONGEST, tricked_zip
from benchmarks.fuzz_truth import agrees
from benchmarks.fuzz_ways import EVERY, Ways
from medomni.dicom import parse, read_image, read_study
from medomni.errors import MedomniError
from tests.dicom.conftest import by_height

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("part", [101, 102])
def test_mutated_files(part: int) -> None:
    met, figure = fuzzed(120, 1, first=part)
    assert met, figure


def test_a_deflated_bomb_is_not_inflated(series: Path, monkeypatch) -> None:
    """The data set of a deflated file is inflated whole by pydicom, to which a name in another script leaves it; a
    small file may ask for any memory."""
    path = by_height(series)[0]
    ds = pydicom.dcmread(path)
    ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 192", "王^小东"
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


def test_the_watch_sees_what_a_careless_reader_would_write(series: Path, tmp_path: Path) -> None:
    """Names that climb are written where they say: all of it lands below the watched root, and shows."""
    place = tmp_path.joinpath(*(f"d{k}" for k in range(DEEP)))
    place.mkdir(parents=True)
    assert DEEP > LONGEST + 1, "the work and what is unpacked lie deeper still"
    (tmp_path / DECOY).write_bytes(b"whole")
    seen = 0
    for k in range(12):
        before, packed = _tree(tmp_path), io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.dcm", bytes([k]) * 1000)
        with zipfile.ZipFile(io.BytesIO(tricked_zip(packed.getvalue(), np.random.default_rng(k), tmp_path))) as archive:
            for name in archive.namelist():
                path = Path(os.path.normpath(place / name))
                assert path.is_relative_to(tmp_path)
                if not path.is_dir() and not path.parent.is_file():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(archive.read(name))
        seen += _tree(tmp_path) != before
    assert seen == 12


@pytest.mark.parametrize("suffix", [".dcm", ".zip", ".nii"])
def test_the_judge_sees_other_values(series: Path, tmp_path: Path, suffix: str) -> None:
    images = lowest(series)
    truth = {str(ds.SOPInstanceUID): (ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept),
                                      np.array(ds.ImagePositionPatient, dtype=float)) for ds in images}
    path = tmp_path / f"x{suffix}"
    if suffix == ".dcm":
        images[0].save_as(path)
    elif suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for ds in images:
                archive.write(ds.filename, Path(ds.filename).name)
    else:
        read_study(series).to_nifti(path)
    volume = read_study(path)
    data = path.read_bytes()
    assert agrees(path, volume, data, truth) == "read" and len(volume.array) == {
        ".dcm": 1, ".zip": MEDIUM_SLICES}.get(suffix, len(volume.array))
    spoilt = volume.array.copy()
    spoilt[-1, 3, 4] += 1
    assert agrees(path, replace(volume, array=spoilt), data, truth).startswith("wrong")
    moved = volume.affine.copy()
    moved[2, 3] += 1.0
    assert agrees(path, replace(volume, affine=moved), data, truth).startswith("wrong")
    if suffix == ".zip":
        outside = pydicom.dcmread(io.BytesIO(decoy(tmp_path / "decoy")))
        assert outside.SOPInstanceUID == DECOY_UID
        assert agrees(path, replace(volume, slice_uids=(DECOY_UID, *volume.slice_uids[1:])), data, truth).startswith(
            "wrong")


def test_a_compressed_nifti_whose_checksum_fails(series: Path, tmp_path: Path) -> None:
    path = read_study(series).to_nifti(tmp_path / "x.nii.gz")
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(data)
    with pytest.raises(MedomniError):
        read_study(path)


@pytest.mark.parametrize("name", ["radiograph.dcm", "palette.dcm", "ultrasound.dcm", "slice.dcm", "x.png"])
def test_the_judge_sees_another_picture(series: Path, tmp_path: Path, name: str) -> None:
    path, made = tmp_path / name, {"radiograph": radiograph, "palette": palette, "ultrasound": ultrasound}
    if name == "x.png":
        Image.fromarray(np.arange(1024, dtype=np.uint8).reshape(32, 32)).save(path)
    else:
        path.write_bytes(made[path.stem]() if path.stem in made else by_height(series)[0].read_bytes())
    picture = read_image(path)
    assert picture_agrees(path, picture) == "read"
    values, shown = picture.array.copy(), picture.shown.copy()
    values[3, 4] += 1
    shown[5, 6] += 9
    assert picture_agrees(path, replace(picture, array=values)).startswith("wrong: another picture")
    assert picture_agrees(path, replace(picture, shown=shown)).startswith("wrong: other greys")
    if name != "x.png":
        assert picture_agrees(path, replace(picture, inverted=not picture.inverted)).startswith("wrong: inverted")
    if name == "radiograph.dcm":
        path.write_bytes(path.read_bytes().replace(b"MONOCHROME1", b"MONOCHROME?"))
        assert picture_agrees(path, picture) == "unheld: pydicom could not"


def test_the_worse_of_two_outcomes() -> None:
    assert _and("MED-D01", "read") == "read" and _and("read", "unheld: x") == "unheld: x"
    assert _and("wrong: x", "read") == "wrong: x" and _and("", "MED-D10") == "MED-D10"


def test_the_judge_sees_what_the_other_ways_do_wrong(series: Path, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = by_height(series)[:2]
    changed = pydicom.dcmread(path)
    changed.PixelData = pydicom.dcmread(other).PixelData
    changed.save_as(tmp_path / "x.dcm")
    monkeypatch.setattr("benchmarks.fuzz_ways.EVERY", dict.fromkeys(EVERY, 1))
    ways = Ways(tmp_path / "ways", {"whole.dcm": path.read_bytes()})
    assert ways.tried(tmp_path / "x.dcm", 0, True)[0] == {
        "received": "conflict", "surveyed": "listed", "de-identified": "cleaned"}
    (tmp_path / "whole.dcm").write_bytes(path.read_bytes())
    assert ways.tried(tmp_path / "whole.dcm", 0, True)[0]["received"] == "known"

    def copied(source: Path, out: Path, *_: object) -> None:
        out.mkdir()
        (out / "x.dcm").write_bytes(source.read_bytes())

    monkeypatch.setattr("medomni.dicom.pacs.inbox.same_image", lambda *_: True)
    monkeypatch.setattr("medomni.dicom.survey.survey", lambda *_, **__: ([], [], 1))
    monkeypatch.setattr("medomni.dicom.deid.deidentify", copied)
    assert [said.partition(":")[0] for said in ways.tried(tmp_path / "x.dcm", 0, True)[0].values()] == ["wrong"] * 3
    ways.close()
    assert not list((tmp_path / "ways").iterdir())
