"""Facts, F1 and intervals against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from medomni.evaluate import count_facts, facts_of_report, facts_of_truth, interval, paired_interval, score
from medomni.records import Finding, Findings, Study

pytestmark = pytest.mark.unit


def truth(*facts: tuple[str, str]) -> Findings:
    rows = tuple(Finding(id=f"f{k}", finding_id=n, anatomy_id="lung", side=s, measured_by="t")  # type: ignore[arg-type]
                 for k, (n, s) in enumerate(facts))
    return Findings(study=Study(study_key="k", modality="CT"), findings=rows)


def test_facts_of_texts_and_truths() -> None:
    text = "Moderate bilateral pleural effusions. No pneumothorax. The heart is enlarged."
    assert facts_of_report(text) == {("pleural_effusion", "left"), ("pleural_effusion", "right"), ("cardiomegaly", "")}
    assert facts_of_report("") == set()
    assert facts_of_report("Kein Pleuraerguss, Herz normal gross und unauffaellig.") == set()
    assert facts_of_truth(truth(("pleural_effusion", "bilateral"))) == {("pleural_effusion", "left"),
                                                                       ("pleural_effusion", "right")}


def test_f1_by_hand() -> None:
    truths = [truth(("pleural_effusion", "left")), truth(("pneumothorax", "right")), truth()]
    said = ["Left pleural effusion.", "Left pneumothorax.", "No pleural effusion."]
    counts = count_facts(said, truths)
    assert counts.f1() == pytest.approx(2 * 1 / (2 * 1 + 1 + 1))
    s = score(said, truths)
    assert s.support["pleural_effusion"] == 1 and s.by_finding["pleural_effusion"].value == 1.0
    assert s.by_finding["pneumothorax"].value == 0.0
    assert count_facts(["Normal."], [truth()]).f1() == 1.0


def test_interval_covers_a_known_rate() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for k in range(60):
        values = rng.random(200) < 0.3
        got = interval(lambda i, v=values: float(v.mean() if i is None else v[i].mean()), 200, seed=k, draws=300)
        covered += got.low <= 0.3 <= got.high
    assert covered >= 51  # 95 % of 60, less three standard errors


def test_paired_differences_are_narrower_than_unpaired() -> None:
    rng = np.random.default_rng(1)
    a = rng.random(300)
    b = a - 0.05
    def mean(x):
        return lambda i: float(x.mean() if i is None else x[i].mean())
    diff = paired_interval(mean(a), mean(b), 300)
    assert diff.value == pytest.approx(0.05) and diff.high - diff.low < 1e-9
