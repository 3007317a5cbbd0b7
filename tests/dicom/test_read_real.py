"""Real series against the values their sources state."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from medomni.dicom import inspect, read_study
from medomni.dicom.read import foretold
from medomni.dicom.scan import scan
from medomni.errors import MedomniError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("folder", "shape", "dz", "spacing", "z", "hu", "mean"),
    [
        ("chest_ct_a0001_lung5mm", (64, 512, 512), 5.0, 0.841796875, (-439, -124), (-1024, 2976), -675.97),
        ("chest_ct_a0002_b40f8mm", (30, 512, 512), 8.0, 0.646484375, (80, 312), (-1024, 1548), -535.67),
    ],
)
def test_chest_ct(real_dicom: Path, folder, shape, dz, spacing, z, hu, mean) -> None:
    volume = read_study(real_dicom / folder)
    assert volume.array.shape == shape and volume.array.dtype == np.int16
    assert volume.spacing_mm == pytest.approx((dz, spacing, spacing), abs=1e-4)
    ends = volume.to_lps(np.array([[0, 0, 0], [shape[0] - 1, 0, 0]], float))[:, 2]
    assert ends == pytest.approx(z)
    assert (volume.array.min(), volume.array.max()) == hu
    assert float(volume.array.mean()) == pytest.approx(mean, abs=0.01)
    assert volume.study.warnings == ()


def test_order_of_files_and_numbers_does_not_matter(real_dicom: Path, tmp_path: Path) -> None:
    source = sorted((real_dicom / "chest_ct_a0002_b40f8mm").iterdir())
    for k, path in enumerate(np.random.default_rng(3).permutation(np.array(source, dtype=object))):
        shutil.copy(path, tmp_path / f"{k:03d}")
    assert np.array_equal(read_study(tmp_path).array, read_study(source[0].parent).array)


def test_two_kernels_are_two_volumes(real_dicom: Path, tmp_path: Path) -> None:
    for name in ("chest_ct_a0002_b40f8mm", "chest_ct_a0002_b70f_4slices"):
        for path in (real_dicom / name).iterdir():
            shutil.copy(path, tmp_path / f"{name}-{path.name}")
    assert [s.slices for s in inspect(tmp_path)] == [30, 4]
    volume = read_study(tmp_path)
    assert volume.array.shape[0] == 30
    assert [w.code for w in volume.study.warnings] == ["MED-D14"]
    assert read_study(tmp_path, series=1).array.shape[0] == 4


def test_tilt_and_localizer(real_dicom: Path) -> None:
    volume = read_study(real_dicom / "head_ct_tilt_plus_localizer_philips")
    assert volume.array.shape[0] == 5
    assert volume.spacing_mm[0] == pytest.approx(2.371, abs=2e-3)
    tilt = [w.detail for w in volume.study.warnings if w.code == "MED-D13"]
    assert tilt == ["18.50 degrees"]
    assert any(w.code == "MED-D14" and "localizer" in w.detail for w in volume.study.warnings)


def test_mr_slopes_per_slice(real_dicom: Path) -> None:
    volume = read_study(real_dicom / "per_slice_float_slope_mr")
    assert volume.array.dtype == np.float32 and volume.array.shape == (4, 28, 64)
    assert volume.spacing_mm[1:] == pytest.approx((4.0, 6.3999586), abs=1e-4)


def test_padding_becomes_air(real_dicom: Path) -> None:
    volume = read_study(real_dicom / "seg_reference_ct3slice")
    assert volume.array.min() == -1024
    assert any(w.code == "MED-D16" for w in volume.study.warnings)


def test_axial_is_chosen_of_three_orientations(real_dicom: Path) -> None:
    volume = read_study(real_dicom / "ct_signed_padding_3_orientations")
    assert volume.study.orientation == "axial"
    assert volume.affine[2, 3] == pytest.approx(-327.815)


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("missing_slice_ct", "MED-D05"),
        ("head_ct_tilt_variable_spacing_ge", "MED-D05"),
        ("duplicate_position_ct", "MED-D06"),
        ("modality_lut", "MED-D04"),
        ("compressed_multiframe_mr", "MED-D12"),
        ("cxr_dicom_monochrome1", "MED-D09"),
    ],
)
def test_refused_with_the_reason(real_dicom: Path, folder: str, code: str) -> None:
    with pytest.raises(MedomniError) as info:
        read_study(real_dicom / folder)
    assert info.value.code == code


@pytest.mark.parametrize(("folder", "code"), [("missing_slice_ct", "MED-D05"), ("compressed_multiframe_mr", "MED-D12"),
                                              ("chest_ct_a0001_lung5mm", "")])
def test_a_listing_refuses_what_reading_refuses(real_dicom: Path, folder: str, code: str) -> None:
    """``ingest`` says from the headers what :func:`read_study` would raise."""
    why = foretold(scan(real_dicom / folder), 0)[0]
    assert why.startswith(code) and bool(why) == bool(code)
