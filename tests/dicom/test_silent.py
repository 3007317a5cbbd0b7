"""What was once read wrong without a word: each is now right, in the record, or refused."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import imagecodecs
import jpeg_ls
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames

from medomni.dicom import inspect, read_image, read_study
from medomni.dicom.loss import loses
from medomni.dicom.names import hidden_words, shown_name
from medomni.dicom.slabs import read_slabs
from medomni.dicom.source import source_images
from medomni.dicom.survey import survey
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from tests.dicom.conftest import by_height, edit, edit_all
from tests.dicom.test_encapsulated import HTJ2K, JPEG_2000, JPEG_LS, LOSSLESS, compress
from tests.dicom.test_image import MR, image, with_tags

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("keep", [0.97, 0.5, 0.2])
@pytest.mark.parametrize("fill", [b"", b"\0"], ids=["missing", "zeros"])
@pytest.mark.parametrize("syntax", [LOSSLESS, JPEG_2000, JPEG_LS, HTJ2K])
def test_a_frame_without_its_end(series: Path, syntax: str, keep: float, fill: bytes) -> None:
    """As a transfer leaves it that broke off: the item's length is right, the codestream's tail is not there."""
    path = by_height(series)[0]
    compress(path, syntax)
    ds = pydicom.dcmread(path)
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    end = int(len(frame) * keep) // 2 * 2
    ds.PixelData = encapsulate([frame[:end] + fill * (len(frame) - end)])
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path)
    for read in (read_study, read_image):
        with pytest.raises(MedomniError) as info:
            read(series if read is read_study else path)
        assert info.value.code in ("MED-D03", "MED-D10")


@pytest.mark.parametrize("high", [15, 13, 10])
def test_bits_that_do_not_begin_at_the_lowest(series: Path, high: int) -> None:
    edit_all(series, lambda ds: (setattr(ds, "BitsStored", 12), setattr(ds, "HighBit", high)))
    for read in (read_study, read_image):
        with pytest.raises(MedomniError, match=f"MED-D10.*high bit {high}"):
            read(series if read is read_study else by_height(series)[0])


@pytest.mark.parametrize(("signed", "word", "value"), [(False, 63536, 63536), (True, -3000, -3000)])
@pytest.mark.parametrize("big", [False, True], ids=["short way", "long way"])
def test_padding_in_the_bits_above_those_stored(series: Path, signed: bool, word: int, value: int, big: bool) -> None:
    truth = read_study(series).array

    def pad(ds: pydicom.Dataset) -> None:
        hu = ds.pixel_array.astype(np.int32) + int(ds.RescaleIntercept)
        words = np.clip(hu + (0 if signed else 1024), -2048 if signed else 0, 2047 if signed else 4095)
        words[:3] = word
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 12, 11, int(signed)
        ds.RescaleIntercept = "0" if signed else "-1024"
        ds.PixelData = words.astype(">i2" if big and signed else ">u2" if big else "<i2" if signed else "<u2").tobytes()
        ds.add_new("PixelPaddingValue", "SS" if signed else "US", value)

    for path in by_height(series):
        ds = pydicom.dcmread(path)
        pad(ds)
        if big:
            ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRBigEndian
        pydicom.dcmwrite(path, ds, implicit_vr=False if big else None, little_endian=False if big else None,
                         force_encoding=big)
    volume = read_study(series)
    assert (volume.array[:, :3] == -1024).all() and "MED-D16" in {w.code for w in volume.study.warnings}
    assert np.array_equal(volume.array[:, 3:], np.clip(truth[:, 3:], -1024, 2047))


@pytest.mark.parametrize("number", [0, 5])
def test_a_map_among_the_slices_is_no_slice(series: Path, number: int) -> None:
    """Whether it is the first file or another."""
    edit(by_height(series)[number], lambda ds: setattr(ds, "ImageType", ["DERIVED", "PRIMARY", "PERFUSION", "RCBF"]))
    if number:
        with pytest.raises(MedomniError, match="MED-D05"):
            read_study(series)
    else:
        volume = read_study(series)
        assert len(volume.array) == len(list(series.iterdir())) - 1
        assert "MED-D14" in {w.code for w in volume.study.warnings}


def test_names_of_files_decide_nothing(phantoms, tmp_path: Path) -> None:
    """Two phases in one series: which is series 0 depends on their headers alone."""
    for phase in (1, 2):
        write_habit(phantoms("A")[1], tmp_path / str(phase), Habit(), seed=phase)
        for path in (tmp_path / str(phase)).iterdir():
            def alike(ds: pydicom.Dataset, phase: int = phase) -> None:
                ds.AcquisitionNumber, ds.SeriesInstanceUID, ds.StudyInstanceUID = phase, "1.2.3", "1.2"
                ds.FrameOfReferenceUID, ds.RescaleIntercept = "1.5", str(100 * phase)
            edit(path, alike)
    found = []
    for order in ("12", "21"):
        mixed = tmp_path / order
        mixed.mkdir()
        for phase in order:
            for path in (tmp_path / phase).iterdir():
                shutil.copy(path, mixed / f"{order.index(phase)}-{path.name}")
        assert [s.slices for s in inspect(mixed)] == [len(phantoms("A")[1].array)] * 2
        found.append([read_study(mixed, series=k).array for k in (0, 1)])
    for k in (0, 1):
        assert np.array_equal(found[0][k], found[1][k])
    assert (found[0][1] - found[0][0] == 100).all()


def test_rounding_does_not_split_a_stack(series: Path) -> None:
    for k, path in enumerate(by_height(series)):
        def jitter(ds: pydicom.Dataset, k: int = k) -> None:
            a = 0.1235 + (1e-7 if k % 2 else -1e-7)
            b = np.sqrt(1 - a * a)
            ds.ImageOrientationPatient = [f"{v:.9f}" for v in (b, a, 0, -a, b, 0)]
            ds.PixelSpacing = [f"{0.70315 + (1e-7 if k % 2 else -1e-7):.8f}"] * 2
        edit(path, jitter)
    assert len(read_study(series).array) == len(list(series.iterdir()))


def test_values_on_which_slices_differ_are_not_stated(series: Path) -> None:
    for k, path in enumerate(by_height(series)):
        edit(path, lambda ds, k=k > 5: (setattr(ds, "PatientSex", "MF"[k]), setattr(ds, "PatientAge", f"0{60 + k}Y"),
                                        setattr(ds, "ContrastBolusAgent", ["", "OMNIPAQUE"][k])))
    study = read_study(series).study
    assert (study.patient.sex, study.patient.age_years, study.contrast) == ("unknown", None, None)


@pytest.mark.parametrize(("suffix", "spoil"), [(".img", lambda d: d[:100]), (".dicm", lambda d: bytes(len(d)))])
def test_a_damaged_file_named_as_those_that_were_read(series: Path, suffix: str, spoil) -> None:
    for path in by_height(series):
        path.rename(path.with_name(path.name + suffix))
    last = by_height(series)[-1]
    last.write_bytes(spoil(last.read_bytes()))
    assert [w.code for w in read_study(series).study.warnings] == ["MED-D02"]


def test_an_archive_in_the_folder_is_named(series: Path) -> None:
    shutil.make_archive(str(series.parent / "more"), "zip", series)
    shutil.move(series.parent / "more.zip", series / "more.zip")
    assert [(w.code, w.detail) for w in read_study(series).study.warnings] == [
        ("MED-D14", "1 archives, which are not opened in a folder")]


def _parts(folder: Path, phantoms, total: int, *, sorted_by_height: bool = False) -> list[Path]:
    """An enhanced image in three files."""
    written = write_habit(phantoms("A")[1], folder, Habit(frames="enhanced"))
    whole = pydicom.dcmread(written.paths[0])
    frames, size = list(whole.PerFrameFunctionalGroupsSequence), whole.Rows * whole.Columns * 2
    order = sorted(range(len(frames)), key=lambda k: float(frames[k].PlanePositionSequence[0].ImagePositionPatient[2]))
    order = order if sorted_by_height else list(range(len(frames)))
    pixels = b"".join(whole.PixelData[k * size:(k + 1) * size] for k in order)
    frames, cuts = [frames[k] for k in order], np.linspace(0, len(frames), 4).astype(int)
    paths = []
    for k, (a, b) in enumerate(zip(cuts, cuts[1:], strict=False)):
        whole.PerFrameFunctionalGroupsSequence = frames[a:b]
        whole.NumberOfFrames, whole.PixelData = int(b - a), pixels[a * size:b * size]
        whole.SOPInstanceUID = whole.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{k}"
        whole.ConcatenationUID, whole.InConcatenationNumber, whole.InConcatenationTotalNumber = "1.9", k + 1, total
        whole.save_as(folder / f"part{k}.dcm")
        paths.append(folder / f"part{k}.dcm")
    written.paths[0].unlink()
    return paths


def test_a_concatenation_is_whole_or_refused(phantoms, tmp_path: Path) -> None:
    parts = _parts(tmp_path, phantoms, 3)
    assert np.array_equal(np.unique(read_study(tmp_path).array), np.unique(phantoms("A")[1].array))
    parts[2].unlink()
    with pytest.raises(MedomniError, match="MED-D05.*2 of 3 parts"):
        read_study(tmp_path)


def test_a_lost_part_shows_without_a_total(phantoms, tmp_path: Path) -> None:
    """The total is optional: a part that bears a number above how many there are names those that are not."""
    parts = _parts(tmp_path, phantoms, 3)
    for path in parts:
        edit(path, with_tags(InConcatenationTotalNumber=None))
    assert np.array_equal(np.unique(read_study(tmp_path).array), np.unique(phantoms("A")[1].array))
    parts[0].unlink()
    with pytest.raises(MedomniError, match="MED-D05.*2 of 3 parts"):
        read_study(tmp_path)


def test_the_last_parts_may_be_missing_without_a_total(phantoms, tmp_path: Path) -> None:
    """It is said; not where one part states the total."""
    parts = _parts(tmp_path, phantoms, 3, sorted_by_height=True)
    for path in parts[:2]:
        edit(path, with_tags(InConcatenationTotalNumber=None))
    assert "MED-D28" not in {w.code for w in read_study(tmp_path).study.warnings}
    parts[2].unlink()
    for volume in (read_study(tmp_path), next(read_slabs(tmp_path)).volume):
        assert [w.detail for w in volume.study.warnings if w.code == "MED-D28"] == ["2 parts found"]
    assert "MED-D28" in {w.code for w in survey(tmp_path)[0][0].series[0].notes}


def _with_table(path: Path, descriptor: list[int], entries: np.ndarray, unit: str | None) -> None:
    ds = pydicom.dcmread(path)
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "SS", descriptor)
    table.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    if unit is not None:
        table.ModalityLUTType = unit
    ds.ModalityLUTSequence = [table]
    del ds.RescaleSlope, ds.RescaleIntercept
    ds.save_as(path)


def test_a_table_whose_entries_outnumber_the_pixels_type(series: Path) -> None:
    """65,536 entries from -32768 on: the entry of 0 is number 32,768, which sixteen signed bits do not hold."""
    truth = read_study(series).array
    entries = np.arange(65536) // 16
    for path in by_height(series):
        offset = int(pydicom.dcmread(path, stop_before_pixels=True).RescaleIntercept)
        _with_table(path, [0, -32768, 16], entries, "HU")
    wanted = entries[truth.astype(np.int64) - offset + 32768]
    assert np.array_equal(read_study(series).array, wanted)
    assert np.array_equal(read_image(by_height(series)[2]).array, wanted[2])


@pytest.mark.parametrize("unit", ["US", "OD", "", None])
def test_a_table_in_no_hounsfield_units(series: Path, unit: str | None) -> None:
    for path in by_height(series):
        _with_table(path, [4096, -1024, 16], np.arange(4096), unit)
    for read in (read_study, read_image):
        with pytest.raises(MedomniError, match="MED-D18" if unit == "OD" else "MED-D11"):
            read(series if read is read_study else by_height(series)[0])


def _floating(path: Path, padding: float | None) -> None:
    """Float Pixel Data (PS3.3 C.7.6.24) whose first row is padding, or is no number without saying so."""
    ds = pydicom.dcmread(path)
    values = ds.pixel_array.astype("<f4")
    values[0] = np.nan if padding is None else padding
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    ds.BitsAllocated, ds.FloatPixelData = 32, values.tobytes()
    if padding is not None:
        ds.FloatPixelPaddingValue = padding
    ds.save_as(path)


@pytest.mark.parametrize("padding", [-5e4, float("nan")])
def test_padding_of_floating_pixels(series: Path, padding: float) -> None:
    truth = read_study(series).array.copy()
    truth[:, 0] = -1024
    for path in by_height(series):
        _floating(path, padding)
    volume = read_study(series)
    assert np.array_equal(volume.array, truth) and [w.code for w in volume.study.warnings] == ["MED-D16"]
    if np.isfinite(padding):
        assert np.array_equal(read_image(by_height(series)[2]).array, truth[2])


def test_floating_pixels_that_are_no_number(series: Path) -> None:
    _floating(by_height(series)[3], None)
    with pytest.raises(MedomniError, match="MED-D11"):
        read_study(series)


def test_enhanced_files_of_one_frame_each(phantoms, tmp_path: Path) -> None:
    written = write_habit(phantoms("A")[1], tmp_path, Habit(frames="enhanced"))
    whole = pydicom.dcmread(written.paths[0])
    frames, pixels, size = list(whole.PerFrameFunctionalGroupsSequence), whole.PixelData, whole.Rows * whole.Columns * 2
    written.paths[0].unlink()
    for k, frame in enumerate(frames):
        whole.PerFrameFunctionalGroupsSequence, whole.NumberOfFrames = [frame], 1
        whole.PixelData = pixels[k * size:(k + 1) * size]
        whole.SOPInstanceUID = whole.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{k}"
        whole.save_as(tmp_path / f"{k}.dcm")
    assert np.array_equal(read_study(tmp_path).array, written.array)


@pytest.mark.parametrize("tags", [{"RescaleSlope": None}, {"RescaleIntercept": None}, {"RescaleSlope": "0"}])
def test_half_a_rescale_is_no_unit(series: Path, tags: dict) -> None:
    for modality in ("CT", "PT"):
        for path in by_height(series):
            edit(path, with_tags(Modality=modality, **tags))
        for read in (read_study, read_image):
            with pytest.raises(MedomniError, match="MED-D11"):
                read(series if read is read_study else by_height(series)[0])


def test_some_slices_without_a_rescale(series: Path) -> None:
    edit_all(series, lambda ds: setattr(ds, "Modality", "PT"))
    edit(by_height(series)[3], lambda ds: (ds.__delattr__("RescaleSlope"), ds.__delattr__("RescaleIntercept")))
    with pytest.raises(MedomniError, match="MED-D11.*1 of"):
        read_study(series)


@pytest.mark.parametrize("tag", [b"\x28\x00\x30\x00", b"\x28\x00\x00\x01"], ids=["PixelSpacing", "BitsAllocated"])
def test_a_last_slice_cut_behind_its_size(series: Path, tag: bytes) -> None:
    path = by_height(series)[-1]
    data = path.read_bytes()
    path.write_bytes(data[:data.index(tag) + 2])
    with pytest.raises(MedomniError, match="MED-D03"):
        read_study(series)


@pytest.mark.parametrize(("patient", "name"), [
    (("王^小明", ""), "王小明_005.dcm"), (("LI^WU", ""), "LI_WU_005.dcm"),
    (("Müller^Jürgen", ""), "Mu\u0308ller_Ju\u0308rgen.dcm"),
    (("Müller^Jürgen", ""), "MUELLER_JUERGEN.dcm"), (("O'BRIEN^PAT", ""), "OBRIEN_PAT.dcm"),
    (("Groß^Eva", ""), "GROSS_EVA.dcm"), (("DOE", "AB/123"), "AB_123_7.dcm"), (("DOE", "19501231"), "x19501231y.dcm"),
    (("山田^太郎", ""), "山田太郎.dcm"), (("MEYER^ANNA", ""), "annameyer01.dcm"),
    (("MEYER^ANNA", ""), "AnnaMeyer.dcm")])
def test_names_in_every_spelling_are_hidden(patient: tuple[str, str], name: str) -> None:
    shown = shown_name(name, hidden_words(*patient))
    words = ["王", "小明", "li", "wu", "ller", "rgen", "brien", "gro", "eva", "ab", "123", "1950", "山田",
             "太郎", "meyer", "anna"]
    assert not [word for word in words if word in shown.casefold()], shown
    assert shown_name("slice_0012.dcm", hidden_words("LI^WU", "12")) == "slice_0012.dcm"


def test_dates_are_hidden_where_no_header_was_read() -> None:
    assert shown_name("scan_19501231.dcm") == "scan_***.dcm" and shown_name("scan-1950-12-31") == "scan-***"
    assert shown_name("IM19991399.dcm") == "IM19991399.dcm", "no such month"


def test_no_patient_of_two_is_named(series: Path, phantoms, tmp_path: Path) -> None:
    for other, who in (("one", "TESTER^ANNA"), ("two", "DOE^JOHN")):
        write_habit(phantoms("B")[1], series / other, Habit(), seed=len(who))
        for path in (series / other).iterdir():
            edit(path, lambda ds, who=who: (setattr(ds, "PatientName", who), setattr(ds, "PatientID", who[:3])))
    for name in ("TESTER_ANNA.dcm", "DOE_JOHN.dcm"):
        (series / name).write_bytes(b"damaged")
    text = str(survey(series)[1])
    assert "TESTER" not in text and "ANNA" not in text and "JOHN" not in text and "MED-D02" in text


def test_a_file_name_that_is_no_utf8(series: Path) -> None:
    (Path(os.fsdecode(os.fsencode(series) + b"/M\xfcller.dcm"))).write_bytes(b"junk")
    warnings = read_study(series).study.warnings
    assert [w.code for w in warnings] == ["MED-D02"] and read_study(series).study.model_dump_json()


def test_one_position_far_away_is_refused(series: Path) -> None:
    def far(ds: pydicom.Dataset) -> None:
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [float(x) + 500_000, y, z]
    edit(by_height(series)[2], far)
    with pytest.raises(MedomniError, match="MED-D12"):
        read_study(series, resample=True)


def test_slices_too_near_each_other_make_no_thousands(series: Path) -> None:
    def near(ds: pydicom.Dataset) -> None:
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, float(z) - 13.95]
    edit(by_height(series)[5], near)
    with pytest.raises(MedomniError, match="MED-D05"):
        read_study(series, resample=True)


def test_an_endless_budget_is_no_limit(series: Path) -> None:
    assert not isinstance(read_study(series, budget_mb=float("inf")).array, np.memmap)


def test_pictures_that_cannot_be_true(tmp_path: Path) -> None:
    def region(ds: pydicom.Dataset) -> None:
        ds.Modality, item = "US", pydicom.Dataset()
        item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
        item.PhysicalDeltaX, item.PhysicalDeltaY = None, 0.1
        ds.SequenceOfUltrasoundRegions = [item]
    assert read_image(image(tmp_path / "us.dcm", change=region)).spacing_mm is None
    digital = image(tmp_path / "dr.dcm", change=with_tags(Modality="OT", PixelSpacing=["0.7", "0.7"]))
    assert read_image(digital).spacing_mm is None, "a digital radiograph by its class"
    assert read_image(image(tmp_path / "mr.dcm", change=with_tags(**MR, PixelSpacing=["0.7", "0.7"]))).spacing_mm

    def broken(ds: pydicom.Dataset) -> None:
        del ds.PixelData
        ds.BitsAllocated, ds.Rows, ds.Columns = 32, 2, 2
        ds.FloatPixelData = struct.pack("<4f", 1, 2, 3, float("nan"))
    with pytest.raises(MedomniError, match="MED-D10"):
        read_image(image(tmp_path / "nan.dcm", change=broken))


def test_pixels_in_floats(series: Path) -> None:
    truth = read_study(series).array

    def floats(ds: pydicom.Dataset) -> None:
        values = ds.pixel_array.astype(np.float32) + 0.25
        del ds.PixelData
        ds.BitsAllocated = 32
        ds.FloatPixelData = values.tobytes()
        for name in ("BitsStored", "HighBit", "PixelRepresentation"):
            delattr(ds, name)
    edit_all(series, floats)
    volume = read_study(series)
    assert volume.array.dtype == np.float32 and np.allclose(volume.array, truth + 0.25)


@pytest.mark.parametrize(("name", "values", "modality"), [
    ("AcquisitionNumber", (1, 2), "CT"), ("AcquisitionNumber", (1, None), "CT"), ("KVP", ("80", "140"), "CT"),
    ("AcquisitionTime", ("100000", "100500"), "CT"), ("ContrastBolusAgent", ("", "IOMERON"), "CT"),
    ("TemporalPositionIdentifier", (1, 2), "MR"), ("TriggerTime", ("0", "400"), "MR"), ("EchoNumbers", (1, 2), "MR"),
    ("DiffusionBValue", (0.0, 800.0), "MR"), ("AcquisitionTime", ("100000", "100500"), "MR"),
    ("FlipAngle", ("5", "15"), "MR"), ("InversionTime", ("100", "900"), "MR"),
    ("RepetitionTime", ("500", "3000"), "MR"), ("SequenceName", ("*tse", "*gre"), "MR"),
    ("ScanningSequence", ("SE", "GR"), "MR"),
    ("SeriesDescription", ("t1", "t2"), "MR"), ("ProtocolName", ("a", "b"), "MR"),
    ("ExposureTime", ("100", "300"), "CT"), ("Exposure", ("20", "90"), "CT"), ("XRayTubeCurrent", ("80", "250"), "CT")])
def test_two_volumes_that_alternate_are_two_series(series: Path, name: str, values: tuple, modality: str) -> None:
    """Half a step apart they would make one even stack, every second slice of another breath, phase or weighting. MR in
    packages alternates in time alone: one volume, and said."""
    files = by_height(series)
    step = abs(float(pydicom.dcmread(files[1]).ImagePositionPatient[2])
               - float(pydicom.dcmread(files[0]).ImagePositionPatient[2]))
    alone = read_study(series)

    def tell(ds: pydicom.Dataset, value: object) -> None:
        ds.Modality = modality
        for time in ("AcquisitionTime", "ContentTime", "AcquisitionNumber"):
            if time in ds:
                del ds[time]
        if value is not None:
            setattr(ds, name, value)

    for path in files:
        edit(path, lambda ds: tell(ds, values[0]))
        ds = pydicom.dcmread(path)
        tell(ds, values[1])
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{ds.SOPInstanceUID[:-2]}.2"
        ds.ImagePositionPatient = [*ds.ImagePositionPatient[:2], float(ds.ImagePositionPatient[2]) + step / 2]
        ds.save_as(path.with_name(f"second-{path.name}"))
    volume = read_study(series)
    told = {w.code for w in volume.study.warnings}
    if modality == "MR" and name == "AcquisitionTime":
        assert len(volume.array) == 2 * len(alone.array) and "MED-D24" in told
        return
    assert volume.array.shape == alone.array.shape and volume.spacing_mm == pytest.approx(alone.spacing_mm)
    assert "MED-D14" in told and "MED-D24" not in told


def test_times_of_reconstruction_do_not_split(series: Path) -> None:
    """Two machines that reconstruct one spiral alternate in the content's time; a rotation has its slices in a row."""
    truth, files = read_study(series).array, by_height(series)
    for k, path in enumerate(files):
        edit(path, lambda ds, k=k: (setattr(ds, "ContentTime", f"10000{k % 2}"),
                                    setattr(ds, "AcquisitionTime", f"1000{k // 4:02d}")))
    volume = read_study(series)
    assert np.array_equal(volume.array, truth) and not volume.study.warnings


def test_acquisitions_one_after_the_other_are_one_series(series: Path) -> None:
    files = by_height(series)
    for k, path in enumerate(files):
        edit(path, lambda ds: setattr(ds, "AcquisitionNumber", 1 + (2 * k >= len(files))))  # noqa: B023 (called at once)
    assert len(read_study(series).array) == len(files)


def test_an_evenly_thinned_series_is_noticed(series: Path) -> None:
    assert "MED-D22" not in {w.code for w in read_study(series).study.warnings}
    for path in by_height(series)[1::2]:
        path.unlink()
    (note,) = [w.detail for w in read_study(series).study.warnings if w.code == "MED-D22"]
    assert "thick" in note


def reformat(phantoms, folder: Path, image_type: list[str]) -> None:
    """A coronal series of more slices than the axial one has, of the same patient."""
    write_habit(phantoms("A")[1], folder, Habit(plane="coronal"), seed=9)
    for path in folder.iterdir():
        edit(path, lambda ds: setattr(ds, "ImageType", image_type))


@pytest.mark.parametrize("image_type", [["DERIVED", "SECONDARY", "MPR"], ["ORIGINAL", "PRIMARY", "CSA MPR"],
                                        ["DERIVED", "PRIMARY", "AXIAL"]])
def test_a_longer_reformat_is_not_preferred(series: Path, phantoms, image_type: list[str]) -> None:
    first = pydicom.dcmread(by_height(series)[0])
    reformat(phantoms, series / "mpr", image_type)
    for path in (series / "mpr").iterdir():
        edit(path, lambda ds: (ds.add(first["PatientID"]), ds.add(first["PatientName"])))
    volume = read_study(series)
    assert volume.study.orientation == "axial"
    assert len(volume.array) < len(list((series / "mpr").iterdir())), "the other one has more slices"
    (left,) = [w.detail for w in volume.study.warnings if w.code == "MED-D14"]
    assert "derived, coronal" in left and f"read instead: series of {len(volume.array)} slices, original, axial" in left
    assert read_study(series, series=1).study.orientation == "coronal"


def test_an_original_at_one_place_is_not_preferred(series: Path) -> None:
    """Slices that watch the contrast arrive are original, and no volume."""
    for k in range(6):
        edit(by_height(series)[3], lambda ds, k=k: (
            setattr(ds, "SOPInstanceUID", f"1.2.3.{k}"), setattr(ds, "SeriesInstanceUID", "1.2.4")),
            series / f"watch{k}.dcm")
    for path in series.iterdir():
        if "watch" not in path.name:
            edit(path, lambda ds: setattr(ds, "ImageType", ["DERIVED", "PRIMARY", "AXIAL"]))
    assert len(read_study(series).array) == len(list(series.iterdir())) - 6


@pytest.mark.parametrize("way", ["short", "decoded", "long"])
def test_padding_that_no_tag_names(series: Path, way: str) -> None:
    """Or that some slices' tags name: the corners show it."""
    truth = read_study(series).array
    files, outside = by_height(series), np.add.outer(*(np.abs(np.arange(n) - n / 2) for n in truth.shape[1:])) > 36

    def pad(ds: pydicom.Dataset, tagged: bool) -> None:
        values = ds.pixel_array.astype(int) + int(ds.RescaleIntercept)
        values[outside] = -2000
        ds.PixelRepresentation, ds.RescaleIntercept = 1, "0"
        ds.BitsStored, ds.HighBit = 16, 15
        ds.PixelData = values.astype("<i2").tobytes()
        for name in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
            if name in ds:
                del ds[name]
        if tagged:
            ds.add_new("PixelPaddingValue", "SS", -2000)

    for k, path in enumerate(files):
        edit(path, lambda ds, k=k: pad(ds, k % 3 == 0))
        if way == "decoded":
            edit(path, lambda ds: ds.compress("1.2.840.10008.1.2.5", generate_instance_uid=False))
        elif way == "long":
            path.write_bytes(path.read_bytes()[132:])
    volume = read_study(series)
    assert outside.any() and np.array_equal(volume.array, np.where(outside, -1024, truth))
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D16"] == [f"{outside.sum() * len(files)} voxels"]


def test_a_low_value_in_a_corner_is_no_padding(series: Path) -> None:
    def lower(ds: pydicom.Dataset) -> None:
        values = ds.pixel_array.astype(int) + int(ds.RescaleIntercept)
        values[0, 0], values[0, -1] = -1100, -1101
        ds.PixelRepresentation, ds.RescaleIntercept, ds.BitsStored, ds.HighBit = 1, "0", 16, 15
        ds.PixelData = values.astype("<i2").tobytes()
    edit_all(series, lower)
    assert (read_study(series).array[:, 0, 0] == -1100).all()


def test_loss_is_said(series: Path) -> None:
    assert "MED-D25" not in {w.code for w in read_study(series).study.warnings}
    files = by_height(series)
    edit(files[3], lambda ds: setattr(ds, "LossyImageCompression", "01"))
    edit(files[4], lambda ds: setattr(ds, "LossyImageCompression", "00"))
    assert [w.detail for w in read_study(series).study.warnings if w.code == "MED-D25"] == [f"1 of {len(files)} slices"]


NEAR = {"1.2.840.10008.1.2.4.81": lambda plane, loses: imagecodecs.jpegls_encode(plane, level=2 * loses),
        "1.2.840.10008.1.2.4.91": lambda plane, loses: imagecodecs.jpeg2k_encode(
            plane, codecformat="j2k", reversible=not loses, level=40 * loses),
        "1.2.840.10008.1.2.4.203": lambda plane, loses: imagecodecs.htj2k_encode(plane, reversible=not loses)}


@pytest.mark.parametrize("loses", [True, False])
@pytest.mark.parametrize("name", ["TESTER^ANNA", "王^小明"])
@pytest.mark.parametrize("syntax", list(NEAR))
def test_loss_that_the_codestream_alone_says(series: Path, syntax: str, name: str, loses: bool) -> None:
    """In a syntax that may lose or not, without the tag; whichever way the header is read."""
    files = by_height(series)
    for path in files[:2]:
        ds = pydicom.dcmread(path)
        plane = ds.pixel_array.astype(np.int32) + int(ds.RescaleIntercept) + 1024
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation, ds.RescaleIntercept = 16, 15, 0, "-1024"
        ds.PixelData = encapsulate([NEAR[syntax](plane.astype(np.uint16), loses)])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = syntax
        ds.SpecificCharacterSet, ds.PatientName = "ISO_IR 192", name
        ds.save_as(path, implicit_vr=False, little_endian=True)
    for path in files[2:]:
        path.unlink()
    said = ["2 of 2 slices"] if loses else []
    assert [w.detail for w in read_study(series).study.warnings if w.code == "MED-D25"] == said
    assert [w.detail for w in survey(series)[0][0].series[0].notes if w.code == "MED-D25"] == said
    assert bool([n for n in read_image(files[0]).notes if "loss" in n]) == loses


@pytest.mark.parametrize(("thickness", "said"), [("5", []), ("", ["1 mm"]), ("0", ["1 mm"]), (None, ["1 mm"])])
def test_the_thickness_of_a_single_slice(series: Path, thickness: str | None, said: list[str]) -> None:
    first, *others = by_height(series)
    for path in others:
        path.unlink()
    edit(first, with_tags(SliceThickness=thickness))
    volume = read_study(series)
    assert volume.spacing_mm[0] == (1.0 if said else 5.0)
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D27"] == said


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xda\0\x08\xff" + bytes(20), bytes(100),
                                  b"\xff\x4f\xff\x51" + bytes(100), b"\xff\x4f\xff\x51\0\x29"])
def test_a_damaged_codestream_says_nothing_of_loss(data: bytes) -> None:
    assert not loses(data)


@pytest.mark.parametrize(("name", "values", "said"), [
    ("RepetitionTime", ("3100", "3900"), "2 values of RepetitionTime"), ("Exposure", ("50", "51"), ""),
    ("Exposure", ("50", ""), "2 values of Exposure"), ("XRayTubeCurrent", ("100", "200", "100", "150"), ""),
    ("ExposureTime", tuple(str(400 + k) for k in range(40)), ""), ("FlipAngle", ("90", "90", "80"), "")])
def test_what_a_scanner_changes_by_itself_splits_nothing(series: Path, name: str, values: tuple, said: str) -> None:
    """MR in packages whose repetition follows the breath, CT whose dose follows the width."""
    files = by_height(series)
    for k, path in enumerate(files):
        edit(path, lambda ds, k=k: setattr(ds, name, values[k % len(values)]))
    volume = read_study(series)
    assert len(volume.array) == len(files)
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D24"] == [said] * bool(said)


def test_a_setting_of_too_few_slices_is_said(series: Path) -> None:
    for k, path in enumerate(by_height(series)):
        if k < 6:
            edit(path, lambda ds, k=k: setattr(ds, "KVP", ("80", "140")[k % 2]))
        else:
            path.unlink()
    volume = read_study(series)
    assert len(volume.array) == 6
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D24"] == ["2 values of KVP"]


def test_one_uid_at_two_places(series: Path, tmp_path: Path) -> None:
    """A tool that gives all images one UID: the volume is right, and nothing that refers to its images is written."""
    files = by_height(series)
    truth = read_study(series).array
    uid = str(pydicom.dcmread(files[2]).SOPInstanceUID)
    edit(files[5], lambda ds: setattr(ds, "SOPInstanceUID", uid))
    volume = read_study(series)
    assert np.array_equal(volume.array, truth)
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D26"] == [
        f"{len(files)} slices, {len(files) - 1} UIDs"]
    with pytest.raises(MedomniError, match="MED-D20"):
        source_images(volume, series)


def test_a_mosaic_is_no_slice(series: Path) -> None:
    """Siemens' diffusion and functional MR: many slices as tiles of one image, whose position is that of none."""
    for path in by_height(series)[1:]:
        path.unlink()
    edit_all(series, lambda ds: [setattr(ds, n, v) for n, v in {**MR, "ImageType": [
        "ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC "]}.items()])
    with pytest.raises(MedomniError, match="MED-D12.*mosaic"):
        read_study(series)
    assert "mosaic" in inspect(series)[0].reason
    listed = survey(series)[0][0].series[0]
    assert listed.refused.startswith("MED-D12 the images are of the kind: mosaic") and not listed.image


@pytest.mark.parametrize("syntax", [LOSSLESS, JPEG_LS])
@pytest.mark.parametrize("signed", [True, False])
def test_fewer_bits_in_the_frame_than_signed_values_have(series: Path, syntax: str, signed: bool) -> None:
    """Thirteen bits of two's complement in sixteen: -962 to 82 came out as 0 to 8191. Without a sign they are right."""
    truth = read_study(series).array
    for path in by_height(series):
        ds = pydicom.dcmread(path)
        values = ds.pixel_array.astype(np.int32) + int(ds.RescaleIntercept) + (0 if signed else 1024)
        words = (values & 0x1FFF).astype(np.uint16)
        frame = (imagecodecs.ljpeg_encode(words, bitspersample=13) if syntax == LOSSLESS else
                 bytes(jpeg_ls.encode_buffer(words.tobytes(), *words.shape, 1, 13)))
        ds.PixelData = encapsulate([frame])
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = syntax
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 15, int(signed)
        ds.RescaleIntercept = "0" if signed else "-1024"
        ds.save_as(path, implicit_vr=False, little_endian=True)
    if not signed:
        assert np.array_equal(read_study(series).array, truth)
        return
    for read in (read_study, read_image):
        with pytest.raises(MedomniError, match="MED-D10.*13 bits, the header says signed values of 16"):
            read(series if read is read_study else by_height(series)[0])
