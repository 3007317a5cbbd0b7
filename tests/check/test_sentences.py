"""Own sentences with their expected claims, and the same under changes that must not matter."""

from __future__ import annotations

import pytest

from tests.check.sentences_en import SENTENCES as ENGLISH
from tests.check.sentences_zh import SENTENCES as CHINESE
from tests.check.support import read

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("sentence", "expected"), ENGLISH)
def test_english(sentence: str, expected: str) -> None:
    assert read(sentence) == set(expected.split())


@pytest.mark.parametrize(("sentence", "expected"), CHINESE)
def test_chinese(sentence: str, expected: str) -> None:
    assert read(sentence) == set(expected.split())


def test_enough_of_them() -> None:
    assert len({s for s, _ in ENGLISH}) >= 80 and len({s for s, _ in CHINESE}) >= 40
