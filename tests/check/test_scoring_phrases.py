"""A public labeler's mention phrases are found and its un-mention phrases refused (sanity, visibly skipped
if absent)."""

from __future__ import annotations

import pytest

from medomni.check import extract_claims
from medomni.knowledge import load_graph
from tests.conftest import SHARED

pytestmark = pytest.mark.unit
PHRASES = SHARED / "data" / "text" / "chexpert" / "phrases"
LABELS = {
    "atelectasis": "atelectasis",
    "consolidation": "consolidation",
    "fracture": "fracture",
    "pneumonia": "pneumonia",
    "pleural_effusion": "pleural_effusion",
    "pneumothorax": "pneumothorax",
    "lung_lesion": "lesion",
}
STEMS = {"atelecta": "atelectasis", "consolidat": "consolidation"}


def found(phrase: str) -> set[str]:
    graph = load_graph()
    ids = {c.finding_id for c in extract_claims(f"There is {phrase}.").claims}
    return ids | {a for i in ids for a in graph.ancestors(i)}


@pytest.mark.data
@pytest.mark.skipif(not PHRASES.is_dir(), reason="phrase lists not present (set MEDOMNI_SHARED)")
def test_mentions() -> None:
    missed, asked = [], 0
    for label, node in LABELS.items():
        for line in (PHRASES / "mention" / f"{label}.txt").read_text(encoding="utf-8").split("\n"):
            phrase = STEMS.get(line.strip(), line.strip())
            if phrase:
                asked += 1
                missed += [] if node in found(phrase) else [(label, phrase)]
    print(f"mention phrases found: {asked - len(missed)} of {asked}; missed {missed}")
    assert len(missed) <= 0.1 * asked


@pytest.mark.data
@pytest.mark.skipif(not PHRASES.is_dir(), reason="phrase lists not present (set MEDOMNI_SHARED)")
def test_refusals() -> None:
    assert "pleural_effusion" not in found("a pericardial effusion")
    assert "lung_nodule" not in found("a calcified nodule")
    assert "lung_mass" not in found("massive air")
    assert "lung_opacity" not in found("a pleural scar")
