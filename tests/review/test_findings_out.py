"""Bar C6's short form: masks and numbers of a study equal after SEG and SR; the page shows each finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bar_c6
from benchmarks.orthanc import Orthanc, free_port, missing
from medomni.export import export_dicom
from medomni.phantom import write_series
from medomni.pipeline import MeasuredStudy, check_study, measure_study, write_study

SEED = 2  # of the bar's patients


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> tuple[MeasuredStudy, dict[str, Path], Path]:
    folder = tmp_path_factory.mktemp("c6")
    patient, volume = bar_c6.case(SEED, matrix=112, slice_mm=6.0)
    write_series(patient, volume, folder / "series")
    study = measure_study(folder / "series")
    paths = {p.stem: p for p in export_dicom(study, folder / "series", folder / "dicom")}
    write_study(folder / "out", study, *check_study("FINDINGS: No pneumothorax.", study))
    return study, paths, folder


@pytest.mark.flow
def test_masks_and_numbers_are_read_back_equal(out: tuple[MeasuredStudy, dict[str, Path], Path]) -> None:
    study, paths, _ = out
    count: Counter[str] = Counter()
    assert bar_c6.compared(study, paths, count) == []
    assert count["findings"] and count["numbers"] and count["voxels"]
    assert any(f.longest_3d_mm is not None for f in study.findings.findings)


@pytest.mark.flow
def test_what_differs_is_seen(out: tuple[MeasuredStudy, dict[str, Path], Path]) -> None:
    study, paths, _ = out
    moved = replace(study.measured.masks, labels=np.roll(study.measured.masks.labels, 1, axis=1))
    assert bar_c6.masks_differ(paths["findings"], moved, study.volume, Counter())
    first, *rest = study.findings.findings
    for change in ({"side": "midline" if first.side != "midline" else "left"}, {"hu_sd": 1234.5},
                   {"finding_id": "cardiomegaly" if first.finding_id != "cardiomegaly" else "lung_mass"}):
        other = study.findings.model_copy(update={"findings": (first.model_copy(update=change), *rest)})
        assert bar_c6.numbers_differ(paths["measurements"], other, Counter())


@pytest.mark.system
@pytest.mark.skipif(bar_c6.chromium() is None, reason="chromium is not installed")
def test_the_page_shows_each_finding(out: tuple[MeasuredStudy, dict[str, Path], Path]) -> None:
    pytest.importorskip("playwright.sync_api")
    study, _, folder = out
    page = folder / "out" / "report.html"
    assert bar_c6.shown(page, study.findings) == []
    absent = study.findings.findings[0].model_copy(update={"longest_mm": 77.0})
    assert bar_c6.shown(page, study.findings.model_copy(update={"findings": (absent,)}))


@pytest.mark.system
@pytest.mark.skipif(bool(missing()), reason=f"this machine lacks {missing()}")
def test_orthanc_gives_them_back_equal(out: tuple[MeasuredStudy, dict[str, Path], Path], tmp_path: Path) -> None:
    study, paths, folder = out
    images = sorted(p for p in (folder / "series").iterdir() if p.is_file())
    with Orthanc(tmp_path / "orthanc", {"MEDOMNI": free_port()}) as archive:
        back = bar_c6.through(archive, [*images, *paths.values()], paths, tmp_path / "back")
    assert bar_c6.compared(study, back, Counter()) == []
