"""A zip or a DICOMDIR is read as the folder is, and none of its tricks writes or reads outside."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.fileset import FileSet

from medomni.dicom import inspect, read_study
from medomni.dicom.archive import unpack
from medomni.dicom.dicomdir import listed
from medomni.errors import MedomniError

pytestmark = pytest.mark.unit


def zipped(folder: Path, to: Path, **more: bytes) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"PAT001/STUDY 1/{path.name}")
        for name, data in more.items():
            archive.writestr(name, data)
    return to


def test_a_zip_is_read_as_its_folder(series: Path, tmp_path: Path, monkeypatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    source = zipped(series, tmp_path / "study.zip", notes=b"hello")
    truth, volume = read_study(series), read_study(source)
    assert np.array_equal(volume.array, truth.array) and volume.slice_uids == truth.slice_uids
    assert [s.slices for s in inspect(source)] == [len(truth.array)]
    assert not list(scratch.iterdir()), "nothing of the patient stays"
    with pytest.raises(MedomniError, match="MED-C03"):
        read_study(source, series=4)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("name", ["../../evil.dcm", "/evil.dcm", "C:\\evil.dcm", "..\\..\\evil.dcm", "a/../../evil.dcm",
                                  "evil.dcm\0.txt", "x" * 300, "..", "naïve 病人.dcm"])
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"data")
        archive.writestr(zipfile.ZipInfo(name), b"again")
    unpack(tmp_path / "x.zip", inside)
    made = {p for p in tmp_path.rglob("*") if p.is_file()} - {tmp_path / "x.zip"}
    assert len(made) == 2 and all(p.parent == inside for p in made)


def test_links_are_not_made(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.dcm")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("real.dcm", b"data")
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "x.zip", tmp_path / "out")
    assert [p.read_bytes() for p in (tmp_path / "out").iterdir()] == [b"data"]


def test_a_bomb_stops_while_it_unpacks(tmp_path: Path) -> None:
    """60 MB of zeros in 60 kB, and a directory that says 10 bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("bomb.dcm", bytes(128) + b"DICM" + bytes(60 << 20))
    (tmp_path / "x.zip").write_bytes(buffer.getvalue())
    (tmp_path / "out").mkdir()
    with pytest.raises(MedomniError, match=r"MED-D21.*unpacks to more"):
        unpack(tmp_path / "x.zip", tmp_path / "out")


def test_what_is_no_image_is_not_unpacked(tmp_path: Path) -> None:
    """Only its first bytes are, by which it is told as no image."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(30 << 20))
        archive.writestr("bare.dcm", b"\x08\0\x05\0" + bytes(9000))
        archive.writestr("x.png", bytes(9000))
    (tmp_path / "out").mkdir()
    unpack(tmp_path / "x.zip", tmp_path / "out")
    assert [p.stat().st_size for p in sorted((tmp_path / "out").iterdir())] == [4096, 9004, 9000]


@pytest.mark.parametrize("spoil", ["cut", "encrypted", "crc", "method"])
def test_damaged_zips_are_named(series: Path, tmp_path: Path, spoil: str) -> None:
    source = zipped(series, tmp_path / "x.zip")
    data = bytearray(source.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    if spoil == "cut":
        end = data.rindex(b"PK\x05\x06")
        data = data[:1000] + data[end:]
    elif spoil == "encrypted":
        struct.pack_into("<H", data, at + 8, 1)
    elif spoil == "crc":
        struct.pack_into("<I", data, at + 16, 1)
    else:
        struct.pack_into("<H", data, at + 10, 77)
    source.write_bytes(data)
    with pytest.raises(MedomniError, match="MED-D21"):
        read_study(source)


@pytest.fixture
def medium(series: Path, tmp_path: Path) -> Path:
    """A DICOMDIR with its files, as pydicom writes one."""
    files = FileSet()
    for path in series.iterdir():
        ds = pydicom.dcmread(path)
        ds.StudyID, ds.SeriesNumber, ds.AccessionNumber, ds.StudyTime = "1", 1, "1", "120000"
        files.add(ds)
    files.write(tmp_path / "medium")
    return tmp_path / "medium" / "DICOMDIR"


def test_a_dicomdir_names_the_files(series: Path, medium: Path) -> None:
    truth, volume = read_study(series), read_study(medium)
    assert np.array_equal(volume.array, truth.array)
    assert np.array_equal(read_study(medium.parent).array, truth.array), "the folder with its DICOMDIR too"


def test_a_folder_is_held_against_its_dicomdir(series: Path, medium: Path) -> None:
    itself = ("MED-D14", "1 files without an image")
    assert [(w.code, w.detail) for w in read_study(medium.parent).study.warnings] == [itself]
    highest = max(
        (p for p in medium.parent.rglob("*") if p.is_file() and p != medium),
        key=lambda p: float(pydicom.dcmread(p, stop_before_pixels=True).ImagePositionPatient[2]))
    highest.unlink()
    volume = read_study(medium.parent)
    count = len(list(series.iterdir()))
    assert len(volume.array) == count - 1
    assert {(w.code, w.detail) for w in volume.study.warnings} == {
        itself, ("MED-D14", f"1 of {count} files that a DICOMDIR in the folder names are not there")}
    medium.write_bytes(medium.read_bytes()[:400])
    assert len(read_study(medium.parent).array) == count - 1, "a damaged one is no part of the study"


def test_small_letters_on_a_copied_medium(series: Path, medium: Path) -> None:
    for path in sorted(medium.parent.rglob("*"), key=lambda p: -len(p.parts)):
        if path != medium:
            path.rename(path.with_name(path.name.lower()))
    assert len(read_study(medium).array) == len(list(series.iterdir()))


def test_a_dicomdir_that_names_what_is_absent(medium: Path) -> None:
    next(p for p in medium.parent.rglob("*") if p.is_file() and p != medium).unlink()
    with pytest.raises(MedomniError, match=r"MED-D21.*1 of \d+ files"):
        read_study(medium)


@pytest.mark.parametrize("parts", [["..", "secret"], ["/etc", "passwd"], ["A", "..", "..", "x"], ["C:", "x"],
                                   ["a/../.."]])
def test_a_dicomdir_that_points_outside(medium: Path, parts: list[str]) -> None:
    ds = pydicom.dcmread(medium)
    record = next(r for r in ds.DirectoryRecordSequence if "ReferencedFileID" in r)
    record.ReferencedFileID = parts
    ds.save_as(medium)
    with pytest.raises(MedomniError, match="MED-D21.*outside"):
        read_study(medium)


def test_a_link_in_a_medium_that_points_outside(medium: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.dcm"
    path = next(p for p in medium.parent.rglob("*") if p.is_file() and p != medium)
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(MedomniError, match="MED-D21.*outside"):
        read_study(medium)


def test_garbage_with_these_names(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(b"no medium")
    with pytest.raises(MedomniError, match="MED-D21"):
        read_study(tmp_path / "DICOMDIR")
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(MedomniError, match="MED-D01"):
        read_study(tmp_path / "x.zip")
    with pytest.raises(MedomniError, match="MED-C08"):
        read_study(tmp_path / "absent.zip")


def test_a_folder_of_a_zip_alone_and_a_zip_that_ends_early(series: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    source = zipped(series, tmp_path / "in" / "x.zip")
    with pytest.raises(MedomniError, match="MED-D01.*1 archives, which are not opened in a folder"):
        read_study(tmp_path / "in")
    source.write_bytes(source.read_bytes()[:2000])
    with pytest.raises(MedomniError, match="MED-D21.*ends early"):
        read_study(source)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_damage_within_other_packings(tmp_path: Path, method: int) -> None:
    source = tmp_path / "x.zip"
    with zipfile.ZipFile(source, "w", method) as archive:
        archive.writestr("a", np.random.default_rng(1).bytes(60_000))
    data = bytearray(source.read_bytes())
    data[4_000:30_000] = bytes(26_000)
    source.write_bytes(data)
    with pytest.raises(MedomniError, match="MED-D21"):
        read_study(source)


def test_a_damaged_dicomdir_has_a_code_or_names_what_it_did(medium: Path) -> None:
    """Records are decoded late: no cut and no changed byte may surface as another error."""
    whole, rng = medium.read_bytes(), np.random.default_rng(3)
    files = {p for p in medium.parent.rglob("*") if p.is_file() and p != medium}
    spoiled = [whole[:n] for n in range(200, len(whole), 97)]
    for _ in range(60):
        data = bytearray(whole)
        for at in rng.integers(132, len(whole), 4):
            data[at] = rng.integers(256)
        spoiled.append(bytes(data))
    for data in spoiled:
        medium.write_bytes(data)
        try:
            found = listed(medium)
        except MedomniError as exc:
            assert exc.code == "MED-D21"
        else:
            assert set(found) == files, "no file below a damaged directory is lost"


def test_a_dicomdir_with_a_name_that_no_file_can_have(medium: Path) -> None:
    ds = pydicom.dcmread(medium)
    ds.DirectoryRecordSequence[-1].ReferencedFileID = ["A" * 300]
    ds.save_as(medium)
    with pytest.raises(MedomniError, match="MED-D21"):
        read_study(medium)


def records_lost(ds: pydicom.Dataset) -> None:
    del ds.DirectoryRecordSequence[-2:]


def record_repeated(ds: pydicom.Dataset) -> None:
    ds.DirectoryRecordSequence[-1].ReferencedFileID = ds.DirectoryRecordSequence[-2].ReferencedFileID


def name_lost(ds: pydicom.Dataset) -> None:
    del ds.DirectoryRecordSequence[-1].ReferencedFileID


@pytest.mark.parametrize(("spoil", "says"), [
    (records_lost, ["is damaged: 1 of the links", "2 DICOM files beside the"]),
    (record_repeated, ["1 files are named more than once", "1 DICOM files beside the"]),
    (name_lost, ["1 images of the DICOMDIR have no file", "1 DICOM files beside the"]),
], ids=["lost", "repeated", "nameless"])
def test_a_damaged_dicomdir_does_not_shorten_the_volume(series: Path, medium: Path, spoil, says: list[str]) -> None:
    truth, sound = read_study(series), read_study(medium)
    assert not sound.study.warnings
    ds = pydicom.dcmread(medium)
    spoil(ds)
    ds.save_as(medium)
    volume = read_study(medium)
    assert np.array_equal(volume.array, truth.array)
    told = [w.detail for w in volume.study.warnings if w.code == "MED-D14"]
    for words in says:
        assert any(words in detail for detail in told), told


def test_a_record_that_is_lost_with_its_file_is_told(medium: Path) -> None:
    """What the directory named cannot be known: the record must say that there may have been more."""
    files = [p for p in medium.parent.rglob("IM*") if p.is_file()]
    gone = max(files, key=lambda p: float(pydicom.dcmread(p, stop_before_pixels=True).ImagePositionPatient[2]))
    ds = pydicom.dcmread(medium)
    names = [list(r.get("ReferencedFileID") or []) for r in ds.DirectoryRecordSequence]
    del ds.DirectoryRecordSequence[names.index(list(gone.relative_to(medium.parent).parts))]
    ds.save_as(medium)
    gone.unlink()
    assert any("may have named more" in w.detail for w in read_study(medium).study.warnings)


def test_what_lies_beside_a_dicomdir(series: Path, medium: Path, tmp_path: Path) -> None:
    """Programs and letters of a medium are no images; an image that is not listed is read; a link leads nowhere."""
    (medium.parent / "README").write_text("how to start the viewer")
    (medium.parent / "VIEWER.EXE").write_bytes(b"MZ" + bytes(300))
    file = next(p for p in medium.parent.rglob("IM*") if p.is_file())
    (tmp_path / "outside.dcm").write_bytes(file.read_bytes())
    (medium.parent / "LINK").symlink_to(tmp_path / "outside.dcm")
    volume = read_study(medium)
    assert [w.detail for w in volume.study.warnings] == [
        "1 files beside the DICOMDIR are links to a place outside its folder and were left out"]
    (medium.parent / "COPY").write_bytes(file.read_bytes())
    assert "MED-D15" in {w.code for w in read_study(medium).study.warnings}, "it was read, and equals the listed one"


def test_another_patient_beside_a_dicomdir(series: Path, medium: Path) -> None:
    """A medium that was copied among other downloads: not mixed in, and told."""
    ds = pydicom.dcmread(next(series.iterdir()))
    ds.PatientID, ds.PatientName = "4711", "MEYER^OTTO"
    ds.save_as(medium.parent / "other.dcm")
    volume = read_study(medium)
    assert len(volume.array) == len(list(series.iterdir()))
    (told,) = [w.detail for w in volume.study.warnings]
    assert told == "1 DICOM files beside the DICOMDIR are of patients that it does not hold and were left out"
