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
    ("气胸:左侧:无;右侧:有。", {"-pneumothorax/L", "+pneumothorax/R"}),
    ("Pneumothorax: Left - none. Right - small.", {"-pneumothorax/L", "+pneumothorax/R"}),
    ("Effusion: none left, small right", {"-pleural_effusion/L", "+pleural_effusion/R"}),
    ("Consolidation: present on the left, absent on the right.", {"+consolidation/L", "-consolidation/R"}),
    ("Consolidation: LUL yes, RUL no, RLL no", {"+consolidation/L", "-consolidation/R"}),
    ("Pneumothorax - L: none, R: none. Consolidation - L: yes, R: no",
     {"-pneumothorax/L", "-pneumothorax/R", "+consolidation/L", "-consolidation/R"}),
    ("Pleural effusion: R (-) L (+)", {"-pleural_effusion/R", "+pleural_effusion/L"}),
    ("Pneumothorax: N", {"-pneumothorax"}),
    ("Pleural effusion (R/L): -/-", {"-pleural_effusion"}),
    ("Pneumothorax: N/A", set()),
    ("Pneumothorax: unable to assess", set()),
    ("[ ] pneumothorax  [x] pleural effusion", {"+pleural_effusion"}),
    ("Pneumothorax: none. Effusion: small on the left.", {"-pneumothorax", "+pleural_effusion/L"}),
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
    assert _rules("Nodules in the right middle lobe and lingula.") == []
    assert _rules("右肺中叶、舌段支气管扩张") == []


@pytest.mark.parametrize("text", [
    "There is no pleural effusion apart from a small amount of fluid on the left.",
    "Apart from a 7 mm nodule in the RLL there is no nodule.",
    "No displaced rib fracture. Nondisplaced fracture of right 6th rib.",
    "No evidence of metastatic disease in the lungs. Liver metastases.",
])
def test_an_exception_is_no_contradiction(text: str) -> None:
    assert not [r for r in _rules(text) if r[1] in ("critical", "major")]


@pytest.mark.parametrize("text", [
    "No pneumothorax except a tiny left apical one.", "No effusion other than trace on the left.",
    "左上叶实变,右肺(-)", "Left-sided pleural effusion is absent, but a right one is present."])
def test_what_is_not_told_apart_is_not_judged(text: str) -> None:
    """Nothing here was measured; a denial that may be a statement is neither supported nor contradicted."""
    assert {c.state for c in check_report(text, study()).claims} == {"not_assessable"}


def test_a_denial_in_another_lobe() -> None:
    base = study(finding("consolidation", "left", segment="upper_lobe"))
    assert check_report("No consolidation in the left lower lobe.", base).claims[0].state == "not_assessable"
    assert check_report("No consolidation in the left upper lobe.", base).claims[0].state == "contradicted"


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
    for lobe, state in (("lower", "supported"), ("middle", "not_assessable"), ("upper", "contradicted")):
        assert check_report(f"Right {lobe} lobe consolidation.", base).claims[0].state == state


def test_an_estimated_lobe_is_a_hint() -> None:
    """The rules estimate the lobe (``segment``): another one in the report is worth a look, not an error."""
    base = study(finding("consolidation", "left", segment="lower_lobe"))
    result = check_report("Left upper lobe consolidation.", base)
    assert result.claims[0].state == "not_assessable"
    assert [(f.rule, f.severity) for f in result.flags] == [("lobe", "minor")]
    assert "lower lobe" in result.flags[0].message.en
    assert check_report("Left lower lobe consolidation.", base).claims[0].state == "supported"


@pytest.mark.parametrize(("text", "claims"), [
    ("Pneumothorax: left: no, right: yes, and there is a large right pleural effusion.",
     {"-pneumothorax/L", "+pneumothorax/R", "+pleural_effusion/R"}),
    ("No effusion, pneumothorax: left: no, right: yes.", None),
    ("Pneumothorax: left: no, right: present previously, resolved now.", None),
])
def test_a_form_takes_nothing_from_its_sentence(text: str, claims: set[str] | None) -> None:
    assert "+pleural_effusion/R" not in read(text) or "large" in text
    if claims is not None:
        assert read(text) == claims


def test_a_change_is_no_size() -> None:
    text = "FINDINGS: 12 mm nodule in the right upper lobe. IMPRESSION: right upper lobe nodule, 4 mm larger than then."
    assert "inner_size" not in {rule for rule, _ in _rules(text)}
