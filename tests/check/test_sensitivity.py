"""What a measurement that misses many may say: it alarms, and neither denies nor refutes a kind it does not see."""

from __future__ import annotations

import pytest

from medomni.check import check_report, extract_claims, revise_report
from medomni.check.reasons import reason_zh
from medomni.findings.coverage import UNSEEN
from medomni.findings.sensitivity import METHODS
from medomni.records import Report
from tests.check.reason_texts import sentences, ways
from tests.check.support import study

pytestmark = pytest.mark.unit
RIBS = METHODS["rib_fracture"].sensitivity


def test_an_invented_fracture_alarms_and_is_taken_back_without_a_denial() -> None:
    findings = study(sensitivity=RIBS)
    text = "No pleural effusion. Displaced fracture of the right 6th rib."
    result = check_report(text, findings)
    assert [f.severity for f in result.flags] == ["major"]
    revised = revise_report(Report(text=text), findings, result)
    assert "fracture" not in revised.text and "No pleural effusion." in revised.text
    assert revised.revisions[0].before.startswith("Displaced fracture")


def test_a_sensitive_measurement_denies() -> None:
    findings = study(sensitivity=0.98)
    revised = revise_report(Report(text="Large right pneumothorax. Heart size is normal."), findings)
    assert revised.text == "No right pneumothorax. Heart size is normal."


@pytest.mark.parametrize("text", [
    "Nondisplaced fracture of the right 6th rib.", "Undisplaced left rib fractures.",
    "Right 6th rib fracture without displacement.", "Hairline fracture of the right 9th rib.",
    "右侧第6肋骨骨折，无移位。", "右侧第6肋骨骨折，断端无明显移位。",
    "右侧第6肋骨无移位骨折。", "左侧肋骨不全性骨折。"])
def test_an_undisplaced_fracture_is_not_refuted_by_a_method_that_sees_displaced_ones(text: str) -> None:
    claims = extract_claims(text).claims
    assert [(c.finding_id, c.presence) for c in claims] == [("undisplaced_rib_fracture", "present")]
    result = check_report(text, study(sensitivity=RIBS))
    assert [c.state for c in result.claims] == ["not_assessable"]
    assert not [f for f in result.flags if f.severity in ("critical", "major")]


@pytest.mark.parametrize("text", ["No displaced rib fracture.", "右侧肋骨未见移位性骨折。", "未见肋骨骨折。"])
def test_denied_displacement_is_a_denied_fracture(text: str) -> None:
    assert [(c.finding_id, c.presence) for c in extract_claims(text).claims] == [("rib_fracture", "absent")]


def test_nodule_and_mass_stay_one_kind() -> None:
    findings = study(covered=("lung_nodule",), sensitivity=METHODS["lung_nodule"].sensitivity)
    result = check_report("There is a 40 mm mass in the right lung.", findings)
    assert [c.state for c in result.claims] == ["contradicted"]


def test_reasons_of_the_rooms_have_chinese() -> None:
    told = ["MED-S03: slices of 10.0 mm", "MED-S01: the field of view cuts this lung",
            "MED-S03: the rules find solid lesions only", "MED-S01: no trachea found; gas right 12 ml, left 9 ml",
            "MED-S03: 31 ml of soft tissue on this side could not be told apart", "looked for and not found"]
    assert all(reason_zh(t) != t and any("\u4e00" <= ch <= "\u9fff" for ch in reason_zh(t)) for t in told)
    assert "12 ml" in reason_zh(told[3]) and reason_zh("a site's own words") == "a site's own words"
    assert UNSEEN  # the reason above is theirs


@pytest.mark.parametrize(("reason", "said"), [
    ("MED-S03: the left lung was not segmented", "左肺"), ("MED-S03: the aorta was not segmented", "主动脉"),
    ("MED-S03: the masks hold no right lung", "右肺"), ("MED-S03: the masks hold no right and no left lung", "双肺"),
    ("MED-S03: untested class: aorta by totalsegmentator 2.4", "主动脉（totalsegmentator 2.4）"),
    ("MED-S03: the spinal_canal_of_a_site was not segmented", "spinal canal of a site"),
])
def test_a_reason_in_chinese_names_the_organ_and_its_side(reason: str, said: str) -> None:
    assert reason_zh(reason).endswith(said)


def test_every_reason_in_the_source_of_the_measuring_rooms_has_chinese() -> None:
    """Read from the source, so that a new reason without Chinese fails here; what is no reason stands in NO_REASONS."""
    told = list(sentences())
    rooms = {at.split("/")[0] for at, _ in told}
    assert len(told) > 80 and rooms == {"segment", "findings", "quality"}
    lacking = [f"{at} {text!r}" for at, text in told if not any(_in_chinese(w) for w in ways(text))]
    assert not lacking, "\n".join(lacking)
    assert not any(_in_chinese(w) for w in ways("a reason of {} mm that nobody has put into Chinese"))


def _in_chinese(text: str) -> bool:
    return reason_zh(text) != text and any("\u4e00" <= ch <= "\u9fff" for ch in reason_zh(text))


def test_a_flag_in_chinese_gives_its_reason_in_chinese() -> None:
    findings = study(covered=(), uncovered=("pneumothorax",))
    cut = {"reason": "MED-S01: the field of view cuts this lung"}
    rows = tuple(c.model_copy(update=cut) for c in findings.coverage)
    result = check_report("Right pneumothorax.", findings.model_copy(update={"coverage": rows}))
    assert any("视野截断该侧肺" in f.message.zh for f in result.flags)
