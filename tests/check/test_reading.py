"""Text, language, sections, sentences, sizes: what has to hold before any claim is read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medomni.check import extract_claims
from medomni.check.sections import split_sections
from medomni.check.sentences import split_sentences
from medomni.check.sizes import find_sizes
from medomni.check.text import uniform
from medomni.errors import MedomniError
from tests.check.support import read

pytestmark = pytest.mark.unit


def claims(text: str) -> list:
    return extract_claims(text).claims


def sentences(text: str) -> list[str]:
    low = uniform(text).text
    return [text[a:b] for a, b in split_sentences(low, 0, len(low))]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MED-K02"),
        ("  \n\t", "MED-K02"),
        ("\ufeff", "MED-K02"),
        ("Kein Pleuraerguss. Herz normal gro\u00df.", "MED-K01"),
        ("Pas d'\u00e9panchement pleural. Le coeur est de taille normale.", "MED-K01"),
        (
            "\u041f\u043b\u0435\u0432\u0440\u0430\u043b\u044c\u043d\u044b\u0439 "
            "\u0432\u044b\u043f\u043e\u0442 \u0441\u043b\u0435\u0432\u0430.",
            "MED-K01",
        ),
        ("Sin derrame pleural. Coraz\u00f3n de tama\u00f1o normal.", "MED-K01"),
        (
            "\u53f3\u80ba\u306b\u7d50\u7bc0\u3092\u8a8d\u3081\u307e\u3059\u3002\u80f8\u6c34\u306f\u3042\u308a\u307e\u305b\u3093\u3002",
            "MED-K01",
        ),
        ("PK\x03\x04\x00\x00\x08\x00", "MED-K04"),
    ],
)
def test_refused(text: str, code: str) -> None:
    with pytest.raises(MedomniError) as error:
        extract_claims(text)
    assert error.value.code == code


def test_bytes() -> None:
    assert claims(b"No effusion.")[0].presence == "absent"
    with pytest.raises(MedomniError) as error:
        extract_claims(b"\xff\xfe\x00N\x00o")
    assert error.value.code == "MED-K04"


@pytest.mark.parametrize("text", ["Lungs clear.", "PTX right", "8 mm nodule RUL", "No acute disease.", "CHF"])
def test_short_english_is_english(text: str) -> None:
    assert extract_claims(text).language == "en"


@pytest.mark.parametrize("text", ["右肺上叶 GGN 6mm，LAP(-)", "左侧胸腔积液", "CT：右肺结节 8mm"])
def test_mixed_is_chinese(text: str) -> None:
    assert extract_claims(text).language == "zh"


def test_sections() -> None:
    text = (
        "INDICATION: rule out pneumothorax. TECHNIQUE: 5 mm slices.\nCOMPARISON: effusion on the prior.\n"
        "FINDINGS: Left effusion.\nIMPRESSION: Left effusion.\nRECOMMENDATION: CT to exclude mass."
    )
    names = [s.name for s in extract_claims(text).sections]
    assert names == ["history", "technique", "comparison", "findings", "impression", "other"]
    assert [(c.section, c.finding_id) for c in claims(text)] == [
        ("findings", "pleural_effusion"),
        ("impression", "pleural_effusion"),
    ]


def test_chinese_sections() -> None:
    text = (
        "临床病史：气胸术后。\n检查方法：层厚5mm。\n影像所见：右肺结节。\n诊断意见：右肺结节。\n建议：复查。"
    )
    assert [s.name for s in extract_claims(text).sections] == [
        "history",
        "technique",
        "findings",
        "impression",
        "other",
    ]
    assert read(text) == {"+lung_nodule/R"}


def test_a_paragraph_ends_the_history() -> None:
    assert read("History: known pneumothorax.\n\nThere is a left effusion.") == {"+pleural_effusion/L"}


def test_section_spans_cover_the_text() -> None:
    low = "findings: a nodule. impression: none."
    parts = split_sections(low)
    assert parts[0].start == 0 and parts[-1].end == len(low)
    assert all(a.end == b.start for a, b in zip(parts, parts[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("A 3.8 mm nodule. No effusion.", 2),
        ("See image No. 5 of series 3. No effusion.", 2),
        ("Stable.The spleen is normal.", 2),
        ("- one\n- two\n- three", 3),
        ("1. One nodule. 2. No mass.", 2),
        ('He said "no effusion." Then a nodule.', 2),
        ("haze (edema?, infection?) on the right.", 1),
        ("There is a small left pleural effusion which extends up to the level of the\nhilum and is new.", 1),
        ("双肺清晰。未见积液；心影不大。", 3),
        ("Seen on 12.03.2021 again.", 1),
        ("approx. 8 mm", 1),
    ],
)
def test_sentences(text: str, count: int) -> None:
    found = [s for s in sentences(text) if any(c.isalpha() for c in s)]
    assert len(found) == count, found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nodule of 12 x 9 x 8 mm", [(12, "size")]),
        ("2.5x1.7cm", [(25, "size")]),
        ("1.2 cm × 0.8 cm", [(12, "size")]),
        ("largest 6 mm", [(6, "largest-of")]),
        ("the largest measuring 1.4 cm", [(14, "largest-of")]),
        ("up to 5 mm", [(5, "bound")]),
        ("less than 1 cm", [(10, "bound")]),
        ("<4 mm", [(4, "bound")]),
        ("3 cm from the carina", [(30, "distance")]),
        ("5 mm slices", []),
        ("slice thickness 5 mm", []),
        ("8 mm, previously 6 mm", [(8, "size")]),
        ("measures 8 mm (was 6 mm)", [(8, "size")]),
        ("maximum diameter of 9 mm", [(9, "size")]),
        ("10-mm nodule", [(10, "size")]),
        ("4-6 mm", [(6, "size")]),
        ("大小约8mm×6mm", [(8, "size")]),
        ("直径12毫米", [(12, "size")]),
        ("1.5厘米", [(15, "size")]),
        ("最大者约7mm", [(7, "largest-of")]),
        ("距隆突3cm", [(30, "distance")]),
        ("层厚5mm", []),
        ("小于5mm", [(5, "bound")]),
        ("T5 vertebra, 2 nodules", []),
        ("12.03.2021", []),
    ],
)
def test_sizes(text: str, expected: list) -> None:
    low = uniform(text).text
    assert [(s.value_mm, s.role) for s in find_sizes(low, 0, len(low))] == expected


def test_details_of_a_claim() -> None:
    c = claims("Two new solid nodules in the right upper lobe, the larger measuring 9 x 7 mm.")[0]
    assert (c.finding_id, c.count, c.temporality, c.anatomy_id, c.side) == (
        "lung_nodule",
        2,
        "new",
        "upper_lobe",
        "right",
    )
    assert [m.value_mm for m in c.measurements] == [9]
    assert claims("Moderate left effusion, unchanged.")[0].severity == "moderate"
    assert claims("Left effusion of about 240 ml.")[0].severity == "small"
    assert claims("大量胸腔积液。")[0].severity == "large"
    assert claims("右肺见3枚结节。")[0].count == 3
    assert claims("Solitary nodule in the left lung.")[0].count == 1


def test_a_size_in_the_next_sentence() -> None:
    c = claims("There is a nodule in the left lower lobe. It measures 8 mm.")[0]
    assert [m.value_mm for m in c.measurements] == [8]


def test_sizes_find_their_sides() -> None:
    found = {
        c.side: [m.value_mm for m in c.measurements]
        for c in claims("Bilateral effusions, 11 mm right, 5 mm left.")
    }
    assert found == {"right": [11], "left": [5]}


def test_general_normal_statements() -> None:
    assert {"-lung_nodule", "-consolidation", "-lung_mass"} <= read("The lungs are clear.", implied=True)
    assert "-consolidation/R" in read("The right lung is clear.", implied=True)
    assert {"-pleural_effusion", "-pneumothorax"} <= read("The pleural spaces are normal.", implied=True)
    assert "-consolidation/B" in read("双肺清晰。", implied=True)
    assert "-lung_nodule" not in read(
        "Nodule in the right lung. The lungs are otherwise clear.", implied=True
    )
    assert "-consolidation" not in read("The lungs are not clear.", implied=True)


def test_absence_of_the_qualified_only() -> None:
    c = claims("No large effusion.")[0]
    assert (c.presence, c.severity) == ("absent", "large")
    assert claims("No other nodule.")[0].parse_confidence < 0.5


def test_targets() -> None:
    text = "No wheezing was heard, but the cough persists."
    found = extract_claims(text, "en", targets=[(3, 11), (31, 36)]).claims
    assert [(c.finding_id, c.presence, c.span) for c in found] == [
        ("unlisted", "absent", (3, 11)),
        ("unlisted", "present", (31, 36)),
    ]


def test_spans_after_wide_characters() -> None:
    text = "ﬁndings：右肺结节１２ｍｍ。Ⅱ 左侧胸腔積液…"
    for c in claims(text):
        assert text[c.span[0] : c.span[1]] == c.text
    assert {c.finding_id for c in claims(text)} == {"lung_nodule", "pleural_effusion"}


WORDS = st.sampled_from(
    [
        "no ",
        "left ",
        "right ",
        "nodule ",
        "effusion ",
        "is ",
        "and ",
        ", ",
        ". ",
        "8 mm ",
        "未见",
        "结节",
        "，",
        "。",
        "ﬁ",
        "\n",
        "(",
        ") ",
        "?",
        "cannot be excluded ",
        "impression: ",
        "右肺",
        "other than ",
        "心影",
        "x",
        "１２ｍｍ",
        "not seen ",
        "-",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_spans_point_into_the_text(text: str) -> None:
    try:
        result = extract_claims(text)
    except MedomniError as error:
        assert error.code in ("MED-K01", "MED-K02", "MED-K04")
        return
    for c in result.claims:
        assert 0 <= c.span[0] < c.span[1] <= len(text)
        assert text[c.span[0] : c.span[1]] == c.text
        for m in c.measurements:
            assert m.span and any(d.isdigit() for d in text[m.span[0] : m.span[1]])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    try:
        extract_claims(text)
    except MedomniError as error:
        assert error.code in ("MED-K01", "MED-K02", "MED-K04")


@pytest.mark.parametrize(
    "piece", ["no ", "no nodule, ", "(", "5 x ", "nodule and ", "1", " ", "\n", "a", "未见", "左结节、"]
)
def test_time_is_linear(piece: str) -> None:
    text = "the lung " + piece * (60_000 // len(piece)) + " end"
    start = time.perf_counter()
    extract_claims(text, "zh" if "未" in piece or "左" in piece else "en")
    assert (time.perf_counter() - start) / (len(text) / 1000) < 0.05


def test_upper_case_and_spaces_change_nothing() -> None:
    text = "There is a small left pleural effusion. No pneumothorax. 9 mm nodule in the right upper lobe."
    assert read(text.upper()) == read(text) == read(text.replace(" ", "  ") + "   ")
