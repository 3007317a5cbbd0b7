"""Radiographs: ratio and side on synthetic projections; what the header does not say is not assessable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medomni.check.reasons import reason_zh
from medomni.dicom.radiograph import read_radiograph
from medomni.errors import MedomniError
from medomni.findings.radiograph import measure_radiograph
from medomni.findings.radiograph.fields import cardiothoracic, excess, lung_fields, otsu
from medomni.phantom import render, sample_patient
from medomni.phantom.radiograph import Shadows, radiograph, write_radiograph
from medomni.pipeline import measure_study, measure_volume, report_case, write_study

pytestmark = pytest.mark.unit


def _film(heart: float = 0.4, dense: str | None = None, size: int = 192) -> np.ndarray:
    """Two lungs in a trunk with a heart of a share of their outer width, bright where dense."""
    y, x = np.mgrid[0:size, 0:size] / size
    film = np.where(np.abs(x - 0.5) < 0.45, 3.0, 0.0) * np.ones_like(y)
    floor = 0.78 - 0.10 * np.cos((np.abs(x - 0.5) - 0.2) * 9)
    lung = (((x - 0.5) / 0.36) ** 2 + ((y - 0.62) / 0.55) ** 2 < 1) & (np.abs(x - 0.5) > 0.06) & (y < floor)
    film[lung] = 1.0
    half = heart * 0.72 / 2
    middle = ((x - 0.5) / half) ** 2 + ((y - 0.58) / 0.16) ** 2
    film[lung] += 2.0 * np.sqrt(np.clip(1 - middle, 0, 1))[lung]
    if dense:
        away = (x - (0.26 if dense == "right" else 0.74)) ** 2 / 0.006 + (y - 0.4) ** 2 / 0.02
        film[lung & (away < 1)] += 1.2
    return (film + np.random.default_rng(2).normal(0, 0.02, film.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def shadows() -> Shadows:
    """A large heart, no opacity."""
    patient = sample_patient(300_000, "A")
    return radiograph(patient, render(patient, matrix=96, slice_mm=4.0))


def _of(shadows: Shadows, film: np.ndarray, **taken: object) -> object:
    study = shadows.volume.study
    assert study.acquisition is not None
    changed = study.model_copy(update={"acquisition": study.acquisition.model_copy(update=taken)})
    affine = np.array([[0, 0, 1.0, 0], [1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    return measure_radiograph(replace(shadows.volume, array=film[None], affine=affine, study=changed)).findings


def test_otsu_parts_two_classes() -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(1, 0.1, 900), rng.normal(3, 0.1, 300)]).astype(np.float32)
    assert 1.3 < otsu(values) < 2.7


@pytest.mark.parametrize("heart", [0.36, 0.44, 0.58])
def test_the_ratio_follows_the_hearts_width(heart: float) -> None:
    fields = lung_fields(_film(heart))
    assert not isinstance(fields, str)
    measured = cardiothoracic(fields)
    assert measured is not None and measured[0] == pytest.approx(heart, abs=0.05)


@pytest.mark.parametrize("side", ["right", "left", None])
def test_the_denser_side_is_told(side: str | None) -> None:
    fields = lung_fields(_film(dense=side))
    assert not isinstance(fields, str)
    shares = excess(fields)
    for name in ("right", "left"):
        assert (shares[name] > 0.1) is (name == side), shares


def test_no_fields_no_measurement() -> None:
    rng = np.random.default_rng(5)
    assert isinstance(lung_fields(np.zeros((64, 64), np.float32)), str)
    assert isinstance(lung_fields(rng.normal(2, 0.1, (128, 128)).astype(np.float32)), str)


def test_view_and_side_decide_what_is_assessable(shadows: Shadows) -> None:
    film = _film(0.58, "left")
    pa = _of(shadows, film)
    assert pa.state("lung_opacity", "left") == "present"  # type: ignore[attr-defined]
    assert pa.state("lung_opacity", "right") == "not_assessable"  # type: ignore[attr-defined]
    clear = _of(shadows, _film(0.58))
    assert clear.state("cardiomegaly") == "present" and clear.scores[0].score_id == "ratio"  # type: ignore[attr-defined]
    assert _of(shadows, _film(0.38)).state("cardiomegaly") == "absent"  # type: ignore[attr-defined]
    for taken, name, code in (({"view": "AP"}, "cardiomegaly", "MED-S21"), ({"view": None}, "cardiomegaly", "MED-S21"),
                              ({"side_known": False, "side_reason": "not stated"}, "lung_opacity", "MED-S21"),
                              ({"view": "LL"}, "lung_opacity", "MED-S21")):
        found = _of(shadows, film, **taken)
        row = next(c for c in found.coverage if c.finding_id == name)  # type: ignore[attr-defined]
        assert not row.assessable and row.reason.startswith(code) and reason_zh(row.reason) != row.reason
        assert found.state(name) == "not_assessable"  # type: ignore[attr-defined]
    hidden = next(c for c in pa.coverage if c.finding_id == "cardiomegaly")  # type: ignore[attr-defined]
    assert hidden.reason == "MED-S22: an opacity may hide a border of the heart"
    assert all(pa.state(name) == "not_assessable" for name in ("pneumothorax", "lung_nodule"))  # type: ignore[attr-defined]


def test_the_way_from_dicom_turns_nothing_round(shadows: Shadows, tmp_path: Path) -> None:
    """Flipped, inverted or both: the same film on the same side; without an orientation the side is not known."""
    film = replace(shadows, volume=replace(shadows.volume, array=_film(dense="left")[None]))
    for k, (flipped, inverted) in enumerate(((False, False), (True, False), (False, True), (True, True))):
        folder = tmp_path / str(k)
        write_radiograph(film, folder / "a.dcm", flipped=flipped, monochrome1=inverted)
        found = measure_study(folder, radiographs=True).findings
        assert [(f.finding_id, f.side) for f in found.findings] == [("lung_opacity", "left")]
        assert found.study.synthetic and found.study.spacing_mm is None
    write_radiograph(film, tmp_path / "n" / "a.dcm", side=False)
    assert measure_study(tmp_path / "n", radiographs=True).findings.state("lung_opacity", "left") == "not_assessable"
    write_radiograph(film, tmp_path / "k" / "a.dcm", body_part="KNEE")
    with pytest.raises(MedomniError, match="MED-D09"):
        measure_study(tmp_path / "0")  # where only volumes are wanted
    with pytest.raises(MedomniError, match="MED-D07"):
        measure_study(tmp_path / "k", radiographs=True)
    assert read_radiograph(tmp_path / "none") is None if (tmp_path / "none").is_dir() else True


def test_a_report_of_a_radiograph_says_only_what_was_measured(shadows: Shadows, tmp_path: Path) -> None:
    study = measure_volume(shadows.volume)
    report, check = report_case(None, study)  # type: ignore[arg-type]
    assert "cardiothoracic ratio" in report.text and "NOT ASSESSED:" in report.text and "pneumothorax" in report.text
    assert not check.flags
    paths = write_study(tmp_path, study, report, check)
    assert any(p.name == "report.html" and "the radiograph" in p.read_text() for p in paths)


def test_projection_of_a_phantom(shadows: Shadows) -> None:
    assert 0.5 < shadows.ratio < 0.65 and shadows.opaque == {"right": 0.0, "left": 0.0}
    found = measure_radiograph(shadows.volume).findings
    assert found.scores[0].value == pytest.approx(shadows.ratio, abs=0.07)


def test_the_real_radiograph_is_read_and_nothing_is_invented(real_dicom: Path) -> None:
    """No truth is known of it: it must come through, with codes for what is not told."""
    found = measure_study(real_dicom / "cxr_dicom_monochrome1", radiographs=True).findings
    assert found.study.acquisition is not None and found.study.acquisition.view == "PA"
    assert all((c.reason or "MED-").startswith("MED-") for c in found.coverage)
    assert found.state("pneumothorax") == "not_assessable"
