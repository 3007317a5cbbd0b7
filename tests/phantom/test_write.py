"""Series on disk, read back with plain pydicom to patient coordinates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from medomni.phantom import PhantomPatient, render, sample_patient, write_series
from medomni.volume import Volume


def read_points(paths: list[Path]) -> dict[tuple[float, float, float], int]:
    """HU by LPS position (rounded to 0.01 mm), from each file's own geometry (PS3.3 C.7.6.2.1.1)."""
    out: dict[tuple[float, float, float], int] = {}
    for path in paths:
        ds = pydicom.dcmread(path)
        hu = ds.pixel_array.astype(np.int32) * int(ds.RescaleSlope) + int(ds.RescaleIntercept)
        origin = np.array(ds.ImagePositionPatient, float)
        row, column = (
            np.array(ds.ImageOrientationPatient[:3], float),
            np.array(ds.ImageOrientationPatient[3:], float),
        )
        r, c = np.mgrid[: ds.Rows, : ds.Columns]
        p = (
            origin
            + c[..., None] * row * float(ds.PixelSpacing[1])
            + r[..., None] * column * float(ds.PixelSpacing[0])
        )
        keys = np.round(p, 2).reshape(-1, 3)
        out.update(zip(map(tuple, (keys + 0.0).tolist()), hu.ravel().tolist(), strict=True))
    return out


@pytest.fixture(scope="module", params=["A", "B", "C"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    patient = sample_patient(11, request.param)
    volume = render(patient, 48, 14.0)
    return patient, volume, write_series(patient, volume, tmp_path_factory.mktemp(request.param))


@pytest.mark.unit
def test_every_voxel_stands_at_its_place(written: tuple[PhantomPatient, Volume, list[Path]]) -> None:
    _, volume, paths = written
    points = read_points(paths)
    index = np.indices(volume.array.shape).reshape(3, -1).T
    where = np.round(volume.to_lps(index), 2) + 0.0
    found = [points.get(tuple(p)) for p in where.tolist()]
    missing = sum(f is None for f in found)
    assert missing <= 0.002 * len(found)  # rounding of a coordinate to the other side
    same = [f == int(v) for f, v in zip(found, volume.array.ravel(), strict=True) if f is not None]
    assert all(same)


@pytest.mark.unit
def test_habits(written: tuple[PhantomPatient, Volume, list[Path]]) -> None:
    patient, _, paths = written
    sets = [pydicom.dcmread(p, stop_before_pixels=True) for p in paths]
    numbers = [int(d.InstanceNumber) for d in sets]
    z = [float(d.ImagePositionPatient[2]) for d in sets]
    assert z == sorted(z) and len({d.SOPInstanceUID for d in sets}) == len(sets)
    assert len({d.SeriesInstanceUID for d in sets}) == 1
    first = sets[0]
    assert "SYNTHETIC" in str(first.PatientName) and "SYNTHETIC" in first.Manufacturer
    if patient.hospital == "B":
        assert first.file_meta.TransferSyntaxUID == RLELossless
        assert (first.PixelRepresentation, float(first.RescaleIntercept)) == (0, -8192)
        assert first.PatientPosition == "FFP" and list(first.ImageOrientationPatient) == [-1, 0, 0, 0, -1, 0]
    else:
        assert first.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
        assert first.PixelRepresentation == 1 and first.PatientPosition == "HFS"
        assert numbers == sorted(numbers, reverse=True)
        assert [p.name for p in paths] != sorted(p.name for p in paths)
    assert ("ContrastBolusAgent" in first) == (patient.hospital == "C")


@pytest.mark.unit
def test_canary_name_and_stable_uids(tmp_path: Path) -> None:
    patient = sample_patient(12, "A")
    volume = render(patient, 32, 30.0)
    one = write_series(patient, volume, tmp_path / "one", name="CANARY^Planted")
    two = write_series(patient, volume, tmp_path / "two")
    a, b = pydicom.dcmread(one[0]), pydicom.dcmread(two[0])
    assert str(a.PatientName) == "CANARY^Planted" and a.SOPInstanceUID == b.SOPInstanceUID
    other = sample_patient(13, "A")
    c = pydicom.dcmread(write_series(other, render(other, 32, 30.0), tmp_path / "three")[0])
    assert c.StudyInstanceUID != a.StudyInstanceUID


@pytest.mark.unit
def test_refuses_what_it_cannot_store(tmp_path: Path) -> None:
    patient = sample_patient(12, "A")
    volume = render(patient, 32, 30.0)
    flipped = Volume(volume.array[::-1], volume.affine @ np.diag([-1.0, 1, 1, 1]), volume.study)
    with pytest.raises(ValueError, match="axial"):
        write_series(patient, flipped, tmp_path)
