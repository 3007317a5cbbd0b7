"""What identifies goes, what medicine needs stays, and the text around it is as it was."""

from __future__ import annotations

import io
import json
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medomni import cli
from medomni.scrub import KINDS, scrub
from medomni.scrub.words import DATA
from tests.scrub.texts import CHINESE, ENGLISH, STAYS

FORMS = {
    "DATE": ["2024-03-12", "12/03/2024", "12.3.24", "3rd of March", "March 2024", "Mar 12, 2024", "12-Mar-2024",
             "20240312", "the third of March twenty twenty-four", "Tuesday, 12 March 2024 at 2:30 pm",
             "2024-03-12T14:30:00Z", "12 Mar 24", "2024年3月12日", "三月十二日", "二〇二四年三月十二日", "3月12日下午"
                 "3点",
             "2024.03.12", "12月3日（星期二）", "２０２４年３月１２日"],
    "PHONE": ["+44 20 7946 0123", "(020) 7946 0018", "555-201-8890", "555.201.8890 x12", "010-66778899", "13812345678",
              "+86 138 1234 5678"],
    "ID": ["110101199003071237", "A-2024-00123", "943 476 5919", "078-05-1120", "CT20240001", "粤B12345"],
}


@pytest.mark.unit
@pytest.mark.parametrize(("text", "wanted"), [*ENGLISH.items(), *CHINESE.items()])
def test_what_identifies_goes(text: str, wanted: str) -> None:
    assert scrub(text, read=False).text == wanted


@pytest.mark.unit
@pytest.mark.parametrize("text", STAYS)
def test_what_medicine_needs_stays(text: str) -> None:
    assert scrub(text).spans == ()


@pytest.mark.unit
@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind, forms in FORMS.items() for form in forms])
@pytest.mark.parametrize("frame", ["Seen on {} in clinic.", "患者{}就诊。", "({})", "{}"])
def test_every_form_is_covered_whole(kind: str, form: str, frame: str) -> None:
    text = frame.format(form)
    covered = {k for s in scrub(text).spans for k in range(s.start, s.end)}
    at = text.index(form)
    assert covered >= {k for k in range(at, at + len(form)) if form[k - at].isalnum()}


_PIECES = st.sampled_from([*ENGLISH, *CHINESE, *STAYS, "[NAME]", "[DATE] ", " ", "\n", ", ", "Dr ", "Smith", "王",
                           "患者", "12", "/", "3", "."])


@pytest.mark.unit
def test_what_is_english_without_its_chinese_names_is_read_at_once() -> None:
    done = scrub("王王王王王王 Okonkwo felt better")
    assert scrub(done.text).text == done.text
    assert scrub(scrub("王王C").text).spans == ()


@pytest.mark.unit
@given(st.lists(_PIECES | st.text(max_size=12), max_size=6))
@settings(max_examples=60, deadline=None)
def test_spans_are_exact_and_a_second_pass_finds_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    done = scrub(text)
    rest, at = "", 0
    for span in done.spans:
        assert span.kind in KINDS and span.rule and at <= span.start < span.end <= len(text)
        rest += text[at:span.start] + f"[{span.kind}]"
        at = span.end
    assert rest + text[at:] == done.text
    again = scrub(done.text)
    assert (again.text, again.spans) == (done.text, ())


@pytest.mark.unit
@pytest.mark.parametrize(("read", "share"), [(False, 1), (True, 8)])
def test_a_long_text_takes_linear_time(read: bool, share: int) -> None:
    import time

    lines = [*ENGLISH, *CHINESE, *STAYS]
    text = "\n".join(lines[::share])
    scrub(text, read=read)
    begun = time.perf_counter()
    scrub(text, read=read)
    once = time.perf_counter() - begun
    begun = time.perf_counter()
    scrub("\n".join([text] * 8), read=read)
    assert time.perf_counter() - begun < 8 * 4 * once + 1


@pytest.mark.unit
def test_lists_name_their_source_and_licence() -> None:
    known = ("licence", "Apache-2.0", "public domain", "common knowledge")
    for path in DATA.iterdir():
        head = path.read_text(encoding="utf-8").splitlines()[0]
        assert head.startswith("# ") and any(words in head for words in known), path


@pytest.mark.unit
def test_command_from_file_and_standard_input(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "a.txt").write_text("Seen by Dr Winterbottom.\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["medomni", "scrub", str(tmp_path / "a.txt")])
    cli.main()
    assert capsys.readouterr().out == "Seen by [NAME].\n"
    monkeypatch.setattr(sys, "argv", ["medomni", "scrub", "--format", "json"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("患者王秀兰，女。".encode())))
    cli.main()
    assert json.loads(capsys.readouterr().out) == {
        "reader": False,
        "text": "患者[NAME]，女。", "spans": [{"start": 2, "end": 5, "kind": "NAME", "rule": "surname and given name"}]}


@pytest.mark.unit
def test_english_without_its_reader_is_said(tmp_path, monkeypatch, capsys) -> None:
    """Else a text read by the rules alone passes for one that was read by both."""
    monkeypatch.setattr("medomni.scrub.reader.reader", lambda: None)
    (tmp_path / "a.txt").write_text("Seen by Dr Winterbottom.\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["medomni", "scrub", str(tmp_path / "a.txt")])
    cli.main()
    told = capsys.readouterr()
    assert told.out == "Seen by [NAME].\n" and "MED-C06" in told.err and "Winterbottom" not in told.err
    (tmp_path / "a.txt").write_text("患者王秀兰，女。", encoding="utf-8")
    cli.main()
    assert "MED-C06" not in capsys.readouterr().err


@pytest.mark.unit
def test_a_run_that_loses_a_piece_a_pass_ends_soon() -> None:
    """15 kB of 12/12/12/... took minutes when every pass found one date more."""
    import time

    begun = time.perf_counter()
    done = scrub("12/" * 2000)
    assert time.perf_counter() - begun < 20 and scrub(done.text).spans == ()


@pytest.mark.unit
@pytest.mark.parametrize(
    "unit", ["a", "A", "1", "word ", "Word ", "1-", "A.", "a-", "Aa-", "O’", "a@", "1 ", "(", "MRN ", "Smith, ", "12/"]
)
def test_a_long_hostile_text_takes_seconds(unit: str) -> None:
    """The rules; what the reader takes grows with the subwords alone."""
    import time

    text = unit * (200_000 // len(unit))
    begun = time.perf_counter()
    scrub(text, read=False)
    assert time.perf_counter() - begun < 5


@pytest.mark.unit
def test_a_name_found_once_is_found_wherever_the_text_has_it() -> None:
    done = scrub("Dr. Bell saw him. Bell missed the appointment; Bell palsy was excluded.").text
    assert done == "[NAME] saw him. [NAME] missed the appointment; Bell palsy was excluded."


@pytest.mark.unit
def test_a_long_text_is_scrubbed_like_its_lines() -> None:
    done = scrub("\n\n".join([*ENGLISH] * 8)).text
    assert done.count("[DATE]") == 8 * sum(wanted.count("[DATE]") for wanted in ENGLISH.values())
    assert not any(name in done for name in ("Winterbottom", "Featherstone", "WINTERBOTTOM", "Greenwood", "patel"))
    assert scrub(done).spans == ()
