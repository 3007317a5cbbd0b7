"""Each fault of the images is found by its own item, and a good phantom has none; what follows for the findings."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from medomni.check import extract_claims
from medomni.check.closing import not_assessed_section
from medomni.check.reasons import reason_zh
from medomni.findings.limits import limited
from medomni.findings.measure import Measured, measure
from medomni.phantom import render, sample_patient
from medomni.phantom.degraded import DEGRADATIONS, clipped, moved, without_apex
from medomni.quality import quality_of
from medomni.quality.limits import DEGRADED_WEIGHT, UNUSABLE_WEIGHT, noise_limits_hu, weight_of
from medomni.records import Coverage, Finding, Findings, Quality, QualityItem, Score
from medomni.segment import get_segmenter
from medomni.volume import Label, Segmentation, Volume, reorient

pytestmark = pytest.mark.unit
SHOWS = {"motion": ("motion", "MED-Q01"), "noise": ("noise", "MED-Q02"), "narrow": ("field_of_view", "MED-Q03"),
         "clipped": ("values", "MED-Q04"), "grey": ("values", "MED-Q04"), "no apex": ("apex", "MED-Q05"),
         "no base": ("base", "MED-Q06"), "metal": ("metal", "MED-Q07"), "thick": ("slice_distance", "MED-Q08")}


@cache
def _phantom(seed: int = 310_000, hospital: str = "A") -> Volume:
    return render(sample_patient(seed, hospital))


@cache
def _measured(way: str) -> Measured:
    volume = DEGRADATIONS[way](_phantom())
    return measure(volume, get_segmenter().segment(volume))


def _quality(volume: Volume) -> Quality:
    return quality_of(volume, get_segmenter().segment(volume))


@pytest.mark.parametrize("hospital", list("ABC"))
def test_a_good_examination_has_no_fault(hospital: str) -> None:
    quality = _quality(_phantom(310_000, hospital))
    assert quality.faults == () and quality.weight == 1.0
    assert {i.kind for i in quality.items} == {*DEGRADED_WEIGHT, "noise_air"}


@pytest.mark.parametrize("way", list(SHOWS))
def test_each_fault_shows_in_its_own_item(way: str) -> None:
    quality = _measured(way).findings.quality
    assert quality is not None
    kind, code = SHOWS[way]
    assert [(i.kind, i.code) for i in quality.faults] == [(kind, code)]
    assert quality.faults[0].reason.startswith(f"{code}: ")
    assert reason_zh(quality.faults[0].reason) != quality.faults[0].reason, "no Chinese for this reason"
    assert quality.weight < 1.0


def test_grey_values_are_no_hounsfield_units() -> None:
    findings = _measured("grey").findings
    assert findings.quality and findings.quality.weight == UNUSABLE_WEIGHT
    assert all(i.state == "not_assessed" for i in findings.quality.items if i.kind in ("noise", "motion", "apex"))
    judged = [c for c in findings.coverage if c.method != "none"]
    assert all(not c.assessable and "MED-Q04" in (c.reason or "") for c in judged)


def test_the_same_quality_in_any_orientation() -> None:
    volume = _phantom()
    turned = replace(volume, **dict(zip(("array", "affine"), reorient(
        volume.array, volume.affine, (1, 0, 2), (True, True, False)), strict=True)))
    assert _quality(turned) == _quality(volume)


def test_the_smallest_weight_counts() -> None:
    def item(kind: str, state: str) -> QualityItem:
        return QualityItem(kind=kind, state=state)  # type: ignore[arg-type]

    assert weight_of((item("noise", "ok"), item("apex", "not_assessed"))) == 1.0
    assert weight_of((item("noise", "degraded"), item("apex", "degraded"))) == DEGRADED_WEIGHT["noise"]
    assert weight_of((item("noise", "degraded"), item("apex", "unusable"))) == UNUSABLE_WEIGHT
    assert noise_limits_hu(6.0) == noise_limits_hu(8.0)
    assert noise_limits_hu(1.5)[0] == pytest.approx(2 * noise_limits_hu(6.0)[0])


def _limited(kind: str, state: str, weight: float) -> Findings:
    volume = _phantom()
    found = tuple(Finding(id=f"f{n}", finding_id="lung_nodule", anatomy_id="lung", side=side, confidence=confidence,
                          measured_by="t") for n, (side, confidence) in enumerate((("left", 0.6), ("right", 0.9))))
    names = ("pneumothorax", "pleural_effusion", "lung_nodule")
    rows = tuple(Coverage(finding_id=name, anatomy_id="lung", side=side, method="m")  # type: ignore[arg-type]
                 for name in names for side in ("left", "right"))
    fault = QualityItem(kind=kind, state=state, code="MED-Q05", reason="MED-Q05: why")  # type: ignore[arg-type]
    score = Score(score_id="laa_950", anatomy_id="lung", value=3.0, unit="%", measured_by="x")
    return limited(Findings(study=volume.study, coverage=rows, findings=found, scores=(score,)),
                   Quality(items=(fault,), weight=weight, measured_by="t"), volume)


def test_less_confidence_is_uncertain_and_never_absent() -> None:
    out = _limited("noise", "degraded", 0.8)
    assert [(f.presence, f.confidence) for f in out.findings] == [("uncertain", 0.48), ("present", 0.72)]
    assert out.state("lung_nodule", "left") == "not_assessable"
    assert out.state("lung_nodule", "right") == "present"
    assert out.state("pneumothorax", "left") == "absent"


def test_a_missing_end_limits_what_lies_there() -> None:
    out = _limited("apex", "degraded", 0.9)
    assert out.state("pneumothorax") == "not_assessable"
    effusion = next(c for c in out.coverage if c.finding_id == "pleural_effusion")
    assert effusion.assessable and effusion.z_range_mm
    spacing, n = _phantom().spacing_mm[0], len(_phantom().array)
    assert effusion.z_range_mm[1] - effusion.z_range_mm[0] == pytest.approx(n * spacing, abs=0.2)


def test_a_calcium_score_needs_no_apex() -> None:
    volume = _phantom()
    here: dict[str, Any] = {"anatomy_id": "coronary_artery", "measured_by": "x"}
    one = Finding(id="f1", finding_id="coronary_calcification", confidence=0.85, **here)
    row = Coverage(finding_id="coronary_calcification", anatomy_id="coronary_artery", method="x")
    record = Findings(study=volume.study, findings=(one,), coverage=(row,),
                      scores=(Score(score_id="agatston", value=338.6, **here),))
    for kind, kept in (("apex", True), ("base", True), ("field_of_view", True), ("noise", False)):
        fault = QualityItem(kind=kind, state="unusable", code="MED-Q05", reason="MED-Q05: why")  # type: ignore[arg-type]
        out = limited(record, Quality(items=(fault,), weight=0.25, measured_by="t"), volume)
        assert (out.findings[0].presence == "present") is out.coverage[0].assessable is bool(out.scores) is kept, kind


def test_of_an_unusable_image_nothing_is_assessable() -> None:
    out = _limited("noise", "unusable", 0.25)
    assert not any(c.assessable for c in out.coverage)
    assert {f.presence for f in out.findings} == {"uncertain"} and not out.scores


def test_a_weight_of_one_changes_nothing() -> None:
    plain = _limited("noise", "ok", 1.0)
    assert [f.confidence for f in plain.findings] == [0.6, 0.9] and len(plain.scores) == 1
    assert all(c.assessable and c.z_range_mm is None for c in plain.coverage)


@pytest.mark.parametrize("way", ["noise", "no apex", "metal"])
def test_the_report_says_it_and_claims_nothing_by_it(way: str) -> None:
    findings = _measured(way).findings
    for language, head in (("en", "image quality"), ("zh", "图像质量")):
        section = not_assessed_section(findings, language)
        assert SHOWS[way][1] in section and head in section
        assert extract_claims("No pneumothorax." + section if language == "en" else "未见气胸。" + section)[0][1:] == []


def test_doubled_edges_alone_are_motion() -> None:
    item = _quality(moved(_phantom(), shift_mm=0.0, blur_mm=8.0)).faults[0]
    assert (item.kind, item.unit) == ("motion", "%") and reason_zh(item.reason) != item.reason


@pytest.mark.parametrize("reason", [
    "MED-Q03: the field of view cuts the body over 300 mm", "MED-Q04: values above 240 HU were cut off",
    "MED-Q04: the commonest value of tissue is -205 HU", "MED-Q09: 12 slices"])
def test_every_reason_has_its_chinese(reason: str) -> None:
    assert reason_zh(reason).startswith(reason[:7]) and reason_zh(reason) != reason


@pytest.mark.parametrize(("low", "high", "state"), [(-1024.0, 150.0, "degraded"), (-500.0, 3071.0, "unusable")])
def test_one_end_cut_off(low: float, high: float, state: str) -> None:
    """Without bone little is lost; without air everything."""
    assert [(i.kind, i.state) for i in _quality(clipped(_phantom(), low, high)).faults] == [("values", state)]


def test_a_low_cut_of_the_apex_is_degraded_not_refused() -> None:
    volume = without_apex(_phantom(), 0.13)
    quality = _quality(volume)
    assert [(i.kind, i.state) for i in quality.faults] == [("apex", "degraded")]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 4, 4), (2, 64, 64), (9, 3, 3), (60, 8, 8), (12, 30, 90)])
@pytest.mark.parametrize("hu", [-1000.0, 0.0, 32767.0, np.nan])
def test_any_volume_has_a_quality(shape: tuple[int, int, int], hu: float) -> None:
    """Whatever a file holds: a record, never an exception, and never a number that is none."""
    affine = np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [5, 0, 0, 0], [0, 0, 0, 1.0]])
    volume = Volume(np.full(shape, hu, np.float32), affine, _phantom().study)
    for value, row in ((0, {}), (1, {1: Label(1, "body")}), (2, {2: Label(2, "lung", "right")})):
        labels = np.full(shape, value, np.uint8)
        assert 0 < quality_of(volume, Segmentation(labels, row, affine, "t")).weight <= 1


def test_findings_of_before_still_read() -> None:
    record = Findings(study=_phantom().study)
    old = record.model_dump(mode="json")
    del old["quality"]
    assert Findings.model_validate(old).quality is None
    assert np.isfinite(_measured("noise").findings.quality.weight)  # type: ignore[union-attr]
