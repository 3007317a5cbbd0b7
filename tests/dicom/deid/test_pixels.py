"""Text burnt into pixels is blackened in stored values; what has none stays bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

from benchmarks.bar_b6a import cleaned as seeded_and_cleaned
from benchmarks.leftovers import lines_gone
from benchmarks.seeded import CLASSES, write_picture
from medomni.dicom.deid import Options
from medomni.dicom.deid.pixel_text import TILE, text_boxes, views
from medomni.dicom.deid.redact import blackened, text_mask
from medomni.dicom.deid.risk import at_risk
from medomni.errors import MedomniError
from medomni.phantom import burnt as drawing
from medomni.phantom.burnt import CHINESE, KINDS, burnt, fonts
from tests.dicom.deid.support import cleaned, ct_file, found

pytest.importorskip("rapidocr_onnxruntime", exc_type=ImportError)  # also where libGL is missing
pytestmark = pytest.mark.unit
LINES = ["MUELLER HANNA", "ID 4711998", "03.02.1950", "St. Mary Hospital"]


@pytest.fixture
def chinese_letters() -> None:
    if CHINESE not in [f.name for f in fonts()]:
        pytest.skip("this machine lacks fonts-noto-cjk")


def test_chinese_text_is_not_drawn_with_a_font_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "FONTS", tuple(f for f in drawing.FONTS if f != CHINESE))
    with pytest.raises(MedomniError, match="MED-C06.*fonts-noto-cjk"):
        burnt("page", 9005, ["王小明"])


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_blackened(tmp_path: Path, kind: str) -> None:
    picture = burnt(kind, 9001, LINES)
    path = tmp_path / "a"
    write_picture(path, picture, 9001)
    done, out, ds = cleaned(path)
    after = pydicom.pixels.pixel_array(ds, raw=True).reshape(picture.frames.shape)
    good, lines, other = lines_gone(picture, after, str(ds.PhotometricInterpretation))
    assert good == lines > 2 and other < 0.15 and done.boxes
    assert ds.BurnedInAnnotation == "NO" and "113101" in [c.CodeValue for c in ds.DeidentificationMethodCodeSequence]
    changed = after != picture.frames
    assert changed.any() and not changed.all(), "what is no text keeps its stored values"
    assert found(path, out) == []


@pytest.mark.parametrize("colour", [(0, 180, 0), (180, 0, 0), (180, 60, 0), (70, 70, 255)])
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_letters_that_stand_out_by_their_colour_alone(colour: tuple[int, int, int], photometric: str) -> None:
    """On grey speckle of the letters' own brightness: the mean of red, green and blue tells nothing of them."""
    mean = float(np.dot(colour, (0.299, 0.587, 0.114))) if photometric == "YBR_FULL" else sum(colour) / 3
    grey = np.clip(np.random.default_rng(5).normal(mean, 20, (160, 400)), 0, 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("RGB")
    ImageDraw.Draw(image).text((60, 60), "MUELLER HANNA", fill=colour, font=ImageFont.load_default(24))
    frame = np.asarray(image if photometric == "RGB" else image.convert("YCbCr"))
    ink = (np.asarray(image) != grey[..., None]).any(axis=2)
    ds = Dataset()
    ds.PhotometricInterpretation, ds.Modality = photometric, "US"
    ds.SOPClassUID = CLASSES["ultrasound"][0]
    mask, _ = text_mask(frame[None], ds)
    assert mask[ink].mean() > 0.97


def test_one_tint_is_no_second_picture() -> None:
    grey = np.random.default_rng(6).integers(0, 255, (40, 50)).astype(np.uint8)
    tinted = np.rint(grey[..., None] * np.array([1.0, 0.9, 0.8])).astype(np.uint8)
    assert len(list(views(tinted))) == len(list(views(grey)))


def test_an_image_without_text_keeps_its_bytes(tmp_path: Path) -> None:
    picture = burnt("radiograph", 9002, [])
    path = tmp_path / "a"
    write_picture(path, picture, 9003)
    before = pydicom.dcmread(path)
    before.compress(RLELossless, generate_instance_uid=False)
    before.save_as(path)
    done, _, ds = cleaned(path)
    if not done.boxes:
        assert ds.PixelData == before.PixelData and ds.file_meta.TransferSyntaxUID == RLELossless
    assert done.pixels == "searched" and done.share < 0.05


def test_large_pictures_are_searched_in_tiles() -> None:
    picture = burnt("page", 9004, LINES)
    rows, columns = picture.frames.shape[1:3]
    large = np.zeros((TILE * 2, columns), dtype=np.uint8)  # three tiles
    grey = picture.frames[0] if picture.frames.ndim == 3 else picture.frames[0, ..., 0]
    top, left = TILE - rows // 2, 0
    large[top:top + rows, left:left + columns] = grey
    boxes = [box for view in views(large) for box in text_boxes(view)]
    mask = np.zeros(large.shape, dtype=bool)
    for t, l, b, r in boxes:
        mask[t:b, l:r] = True
    for line in picture.lines:
        assert mask[line.ink[:, 0] + top, line.ink[:, 1] + left].mean() >= 0.98


@pytest.mark.parametrize(("kind", "black"), [("MONOCHROME1", 900), ("MONOCHROME2", 0), ("RGB", 0), ("YBR_ICT", 0),
                                              ("YBR_FULL", None)])
def test_black_is_black_in_every_kind(kind: str, black: int | None) -> None:
    ds = Dataset()
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = kind, 8, 0
    shape = (1, 4, 4, 3) if kind in ("RGB", "YBR_FULL", "YBR_ICT") else (1, 4, 4)
    frames = np.full(shape, 900 if len(shape) == 3 else 90, dtype=np.uint16)
    mask = np.eye(4, dtype=bool)
    out = blackened(frames, mask, ds)
    assert (out[:, ~mask] == frames[:, ~mask]).all()
    assert (out[:, mask] == (np.array([0, 128, 128]) if black is None else black)).all()


@pytest.mark.parametrize(("edit", "risky"), [
    ({}, False), ({"BurnedInAnnotation": "YES"}, True), ({"ImageType": ["DERIVED", "SECONDARY"]}, True),
    ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, True),
    ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "BurnedInAnnotation": "NO"}, True),
    ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.6.1"}, True), ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1"}, True),
    ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1", "BurnedInAnnotation": "NO"}, False),
])
def test_which_images_are_searched(tmp_path: Path, edit: dict, risky: bool) -> None:
    ds = pydicom.dcmread(ct_file(tmp_path / "a"))
    for name, value in edit.items():
        setattr(ds, name, value)
    assert at_risk(ds) is risky


def test_phantoms_say_where_their_ink_is() -> None:
    for kind in CLASSES:
        plain, picture = burnt(kind, 3, []), burnt(kind, 3, LINES[:1])
        line = picture.lines[0]
        assert line.text == LINES[0] and len(line.ink) > 50
        assert (burnt(kind, 3, LINES[:1]).frames == picture.frames).all(), "the same for the same arguments"
        assert plain.frames.shape[1:3] == picture.frames.shape[1:3]


@pytest.mark.parametrize(("counts", "options"), [
    ({"ct": 2, "enhanced": 1, "mr": 3, "ultrasound": 1, "page": 1, "radiograph": 2}, Options()),
    ({"ct": 1, "mr": 5, "capture": 1}, Options(dates="remove")),
    ({"ct": 2, "mr": 5}, Options(clean_descriptors=True, retain_characteristics=True)),
])
def test_short_form_of_the_bar(chinese_letters: None, counts: dict[str, int], options: Options) -> None:
    met, figure = seeded_and_cleaned(counts, 40_001, options)
    assert met, figure
