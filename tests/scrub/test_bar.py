"""Short form of B6's second part: recall on sentences that were written apart from the rules."""

from __future__ import annotations

import pytest

from benchmarks.bar_b6b import HELD, _sentences, interval, measure


@pytest.mark.unit
@pytest.mark.parametrize(("language", "least"), [("en", 0.95), ("zh", 0.93)])
def test_recall_on_sentences_written_apart(language: str, least: float) -> None:
    """A seventh of the bar's sentences on another seed; the floor lies below the bar by what chance does to so few."""
    tally = measure(language, 20_261_123, count=150)
    assert tally.sentences == 150 and tally.items.total() > 100 and tally.recall >= least and tally.precision >= 0.8


@pytest.mark.unit
def test_frames_that_were_looked_at_are_left_out_before_they_are_filled() -> None:
    """As many sentences as are asked for, all of frames with odd numbers."""
    drawn = _sentences("zh", 1000, 1, HELD["zh"][1])
    assert len(drawn) == 1000 and all(number % 2 for number, _, _ in drawn)


@pytest.mark.unit
def test_an_item_that_is_covered_in_part_is_not_found(monkeypatch) -> None:
    import medomni.scrub

    whole = medomni.scrub.scrub

    def cut(text: str, *, read: bool = True) -> medomni.scrub.Scrubbed:
        done = whole(text, read=read)
        return type(done)(done.text, tuple(type(s)(s.start + 1, s.end, s.kind, s.rule) for s in done.spans))

    monkeypatch.setattr(medomni.scrub, "scrub", cut)
    assert measure("en", 3, count=60).recall < 0.3


@pytest.mark.unit
def test_interval_of_wilson() -> None:
    """Brown, Cai and DasGupta 2001, Stat Sci 16:101: 5 of 10 is [0.237, 0.763]."""
    assert interval(5, 10) == "[0.237, 0.763]"
