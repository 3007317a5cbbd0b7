"""The site's key: what could be guessed is refused, and its text stays out of the message."""

from __future__ import annotations

from pathlib import Path

import pytest

from medomni.dicom.keys import SHORTEST, patient_key, site_key, study_key
from medomni.dicom.pacs.query import study_uid_of
from medomni.dicom.walk import files_below
from medomni.errors import MedomniError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", [" ", "00", "ab" * (SHORTEST - 1), "Zwiebel"])
def test_a_key_that_can_be_guessed_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDOMNI_SITE_KEY", text)
    with pytest.raises(MedomniError, match=r"MED-C03.*MEDOMNI_SITE_KEY") as caught:
        study_key("1.2.3")
    assert not text.strip() or text not in str(caught.value)


def test_an_empty_key_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEDOMNI_SITE_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert len(site_key()) == 32
    (tmp_path / "medomni" / "site.key").write_text("")
    with pytest.raises(MedomniError, match=r"MED-C03.*site\.key"):
        site_key()


def test_a_key_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("MEDOMNI_SITE_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(MedomniError, match="MED-C04.*MEDOMNI_SITE_KEY"):
        site_key()


def test_folders_that_are_links_are_said(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "b").write_text("b")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "linked").symlink_to(tmp_path / "there")
    (tmp_path / "here" / "a").symlink_to(tmp_path / "there" / "b")
    found = files_below(tmp_path / "here")
    assert found == [tmp_path / "here" / "a"]
    assert [(w.code, w.detail) for w in found.notes] == [("MED-D14", "1 folders are links and were not followed")]


def test_a_link_to_itself_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "a").write_text("a")
    assert files_below(tmp_path) == [tmp_path / "a"]


@pytest.mark.parametrize("text", ["", "*", "abc", "1.2.3\\1.2.4", "1.2.３", "../../x", "1." + "2" * 64, "1.2.3\u200b"])
def test_what_is_no_uid_is_not_sent(text: str) -> None:
    with pytest.raises(MedomniError, match="MED-C03"):
        study_uid_of(text)
    assert study_uid_of(" 1.2.840.1 ") == "1.2.840.1"


def test_a_patient_without_preambles_is_the_same_patient(series: Path, tmp_path: Path) -> None:
    """Else one patient could be in training and in test."""
    known = patient_key(series)
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "notes.txt").write_text("no image")
    for path in series.iterdir():
        (bare / path.name).write_bytes(path.read_bytes()[132:])
    empty = tmp_path / "empty"
    empty.mkdir()
    assert len(known) == 16 and patient_key(bare) == known and patient_key(empty) == ""
