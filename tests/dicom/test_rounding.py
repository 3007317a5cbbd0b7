"""Few decimals in a header: equal numbers are equal, and directions are perpendicular units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medomni.dicom import read_study
from medomni.dicom.headers import _orthonormal
from tests.dicom.conftest import by_height, edit, edit_all

pytestmark = pytest.mark.unit


def test_an_echo_time_written_in_two_ways_is_one(series: Path) -> None:
    whole = len(by_height(series))

    def as_mr(ds: Dataset) -> None:
        ds.Modality, ds.SOPClassUID = "MR", "1.2.840.10008.5.1.4.1.1.4"
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID

    edit_all(series, as_mr)
    for k, path in enumerate(by_height(series)):
        edit(path, lambda ds, k=k: setattr(ds, "EchoTime", "2.10" if k % 2 else "2.1"))  # type: ignore[misc]
    volume = read_study(series)
    assert len(volume.array) == whole
    assert "MED-D14" not in {w.code for w in volume.study.warnings}


def test_a_direction_that_is_no_unit_does_not_shrink_the_pixels(series: Path) -> None:
    before = read_study(series)
    edit_all(series, lambda ds: setattr(ds, "ImageOrientationPatient", [0.997, 0, 0, 0, 0.997, 0]))
    after = read_study(series)
    assert np.allclose(after.affine, before.affine) and np.allclose(after.spacing_mm, before.spacing_mm)


def test_directions_half_a_degree_off_square_become_square() -> None:
    bent = np.array([1, 0, 0, np.sin(np.radians(0.5)), np.cos(np.radians(0.5)), 0])
    six = _orthonormal(bent)
    assert np.allclose([six[:3] @ six[:3], six[3:] @ six[3:], six[:3] @ six[3:]], [1, 1, 0], atol=1e-12)
    assert np.degrees(np.arccos(six[:3] @ bent[:3])) == pytest.approx(0.25, abs=0.01), "each gives way by half"
