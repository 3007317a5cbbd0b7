"""Habits that are read right and must stay so: other depths, overlaps, splits of one series, fragments, remedies."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate

from medomni.dicom import inspect, read_image, read_study
from medomni.errors import MedomniError
from medomni.phantom import Habit, write_habit
from tests.dicom.conftest import by_height, edit, edit_all
from tests.dicom.test_image import image

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("number", ["u1", "i1", "<u4", "<i4"])
def test_volumes_of_eight_and_thirty_two_bits(series: Path, number: str) -> None:
    kind = np.dtype(number)
    low, high = (0, 200) if number == "u1" else (-100, 100) if number == "i1" else (0, 3000)
    shift = -1024 if kind.kind == "u" else 0
    truth = read_study(series).array

    def change(ds: pydicom.Dataset) -> None:
        words = np.clip(ds.pixel_array.astype(np.int64) + int(ds.RescaleIntercept) - shift, low, high).astype(kind)
        ds.BitsAllocated = ds.BitsStored = 8 * kind.itemsize
        ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(kind.kind == "i")
        ds.RescaleSlope, ds.RescaleIntercept = "1", str(shift)
        ds.PixelData = words.tobytes()

    edit_all(series, change)
    assert np.array_equal(read_study(series).array, np.clip(truth.astype(int) - shift, low, high) + shift)


def test_slices_that_overlap(series: Path) -> None:
    """Thicker than they are apart: the step is that of the positions."""
    edit_all(series, lambda ds: setattr(ds, "SliceThickness", "40"))
    volume = read_study(series)
    assert volume.spacing_mm[0] == pytest.approx(14.0) and not volume.study.warnings


@pytest.mark.parametrize(("name", "values"), [
    ("EchoTime", ("12.5", "80")), ("EchoNumbers", (1, 2)), ("TemporalPositionIdentifier", (1, 2)),
    ("TriggerTime", ("0", "400")), ("DiffusionBValue", (0.0, 800.0))])
def test_one_series_of_two_kinds_is_split(series: Path, name: str, values: tuple) -> None:
    """Two echoes, times, phases or weightings at the same places: two volumes, each whole."""
    for k, path in enumerate(by_height(series)):
        def second(ds: pydicom.Dataset, k: int = k) -> None:
            ds.Modality, ds.SOPInstanceUID = "MR", f"1.2.3.{k}"
            setattr(ds, name, values[1])
            ds.RescaleIntercept = str(int(ds.RescaleIntercept) + 100)
        edit(path, second, path.with_name(f"second{k}.dcm"))
        edit(path, lambda ds: (setattr(ds, "Modality", "MR"), setattr(ds, name, values[0])))
    count = len(list(series.iterdir())) // 2
    assert [s.slices for s in inspect(series)] == [count, count]
    one, two = (read_study(series, series=k).array.astype(int) for k in (0, 1))
    assert abs(np.unique(two - one)).tolist() == [100]


def test_frames_of_several_fragments(phantoms, tmp_path: Path) -> None:
    """An enhanced image whose compressed frames come in pieces, with the table of where each frame begins."""
    written = write_habit(phantoms("A")[1], tmp_path / "x", Habit(frames="enhanced", syntax="jpeg_2000"))
    truth = read_study(tmp_path / "x").array
    from pydicom.encaps import generate_frames

    def pieces(ds: pydicom.Dataset) -> None:
        frames = list(generate_frames(ds.PixelData, number_of_frames=int(ds.NumberOfFrames)))
        ds.PixelData = encapsulate(frames, fragments_per_frame=3, has_bot=True)
        ds["PixelData"].is_undefined_length = True

    edit(written.paths[0], pieces)
    assert np.array_equal(read_study(tmp_path / "x").array, truth)


def test_remedies_that_can_be_followed(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "in").mkdir()
    image(tmp_path / "in" / "x.dcm")
    with pytest.raises(MedomniError, match="MED-D09.*read_image reads it"):
        read_study(tmp_path / "in")
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(buffer, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(buffer.getvalue()[:1500])
    with pytest.raises(MedomniError, match="MED-D10") as info:
        read_image(tmp_path / "cut.jpg")
    assert "fetch the file again" in str(info.value) and "nstall" not in str(info.value)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(MedomniError, match="MED-D01") as info:
        read_study(".")
    assert "Where: the current folder. " in str(info.value) and ".." not in str(info.value)
