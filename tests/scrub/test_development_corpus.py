"""The development corpus of the English scrub keeps its word: names apart from the rules', the same text each time."""

from __future__ import annotations

import pytest

from benchmarks.scrub_dev.fill import filled, names
from benchmarks.scrub_dev.measure import frames, measured, sentences
from medomni.scrub.words import given_names, surnames


@pytest.mark.unit
def test_reserved_and_made_names_are_in_no_list_of_the_rules() -> None:
    for group in ("reserved", "made"):
        assert not set(names()["last", group]) & set(surnames())
        assert not set(names()["first", group]) & set(given_names())


@pytest.mark.unit
def test_a_seed_gives_the_same_text_and_marks_what_it_filled() -> None:
    once = filled("Dr {last} saw {full} on {dnum}.", "s")
    assert once == filled("Dr {last} saw {full} on {dnum}.", "s")
    assert [kind for _, _, kind, _ in once.identifiers] == ["NAME", "NAME", "DATE"]
    assert "{" not in once.text


@pytest.mark.unit
def test_there_are_frames_enough() -> None:
    rows = [row for half in ("mend", "check") for _, row in frames(half)]
    assert sum(row["group"] != "none" for row in rows) >= 300 and sum(row["group"] == "none" for row in rows) >= 80


@pytest.mark.unit
@pytest.mark.parametrize(
    ("half", "group", "least"), [("mend", "", 0.98), ("check", "", 0.96), ("check", "words", 0.86)]
)
def test_recall_and_precision_do_not_fall(half: str, group: str, least: float) -> None:
    out = measured(sentences(half, rounds=2, group=group))
    recall, precision = out["recall"], out["precision"]
    assert isinstance(recall, dict) and isinstance(precision, float)
    assert recall["all"][0] >= least and precision >= 0.94
