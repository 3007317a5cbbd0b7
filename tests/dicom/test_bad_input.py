"""Every kind of bad DICOM gives a coded error that names the file and the remedy, or a recorded warning.

A slice is never dropped, filled in or moved without a word; no message or record holds a patient's name or a UID.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import time
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import JPEG2000Lossless, SecondaryCaptureImageStorage

from medomni.dicom import inspect, read_image, read_study
from medomni.dicom.names import hidden_words, shown_name
from medomni.dicom.read import foretold
from medomni.dicom.scan import scan
from medomni.dicom.survey import survey
from medomni.errors import MedomniError
from medomni.phantom import SCANNERS, Habit, sample_patient, write_habit, write_series
from medomni.pipeline import measure_volume
from medomni.volume import Volume
from tests.dicom.conftest import by_height, edit, edit_all

pytestmark = pytest.mark.unit


def refused(folder: Path, code: str, *words: object, **options: int) -> MedomniError:
    """The folder is refused with this code, and the message holds these words and a remedy."""
    with pytest.raises(MedomniError) as info:
        read_study(folder, **options)
    assert info.value.code == code, str(info.value)
    for word in (*words, "Remedy:"):
        assert str(word) in str(info.value)
    return info.value


def recorded(volume: Volume, code: str) -> list[str]:
    return [w.detail for w in volume.study.warnings if w.code == code]


# --- nothing to read ------------------------------------------------------------------------------------

def test_absent_and_empty_folder(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "MED-C08", "nowhere")
    refused(tmp_path, "MED-D01", "0 files", tmp_path.name)


@pytest.mark.parametrize("content", [b"", b"This is a letter, not an image.\n", b"\0" * 5_000_000, b"\x08\0" * 4000],
                         ids=["empty", "text", "zeros", "noise-like-group-8"])
def test_a_file_named_dcm_that_is_none(tmp_path: Path, series: Path, content: bytes) -> None:
    (tmp_path / "letter.dcm").write_bytes(content)
    (series / "letter.dcm").write_bytes(content)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tmp_path / "letter.dcm", alone)
    begun = time.perf_counter()
    refused(alone, "MED-D01", "letter.dcm")
    volume = read_study(series)
    assert time.perf_counter() - begun < 5
    assert len(recorded(volume, "MED-D02")) == 1 and "letter.dcm" in recorded(volume, "MED-D02")[0]


def test_a_damaged_slice_without_suffix_is_named_too(series: Path) -> None:
    """The lowest slice is emptied: no gap is left to see, so the warning is all there is."""
    count = len(by_height(series))
    lowest = by_height(series)[0]
    lowest.write_bytes(b"")
    volume = read_study(series)
    assert volume.array.shape[0] == count - 1
    assert lowest.name in recorded(volume, "MED-D02")[0]


def test_other_files_beside_a_series_are_no_matter(series: Path) -> None:
    (series / "viewer.exe").write_bytes(b"MZ" + bytes(300))
    (series / "notes.txt").write_text("see the letter")
    assert read_study(series).study.warnings == ()


# --- truncated files ------------------------------------------------------------------------------------

@pytest.mark.parametrize("keep", [0.999, 0.5])
def test_cut_in_the_pixels(series: Path, keep: float) -> None:
    path = by_height(series)[3]
    data = path.read_bytes()
    start = data.index(b"\xe0\x7f\x10\x00")
    path.write_bytes(data[:start + 12 + int((len(data) - start - 12) * keep)])
    refused(series, "MED-D03", path.name, "bytes of pixel data")


def test_cut_before_the_pixels(series: Path) -> None:
    path = by_height(series)[3]
    data = path.read_bytes()
    path.write_bytes(data[:data.index(b"\xe0\x7f\x10\x00")])
    refused(series, "MED-D03", path.name)


def test_cut_in_compressed_pixels(phantoms, tmp_path: Path) -> None:
    paths = write_series(*phantoms("A"), tmp_path, SCANNERS["sharp"])
    data = paths[3].read_bytes()
    paths[3].write_bytes(data[:-300])
    refused(tmp_path, "MED-D03", paths[3].name[-10:])


@pytest.mark.parametrize("at", [0, 3], ids=["end-of-the-stack", "inside"])
@pytest.mark.parametrize("group", [b"\x20\x00\x0d\x00", b"\x28\x00\x10\x00", b"\x10\x00\x10\x00"],
                         ids=["before-the-series", "after-the-series", "before-the-patient"])
def test_cut_in_the_header(series: Path, at: int, group: bytes) -> None:
    """At the end of a stack there is no gap: only the cut file itself tells that a slice is lost."""
    path = by_height(series)[at]
    data = path.read_bytes()
    path.write_bytes(data[:data.index(group)])
    refused(series, "MED-D03", path.name)
    assert any(path.name in w.detail for w in scan(series).warnings)


def test_cut_header_alone(series: Path) -> None:
    for path in by_height(series)[1:]:
        path.unlink()
    only = by_height(series)[0]
    only.write_bytes(only.read_bytes()[:700])
    refused(series, "MED-D03", only.name)


def test_cut_header_of_another_series_is_a_warning(series: Path, phantoms) -> None:
    other = series / "other"
    paths = write_series(*phantoms("A"), other)
    for path in paths[1:]:
        path.unlink()
    edit(paths[0], lambda ds: setattr(ds, "SeriesInstanceUID", "1.2.3"))
    data = paths[0].read_bytes()
    paths[0].write_bytes(data[:data.index(b"\x28\x00\x10\x00")])
    assert paths[0].name in recorded(read_study(series), "MED-D02")[0]


# --- patients, slices, positions ------------------------------------------------------------------------

def test_two_patients(series: Path, phantoms) -> None:
    _, volume = phantoms("A")
    write_series(sample_patient(99, "A"), volume, series / "second", name="CANARY^Second")
    edit_all(series, lambda ds: setattr(ds, "PatientName", "CANARY^First"))
    text = str(refused(series, "MED-D04", "2 patients", series.name))
    assert "CANARY" not in text and "SYN-" not in text


def test_missing_slice_names_both_sides_of_every_gap(series: Path) -> None:
    paths = by_height(series)
    z = [float(pydicom.dcmread(p).ImagePositionPatient[2]) for p in paths]
    for k in (4, 9, 10):
        paths[k].unlink()
    refused(series, "MED-D05", "2 of", f"between {z[3]:.2f} and {z[5]:.2f} mm",
            f"between {z[8]:.2f} and {z[11]:.2f} mm", f"{z[5] - z[3]:.3f} mm", paths[8].name)


def test_half_of_the_slices_at_one_end_missing(series: Path) -> None:
    for path in by_height(series)[1:-3:2]:
        path.unlink()
    refused(series, "MED-D05")


def test_identical_copy_is_dropped_with_a_warning(series: Path) -> None:
    truth = read_study(series)
    path = by_height(series)[2]
    shutil.copy(path, series / "copy.dcm")
    volume = read_study(series)
    assert np.array_equal(volume.array, truth.array)
    assert len(recorded(volume, "MED-D15")) == 1
    assert {path.name, "copy.dcm"} <= set(recorded(volume, "MED-D15")[0].split())


def test_two_different_slices_at_one_place(series: Path) -> None:
    path = by_height(series)[2]

    def other(ds: pydicom.Dataset) -> None:
        stored = ds.pixel_array.copy()
        stored[5, 5] += 1
        ds.PixelData = stored.astype("<i2").tobytes()

    edit(path, other, series / "differs.dcm")
    refused(series, "MED-D06", path.name, "differs.dcm")


def test_localizer_is_left_out_with_a_warning(series: Path) -> None:
    truth = read_study(series)
    path = by_height(series)[2]
    edit(path, lambda ds: setattr(ds, "ImageType", ["ORIGINAL", "PRIMARY", "LOCALIZER"]), series / "scout.dcm")
    volume = read_study(series)
    assert np.array_equal(volume.array, truth.array)
    assert "localizer" in recorded(volume, "MED-D14")[0]
    for p in by_height(series):
        if p.name != "scout.dcm":
            p.unlink()
    refused(series, "MED-D12", "localizer", "scout.dcm")


def test_slices_of_two_sizes(series: Path) -> None:
    def halved(ds: pydicom.Dataset) -> None:
        stored = ds.pixel_array[::2, ::2]
        ds.Rows, ds.Columns = stored.shape
        ds.PixelData = stored.tobytes()

    paths = by_height(series)
    edit(paths[0], halved)
    volume = read_study(series)
    assert volume.array.shape[0] == len(paths) - 1 and len(recorded(volume, "MED-D14")) == 1
    edit(paths[4], halved)
    refused(series, "MED-D05")


@pytest.mark.parametrize("spoil", [
    lambda ds: ds.__delattr__("ImagePositionPatient"),
    lambda ds: ds.__delattr__("ImageOrientationPatient"),
    lambda ds: ds.__delattr__("PixelSpacing"),
    lambda ds: setattr(ds, "ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
    lambda ds: setattr(ds, "ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
    lambda ds: setattr(ds, "ImagePositionPatient", ["nan", "0", "0"]),
    lambda ds: setattr(ds, "PixelSpacing", ["0", "0"]),
    lambda ds: setattr(ds, "PixelSpacing", ["1e-30", "1e-30"]),
], ids=["no-position", "no-orientation", "no-spacing", "zero-cosines", "parallel-cosines", "nan-position",
        "zero-spacing", "tiny-spacing"])
def test_no_geometry(series: Path, spoil) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edit_all_paths(series, spoil)
    refused(series, "MED-D09")


def edit_all_paths(folder: Path, change) -> None:
    for path in list(folder.iterdir()):
        edit(path, change)


def test_origins_that_wander(series: Path) -> None:
    path = by_height(series)[6]
    edit(path, lambda ds: setattr(ds, "ImagePositionPatient", ["12", *ds.ImagePositionPatient[1:]]))
    refused(series, "MED-D12")


# --- kinds and units ------------------------------------------------------------------------------------

def test_mr_is_read_and_not_measured(series: Path) -> None:
    edit_all(series, lambda ds: setattr(ds, "Modality", "MR"))
    volume = read_study(series)
    assert volume.study.modality == "MR"
    with pytest.raises(MedomniError) as info:
        measure_volume(volume)
    assert info.value.code == "MED-D07" and "MR" in str(info.value)


def colour_capture(ds: pydicom.Dataset) -> None:
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.PixelData = np.zeros((ds.Rows, ds.Columns, 3), np.uint8).tobytes()


def test_colour_capture_alone_and_beside_a_series(series: Path, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    shot = edit(by_height(series)[4], colour_capture, tmp_path / "alone" / "screenshot.dcm")
    refused(tmp_path / "alone", "MED-D08", "screenshot.dcm")
    assert [s.reason for s in inspect(tmp_path / "alone")] == ["colour or secondary capture"]
    shutil.copy(shot, series / "screenshot.dcm")
    volume = read_study(series)
    assert "colour" in recorded(volume, "MED-D14")[0]


@pytest.mark.parametrize("spoil", [
    lambda ds: (ds.__delattr__("RescaleSlope"), ds.__delattr__("RescaleIntercept")),
    lambda ds: ds.__delattr__("RescaleIntercept"),
    lambda ds: setattr(ds, "RescaleSlope", ""),
    lambda ds: setattr(ds, "RescaleSlope", "0"),
    lambda ds: setattr(ds, "RescaleSlope", ["1", "1"]),
    lambda ds: setattr(ds, "RescaleSlope", "1e300"),
], ids=["neither", "no-intercept", "empty", "zero", "two", "huge"])
def test_ct_without_a_unit(series: Path, spoil) -> None:
    path = by_height(series)[5]
    edit(path, spoil)
    refused(series, "MED-D11", path.name)


def test_a_slope_too_large_for_whole_numbers_does_not_wrap(series: Path) -> None:
    truth = read_study(series)
    edit_all(series, lambda ds: setattr(ds, "RescaleSlope", "3000000"))
    assert np.allclose(read_study(series).array, truth.array.astype(np.float64) * 3e6)


def test_garbage_in_compressed_pixels(series: Path) -> None:
    path = by_height(series)[5]

    def garbage(ds: pydicom.Dataset) -> None:
        ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
        ds.PixelData = pydicom.encaps.encapsulate([bytes(range(256)) * 8])
        ds["PixelData"].is_undefined_length = True

    ds = pydicom.dcmread(path)
    garbage(ds)
    ds.save_as(path, implicit_vr=False, little_endian=True)
    refused(series, "MED-D10", path.name, "JPEG 2000")


def test_a_frame_too_large_to_be_true(phantoms, tmp_path: Path) -> None:
    path = write_series(*phantoms("A"), tmp_path, SCANNERS["sharp"])[0]
    for other in tmp_path.iterdir():
        if other != path:
            other.unlink()
    edit(path, lambda ds: (setattr(ds, "Rows", 65535), setattr(ds, "Columns", 65535)))
    refused(tmp_path, "MED-D10", "65535")


@pytest.mark.parametrize("number", [1, 7, -1])
def test_series_number_that_is_not_there(series: Path, number: int) -> None:
    refused(series, "MED-C03", f"series {number}", "0 to 0", series=number)


# --- what messages and records may not hold -------------------------------------------------------------

def test_names_are_shown_without_uids_and_patients() -> None:
    hidden = hidden_words("DOE^Jane", "PAT-00417")
    uid = "1.2.826.0.1.3680043.8.498.12345678901234567890"
    assert shown_name(f"{uid}.dcm") == "…567890.dcm"
    assert shown_name("Doe_Jane_003.dcm", hidden) == "***_***_003.dcm"
    assert shown_name("scan/PAT-00417.IMA", hidden) == "scan/***-***.IMA"
    assert shown_name("IM0003", hidden) == "IM0003"


def test_a_warning_does_not_carry_the_uid_of_a_file_name(phantoms, tmp_path: Path) -> None:
    paths = write_series(*phantoms("A"), tmp_path, SCANNERS["sharp"])
    shutil.copy(paths[2], tmp_path / "copy.dcm")
    volume = read_study(tmp_path)
    assert paths[2].stem not in str(volume.study) and paths[2].stem[-6:] in recorded(volume, "MED-D15")[0]


def test_free_text_of_the_header_stays_out_of_the_record(series: Path) -> None:
    def chatty(ds: pydicom.Dataset) -> None:
        ds.BodyPartExamined, ds.ConvolutionKernel = "Mrs Canary, chest", "for Dr Canary: soft, please!"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edit_all(series, chatty)
    assert "anary" not in str(read_study(series).study)


# --- damage of every kind -------------------------------------------------------------------------------

def test_damage_gives_a_code_or_the_right_answer(series: Path, phantoms, tmp_path: Path, capfd) -> None:
    """300 mutations (bits, cuts, lengths) of uncompressed and compressed slices, alone in a folder.

    Nothing but a coded error may come out, in bounded time; a read that succeeds has the file's shape.
    """
    sharp = write_series(*phantoms("A"), tmp_path / "sharp", SCANNERS["sharp"])
    squeezed = pydicom.dcmread(by_height(series)[1])
    squeezed.compress(pydicom.uid.JPEGLSLossless, generate_instance_uid=False)
    squeezed.save_as(tmp_path / "jls.dcm", implicit_vr=False, little_endian=True)
    sources = [p.read_bytes() for p in (by_height(series)[0], sharp[0], tmp_path / "jls.dcm")]
    folder = tmp_path / "fuzz"
    folder.mkdir()
    rng = np.random.default_rng(20)
    heard = Heard()
    logging.getLogger().addHandler(heard)
    begun, slowest, codes = time.perf_counter(), 0.0, []
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # pydicom's warnings quote values: none may get out
        for trial in range(300):
            data = mutated(sources[trial % 3], trial // 3 % 4, rng)
            (folder / "x.dcm").write_bytes(data)
            one = time.perf_counter()
            with contextlib.suppress(MedomniError):
                try:
                    volume = read_study(folder)
                except MedomniError as exc:
                    codes.append(exc.code)
                    raise
                assert volume.array.shape[0] == 1 and np.isfinite(volume.affine).all()
                assert np.isfinite(volume.array).all()
                codes.append("read")
            slowest = max(slowest, time.perf_counter() - one)
    logging.getLogger().removeHandler(heard)
    assert slowest < 3 and time.perf_counter() - begun < 20
    assert "read" in codes and len(set(codes)) >= 4
    assert "SYN-" not in "".join(capfd.readouterr())
    assert not heard.lines


class Heard(logging.Handler):
    """What an application's root handler would print."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def mutated(data: bytes, kind: int, rng: np.random.Generator) -> bytes:
    """Bits flipped in the header, bits flipped anywhere, the end cut off, or a length field overwritten."""
    out = bytearray(data)
    header = data.find(b"\xe0\x7f\x10\x00")
    if kind == 2:
        return bytes(out[:rng.integers(0, len(out))])
    if kind == 3:
        at = int(rng.integers(132, header))
        out[at:at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", rng.bytes(4)])
        return bytes(out)
    for _ in range(int(rng.integers(1, 9))):
        out[int(rng.integers(0, header if kind == 0 else len(out)))] ^= 1 << int(rng.integers(0, 8))
    return bytes(out)


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "rle", "jpeg_ls"])
def test_what_stands_behind_the_pixels(syntax: str, phantoms, tmp_path: Path) -> None:
    """Zeros and larger tags may; a second set of pixels leaves open which one is the patient's."""
    write_habit(phantoms("A")[1], tmp_path / "in", Habit(syntax=syntax))
    path = by_height(tmp_path / "in")[0]
    data = path.read_bytes()
    truth = read_study(path).array
    at = data.rindex(b"\xe0\x7f\x10\x00")
    private = b"\xe1\x7f\x01\x10" + (b"\2\0\0\0" if syntax == "implicit" else b"SH\2\0") + b"x "
    for behind in (bytes(64), private):
        path.write_bytes(data + behind)
        assert np.array_equal(read_study(path).array, truth)
    path.write_bytes(data + data[at:])
    with pytest.raises(MedomniError) as caught:
        read_study(path)
    assert caught.value.code == "MED-D10" and "out of order" in str(caught.value)


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big_endian"])
@pytest.mark.parametrize("spoil", ["Columns", "Rows", "frames"])
def test_more_pixels_than_the_header_says(syntax: str, spoil: str, phantoms, tmp_path: Path) -> None:
    """They would lie sheared, or frames would be missing; a byte of padding is none."""
    habit = Habit(syntax=syntax, frames="enhanced" if spoil == "frames" else "single")
    write_habit(phantoms("A")[1], tmp_path / "in", habit)

    def change(ds: pydicom.Dataset) -> None:
        if spoil == "frames":
            ds.NumberOfFrames = len(ds.PerFrameFunctionalGroupsSequence) - 3
            ds.PerFrameFunctionalGroupsSequence = ds.PerFrameFunctionalGroupsSequence[:-3]
            for k, item in enumerate(ds.PerFrameFunctionalGroupsSequence):
                item.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 3 * k]
        else:
            setattr(ds, spoil, int(ds[spoil].value) - 1)

    truth = read_study(tmp_path / "in").array
    for path in (tmp_path / "in").iterdir():
        edit(path, lambda ds: setattr(ds, "PixelData", ds.PixelData + b"\0\0"))
    assert np.array_equal(read_study(tmp_path / "in").array, truth)
    for path in (tmp_path / "in").iterdir():
        edit(path, change)
    with pytest.raises(MedomniError) as caught:
        read_study(tmp_path / "in")
    assert caught.value.code == "MED-D12" and "too many" in str(caught.value)
    if syntax != "big_endian":  # the short way sees the length without the pixels
        assert "MED-D12" in foretold(scan(tmp_path / "in"), 0)[0]


@pytest.mark.parametrize("signed", [False, True])
def test_a_compressed_frame_of_another_sign(signed: bool, phantoms, tmp_path: Path) -> None:
    write_habit(phantoms("A")[1], tmp_path / "in", Habit(syntax="jpeg_2000", signed=signed))
    read_study(tmp_path / "in")
    for path in (tmp_path / "in").iterdir():
        edit(path, lambda ds: setattr(ds, "PixelRepresentation", int(not signed)))
    with pytest.raises(MedomniError) as caught:
        read_study(tmp_path / "in")
    assert caught.value.code == "MED-D10" and "signed" in str(caught.value)


@pytest.mark.parametrize(("behind", "refused"), [(b"\0", False), (bytes(12), False), (b"\0\0\0x", True),
                                                 (bytes(96), True)])
def test_padding_behind_pixels_is_short_and_zero(behind: bytes, refused: bool, series: Path) -> None:
    truth, path = read_study(series).array, by_height(series)[2]
    edit(path, lambda ds: setattr(ds, "PixelData", ds.PixelData + behind))
    assert ("MED-D12" in foretold(scan(series), 0)[0]) == refused
    if refused:
        with pytest.raises(MedomniError, match="too many"):
            read_study(series)
    else:
        assert np.array_equal(read_study(series).array, truth)


def element(data: bytes, tag: bytes) -> tuple[int, int]:
    """Where a short element of explicit VR begins and ends."""
    at = data.index(tag)
    return at, at + 8 + int.from_bytes(data[at + 6:at + 8], "little")


@pytest.mark.parametrize("several", [True, False], ids=["all", "one"])
@pytest.mark.parametrize(("kind", "said"), [
    ("twice", r"element \(0028,1052\) stands twice"),
    ("behind", r"elements are not in ascending order: \(0028,1052\) stands behind \(0028,1053\)"),
    ("early", r"elements are not in ascending order: \(0010,0020\) stands behind \(0028,1053\)")])
def test_elements_out_of_order(kind: str, said: str, several: bool, phantoms, tmp_path: Path) -> None:
    """PS3.5 7.1: which of two values holds is not known. Reading, pictures and ingest give the same reason."""
    folder = tmp_path / "in"
    write_habit(phantoms("A")[1], folder, Habit(syntax="explicit"))
    files = by_height(folder)
    for path in files if several else files[2:3]:
        data = path.read_bytes()
        intercept, end = element(data, b"\x28\x00\x52\x10DS")
        slope, behind = element(data, b"\x28\x00\x53\x10DS")
        assert end == slope
        if kind == "twice":
            data = data[:end] + data[intercept:end] + data[end:]
        elif kind == "behind":
            data = data[:intercept] + data[slope:behind] + data[intercept:end] + data[behind:]
        else:
            data = data[:behind] + data[slice(*element(data, b"\x10\x00\x20\x00LO"))] + data[behind:]
        path.unlink()
        spoilt = path.with_name(f"HABIT-{path.name}")
        spoilt.write_bytes(data)
        with pytest.raises(MedomniError, match="MED-D10.*" + said) as caught:
            read_image(spoilt)
        assert "HABIT" not in str(caught.value)
    with pytest.raises(MedomniError, match="MED-D10.*" + said):
        read_study(folder)
    if several:
        with pytest.raises(MedomniError, match="MED-D10.*" + said) as caught:
            survey(folder)
        assert "HABIT" not in str(caught.value), "the patient is named in what was read"
    else:
        studies, warnings, _ = survey(folder)
        assert re.search("MED-D10.*" + said, studies[0].series[0].refused)
        assert re.search(said, " ".join(w.detail for w in warnings))


def test_a_number_of_frames_that_is_none(series: Path) -> None:
    """The name, then what is wrong: one sentence."""
    path = by_height(series)[0]
    ds = pydicom.dcmread(path)
    ds["NumberOfFrames"] = RawDataElement(Tag("NumberOfFrames"), "IS", 4, b"1.5 ", 0, False, True)
    ds.save_as(path)
    volume = read_study(series)
    assert f"{path.name} is damaged: a size in its header is no number" in recorded(volume, "MED-D02")


def test_elements_in_another_syntax_than_is_stated(phantoms, tmp_path: Path) -> None:
    """Implicit behind a meta header that says explicit: refused, and not as elements that stand twice."""
    write_habit(phantoms("A")[1], tmp_path / "in", Habit(syntax="implicit"))
    for path in by_height(tmp_path / "in"):
        data = path.read_bytes().replace(b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x14\x001.2.840.10008.1.2.1\0", 1)
        length = int.from_bytes(data[140:144], "little") + 2
        path.write_bytes(data[:140] + length.to_bytes(4, "little") + data[144:])
    with pytest.raises(MedomniError, match="MED-D10.*not written in the transfer syntax that it states"):
        read_study(tmp_path / "in")
