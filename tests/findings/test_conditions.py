"""What is not stated is not met: kernels, gating and the other conditions of quantitative scores, from headers on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from medomni.check.reasons import reason_zh
from medomni.dicom import read_study
from medomni.findings.conditions import at_120_kv, gated, no_contrast, slices_within, soft_kernel, step_mm
from medomni.findings.kernels import kernel_kind
from medomni.phantom import render, sample_patient, write_series
from medomni.records import Acquisition, Study
from medomni.volume import Volume

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("maker", "kernel", "kind"), [
    ("siemens", "B30f", "soft"), ("siemens", "Br36d", "soft"), ("siemens", "B40f", "medium"),
    ("siemens", "B70f", "sharp"),
    ("siemens", "Br38f\\3", "soft"), ("siemens", "Bl57", "sharp"), ("ge", "STANDARD", "soft"), ("ge", "Lung", "sharp"),
    ("philips", "B", "soft"), ("philips", "L", "sharp"), ("philips", "YA", "medium"), ("canon", "FC01", "soft"),
    ("canon", "FC51", "sharp"), ("ge", "B30f", None), ("siemens", "STANDARD", None), ("philips", "B30f", None),
    (None, "B30f", None), ("siemens", None, None), ("neusoft", "F20", None)])
def test_kernels_are_known_by_their_maker(maker: str | None, kernel: str | None, kind: str | None) -> None:
    assert kernel_kind(maker, kernel) == kind


def test_unknown_is_refused_with_a_code_and_a_chinese_reason() -> None:
    silent = Study(study_key="k", modality="CT")
    told = Study(study_key="k", modality="CT", kernel="B70f", contrast=True, acquisition=Acquisition(
        maker="siemens", kvp=80, ecg_gated=False, slice_thickness_mm=5.0))
    good = Study(study_key="k", modality="CT", kernel="B30f", contrast=False, acquisition=Acquisition(
        maker="siemens", kvp=120, ecg_gated=True, slice_thickness_mm=3.0))
    for ask in (soft_kernel, at_120_kv, no_contrast, gated, lambda s: slices_within(_stack(s, 3.0), 2.5, 3.0)):
        assert ask(good) is None
        for study in (silent, told):
            reason = ask(study)
            assert reason is not None and reason.startswith("MED-S20: ") and reason_zh(reason) != reason
    assert slices_within(_stack(good, 1.0), 2.5, 3.0) == "MED-S20: slices lie 1.00 mm apart, 2.5 to 3 mm are needed"
    assert slices_within(_stack(good, 3.0), 0, 1.25) == "MED-S20: slices lie 3.00 mm apart, at most 1.25 mm are needed"


def _stack(study: Study, mm: float) -> Volume:
    """Axial slices of a distance, pixels of 0.8 mm."""
    affine = np.array([[0, 0, 0.8, 0], [0, 0.8, 0, 0], [mm, 0, 0, 0], [0, 0, 0, 1.0]])
    return Volume(np.zeros((4, 4, 4), np.int16), affine, study)


def test_axial_slices_stored_as_sagittal_ones_are_no_finer() -> None:
    axial = _stack(Study(study_key="k", modality="CT"), 4.0)
    sagittal = Volume(axial.array, axial.affine[:, [2, 1, 0, 3]], axial.study)
    assert sagittal.spacing_mm == pytest.approx((0.8, 0.8, 4.0))
    assert step_mm(axial) == step_mm(sagittal) == pytest.approx(4.0)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    patient = sample_patient(3, "A")
    write_series(patient, render(patient, matrix=32, slice_mm=6.0, z_range_mm=(-20, 4)), folder)
    return folder


def _changed(folder: Path, out: Path, **elements: str) -> Study:
    out.mkdir()
    for path in folder.iterdir():
        ds = dcmread(path)
        for name, value in elements.items():
            setattr(ds, name, value)
        ds.save_as(out / path.name)
    return read_study(out).study


def test_the_record_says_how_a_series_was_taken(series: Path) -> None:
    taken = read_study(series).study.acquisition
    assert taken == Acquisition(maker="synthetic", kvp=120.0, slice_thickness_mm=6.0, derived=False,
                                patient_position="HFS")


@pytest.mark.parametrize(("elements", "state"), [
    ({"ScanOptions": "HELIX"}, None), ({"ScanOptions": "CARDIAC_CINE"}, True), ({"TriggerTime": "612"}, True),
    ({"TriggerTime": "0"}, None), ({"ScanOptions": "NON GATED"}, False),
    ({"CardiacSynchronizationTechnique": "NONE", "TriggerTime": "612"}, False),
    ({"CardiacSynchronizationTechnique": "PROSPECTIVE"}, True)])
def test_gating_is_stated_denied_or_unknown(series: Path, tmp_path: Path, elements: dict, state: bool | None) -> None:
    study = _changed(series, tmp_path / "s", **elements)
    assert study.acquisition is not None and study.acquisition.ecg_gated is state


def test_slices_that_disagree_state_nothing(series: Path, tmp_path: Path) -> None:
    out = tmp_path / "s"
    out.mkdir()
    for k, path in enumerate(sorted(series.iterdir())):
        ds = dcmread(path)
        ds.Exposure, ds.Manufacturer, ds.PatientPosition = str(100 + k), "Nobody's Scanners", "JONES"
        ds.save_as(out / path.name)
    taken = read_study(out).study.acquisition
    assert taken is not None and (taken.exposure_mas, taken.maker, taken.patient_position) == (None, None, None)
