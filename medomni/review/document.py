"""The study page as a PDF, for archives that take a document and no HTML."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from medomni.errors import MedomniError
from medomni.records import Comparison, Coverage, Finding, Findings, PriorChange
from medomni.review.images import load_images
from medomni.review.page import amount, by_severity, load_study
from medomni.review.pictures import key_slices, slice_png
from medomni.review.spans import pieces
from medomni.review.words import NOTES, WORDS, both, named, range_both, why_both

COLOURS = {"supported": "#d7f0dc", "contradicted": "#ffc9c9", "not_assessable": "#e6e6e6", "flagged": "#ffe6b3"}
"""Behind the words, as on the page; the state is also said in letters after them."""
LETTERS = {"supported": "", "contradicted": "contradicted", "not_assessable": "cannot be checked", "flagged": "flagged"}
FONT = "STSong-Light"
"""Simplified Chinese and Latin of the Adobe-GB1 collection: every reader of PDF brings it, none is embedded."""


def study_pdf(out: Path) -> bytes:
    """A finished study as PDF: banners, report with the state of every claim, flags, findings, what was looked for.

    Names nobody; the study is told by its key.

    Args:
        out: a folder that ``medomni report`` or ``medomni check`` wrote.

    Raises:
        MedomniError: MED-C06 without reportlab, MED-R03 where a record is missing, MED-C07 where one is not valid.
    """
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.cidfonts import UnicodeCIDFont
        from reportlab.platypus import SimpleDocTemplate
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="PDF") from exc
    findings, _, _ = load_study(out)
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    held = io.BytesIO()
    document = SimpleDocTemplate(held, pagesize=A4, title=f"medomni study {findings.study.study_key}",
                                 author="medomni", subject=NOTES["research"][0], invariant=1,
                                 leftMargin=48, rightMargin=48, topMargin=48, bottomMargin=48)
    document.build(_story(out), onFirstPage=_foot, onLaterPages=_foot)
    return held.getvalue()


def _story(out: Path) -> list[Any]:
    from reportlab.platypus import Spacer

    findings, report, result = load_study(out)
    study = findings.study
    story = [_line("Study review", 16), _line(NOTES["research"][0], box="#fff3cd"), _line(NOTES["research"][1])]
    if report.provenance and report.provenance.demonstration:
        story.append(_line(" ".join(NOTES["demonstration"]), box="#f8d7da"))
    if study.synthetic:
        story.append(_line(" ".join(NOTES["synthetic"]), box="#f8d7da"))
    spacing = ", spacing " + " × ".join(f"{v:.2f}" for v in study.spacing_mm) + " mm" if study.spacing_mm else ""
    story.append(_line(f"{study.modality}{spacing}, kernel {study.kernel or 'not stated'}, study {study.study_key}", 8))
    story += [_line(f"{w.code} {w.detail}", 8) for w in study.warnings]
    story += [_head("Report"), _raw("".join(map(_marked, pieces(report.text, result))).replace("\n", "<br/>"))]
    story += _pictures(out, findings)
    story.append(_head("Flags"))
    for f in by_severity(result):
        measured = f" Measured: {f.evidence.measured}." if f.evidence.measured else ""
        story += [_line(f"{f.severity} {f.code}: {f.message.en}{measured}"), _line(f.message.zh, 9), Spacer(1, 3)]
    if not result.flags:
        story.append(_line(f"No flags. Claims that could not be checked: {result.coverage.not_assessable_claims}."))
    story += [_head("Measured"), _table(("finding", "side", "size", "volume", "state"), [
        (_plain(m.finding_id), m.side, _size(m), _unit(m.volume_ml, "ml"),
         m.presence + _change(m, findings.comparison)) for m in findings.findings])]
    story += _since(findings.comparison)
    story += [_head("Looked for"), _table(("finding", "side", "state", "from", "sensitivity on phantoms"), [
        (_plain(c.finding_id), c.side, _looked(c),
         "–" if c.min_size_mm is None else f"{c.min_size_mm:g} mm",
         "not measured" if c.sensitivity is None else f"{c.sensitivity:.2f}")
        for c in findings.coverage])]
    story.append(_line(" ".join(NOTES["rest"]), 8))
    if findings.scores:
        story += [_head("Scores"), _table(("score", "organ", "source", "measured"), [
            (named(s.score_id).striptags(), " ".join((_plain(s.anatomy_id), s.level or "")).strip(),
             s.source or s.measured_by, amount(s)) for s in findings.scores])]
    if findings.quality:
        story += [_head("Image quality"), _table(("what", "measured", "state", "limit"), [
            (_plain(q.kind), "–" if q.value is None else f"{q.value:.4g} {q.unit}",
             f"{_plain(q.state)}{': ' + why_both(q.reason).striptags() if q.reason else ''}",
             "–" if q.threshold is None else f"{q.threshold:.4g} {q.unit}") for q in findings.quality.items])]
    return story


def _since(held: Comparison | None) -> list[Any]:
    """What the earlier study alone shows, and what could not be compared; nothing where there is no earlier one."""
    if held is None:
        return []
    open_ = _two("change not assessable")
    days = f": {held.interval_days} d" if held.interval_days is not None else ""
    lines = [_head("Since the earlier study", days)]
    lines += [] if held.comparable else [_line(f"{open_}: {why_both(held.reason or '').striptags()}")]
    lines += [_line(f"{_two(f.finding_id)}, {_two(f.side)}{_earlier(f.prior)}") for f in held.resolved]
    lines += [_line(f"{_two(name)}, {_two(side)}: {open_} ({why_both(why).striptags()})")
              for name, side, why in held.open]
    return lines


def _change(finding: Finding, held: Comparison | None) -> str:
    """What the earlier study says of a finding, after its state."""
    if finding.prior is None:
        return f"; {_two('change not assessable')}" if held else ""
    return _earlier(finding.prior)


def _earlier(prior: PriorChange | None) -> str:
    if prior is None:
        return ""
    was = [_unit(v, unit) for v, unit in ((prior.longest_mm, "mm"), (prior.volume_ml, "ml"))
           if v is not None and (unit == "mm" or prior.longest_mm is None)]
    doubles = (f"; {_two('volume doubling time')} {prior.doubling_days:.0f} d"
               if prior.doubling_days is not None and prior.doubling_days > 0 else "")
    return f"; {_two(prior.change)}{f' ({was[0]})' if was else ''}{doubles}"


def _two(text: str) -> str:
    """The words with their Chinese, without markup."""
    return str(both(text).striptags())


def _pictures(out: Path, findings: Findings) -> list[Any]:
    """The key slices, two in a row, with side letters."""
    from reportlab.platypus import Image, Table

    if not (out / "images.npz").is_file():
        return []
    volume, _, masks = load_images(out / "images.npz")
    cells = []
    for key in key_slices(volume, masks, findings):
        picture = Image(io.BytesIO(slice_png(volume, key.index, key.window, masks)))
        scale = 235 / max(picture.imageWidth, picture.imageHeight)
        picture.drawWidth, picture.drawHeight = picture.imageWidth * scale, picture.imageHeight * scale
        cells.append([picture, _line(f"{key.caption} {key.caption_zh}", 8)])
    rows = [cells[k:k + 2] + [""] * (2 - len(cells[k:k + 2])) for k in range(0, len(cells), 2)]
    return [_head("Images"), Table(rows, colWidths=[245, 245])] if rows else []


def _marked(piece: Any) -> str:
    from xml.sax.saxutils import escape

    if not piece.state:
        return escape(piece.text)
    said = LETTERS[piece.state]
    return (f'<span backcolor="{COLOURS[piece.state]}">{escape(piece.text)}</span>'
            + (f'<font size="7"> [{said}]</font>' if said and piece.text.strip() else ""))


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import LongTable

    named = [f"{h} {WORDS.get(h, '')}".strip() for h in heads]
    if not rows:
        rows = [("Nothing found among what was looked for.", *[""] * (len(heads) - 1))]
    made = LongTable([[_line(cell, 8) for cell in row] for row in (named, *rows)], repeatRows=1,
                     colWidths=[120, 65, 170, 60, 80])
    made.setStyle([("GRID", (0, 0), (-1, -1), 0.3, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                   ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return made


def _head(text: str, more: str = "") -> Any:
    return _line(f"{text} {WORDS.get(text, '')}".strip() + more, 12)


def _line(text: str, size: float = 10, box: str = "") -> Any:
    from xml.sax.saxutils import escape

    return _raw(escape(text), size, box)


def _raw(marked: str, size: float = 10, box: str = "") -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle("text", fontName=FONT, fontSize=size, leading=size * 1.35, spaceAfter=3, wordWrap="CJK",
                           backColor=box or None, spaceBefore=8 if size >= 12 else 0, borderPadding=2 if box else 0)
    return Paragraph(marked, style)


def _size(finding: Finding) -> str:
    """Diameters in the slice with their uncertainty, and the distance to the pleura; else a ratio."""
    if finding.longest_mm is None:
        return f"{_two('ratio')} {finding.ratio:.2f}" if finding.ratio is not None else _unit(None, "mm")
    said = _unit(finding.longest_mm, "mm")
    said += f" x {_unit(finding.short_mm, 'mm')}" if finding.short_mm is not None else ""
    said += f" ± {finding.uncertainty_mm:.1f} mm" if finding.uncertainty_mm is not None else ""
    return said + (f"; to the pleura {_unit(finding.pleura_mm, 'mm')}" if finding.pleura_mm is not None else "")


def _looked(row: Coverage) -> str:
    """The state of what was looked for, with its range along the body where that is limited."""
    if not row.assessable:
        return f"not assessable: {row.reason}"
    return f"assessed, {range_both(row).striptags()}" if row.z_range_mm else "assessed"


def _unit(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.0f} {unit}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _foot(canvas: Any, document: Any) -> None:
    canvas.setFont(FONT, 7)
    canvas.drawString(48, 28, f"{NOTES['research'][0]} Page {document.page}")
