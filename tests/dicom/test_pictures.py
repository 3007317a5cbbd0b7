"""What a picture must not hide: the frame's own rescale and window, padding, tables, what was stated and what was not
read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.sequence import Sequence

from medomni.dicom.image import read_image
from medomni.errors import MedomniError
from medomni.picture import STATED, Picture
from tests.dicom.test_image import MR, RAMP, image, with_tags

pytestmark = pytest.mark.unit
Change = Callable[[pydicom.Dataset], None]


def item(**tags: object) -> pydicom.Dataset:
    made = pydicom.Dataset()
    for name, value in tags.items():
        setattr(made, name, value)
    return made


def rescale(slope: object, intercept: object) -> pydicom.Dataset:
    return item(PixelValueTransformationSequence=[item(RescaleSlope=slope, RescaleIntercept=intercept)])


def enhanced(modality: str, own: list[pydicom.Dataset] | None, shared: pydicom.Dataset | None = None,
             **tags: object) -> Change:
    """Three frames of the ramp, the last one higher by two."""
    def change(ds: pydicom.Dataset) -> None:
        with_tags(Modality=modality, SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1", NumberOfFrames=3, **tags)(ds)
        ds.PixelData = b"".join((RAMP + k).tobytes() for k in range(3))
        if own is not None:
            ds.PerFrameFunctionalGroupsSequence = own
        if shared is not None:
            ds.SharedFunctionalGroupsSequence = [shared]
    return change


@pytest.mark.parametrize("modality", ["MR", "CT", "PT"])
def test_a_frame_has_its_own_rescale(tmp_path: Path, modality: str) -> None:
    own = [rescale(str(2 + k), str(5 * k)) for k in range(3)]
    path = image(tmp_path / "x.dcm", change=enhanced(modality, own))
    for k in range(3):
        assert np.array_equal(read_image(path, frame=k).array, (RAMP + k) * float(2 + k) + 5 * k)


def test_shared_groups_alone_and_a_frames_own_before_them(tmp_path: Path) -> None:
    shared = rescale("2", "-10")
    shared.FrameVOILUTSequence = [item(WindowCenter="100", WindowWidth="50")]
    shared.PixelMeasuresSequence = [item(PixelSpacing=["0.5", "0.7"])]
    read = read_image(image(tmp_path / "x.dcm", change=enhanced("MR", None, shared)), frame=2)
    assert read.array[0, 0] == -6 and read.windows == ((100.0, 50.0),) and read.spacing_mm == (0.5, 0.7)
    own = [pydicom.Dataset(), item(FrameVOILUTSequence=[item(WindowCenter=["7", "8"], WindowWidth=["5", "6"])]),
           rescale("3", "0")]
    path = image(tmp_path / "y.dcm", change=enhanced("MR", own, shared, WindowCenter="1", WindowWidth="9"))
    assert [read_image(path, frame=k).windows[0] for k in range(3)] == [(100, 50), (7, 5), (100, 50)]
    assert [read_image(path, frame=k).array[0, 1] for k in range(3)] == [-8, -6, 9]


def test_a_frames_window_is_shown_by_its_function(tmp_path: Path) -> None:
    own = [item(FrameVOILUTSequence=[item(WindowCenter="1500", WindowWidth="100", VOILUTFunction="LINEAR_EXACT")])] * 3
    shown = read_image(image(tmp_path / "x.dcm", change=enhanced("MR", own))).shown.reshape(-1)
    assert shown[[1450, 1500, 1540, 1550]].tolist() == [0, 128, 230, 255]


@pytest.mark.parametrize("own", [[rescale("2", "0")] * 2, [rescale("0", "0")] * 3, [rescale("2", "")] * 3])
def test_groups_that_leave_the_unit_open_are_refused(tmp_path: Path, own: list[pydicom.Dataset]) -> None:
    with pytest.raises(MedomniError, match="MED-D11"):
        read_image(image(tmp_path / "x.dcm", change=enhanced("MR", own)))


def test_a_real_enhanced_image(real_dicom: Path) -> None:
    path = real_dicom / "enhanced_multiframe" / "IM-0001-0001-0001.dcm"
    group = pydicom.dcmread(path).PerFrameFunctionalGroupsSequence[3]
    read = read_image(path, frame=3)
    assert read.windows == ((80.0, 209.0),) and read.array.max() == 254
    assert read.spacing_mm == tuple(float(v) for v in group.PixelMeasuresSequence[0].PixelSpacing)
    table = read_image(real_dicom / "enhanced_multiframe" / "eCT_Supplemental.dcm", frame=1)
    assert table.modality == "CT" and table.windows and table.spacing_mm and table.array.min() < 0


def voi(bits: int, entries: np.ndarray, first: int = 0, vr: str = "OW", count: int | None = None) -> Change:
    def change(ds: pydicom.Dataset) -> None:
        made = pydicom.Dataset()
        made.add_new("LUTDescriptor", "US", [len(entries) % 65536 if count is None else count, first, bits])
        made.add_new("LUTData", vr, entries.tobytes() if vr == "OW" else entries.tolist())
        ds.VOILUTSequence = Sequence([made])
    return change


@pytest.mark.parametrize("store", ["bytes", "words", "numbers"])
@pytest.mark.parametrize("first", [0, 100])
def test_a_table_of_eight_bits_and_many_entries(tmp_path: Path, store: str, first: int) -> None:
    table = np.rint(np.linspace(255, 0, 2900)).astype(np.uint8)
    change = voi(8, table if store == "bytes" else table.astype("<u2"), first, "US" if store == "numbers" else "OW")
    read = read_image(image(tmp_path / "x.dcm", change=change))
    assert np.array_equal(read.shown, table[np.clip(RAMP.astype(int) - first, 0, 2899)]) and read.notes == ()


@pytest.mark.parametrize("bits", [9, 10, 12, 16])
def test_a_table_over_values_with_fractions(tmp_path: Path, bits: int) -> None:
    white = 2 ** bits - 1
    table = np.rint(np.linspace(0, white, 1536)).astype("<u2")

    def change(ds: pydicom.Dataset) -> None:
        voi(bits, table)(ds)
        ds.RescaleSlope, ds.RescaleIntercept = "0.5", "0"
    read = read_image(image(tmp_path / "x.dcm", change=change))
    assert np.array_equal(read.shown, np.rint(255 * (table[RAMP // 2].astype(float) / white)))


def test_a_table_from_a_negative_value(tmp_path: Path) -> None:
    table = np.arange(256, dtype="<u2")

    def change(ds: pydicom.Dataset) -> None:
        voi(8, table, 65536 - 100)(ds)
        ds.RescaleSlope, ds.RescaleIntercept = "1", "-100"
    read = read_image(image(tmp_path / "x.dcm", change=change))
    assert np.array_equal(read.shown, np.clip(RAMP, 0, 255))


@pytest.mark.parametrize(("change", "word"), [
    (voi(12, np.arange(100, dtype="<u2"), count=4000), "fewer entries"), (voi(20, RAMP[0]), "bits of an entry"),
    (voi(8, np.full(300, 4000, dtype="<u2")), "more bits"),
    (lambda ds: setattr(ds, "VOILUTSequence", Sequence([pydicom.Dataset()])), "AttributeError")])
def test_a_table_that_is_left_out_is_named(tmp_path: Path, change: Change, word: str) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=change))
    assert (read.shown.min(), read.shown.max()) == (0, 255)
    assert len(read.notes) == 1 and "table is not applied" in read.notes[0] and word in read.notes[0]


def padded(modality: str, low: int, high: int | None = None, signed: bool = True, **tags: object) -> Change:
    """The ramp from 100 on, whose first ten rows are padding."""
    def change(ds: pydicom.Dataset) -> None:
        with_tags(Modality=modality, PixelRepresentation=int(signed), **tags)(ds)
        pixels = RAMP.astype("<i2" if signed else "<u2") + 100
        pixels[:10] = low if high is None else np.linspace(low, high, 640).reshape(10, 64)
        ds.PixelData = pixels.tobytes()
        ds.add_new("PixelPaddingValue", "SS" if signed else "US", low)
        if high is not None:
            ds.add_new("PixelPaddingRangeLimit", "SS" if signed else "US", high)
    return change


@pytest.mark.parametrize(("modality", "low", "high", "tags"), [
    ("CR", 0, None, {}), ("MR", -30000, None, {}), ("MR", -30000, -29000, {}),
    ("CT", -2000, None, {"RescaleSlope": "1", "RescaleIntercept": "-1024"}),
    ("CR", 0, None, {"PhotometricInterpretation": "MONOCHROME1"}), ("MR", -5, None, {"WindowCenter": "-5",
                                                                                     "WindowWidth": "10"})])
def test_padding_is_black_named_and_no_part_of_the_range(tmp_path: Path, modality: str, low: int, high: int | None,
                                                         tags: dict) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=padded(modality, low, high, low < 0, **tags)))
    assert read.padding is not None and read.padding[:10].all() and not read.padding[10:].any()
    assert not read.shown[:10].any() and len(read.notes) == 1 and "640 pixels are padding" in read.notes[0]
    assert read.windows or (read.shown[10:].min(), read.shown[10:].max()) == (0, 255)
    assert not read.windowed(0, 10000)[:10].any()
    if modality == "CT":
        assert (read.array[:10] == -1024).all() and "-1024 HU" in read.notes[0]
        assert np.array_equal(read.array[10:], RAMP[10:] + 100.0 - 1024)
    else:
        assert read.array[0, 0] == low and "as stored" in read.notes[0]


def test_an_image_of_padding_and_one_without(tmp_path: Path) -> None:
    nothing = image(tmp_path / "x.dcm", np.zeros((8, 8), np.uint16), with_tags(PixelPaddingValue=0))
    assert not read_image(nothing).shown.any()
    read = read_image(image(tmp_path / "y.dcm", change=with_tags(PixelPaddingValue=60000)))
    assert read.padding is None and read.notes == ()


def test_the_padding_of_a_real_ct(real_dicom: Path) -> None:
    read = read_image(real_dicom / "seg_reference_ct3slice" / "01.dcm")
    assert read.array.min() >= -1024 and read.padding is not None and (read.array[read.padding] == -1024).all()
    assert "padding" in read.notes[0]


def test_a_pictures_side_and_millimetres_can_be_stated(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    for path in (tmp_path / "x.png", image(tmp_path / "x.dcm")):
        read = read_image(path, left_edge="left", spacing_mm=(0.2, 0.3))
        assert (read.left_edge, read.side_reason) == ("left", STATED)
        assert (read.spacing_mm, read.spacing_reason) == ((0.2, 0.3), STATED)
        silent = read_image(path)
        assert silent.left_edge is None and silent.spacing_mm is None


def test_what_the_file_says_stands(tmp_path: Path) -> None:
    tags = {**MR, "PixelSpacing": ["0.2", "0.3"], "PatientOrientation": ["L", "F"]}
    path = image(tmp_path / "x.dcm", change=with_tags(**tags))
    read = read_image(path, left_edge="right", spacing_mm=(0.2001, 0.3))
    assert (read.left_edge, read.side_reason, read.spacing_mm) == ("right", "Patient Orientation", (0.2, 0.3))
    assert read.spacing_reason == ""


def regions(ds: pydicom.Dataset) -> None:
    ds.Modality = "US"
    ds.SequenceOfUltrasoundRegions = [item(PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3, PhysicalDeltaX=step,
                                           PhysicalDeltaY=step) for step in (0.04, 0.05)]


@pytest.mark.parametrize(("change", "stated", "word"), [
    (with_tags(PatientOrientation=["L", "F"]), {"left_edge": "left"}, "by the Patient Orientation"),
    (with_tags(PatientOrientation=["P", "F"]), {"left_edge": "left"}, "side to side"),
    (with_tags(**MR, ImageOrientationPatient=[1, 0, 0, 0, 1, 0]), {"left_edge": "left"}, "by the Image Orientation"),
    (with_tags(**MR, PixelSpacing=["0.2", "0.3"]), {"spacing_mm": (0.3, 0.2)}, "0.2 x 0.3"),
    (regions, {"spacing_mm": (0.6, 0.6)}, "0.4 x 0.4|0.5 x 0.5"), (with_tags(), {"left_edge": "L"}, "left or right"),
    (with_tags(), {"spacing_mm": (0.2,)}, "two numbers"), (with_tags(), {"spacing_mm": (0.2, -1)}, "two numbers"),
    (with_tags(), {"spacing_mm": (float("nan"), 1)}, "two numbers"), (with_tags(), {"spacing_mm": 0.2}, "two numbers")])
def test_what_contradicts_the_file_is_a_coded_error(tmp_path: Path, change: Change, stated: dict, word: str) -> None:
    path = image(tmp_path / "x.dcm", change=change)
    read_image(path)
    with pytest.raises(MedomniError, match=f"MED-C03.*({word})"):
        read_image(path, **stated)


def test_one_of_two_regions_may_be_stated(tmp_path: Path) -> None:
    read = read_image(image(tmp_path / "x.dcm", change=regions), spacing_mm=(0.5, 0.5))
    assert (read.spacing_mm, read.spacing_reason) == ((0.5, 0.5), STATED)


def test_a_marker_that_contradicts_what_was_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = image(tmp_path / "x.dcm")
    monkeypatch.setattr("medomni.dicom.image.marked_edge", lambda *_: ("right", "marker burnt into the image: left"))
    assert "marker" in read_image(path, marker=True, left_edge="right").side_reason
    with pytest.raises(MedomniError, match="MED-C03.*marker burnt into"):
        read_image(path, marker=True, left_edge="left")


@pytest.mark.parametrize("suffix", ["webp", "png"])
def test_an_animated_picture_says_that_one_frame_is_read(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("L", (32, 32), grey) for grey in (10, 200, 90)]
    frames[0].save(tmp_path / f"x.{suffix}", save_all=True, append_images=frames[1:])
    read = read_image(tmp_path / f"x.{suffix}")
    assert read.frames == 3 and read.array.max() < 20 and len(read.notes) == 1 and "3 pictures" in read.notes[0]
    with pytest.raises(MedomniError, match="MED-C03"):
        read_image(tmp_path / f"x.{suffix}", frame=1)


def test_padding_must_fit_its_picture() -> None:
    with pytest.raises(ValueError, match="padding must"):
        Picture(np.zeros((2, 2)), np.zeros((2, 2), np.uint8), "DX", spacing_reason="none", side_reason="none",
                padding=np.zeros((2, 3), bool))
