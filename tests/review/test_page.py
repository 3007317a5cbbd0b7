"""The page says what cannot be checked, escapes what a report carries, and shows left at the right."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import medomni.review
from medomni.errors import MedomniError
from medomni.records import CheckResult, Comparison, Warned
from medomni.review.images import load_images
from medomni.review.page import load_study, render_page, study_page
from medomni.review.pictures import key_slices, slice_png
from medomni.review.spans import pieces

pytestmark = pytest.mark.unit


def test_page_of_a_study(study: Path) -> None:
    html = study_page(study)
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html
    assert "<script" not in html, "the file beside a report runs nothing"
    assert not re.search(r"(src|href)=\"(?!data:|#)", html), "and asks for nothing"
    assert "not assessable" in html and "Synthetic patient" in html and "demonstration model" in html
    assert html.count('class="flag critical"') >= 1 and "620 ml" in html
    assert "仅供研究" in html and "Not a diagnosis" in html


def test_a_clinician_who_reads_chinese_finds_every_head_and_state(study: Path) -> None:
    html = study_page(study)
    for words in ("检查审阅", "警示", "测量所见", "评估项目", "无法评估", "矛盾", "危急", "胸腔积液",
                  "侧别", "体模灵敏度"):
        assert words in html, words
    assert not re.search(r'lang="zh"></span>', html)


def test_marks_captions_and_open_changes_have_chinese(study: Path) -> None:
    findings, report, result = load_study(study)
    assert "右侧胸腔积液，620 ml" in study_page(study) and "第 3 层，共 12 层" in study_page(study)
    organ = findings.organs[0].model_copy(update={"approximate": True, "truncated": True, "volume_ml": None})
    held = Comparison(comparable=True, open=(("lung_nodule", "left", "not assessed in the earlier study"),))
    html = render_page(report, result, findings.model_copy(update={"organs": (organ,), "comparison": held}))
    for words in ("近似", "被视野截断", "既往检查中未作评估"):
        assert words in html and words not in study_page(study), words
    assert '<td>not measured <span lang="zh">未测</span> (approximate' in html


def test_not_assessable_is_never_shown_as_something_else(study: Path) -> None:
    _, report, result = load_study(study)
    dark = [c for c in result.claims if c.state == "not_assessable"]
    assert [c.claim.finding_id for c in dark] == ["gallstone"]
    html = study_page(study)
    for c in dark:
        words = report.text[c.claim.span[0]:c.claim.span[1]]
        marks = re.findall(rf'<mark class="(\w+)"[^>]*>{re.escape(words)}</mark>', html)
        assert marks and set(marks) == {"not_assessable"}


def test_a_row_says_how_far_along_the_body_it_was_looked_for(study: Path) -> None:
    findings, report, result = load_study(study)
    first, *rest = findings.coverage
    part = findings.model_copy(update={"coverage": (
        first.model_copy(update={"z_range_mm": (-77.4, 33.3), "min_size_mm": 8.2}), *rest)})
    html = render_page(report, result, part)
    assert html.count("only from z -77 to 33 mm") == 1 and html.count("仅评估 z -77 至 33 mm") == 1
    assert "only from z" not in render_page(report, result, findings)
    assert "<td>8.2 mm</td>" in html, "rounded, it would promise smaller ones"


def test_no_state_is_told_by_colour_alone() -> None:
    """Each state has a line of its own, so that a page in grey still tells them apart."""
    css = (Path(medomni.review.__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
    lines = {state: re.search(rf"mark\.{state} {{([^}}]*)}}", css)[1].split(";", 1)[1]
             for state in ("supported", "contradicted", "not_assessable", "flagged")}
    assert len(set(lines.values())) == 4
    assert all("border-bottom" in line or "text-decoration" in line for line in lines.values())
    assert "prefers-color-scheme: dark" in css


def test_a_warning_says_what_it_means(study: Path) -> None:
    findings, report, result = load_study(study)
    warned = findings.study.model_copy(update={"warnings": (Warned(code="MED-D13", detail="18.50 degrees"),)})
    html = render_page(report, result, findings.model_copy(update={"study": warned}))
    assert "gantry tilt" in html and "18.50 degrees" in html


def test_pieces_lose_no_character(study: Path) -> None:
    _, report, result = load_study(study)
    assert "".join(p.text for p in pieces(report.text, result)) == report.text
    wrong = [p for p in pieces(report.text, result) if p.state == "contradicted"]
    assert wrong and all(p.flags for p in wrong[:1])
    empty = CheckResult(coverage=result.coverage, graph_version="x")
    assert [p.text for p in pieces("abc", empty)] == ["abc"]


def test_right_is_drawn_at_the_left(study: Path) -> None:
    findings, _, _ = load_study(study)
    volume, _, masks = load_images(study / "images.npz")
    key = key_slices(volume, masks, findings)[0]
    assert key.caption == "pleural effusion, right, 620 ml"
    pixels = np.asarray(Image.open(io.BytesIO(slice_png(volume, key.index, "soft", None))).convert("L")).astype(float)
    half = pixels.shape[1] // 2
    assert pixels[:, :half].mean() > pixels[:, half:].mean() + 5, "fluid of the right side lies in the left half"


def test_unfinished_and_damaged_folders(study: Path, tmp_path: Path) -> None:
    with pytest.raises(MedomniError) as info:
        load_study(tmp_path)
    assert info.value.code == "MED-R03"
    (study / "check.json").write_text("{")
    with pytest.raises(MedomniError) as info:
        load_study(study)
    assert info.value.code == "MED-C07"
    (study / "images.npz").write_bytes(b"x")
    with pytest.raises(MedomniError) as info:
        load_images(study / "images.npz")
    assert info.value.code == "MED-C07"
