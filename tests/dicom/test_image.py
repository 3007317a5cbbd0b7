"""Radiographs, ultrasound, pictures: grey as it is meant to be seen; side and millimetres known or not assessable."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from medomni.dicom import read_image
from medomni.errors import MedomniError
from medomni.picture import Picture

pytestmark = pytest.mark.unit
RAMP = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
DX = "1.2.840.10008.5.1.4.1.1.1.1"
MR = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}


def image(path: Path, pixels: np.ndarray = RAMP, change: Callable[[pydicom.Dataset], None] | None = None) -> Path:
    """A synthetic radiograph, changed by ``change``."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, DX
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = DX, "1.2.3.4", "DX"
    ds.PatientName, ds.PatientID = "SYNTHETIC^MEYER", "S-1"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[-2:] if pixels.ndim == 2 else pixels.shape[:2]
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(pixels.dtype.kind == "i")
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize == 2 else "OB"
    if change:
        change(ds)
    ds.save_as(path, enforce_file_format=True)
    return path


def with_tags(**tags: object) -> Callable[[pydicom.Dataset], None]:
    def change(ds: pydicom.Dataset) -> None:
        for name, value in tags.items():
            setattr(ds, name, value)
    return change


def test_a_real_monochrome1_radiograph(real_dicom: Path) -> None:
    """Values stay as stored, the picture shows dark lungs, the patient's left is at the right edge."""
    read = read_image(real_dicom / "cxr_dicom_monochrome1" / "RG1_J2KI.dcm")
    assert read.array.shape == (1955, 1841) and (read.array.min(), read.array.max()) == (803, 26512)
    assert (read.array[800, 450], read.array[900, 920]) == (16350, 3495)
    assert read.inverted and read.shown[800, 450] < read.shown[900, 920]
    assert read.left_edge == "right" and read.view == "PA" and read.cardiothoracic_ratio_reason == ""
    assert read.spacing_mm is None and "magnified" in read.spacing_reason


def test_a_real_modality_table(real_dicom: Path) -> None:
    read = read_image(real_dicom / "modality_lut" / "mlut_18.dcm")
    stored = pydicom.dcmread(real_dicom / "modality_lut" / "mlut_18.dcm").pixel_array
    assert (stored.min(), stored.max()) == (-2048, 2047) and (read.array.min(), read.array.max()) == (0, 65535)
    voi = read_image(real_dicom / "modality_lut" / "vlut_04.dcm")
    item = pydicom.dcmread(real_dicom / "modality_lut" / "vlut_04.dcm").VOILUTSequence[0]
    table = np.array(item.LUTData, dtype=float)
    assert np.array_equal(voi.shown, np.rint(255 * table[voi.array] / 65535)), "the table is for the eye only"


@pytest.mark.parametrize("name", ["", "_RLE", "_jpeg_ls_lossless", "_jpeg_2k_lossless", "_big_endian"])
def test_frames_of_one_image_in_five_syntaxes(real_dicom: Path, name: str) -> None:
    folder = real_dicom / "compressed_multiframe_mr"
    plain = pydicom.dcmread(folder / "emri_small.dcm").pixel_array
    read = [read_image(folder / f"emri_small{name}.dcm", frame=k) for k in range(10)]
    assert np.array_equal(np.stack([r.array for r in read]), plain) and read[0].frames == 10
    with pytest.raises(MedomniError, match="MED-C03.*0 to 9"):
        read_image(folder / f"emri_small{name}.dcm", frame=10)


def test_real_pictures_have_no_side_and_no_millimetres(real_dicom: Path) -> None:
    for path in sorted((real_dicom / "cxr_png").iterdir()):
        read = read_image(path)
        assert read.left_edge is None and read.spacing_mm is None and read.cardiothoracic_ratio_reason
        assert read.shown.shape == Image.open(path).size[::-1]
    assert read_image(real_dicom / "cxr_png" / "7afaaccc.jpg").array.ndim == 2, "grey in three colours is grey"


@pytest.mark.parametrize(("tags", "inverted"), [
    ({}, False), ({"PhotometricInterpretation": "MONOCHROME1"}, True), ({"PresentationLUTShape": "INVERSE"}, True),
    ({"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}, True)])
def test_inversion_is_for_the_eye_only(tmp_path: Path, tags: dict, inverted: bool) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(**tags)))
    assert np.array_equal(read.array, RAMP) and read.inverted == inverted
    assert (read.shown[0, 0], read.shown[-1, -1]) == ((255, 0) if inverted else (0, 255))
    assert (read.windowed(1500, 100)[0, 0] == 255) == inverted


def test_windows_by_the_standards_formulas(tmp_path: Path) -> None:
    """PS3.3 C.11.2.1.2, evaluated here by hand for three values of the ramp."""
    flat = np.array([1000, 1500, 1540], dtype=np.uint16)
    expected = {"LINEAR": [0.0, 0.5 + 0.5 / 99, min(1, 40.5 / 99 + 0.5)], "LINEAR_EXACT": [0.0, 0.5, 0.9],
                "SIGMOID": [1 / (1 + np.exp(20)), 0.5, 1 / (1 + np.exp(-1.6))]}
    for function, wanted in expected.items():
        tags = with_tags(WindowCenter=["1500", "9"], WindowWidth=["100", "5"], VOILUTFunction=function)
        read = read_image(image(tmp_path / "x.dcm", change=tags))
        assert read.shown.reshape(-1)[flat] == pytest.approx(255 * np.array(wanted), abs=0.51), function
        assert read.windows == ((1500.0, 100.0), (9.0, 5.0))
    assert read.windowed(1500, 100).reshape(-1)[1540] == round(255 * (40.5 / 99 + 0.5))
    with pytest.raises(ValueError, match="width"):
        read.windowed(0, 0.5)


@pytest.mark.parametrize(("function", "wanted"), [
    ("LINEAR_EXACT", [0.3, 0.5, 0.7]), ("SIGMOID", [1 / (1 + np.exp(0.8)), 0.5, 1 / (1 + np.exp(-0.8))])])
def test_windows_narrower_than_one(tmp_path: Path, function: str, wanted: list[float]) -> None:
    """PS3.3 C.11.2.1.2.1: LINEAR alone wants a width of 1 or more; values of PET and of maps are fractions."""
    tags = {"RescaleSlope": "0.0001", "RescaleIntercept": "0", "WindowCenter": "0.15", "VOILUTFunction": function}
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(**tags, WindowWidth="0.05")))
    assert read.windows == ((0.15, 0.05),)
    assert read.shown.reshape(-1)[[1400, 1500, 1600]] == pytest.approx(255 * np.array(wanted), abs=0.6)
    for other in ({"WindowWidth": "0"}, {"WindowWidth": "-1"}, {"WindowWidth": "0.05", "VOILUTFunction": "LINEAR"}):
        assert read_image(image(tmp_path / "x.dcm", change=with_tags(**{**tags, **other}))).windows == ()


@pytest.mark.parametrize("tags", [{"WindowCenter": "1", "WindowWidth": "0"}, {"WindowCenter": "", "WindowWidth": ""},
                                  {"WindowCenter": "1"}])
def test_a_window_that_is_none_shows_the_whole_range(tmp_path: Path, tags: dict) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(**tags)))
    assert read.windows == () and (read.shown.min(), read.shown.max()) == (0, 255)


def test_a_voi_table(tmp_path: Path) -> None:
    def table(ds: pydicom.Dataset) -> None:
        item = pydicom.Dataset()
        item.add_new("LUTDescriptor", "US", [4, 1000, 8])
        item.add_new("LUTData", "US", [0, 10, 20, 255])
        ds.VOILUTSequence = Sequence([item])
    shown = read_image(image(tmp_path / "x.dcm", change=table)).shown.reshape(-1)
    assert shown[[0, 1000, 1001, 1002, 1003, 3000]].tolist() == [0, 0, 10, 20, 255, 255]


@pytest.mark.parametrize(("value", "edge", "word"), [
    (["L", "F"], "right", "Patient Orientation"), (["R", "F"], "left", "Patient Orientation"),
    (["LA", "F"], "right", "Patient Orientation"), (["P", "F"], None, "side to side"), ("", None, "not assessable"),
    (["L"], None, "not assessable")])
def test_the_side_is_stated_or_not_assessable(tmp_path: Path, value: object, edge: str | None, word: str) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(PatientOrientation=value, ImageLaterality="R")))
    assert read.left_edge == edge and word in read.side_reason and read.laterality == "right"


@pytest.mark.parametrize(("tags", "spacing", "word"), [
    ({"PixelSpacing": ["0.2", "0.3"]}, None, "magnified"),
    ({"PixelSpacing": ["0.2", "0.3"], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.2, 0.3), ""),
    ({"ImagerPixelSpacing": ["0.2", "0.3"]}, None, "at the patient"),
    ({**MR, "PixelSpacing": ["0.2", "0.3"]}, (0.2, 0.3), ""),
    ({**MR, "PixelSpacing": ["0", "0"]}, None, "not a length"), (MR, None, "no pixel"),
    ({"Modality": "US", "PixelSpacing": ["0.2", "0.3"]}, None, "region")])
def test_millimetres_only_where_they_are_the_patients(tmp_path: Path, tags: dict, spacing: object, word: str) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(**tags)))
    assert read.spacing_mm == spacing and word in read.spacing_reason


def test_ultrasound_regions_give_millimetres_where_they_agree(tmp_path: Path) -> None:
    def regions(*steps: float) -> Callable[[pydicom.Dataset], None]:
        def change(ds: pydicom.Dataset) -> None:
            ds.Modality = "US"
            ds.SequenceOfUltrasoundRegions = Sequence([])
            for step in steps:
                item = pydicom.Dataset()
                item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 3
                item.PhysicalDeltaX, item.PhysicalDeltaY = step, step / 2
                ds.SequenceOfUltrasoundRegions.append(item)
        return change
    assert read_image(image(tmp_path / "x.dcm", change=regions(0.04))).spacing_mm == pytest.approx((0.2, 0.4))
    assert read_image(image(tmp_path / "y.dcm", change=regions(0.04, 0.05))).spacing_mm is None


@pytest.mark.parametrize(("boxes", "known"), [
    ([(0, 0, 63, 47, 3)], True), ([(2, 4, 60, 47, 3)], True), ([(0, 0, 63, 200, 3)], True),
    ([(0, 0, 31, 47, 3), (32, 0, 63, 47, 3)], True),  # two 2D images of one scale
    ([(0, 0, 31, 47, 3)], False),
    ([(0, 0, 63, 23, 3), (0, 24, 63, 47, 4)], False),  # M-mode, whose columns are seconds
    ([(0, 0, 63, 47, 3), (0, 0, 63, 47, 4)], False), ([(40, 40, 9, 9, 3)], False)])
def test_a_calibrated_part_of_an_image_is_not_the_image(tmp_path: Path, boxes: list[tuple], known: bool) -> None:
    def regions(ds: pydicom.Dataset) -> None:
        ds.Modality, ds.SequenceOfUltrasoundRegions = "US", Sequence([])
        for left, top, right, bottom, units in boxes:
            item = pydicom.Dataset()
            item.PhysicalUnitsXDirection, item.PhysicalUnitsYDirection = units, 3
            item.PhysicalDeltaX = item.PhysicalDeltaY = 0.05
            item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
            item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
            ds.SequenceOfUltrasoundRegions.append(item)
    read = read_image(image(tmp_path / "x.dcm", change=regions))
    assert (read.spacing_mm == pytest.approx((0.5, 0.5)) if known else read.spacing_mm is None)
    assert known or "part of the image" in read.spacing_reason


@pytest.mark.parametrize("view", ["PA", "AP", "LL", "", "MEYER"])
def test_the_ratio_needs_a_pa_view(tmp_path: Path, view: str) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(ViewPosition=view)))
    assert (read.cardiothoracic_ratio_reason == "") == (view == "PA") and (read.view or "") != "MEYER"


@pytest.mark.parametrize("scale", [257, 1], ids=["16 bits", "8 bits in 16"])
def test_colours(tmp_path: Path, scale: int) -> None:
    rgb = np.zeros((20, 30, 3), dtype=np.uint8)
    rgb[:, :10, 0], rgb[:, 10:20, 1], rgb[:, 20:, 2] = 200, 200, 200
    tags = with_tags(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    read = read_image(image(tmp_path / "x.dcm", rgb, tags))
    assert np.array_equal(read.array, rgb) and read.shown[0, [0, 15, 25]].tolist() == [60, 117, 23]

    def palette(ds: pydicom.Dataset) -> None:
        ds.PhotometricInterpretation = "PALETTE COLOR"
        for k, name in enumerate(("Red", "Green", "Blue")):
            ds.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
            table = (np.arange(256, dtype="<u2") * scale if k == 0 else np.zeros(256, "<u2")).tobytes()
            ds.add_new(f"{name}PaletteColorLookupTableData", "OW", table)
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    read = read_image(image(tmp_path / "y.dcm", indices, palette))
    assert np.array_equal(read.array[..., 0], indices) and not read.array[..., 1:].any()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_pictures_keep_their_full_size(tmp_path: Path, suffix: str) -> None:
    grey = np.tile(np.arange(2048, dtype=np.uint16) // 8, (2048, 1)).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / f"x.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    read = read_image(tmp_path / f"x.{suffix}")
    assert read.array.shape == (2048, 2048) and np.abs(read.array.astype(int) - grey).max() <= 8
    assert read.modality == "picture"


def test_sixteen_bits_and_turned_pictures(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "deep.png")
    deep = read_image(tmp_path / "deep.png")
    assert deep.array.dtype == np.uint16 and np.array_equal(deep.array, RAMP) and deep.shown.max() == 255
    turned = Image.fromarray(np.tile(np.arange(64, dtype=np.uint8), (8, 1)))
    exif = turned.getexif()
    exif[0x0112] = 6  # rotate by 90 degrees to be upright
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg").array.shape == (64, 8)


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda p: p.write_bytes(p.read_bytes()[:-500]), "MED-D03"), (lambda p: p.write_bytes(b"not an image"), "MED-D01"),
    (lambda p: p.unlink(), "MED-C08"),
    (lambda p: image(p, change=with_tags(Rows=60000, Columns=60000)), "MED-D10"),
    (lambda p: image(p, change=lambda ds: ds.__delattr__("Rows")), "MED-D01"),
    (lambda p: image(p, change=lambda ds: ds.__delattr__("PixelData")), "MED-D03")])
def test_bad_input_is_a_coded_error(tmp_path: Path, spoil: Callable[[Path], object], code: str) -> None:
    path = image(tmp_path / "MEYER.dcm")
    spoil(path)
    with pytest.raises(MedomniError) as info:
        read_image(path)
    assert info.value.code == code and ("MEYER" not in str(info.value) or code in ("MED-C08", "MED-D01"))


def test_a_damaged_or_huge_picture_is_a_coded_error(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    data = (tmp_path / "x.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[:len(data) // 2])
    at = data.index(b"IHDR") + 4
    import struct
    import zlib
    head = struct.pack(">II", 200_000, 200_000) + data[at + 8:at + 13]
    bomb = data[:at] + head + struct.pack(">I", zlib.crc32(b"IHDR" + head)) + data[at + 17:]
    (tmp_path / "bomb.png").write_bytes(bomb)
    for name in ("cut", "bomb"):
        with pytest.raises(MedomniError, match="MED-D10"):
            read_image(tmp_path / f"{name}.png")


def test_a_picture_is_valid_once_made() -> None:
    known = {"spacing_reason": "none", "side_reason": "none"}
    for array, shown, more in ((np.zeros((2, 2, 2)), np.zeros((2, 2), np.uint8), known),
                               (np.zeros((2, 2)), np.zeros((2, 3), np.uint8), known),
                               (np.zeros((2, 2)), np.zeros((2, 2)), known),
                               (np.zeros((2, 2)), np.zeros((2, 2), np.uint8), {})):
        with pytest.raises(ValueError, match="array must|shown must|reason"):
            Picture(array, shown, "DX", **more)


def test_a_side_on_which_two_elements_disagree(tmp_path: Path) -> None:
    slice_of = with_tags(SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT", PatientOrientation=["L", "P"],
                         RescaleSlope="1", RescaleIntercept="0", ImageOrientationPatient=[-1, 0, 0, 0, 1, 0])
    read = read_image(image(tmp_path / "x.dcm", change=slice_of))
    assert read.left_edge is None and "different sides" in read.side_reason
    assert read_image(tmp_path / "x.dcm", left_edge="left").left_edge == "left"


def test_loss_is_said(tmp_path: Path) -> None:
    assert not any("loss" in note for note in read_image(image(tmp_path / "x.dcm")).notes)
    lossy = image(tmp_path / "y.dcm", change=with_tags(LossyImageCompression="01"))
    assert any("with loss" in note for note in read_image(lossy).notes)


def test_a_damaged_region_of_ultrasound_gives_no_millimetres(tmp_path: Path) -> None:
    def region(ds: pydicom.Dataset) -> None:
        one = pydicom.Dataset()
        one.PhysicalUnitsXDirection = one.PhysicalUnitsYDirection = 3
        one.PhysicalDeltaX = one.PhysicalDeltaY = 0.05
        ds.Modality, ds.SequenceOfUltrasoundRegions = "US", [one]

    path = image(tmp_path / "x.dcm", change=region)
    assert read_image(path).spacing_mm == pytest.approx((0.5, 0.5))
    data = bytearray(path.read_bytes())
    last = data.index(b"\x18\x00\x2e\x60FD")  # Physical Delta Y gets twelve bytes, of which no double is made
    for at in (data.index(b"\x18\x00\x11\x60SQ") + 8, data.index(b"\xfe\xff\x00\xe0") + 4):
        data[at:at + 4] = (int.from_bytes(data[at:at + 4], "little") + 4).to_bytes(4, "little")
    data[last + 6:last + 8] = (12).to_bytes(2, "little")
    data[last + 16:last + 16] = bytes(4)
    path.write_bytes(data)
    assert read_image(path).spacing_mm is None


def test_a_large_radiograph_takes_little_more_than_itself(tmp_path: Path) -> None:
    """Rescale, padding and window in double precision, yet some rows at a time: a few times the picture, not fifty."""
    pixels = np.arange(3000 * 2000, dtype=np.uint32).astype(np.uint16).reshape(3000, 2000)
    path = image(tmp_path / "x.dcm", pixels, with_tags(
        WindowCenter="9000", WindowWidth="9000", VOILUTFunction="SIGMOID", RescaleSlope="0.5", RescaleIntercept="0.25",
        PixelPaddingValue=7))
    small = read_image(image(tmp_path / "y.dcm", pixels[:3], with_tags(
        WindowCenter="9000", WindowWidth="9000", VOILUTFunction="SIGMOID", RescaleSlope="0.5", RescaleIntercept="0.25",
        PixelPaddingValue=7)))
    tracemalloc.start()
    read = read_image(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * pixels.nbytes
    assert np.array_equal(read.array[:3], small.array) and np.array_equal(read.shown[:3], small.shown)
    assert read.array.dtype == np.float32 and np.array_equal(read.array, np.float32(pixels * 0.5 + 0.25))


def test_a_table_and_colours_are_worked_on_some_rows_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def table(ds: pydicom.Dataset) -> None:
        item = pydicom.Dataset()
        item.add_new("LUTDescriptor", "US", [4096, 0, 16])
        item.add_new("LUTData", "OW", (np.arange(4096) * 3).astype("<u2").tobytes())
        item.ModalityLUTType = "US"
        ds.ModalityLUTSequence, ds.VOILUTSequence = Sequence([item]), Sequence([item])
    path, colours = image(tmp_path / "x.dcm", change=table), tmp_path / "x.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(colours)
    before = [read_image(path), read_image(colours)]
    monkeypatch.setattr("medomni.picture.AT_ONCE", 100)  # one row, as no picture is that narrow
    for whole, rows in zip(before, [read_image(path), read_image(colours)], strict=True):
        assert np.array_equal(whole.array, rows.array) and np.array_equal(whole.shown, rows.shown)
    assert np.array_equal(before[0].array, RAMP * 3)


@pytest.mark.parametrize(("channels", "kept"), [(1, True), (2, False), (3, False), (4, False)])
def test_sixteen_bits_are_kept_or_said_to_be_cut(tmp_path: Path, channels: int, kept: bool) -> None:
    grey = (RAMP.astype(np.uint32) * 65535 // RAMP.max()).astype(np.uint16)
    opaque = np.full_like(grey, 65535)
    planes = [grey] * (channels if channels % 2 else channels - 1) + [opaque] * (channels % 2 == 0)
    path = tmp_path / "x.png"
    path.write_bytes(imagecodecs.png_encode(np.squeeze(np.stack(planes, -1))))
    read = read_image(path)
    assert (read.array.dtype == np.uint16) == kept and ("16 bits" in " ".join(read.notes)) != kept
    assert np.array_equal(read.array, grey if kept else grey >> 8)


@pytest.mark.parametrize(("word", "known"), [
    ("MONOCHROME2", True), ("MONOCHROME1 ", True), ("ARGB", False), ("RGB", False)])
def test_a_photometric_interpretation_that_is_none_is_said(tmp_path: Path, word: str, known: bool) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(PhotometricInterpretation=word)))
    assert ("Photometric Interpretation is not known" in " ".join(read.notes)) != known


@pytest.mark.parametrize("frames", ["0", "", "1"])
def test_an_image_that_states_no_frames_has_one(tmp_path: Path, frames: str) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=with_tags(NumberOfFrames=frames)))
    assert np.array_equal(read.array, RAMP) and read.frames == 1
