"""Negation of a given concept, scored on the development half of a public set; skipped visibly where it is
absent."""

from __future__ import annotations

import json

import pytest

from medomni.check import extract_claims
from tests.conftest import SHARED

pytestmark = pytest.mark.unit
DATA = SHARED / "data" / "text" / "negex_dev.jsonl"


def asked() -> list[tuple[str, tuple[int, int], bool]]:
    """(sentence, span of the concept, negated): the concept's capitals are an artefact and are lowered."""
    rows = []
    for line in DATA.open(encoding="utf-8"):
        row = json.loads(line)
        text, concept = (" ".join(row[k].split()) for k in ("sentence", "concept"))
        start = text.upper().find(concept.upper())
        if start < 0:
            continue
        end = start + len(concept)
        around = text[:start] + text[end:]
        if sum(c.islower() for c in around) >= sum(c.isupper() for c in around):
            text = text[:start] + text[start:end].lower() + text[end:]
        rows.append((text, (start, end), row["negation"].lower().startswith("neg")))
    return rows


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_file(), reason="development texts not present (set MEDOMNI_SHARED)")
def test_negation_f1() -> None:
    tp = fp = fn = 0
    for text, span, negated in asked():
        claims = extract_claims(text, "en", targets=[span]).claims
        assert any(c.span == span for c in claims), text
        said = any(c.presence == "absent" and c.span[0] < span[1] and span[0] < c.span[1] for c in claims)
        tp, fp, fn = tp + (said and negated), fp + (said and not negated), fn + (negated and not said)
    f1 = 2 * tp / (2 * tp + fp + fn)
    print(f"negation on negex_dev: precision {tp / (tp + fp):.4f} recall {tp / (tp + fn):.4f} F1 {f1:.4f}")
    assert f1 >= 0.95
