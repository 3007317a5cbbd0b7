"""What a report says twice and not alike, forms by side, places that a side does not have, and what proves what."""

from __future__ import annotations

import pytest

from medomni.check import check_report
from tests.check.support import finding, read, study

pytestmark = pytest.mark.unit


def _rules(text: str) -> list[tuple[str, str]]:
    return [(f.rule, f.severity) for f in check_report(text).flags]


@pytest.mark.parametrize(("text", "claims"), [
    ("Pneumothorax: left: no, right: yes.", {"-pneumothorax/L", "+pneumothorax/R"}),
    ("Pleural effusion: right: present, left: absent", {"+pleural_effusion/R", "-pleural_effusion/L"}),
    ("气胸：左侧：无，右侧：有。", {"-pneumothorax/L", "+pneumothorax/R"}),
    ("Left lung: no nodule, right lung: nodule.", {"-lung_nodule/L", "+lung_nodule/R"}),
    ("Consolidation of the right lower lobe with air bronchograms.", {"+consolidation/R", "+air_bronchogram"}),
    ("右下叶实变伴空气支气管征。", {"+consolidation/R", "+air_bronchogram"}),
])
def test_forms_and_signs(text: str, claims: set[str]) -> None:
    assert read(text) == claims


def test_a_normal_lung_with_a_consolidation() -> None:
    assert _rules("Lungs are clear. Right lower lobe consolidation.") == [("inner_normal", "minor")]
    assert _rules("The lungs are otherwise clear. Right lower lobe consolidation.") == []
    assert _rules("Lungs are clear except for a right lower lobe consolidation.") == []
    assert _rules("The left lung is clear. Right lower lobe consolidation.") == []


def test_one_nodule_of_two_sizes() -> None:
    text = "FINDINGS: {} mm nodule in the right upper lobe.\nIMPRESSION: {} mm nodule in the {}."
    assert _rules(text.format(5, 50, "right upper lobe")) == [("inner_size", "major")]
    assert _rules(text.format(5, 6, "right upper lobe")) == []
    assert _rules(text.format(5, 50, "right lower lobe")) == []  # another one
    assert _rules("FINDINGS: 5 mm and 30 mm nodules in the right lung. IMPRESSION: 30 mm right nodule.") == []


def test_a_place_that_the_side_does_not_have() -> None:
    assert _rules("Nodule in the right lingula.") == [("no_place", "major")]
    assert _rules("Consolidation of the left middle lobe.") == [("no_place", "major")]
    assert _rules("Nodule in the lingula. Consolidation of the right middle lobe.") == []


@pytest.mark.parametrize(("measured", "text", "state"), [
    ("pneumothorax", "Right tension pneumothorax.", "not_assessable"),
    ("consolidation", "Right pneumonia.", "not_assessable"),
    ("consolidation", "Right lung mass, 60 mm.", "not_assessable"),
    ("consolidation", "Right lung opacity.", "supported"),
    ("pneumothorax", "Right pneumothorax.", "supported"),
])
def test_a_narrower_or_a_likely_word_is_not_proven(measured: str, text: str, state: str) -> None:
    result = check_report(text, study(finding(measured, "right")))
    assert result.claims[0].state == state
    assert not result.omissions


def test_a_neighbouring_lobe_is_neither_proven_nor_refuted() -> None:
    base = study(finding("consolidation", "right", anatomy_id="lower_lobe"))
    for lobe, state in (("lower", "supported"), ("middle", "not_assessable"), ("upper", None)):
        got = check_report(f"Right {lobe} lobe consolidation.", base).claims[0]
        assert got.state == (state or got.state)
        if lobe == "middle":
            assert "neighbouring" in got.reason
