"""Two scanner habits and three hospitals are read back exactly: values, places, left and right.

Heart and liver are the witnesses of side: the heart lies to the patient's left, the liver to the right, whatever the
order of files, the direction of rows or the transfer syntax.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from benchmarks.hard_cases import compress, saved
from medomni.dicom import inspect, read_study
from medomni.phantom import SCANNERS, render, sample_patient, write_series
from medomni.volume import Volume
from tests.dicom.conftest import by_height, edit, edit_all

pytestmark = pytest.mark.unit


def same_place_and_value(read: Volume, truth: Volume) -> None:
    """Equal voxels at equal millimetres, after both are turned to the canonical axes."""
    upright = read.axial()
    assert np.array_equal(upright.array, truth.array)
    assert upright.affine == pytest.approx(truth.affine, abs=1e-4)


@pytest.mark.parametrize("hospital", ["A", "B", "C"])
@pytest.mark.parametrize("scanner", ["soft", "sharp", "medium"])
def test_hospitals_and_habits(phantoms, tmp_path: Path, hospital: str, scanner: str) -> None:
    patient, truth = phantoms(hospital)
    write_series(patient, truth, tmp_path, SCANNERS[scanner])
    volume = read_study(tmp_path)
    same_place_and_value(volume, truth)
    assert volume.array.dtype == np.int16 and volume.study.synthetic
    assert volume.study.kernel == SCANNERS[scanner].kernel
    assert volume.study.warnings == ()


@pytest.mark.parametrize("position", ["HFS", "FFS", "HFP", "FFP"])
def test_patient_position_turns_pixels_and_not_the_patient(phantoms, tmp_path: Path, position: str) -> None:
    patient, truth = phantoms("A")
    write_series(patient, truth, tmp_path, position=position)
    volume = read_study(tmp_path)
    same_place_and_value(volume, truth)
    turned = position.endswith("P")
    assert (volume.affine[0, 2] < 0) == turned and (volume.affine[1, 1] < 0) == turned


@pytest.mark.parametrize(("hospital", "seed"), [("A", 8), ("B", 18), ("C", 8)])
def test_heart_left_liver_right(tmp_path: Path, hospital: str, seed: int) -> None:
    """Normal patients: blood left of the midline where the right has lung, liver right where the left has none."""
    patient = sample_patient(seed, hospital)
    write_series(patient, render(patient, 64, 10.0), tmp_path)
    volume = read_study(tmp_path)
    anatomy = patient.anatomy
    _, y, z = anatomy.heart_parts()[0].centre
    assert mean_hu(volume, (50, y - 5, z)) > 0
    assert mean_hu(volume, (-50, y - 5, z)) < -600
    below = anatomy.base_z + 25
    assert mean_hu(volume, (-60, -10, below)) == pytest.approx(anatomy.liver_hu, abs=8)
    assert abs(mean_hu(volume, (60, -10, below)) - anatomy.liver_hu) > 12


def mean_hu(volume: Volume, centre: tuple[float, float, float], radius: float = 14.0) -> float:
    """Mean in a ball around a point in patient coordinates (LPS: +x is the patient's left)."""
    lps = volume.to_lps(np.indices(volume.array.shape).reshape(3, -1).T)
    return float(volume.array.reshape(-1)[np.linalg.norm(lps - np.array(centre), axis=1) < radius].mean())


def test_order_of_files_and_instance_numbers_is_ignored(series: Path, tmp_path: Path) -> None:
    truth = read_study(series)
    rng = np.random.default_rng(5)
    paths = by_height(series)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    numbers = rng.permutation(len(paths))
    for k, path in enumerate(paths):
        edit(path, lambda ds, k=k: setattr(ds, "InstanceNumber", int(numbers[k])), mixed / f"{numbers[-k - 1]:03d}.dcm")
    volume = read_study(mixed)
    assert np.array_equal(volume.array, truth.array) and np.array_equal(volume.affine, truth.affine)
    assert volume.slice_uids == truth.slice_uids


def test_equal_or_absent_instance_numbers_are_ignored(series: Path) -> None:
    truth = read_study(series)
    for k, path in enumerate(by_height(series)):
        edit(path, lambda ds, k=k: ds.__delattr__("InstanceNumber") if k % 2 else setattr(ds, "InstanceNumber", 1))
    assert np.array_equal(read_study(series).array, truth.array)


def test_subfolders_and_one_file(series: Path) -> None:
    truth = read_study(series)
    for k, path in enumerate(by_height(series)):
        below = series / f"DIR{k % 3}"
        below.mkdir(exist_ok=True)
        path.rename(below / path.name)
    assert np.array_equal(read_study(series).array, truth.array)
    alone = read_study(next((series / "DIR0").iterdir()))
    assert alone.array.shape[0] == 1 and [w.code for w in alone.study.warnings] == ["MED-D17"]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("scanner", ["soft", "sharp"])
def test_compressed_equals_uncompressed(phantoms, tmp_path: Path, syntax, scanner: str) -> None:
    """Signed and unsigned pixels, three lossless codecs."""
    patient, truth = phantoms("A")
    paths = write_series(patient, truth, tmp_path, SCANNERS[scanner])

    for k, path in enumerate(paths):
        saved(path, path, lambda ds, _k: compress(ds, syntax), k, implicit_vr=False, little_endian=True)
    same_place_and_value(read_study(tmp_path), truth)


def test_rescale_per_slice(series: Path) -> None:
    """Each slice has its own slope and intercept (PS3.3 C.11.1.1.2); one for all would be wrong."""
    truth = read_study(series)
    for k, path in enumerate(by_height(series)):
        def other(ds: pydicom.Dataset, k: int = k) -> None:
            stored = ds.pixel_array.astype(np.int32) - 10 * k
            ds.PixelData = stored.astype("<i2").tobytes()
            ds.RescaleIntercept = str(float(ds.RescaleIntercept) + 10 * k)
        edit(path, other)
    volume = read_study(series)
    assert np.array_equal(volume.array, truth.array) and volume.array.dtype == np.int16


def test_fractional_slope_gives_floats(series: Path) -> None:
    truth = read_study(series)
    edit_all(series, lambda ds: setattr(ds, "RescaleSlope", "0.5"))
    volume = read_study(series)
    assert volume.array.dtype == np.float32
    assert np.array_equal(volume.array, truth.array * np.float32(0.5))


@pytest.mark.parametrize("written_as", [-2000, 63536], ids=["signed", "read-as-unsigned"])
def test_padding_of_signed_pixels(series: Path, written_as: int) -> None:
    """PixelPaddingValue is US or SS by PixelRepresentation (PS3.3 C.7.5.1.1.2); writers confuse the two."""
    truth = read_study(series)

    def pad(ds: pydicom.Dataset) -> None:
        stored = ds.pixel_array.copy()
        stored[0, :] = -2000
        ds.PixelData = stored.astype("<i2").tobytes()
        ds.add_new("PixelPaddingValue", "SS" if written_as < 0 else "US", written_as)

    edit_all(series, pad)
    volume = read_study(series)
    assert (volume.array[:, 0, :] == -1024).all()
    assert np.array_equal(volume.array[:, 1:], truth.array[:, 1:])
    padded = [w.detail for w in volume.study.warnings if w.code == "MED-D16"]
    assert padded == [f"{truth.array[:, 0].size} voxels"]


def test_padding_of_unsigned_pixels_with_a_range(phantoms, tmp_path: Path) -> None:
    patient, truth = phantoms("A")
    paths = write_series(patient, truth, tmp_path, SCANNERS["sharp"])
    for path in paths:
        ds = pydicom.dcmread(path)
        stored = ds.pixel_array.copy()
        stored[0, :], stored[1, :] = 0, 3
        ds.decompress()
        ds.PixelData = stored.astype("<u2").tobytes()
        ds.add_new("PixelPaddingValue", "US", 0)
        ds.add_new("PixelPaddingRangeLimit", "US", 5)
        ds.save_as(path)
    volume = read_study(tmp_path).axial()
    assert (volume.array == -1024).sum() >= 2 * truth.array[:, 0].size
    assert np.array_equal(volume.array[:, 2:], truth.array[:, 2:])
    assert "MED-D16" in {w.code for w in volume.study.warnings}


def test_tilted_gantry_keeps_its_shear(series: Path) -> None:
    """Origins that shift along y with z: the affine carries the shear, and the record says so."""
    before = read_study(series)
    for k, path in enumerate(by_height(series)):
        def lean(ds: pydicom.Dataset, k: int = k) -> None:
            x, y, z = (float(v) for v in ds.ImagePositionPatient)
            ds.ImagePositionPatient = [f"{x:.4f}", f"{y + 5 * k:.4f}", f"{z:.4f}"]
        edit(path, lean)
    volume = read_study(series)
    angle = np.degrees(np.arctan2(5, before.spacing_mm[0]))
    assert [w.detail for w in volume.study.warnings if w.code == "MED-D13"] == [f"{angle:.2f} degrees"]
    assert volume.affine[1, 0] == pytest.approx(5, abs=1e-3)
    assert volume.spacing_mm == pytest.approx(before.spacing_mm, abs=1e-4)


@pytest.mark.parametrize(("moved", "said"), [
    (lambda k: 5.0 * k, f"tilt {np.degrees(np.arctan2(5, 14)):.2f} degrees; "),
    (lambda k: 20.0 * (k > 6), "positions shift sideways by 20.0 mm, not by one tilt; "),
    (lambda k: 20.0 * (k == 6), "positions shift sideways by 20.0 mm, not by one tilt; "), (lambda k: 0.0, "")])
@pytest.mark.parametrize("gap", [True, False])
def test_a_table_that_was_shifted_is_no_tilt(series: Path, moved, said: str, gap: bool) -> None:
    """Where the first corner and the last stand beside each other too."""
    files = by_height(series)
    for k, path in enumerate(files):
        def shift(ds: pydicom.Dataset, k: int = k) -> None:
            x, y, z = (float(v) for v in ds.ImagePositionPatient)
            ds.ImagePositionPatient = [f"{x:.4f}", f"{y + moved(k):.4f}", f"{z:.4f}"]
        edit(path, shift)
    if gap:
        files[3].unlink()
    notes = [w.detail for w in read_study(series, resample=True).study.warnings if w.code == "MED-D19"]
    assert len(notes) == (gap or bool(said))
    assert all(f" of 14.000 mm{said and ', '}{said or '; '}interpolated" in n for n in notes), notes


def test_the_longer_series_is_chosen_and_the_other_by_number(phantoms, series: Path) -> None:
    patient, truth = phantoms("A")
    short = Volume(truth.array[:9] + np.int16(1), truth.affine, truth.study)
    for path in write_series(patient, short, series / "other"):
        edit(path, lambda ds: setattr(ds, "SeriesInstanceUID", "1.2.3.4"))
    listed = inspect(series)
    assert [s.slices for s in listed] == [len(truth.array), 9] and [s.number for s in listed] == [0, 1]
    volume = read_study(series)
    same_place_and_value(volume, truth)
    assert [w.code for w in volume.study.warnings] == ["MED-D14"]
    same_place_and_value(read_study(series, series=1), short)


def test_single_valued_image_type_still_marks_a_localizer(series: Path) -> None:
    scout = shutil.copy(by_height(series)[0], series / "scout")
    edit(Path(scout), lambda ds: setattr(ds, "ImageType", "LOCALIZER"))
    volume = read_study(series)
    assert any(w.code == "MED-D14" and "localizer" in w.detail for w in volume.study.warnings)
    assert "MED-D15" not in {w.code for w in volume.study.warnings}
