"""Phantom series for the DICOM tests: rendered once, copied for every test that spoils one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from medomni.phantom import PhantomPatient, render, sample_patient, write_series
from medomni.volume import Volume

SEED, MATRIX, SLICE_MM = 11, 48, 14.0
Edit = Callable[[pydicom.Dataset], None]


@pytest.fixture(scope="session")
def phantoms() -> Callable[[str], tuple[PhantomPatient, Volume]]:
    """Hospital letter to patient and volume."""
    made: dict[str, tuple[PhantomPatient, Volume]] = {}

    def get(hospital: str) -> tuple[PhantomPatient, Volume]:
        if hospital not in made:
            patient = sample_patient(SEED, hospital)
            made[hospital] = patient, render(patient, MATRIX, SLICE_MM)
        return made[hospital]

    return get


@pytest.fixture(scope="session")
def written(phantoms, tmp_path_factory) -> Path:
    """Hospital A's series, not to be changed."""
    folder = tmp_path_factory.mktemp("series")
    write_series(*phantoms("A"), folder)
    return folder


@pytest.fixture
def series(written: Path, tmp_path: Path) -> Path:
    """A copy of hospital A's series, to be spoilt."""
    return Path(shutil.copytree(written, tmp_path / "series"))


def by_height(folder: Path) -> list[Path]:
    """Files in ascending z."""
    return sorted((p for p in folder.iterdir() if p.is_file()),
                  key=lambda p: float(pydicom.dcmread(p, stop_before_pixels=True).ImagePositionPatient[2]))


def edit(path: Path, change: Edit, to: Path | None = None) -> Path:
    """Change a file's dataset and write it back (or to another path)."""
    ds = pydicom.dcmread(path)
    change(ds)
    ds.save_as(to or path)
    return to or path


def edit_all(folder: Path, change: Edit) -> None:
    for path in by_height(folder):
        edit(path, change)
