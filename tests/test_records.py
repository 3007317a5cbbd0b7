"""Records refuse what they do not know, and their schemas and the error page are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from medomni.errors import CATALOGUE, MedomniError, errors_page
from medomni.records import Coverage, Finding, Findings, Study, export_schemas, volume_grade

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.unit


def findings(**kwargs: object) -> Findings:
    return Findings(study=Study(study_key="k", modality="CT"), **kwargs)  # type: ignore[arg-type]


def test_unknown_keys_nan_and_writes_are_refused() -> None:
    with pytest.raises(ValidationError):
        Study(study_key="k", modality="CT", patient_name="x")  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Finding(id="f1", finding_id="x", anatomy_id="lung", measured_by="t", volume_ml=float("nan"))
    with pytest.raises(ValidationError):
        findings().study = Study(study_key="z", modality="MR")  # type: ignore[misc]


def test_absent_needs_coverage_of_every_side() -> None:
    left = Coverage(finding_id="pneumothorax", anatomy_id="pleural_space", side="left", method="m")
    assert findings().state("pneumothorax", "left") == "not_assessable"
    assert findings(coverage=(left,)).state("pneumothorax", "left") == "absent"
    assert findings(coverage=(left,)).state("pneumothorax", "right") == "not_assessable"
    assert findings(coverage=(left,)).state("pneumothorax") == "not_assessable"
    dark = left.model_copy(update={"assessable": False, "reason": "MED-S03"})
    assert findings(coverage=(dark,)).state("pneumothorax", "left") == "not_assessable"
    found = Finding(id="f1", finding_id="pneumothorax", anatomy_id="pleural_space", side="right", measured_by="t")
    assert findings(findings=(found,)).state("pneumothorax") == "present"
    assert findings(findings=(found,), coverage=(left,)).state("pneumothorax", "left") == "absent"


def test_grades() -> None:
    assert [volume_grade(v) for v in (10, 50, 299, 300, 999, 1000)] == [
        "trace", "small", "small", "moderate", "moderate", "large"]


def test_schemas_in_the_docs_are_current(tmp_path: Path) -> None:
    for path in export_schemas(tmp_path):
        kept = ROOT / "docs" / "reference" / "schemas" / path.name
        assert kept.read_text() == path.read_text(), f"run `make docs`: {kept.name} is stale"


def test_error_page_is_current() -> None:
    assert (ROOT / "docs" / "errors.md").read_text() == errors_page(), "run `make docs`"


def test_every_code_in_use_is_listed_and_every_listed_error_is_used() -> None:
    text = "\n".join(p.read_text() for folder in ("medomni", "federated") for p in (ROOT / folder).rglob("*.py")
                     if p.name != "errors.py")
    used = set(re.findall(r"MED-[A-Z]\d\d", text))
    assert used <= CATALOGUE.keys(), used - CATALOGUE.keys()
    assert CATALOGUE.keys() <= used, f"listed but never raised: {sorted(CATALOGUE.keys() - used)}"


def test_message_names_what_where_and_how() -> None:
    text = str(MedomniError("MED-D03", "10 of 20 bytes", where="a.dcm"))
    assert text.startswith("MED-D03: ") and "a.dcm" in text and "10 of 20" in text and "Remedy:" in text
