"""Every rule in both directions and both languages: the error is caught, the correct sentence is not
flagged."""

from __future__ import annotations

import json

import pytest

from medomni.check import Policy, check_jsonl, check_report, extract_jsonl
from tests.check.support import finding, study

pytestmark = pytest.mark.unit
NODULE = finding("lung_nodule", "right", anatomy_id="lower_lobe", longest_mm=14.0)
FLUID = finding("pleural_effusion", "left", volume_ml=240.0, severity="small")
MASS = finding("lung_mass", "left", anatomy_id="upper_lobe", longest_mm=52.0)
CONSOLIDATION = finding("consolidation", "right", anatomy_id="lower_lobe", volume_ml=90.0)
HEART = finding("cardiomegaly", anatomy_id="heart", ratio=0.6)
BASE = study(NODULE, FLUID)

RULES = [
    # code, wrong sentence, right sentence, findings
    ("E01", "A right pneumothorax is present.", "No pneumothorax.", BASE),
    ("E01", "右侧可见气胸。", "未见气胸。", BASE),
    ("E01", "Acute fracture of the left fifth rib.", "No rib fracture.", BASE),
    (
        "E02",
        "Small left pleural effusion.",
        "Small left pleural effusion and a right lower lobe nodule.",
        BASE,
    ),
    ("E02", "左侧少量胸腔积液。", "左侧少量胸腔积液，右肺下叶结节。", BASE),
    ("E03", "No pleural effusion.", "No right pleural effusion.", BASE),
    ("E03", "未见胸腔积液。", "右侧未见胸腔积液。", BASE),
    ("E03", "The lungs are clear.", "The left lung is clear.", BASE),
    ("E03", "Heart size is normal.", "The heart is enlarged.", study(HEART)),
    ("E03", "心影大小正常。", "心影增大。", study(HEART)),
    ("E03", "No consolidation.", "Right lower lobe pneumonia.", study(CONSOLIDATION)),
    ("E03", "No lung opacity.", "Opacity in the right lower lobe.", study(CONSOLIDATION)),
    ("E04", "Small right effusion.", "Small left effusion.", BASE),
    ("E04", "右侧少量胸腔积液。", "左侧少量胸腔积液。", BASE),
    ("E04", "Bilateral pleural effusions.", "Left pleural effusion.", BASE),
    ("E05", "Right lung nodule of 28 mm.", "Right lung nodule of 16 mm.", BASE),
    ("E05", "右肺结节，直径28毫米。", "右肺结节，直径16毫米。", BASE),
    ("E05", "Nodule in the right lung, 1.4 mm.", "Nodule in the right lung, 1.4 cm.", BASE),
    ("E06", "14 mm nodule in the right upper lobe.", "14 mm nodule in the right middle lobe.", BASE),
    ("E06", "右肺上叶结节。", "右肺下叶结节。", BASE),
    ("E07", "Massive left effusion.", "Moderate left effusion.", BASE),
    ("E07", "左侧大量胸腔积液。", "左侧少量胸腔积液。", BASE),
    (
        "E07",
        "Right lower lobe mass.",
        "Left upper lobe mass.",
        study(NODULE.model_copy(update={"longest_mm": 9.0}), MASS),
    ),
    (
        "E09",
        "Findings: No rib fracture. Impression: Rib fracture.",
        "Findings: Rib fracture. Impression: Rib fracture.",
        None,
    ),
    (
        "E09",
        "影像所见：未见骨折。\n诊断：肋骨骨折。未见肋骨骨折。",
        "影像所见：肋骨骨折。\n诊断：肋骨骨折。",
        None,
    ),
    (
        "E09",
        "Findings: Left effusion. Impression: Right effusion.",
        "Findings: Left effusion. Impression: Effusion.",
        None,
    ),
    ("E10", "The left effusion has increased.", "There is a left effusion.", BASE),
    ("E10", "左侧胸腔积液较前增多。", "左侧胸腔积液。", BASE),
    ("E11", "The prostate is enlarged.", "No uterine fibroid.", study(sex="female")),
    ("E11", "前列腺增大。", "子宫肌瘤。", study(sex="female")),
    ("E12", "There is a pulmonary embolism.", "No pulmonary embolism.", study(contrast=False)),
    ("E12", "肺动脉栓塞。", "未见肺动脉栓塞。", study(contrast=False)),
    (
        "E15",
        "Solitary nodule in the right lung.",
        "Several nodules in the right lung.",
        study(*(finding("lung_nodule", "right", longest_mm=12.0 + i, id=f"n{i}") for i in range(3))),
    ),
]


@pytest.mark.parametrize(("code", "wrong", "right", "findings"), RULES)
def test_rule(code: str, wrong: str, right: str, findings) -> None:
    flags = [f for f in check_report(wrong, findings).flags if f.code == code]
    assert flags and all(f.message.en and f.message.zh for f in flags)
    for f in flags:
        assert f.span is None or wrong[f.span[0] : f.span[1]].strip()
    assert code not in {f.code for f in check_report(right, findings).flags}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Small right effusion.", "E04"),
        ("No pleural effusion.", "E03"),
        ("Left pneumothorax.", "E01"),
        ("Acute rib fracture on the left.", "E01"),
        ("28 mm nodule in the left lower lobe.", "E04"),
    ],
)
def test_explicit_opposites_are_grave(text: str, code: str) -> None:
    assert {f.severity for f in check_report(text, BASE).flags if f.code == code} & {"critical", "major"}


@pytest.mark.parametrize(
    "text",
    [
        "Possible right effusion.",
        "A pneumothorax cannot be excluded.",
        "CT to rule out pneumothorax.",
        "No large effusion.",
        "No new pleural effusion.",
        "疑似右侧胸腔积液。",
        "不能排除气胸。",
        "未见大量积液。",
        "History: pneumothorax.\nFindings: Nodule.",
    ],
)
def test_hedges_and_qualified_words_are_no_errors(text: str) -> None:
    flags = [f for f in check_report(text, BASE).flags if f.code in ("E01", "E03", "E04")]
    assert not [f for f in flags if f.severity in ("critical", "major")]


def test_uncertain_detections_say_nothing() -> None:
    faint = study(finding("pneumothorax", "left", volume_ml=60.0, confidence=0.3))
    for text in ("No pneumothorax.", "Small left pneumothorax.", "未见气胸。"):
        result = check_report(text, faint)
        assert (
            [c.state for c in result.claims] == ["not_assessable"]
            and not result.flags
            and not result.omissions
        )


def test_tiny_things_do_not_contradict() -> None:
    trace = study(finding("pleural_effusion", "left", volume_ml=7.0, severity="trace"))
    assert not check_report("No pleural effusion.", trace).flags
    assert not check_report("未见胸腔积液。", trace).flags


def test_not_looked_for_is_never_absent() -> None:
    result = check_report("Emphysema. No rib fracture. Left rib fracture.", study(covered=("pneumothorax",)))
    assert {c.state for c in result.claims} == {"not_assessable"}
    bare = check_report("Left effusion.", study(covered=()))
    assert [c.state for c in bare.claims] == ["not_assessable"] and not bare.flags


def test_one_covered_side_says_nothing_of_the_other() -> None:
    left_only = study(covered=("pneumothorax",), side="left")
    assert check_report("Right pneumothorax.", left_only).claims[0].state == "not_assessable"
    assert check_report("Left pneumothorax.", left_only).claims[0].state == "contradicted"


def test_below_what_the_method_sees() -> None:
    blunt = study(covered=("lung_nodule",), min_size_mm=6.0)
    assert check_report("4 mm nodule in the right lung.", blunt).claims[0].state == "not_assessable"
    assert check_report("14 mm nodule in the right lung.", blunt).claims[0].state == "contradicted"
    assert check_report("No nodule larger than 5 mm.", blunt).claims[0].state == "not_assessable"
    assert check_report("No nodule larger than 8 mm.", blunt).claims[0].state == "supported"


def test_names_that_may_stand_for_each_other() -> None:
    near = study(finding("lung_nodule", "right", longest_mm=28.0))
    assert check_report("Mass in the right lung, 3 cm.", near).claims[0].state == "supported"
    for word in ("pneumonia", "infiltrate", "airspace disease", "opacity"):
        result = check_report(f"Right lower lobe {word}.", study(CONSOLIDATION))
        state = "not_assessable" if word == "pneumonia" else "supported"  # a cause is not seen, an appearance is
        assert result.claims[0].state == state and not result.omissions
        assert result.claims[0].evidence.graph_path[0] == "consolidation"
    assert check_report("No pneumonia.", study(CONSOLIDATION)).claims[0].state != "contradicted"


def test_evidence_is_shown() -> None:
    flag = check_report("No pleural effusion.", BASE).flags[0]
    assert flag.evidence.finding_ids == (FLUID.id,) and "240 ml" in (flag.evidence.measured or "")
    invented = check_report("Left pneumothorax.", BASE).flags[0]
    assert "pneumothorax" in (invented.evidence.coverage or "")
    assert check_report("x nodule", BASE).graph_version


def test_policy_sets_the_tier() -> None:
    strict = Policy(sure_confidence=0.99)
    assert check_report("No pleural effusion.", BASE).flags[0].severity == "critical"
    assert "critical" not in {f.severity for f in check_report("No pleural effusion.", BASE, strict).flags}


def test_order_of_sentences_changes_no_flag() -> None:
    parts = ["Right effusion.", "No nodule.", "Left pneumothorax."]
    one = {(f.code, f.severity, f.rule) for f in check_report(" ".join(parts), BASE).flags}
    assert one == {(f.code, f.severity, f.rule) for f in check_report(" ".join(parts[::-1]), BASE).flags}


def test_without_findings_only_the_text_speaks() -> None:
    result = check_report("No effusion. There is a left effusion.", None)
    assert {c.state for c in result.claims} == {"not_assessable"}
    assert {f.code for f in result.flags} == {"E09"}


def test_streams() -> None:
    lines = [
        '{"id": 1, "text": "No effusion.", "targets": [[3, 11]]}',
        "not json",
        '{"id": 2, "text": ""}',
        "",
        '{"id": 3, "text": "Kein Pleuraerguss und keine Lunge."}',
    ]
    out = [json.loads(line) for line in extract_jsonl(lines)]
    assert [o["id"] for o in out] == [1, None, 2, 3]
    assert out[0]["claims"][0]["presence"] == "absent" and out[0]["claims"][0]["span"] == [3, 11]
    assert [o.get("error") for o in out[1:]] == ["MED-C07", "MED-K02", "MED-K01"]
    row = {"id": 7, "report": "No pleural effusion.", "findings": BASE.model_dump(mode="json")}
    bad = {"id": 8, "report": "No effusion.", "findings": {"nonsense": 1}}
    first, none, wrong = (
        json.loads(x)
        for x in check_jsonl([json.dumps(row), json.dumps({**row, "findings": None}), json.dumps(bad)])
    )
    assert {"code", "severity", "span", "message", "evidence"} <= set(first["flags"][0])
    assert first["flags"][0]["code"] == "E03" and none["flags"] == [] and wrong["error"] == "MED-C07"


def test_a_verdict_cannot_pass_on_to_another_finding() -> None:
    """Finding ids are running numbers: the same number may be another finding after the next measurement."""
    from medomni.check.flags import make_flag
    from medomni.records import Evidence, Message

    ids = {make_flag("E02", "omission", "major", Message(en=f"measured but not reported: {what}", zh="x"),
                     evidence=Evidence(finding_ids=("f1",))).id for what in ("effusion, right", "pneumothorax, left")}
    assert len(ids) == 2


@pytest.mark.parametrize(("text", "flagged"), [
    ("FINDINGS: No pulmonary nodule. IMPRESSION: 8 mm nodule in the left lower lobe.", True),
    ("Left upper lobe mass. No mass.", True),
    ("Left upper lobe mass. No other mass.", False),
    ("Left upper lobe mass. No mass elsewhere.", False),
    ("Nodule in the left upper lobe. No nodule in the left lower lobe.", False),
    ("Left nodule. No nodule.", True),
])
def test_a_denial_without_a_lobe_denies_every_lobe(text: str, flagged: bool) -> None:
    from medomni.check import check_report
    from medomni.records import Report

    codes = [f.code for f in check_report(Report(text=text)).flags]
    assert ("E09" in codes) == flagged, codes
