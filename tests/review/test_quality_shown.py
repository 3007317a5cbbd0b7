"""The page and the PDF show the quality of the images, its reason in both languages; records of before show none."""

from __future__ import annotations

import pytest

from medomni.check import check_report
from medomni.records import Findings, Quality, QualityItem, Report, Score, Study
from medomni.review.page import render_page

pytestmark = pytest.mark.unit


def test_the_page_shows_each_item() -> None:
    bad = QualityItem(kind="noise", state="degraded", value=31.4, unit="HU", threshold=20.0, code="MED-Q02",
                      reason="MED-Q02: noise of 31 HU in soft tissue, limit 20 HU")
    good = QualityItem(kind="motion", state="ok", value=0.4, unit="mm", threshold=0.96)
    findings = Findings(study=Study(study_key="k", modality="CT"),
                        quality=Quality(items=(bad, good), weight=0.8, measured_by="t"))
    report = Report(text="No pneumothorax.")
    page = render_page(report, check_report(report, findings), findings)
    for words in ("Image quality", "图像质量", "0.80", "31.4 HU", "软组织噪声 31 HU", "0.96 mm", "degraded"):
        assert words in page, words
    old = findings.model_copy(update={"quality": None})
    assert "Image quality" not in render_page(report, check_report(report, old), old)


def test_scores_stand_on_the_page_with_their_source() -> None:
    index = Score(score_id="laa_950", anatomy_id="lung", side="bilateral", value=12.34, unit="%", uncertainty=0.5,
                  measured_by="rules:laa 1", source="Gevenois 1996")
    bone = Score(score_id="vertebral_density_hu", anatomy_id="vertebra", level="L1", value=148.0, unit="HU",
                 measured_by="t")
    findings = Findings(study=Study(study_key="k", modality="CT"), scores=(index, bone))
    report = Report(text="No pneumothorax.")
    page = render_page(report, check_report(report, findings), findings)
    for words in ("Scores", "定量评分", "emphysema index", "肺气肿指数", "12.34 ± 0.5 %", "Gevenois 1996", "148 HU",
                  "vertebra", "L1"):
        assert words in page, words
    none = findings.model_copy(update={"scores": ()})
    assert "定量评分" not in render_page(report, check_report(report, none), none)
