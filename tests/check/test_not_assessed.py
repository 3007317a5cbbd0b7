"""A sentence that says what was not looked at claims nothing: neither presence nor absence."""

from __future__ import annotations

import pytest

from medomni.check import extract_claims

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", [
    "Lung mass, left: not assessable (soft tissue at the hilum hides a mass).",
    "The heart size cannot be assessed.",
    "Pleural effusion could not be reliably evaluated.",
    "Pneumothorax was not assessed.",
    "左肺肿块：无法评估。",
    "FINDINGS: The lungs are expanded.\n\nNOT ASSESSED:\n- lung mass, left: not assessable (MED-S03: a reason)\n"
    "- ground glass nodule: not assessable (MED-S03: the rules find solid lesions only)",
])
def test_no_claim(text: str) -> None:
    assert extract_claims(text)[0] == []


@pytest.mark.parametrize(("text", "expected"), [
    ("Gallstones are seen [not assessable].", [("gallstone", "present")]),
    ("There is a left effusion. The heart cannot be assessed.", [("pleural_effusion", "present")]),
    ("No pneumothorax. Rib fractures were not evaluated.", [("pneumothorax", "absent")]),
])
def test_neighbours_keep_their_claims(text: str, expected: list) -> None:
    got = [(c.finding_id, c.presence) for c in extract_claims(text)[0]]
    assert len(got) == len(expected) and got[0][1] == expected[0][1]
