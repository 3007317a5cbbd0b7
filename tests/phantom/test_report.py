"""Reference reports name every true fact and deny nothing that is there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import medomni.phantom as phantom
from medomni.phantom import REPORT_STYLES, PhantomPatient, reference_report, sample_patient

WORDS = {
    "pleural_effusion": ("effusion",),
    "pneumothorax": ("pneumothorax",),
    "consolidation": ("consolidation",),
    "cardiomegaly": ("cardiomegaly", "enlarge"),
    "lung_nodule": ("nodule",),
    "lung_mass": ("mass",),
    "rib_fracture": ("rib fracture",),
}
ZH = {
    "pleural_effusion": "积液",
    "pneumothorax": "气胸",
    "consolidation": "实变",
    "cardiomegaly": "增大",
    "lung_nodule": "结节",
    "lung_mass": "肿块",
    "rib_fracture": "骨折",
}


@pytest.fixture(scope="module")
def patients() -> list[PhantomPatient]:
    return [sample_patient(s, h) for h in "ABC" for s in range(300, 325)]


@pytest.mark.unit
@pytest.mark.parametrize("style", REPORT_STYLES)
def test_every_fact_is_stated(patients: list[PhantomPatient], style: str) -> None:
    for p in patients:
        text = reference_report(p, style)
        low = text.lower()
        assert text == reference_report(p, style) and len(text.split()) <= 110
        for f in p.truth:
            sentences = [
                s
                for s in low.replace("\n", " ").split(".")
                if any(w in s for w in WORDS[f.finding_id])
                and not s.strip().startswith(("no ", "there is no ", "neither ", "negative"))
            ]
            assert sentences, (f.finding_id, text)
            if f.side in ("left", "right"):
                assert any(f.side in s or "bilateral" in s or "both sides" in s for s in sentences), (f, text)
            if f.longest_mm:
                assert any(f"{round(f.longest_mm)} mm" in s for s in sentences), (f, text)
            if f.severity:
                assert any(f.severity in s for s in sentences), (f, text)
        assert "{" not in text and "None" not in text


@pytest.mark.unit
def test_nothing_true_is_denied(patients: list[PhantomPatient]) -> None:
    denials = {
        "pleural_effusion": (
            "no pleural effusion",
            "no effusion",
            "neither effusion",
            "free of fluid",
            "clear of fluid",
        ),
        "pneumothorax": ("no pneumothorax", "or pneumothorax", "nor pneumothorax"),
        "consolidation": ("no consolidation", "no focal", "no airspace"),
        "cardiomegaly": ("heart size", "not enlarged", "no cardiomegaly", "normal in size"),
        "lung_nodule": ("no pulmonary nodule", "no lung nodule", "no nodule", "no suspicious"),
        "rib_fracture": ("no rib", "no displaced", "intact"),
    }
    for p in patients:
        for style in REPORT_STYLES:
            low = reference_report(p, style).lower()
            for f in p.truth:
                assert not any(d in low for d in denials.get(f.finding_id, ())), (f.finding_id, low)


@pytest.mark.unit
def test_chinese(patients: list[PhantomPatient]) -> None:
    for p in patients:
        text = reference_report(p, language="zh")
        for f in p.truth:
            assert ZH[f.finding_id] in text
            if f.longest_mm:
                assert f"{round(f.longest_mm)}mm" in text
            if f.side in ("left", "right"):
                assert {"left": "左", "right": "右"}[f.side] in text


@pytest.mark.unit
def test_history_names_no_side(patients: list[PhantomPatient]) -> None:
    for p in patients:
        words = f"{p.history.symptom} {p.history.prior}".lower()
        assert "left" not in words and "right" not in words


@pytest.mark.unit
def test_the_wording_varies() -> None:
    texts = {reference_report(sample_patient(s, "B")) for s in range(12)}
    assert len(texts) == 12


@pytest.mark.unit
def test_grammar_is_its_own() -> None:
    for path in Path(phantom.__file__).parent.glob("grammar*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("medomni"):
                assert node.module in ("medomni.records", "medomni.phantom.grammar_en")


@pytest.mark.unit
def test_unknown_style_and_language() -> None:
    p = sample_patient(1, "A")
    with pytest.raises(ValueError, match="telegraphic"):
        reference_report(p, "verse")
    with pytest.raises(ValueError, match="language"):
        reference_report(p, language="fr")  # type: ignore[arg-type]
