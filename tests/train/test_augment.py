"""A mirrored case is true in every word, or it is not mirrored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medomni.records import History
from medomni.train.augment import mirrored, swapped
from tests.cases import square_case

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("text", "other"), [
    ("Small left pleural effusion.", "Small right pleural effusion."),
    ("LEFT lower lobe. Right-sided effusion.", "RIGHT lower lobe. Left-sided effusion."),
    ("Bright leftover copyright.", "Bright leftover copyright."),
])
def test_words(text: str, other: str) -> None:
    assert swapped(text) == other and swapped(other) == text


def test_image_findings_history_and_report_change_together() -> None:
    case = replace(square_case(0), history=History(symptom="Pain in the left chest."))
    other = mirrored(case)
    assert np.array_equal(other.hu, case.hu[:, :, ::-1])
    assert other.findings.findings[0].side == "right" and other.truth.findings[0].side == "right"
    assert other.history.symptom == "Pain in the right chest." and "right pleural effusion" in other.report
    assert np.array_equal(mirrored(other).hu, case.hu) and mirrored(other).report == case.report


@pytest.mark.parametrize("report", [
    "左侧胸腔积液。", "RLL consolidation.", "Lt effusion.", "Leftward shift of the trachea.", "Nodule, L lung.",
    "Scar in the lingula of the left lung.", "Middle lobe collapse."])
def test_what_cannot_be_exchanged_whole_is_left(report: str) -> None:
    case = replace(square_case(0), report=report)
    assert mirrored(case) is case


def test_a_segment_of_one_lung_is_left() -> None:
    case = square_case(1)
    row = case.findings.findings[0].model_copy(update={"segment": "right_middle_lobe"})
    case = replace(case, findings=case.findings.model_copy(update={"findings": (row,)}))
    assert mirrored(case) is case
