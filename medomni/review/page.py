"""The study page as HTML: one template for the file beside a report and for the review server."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from medomni.errors import CATALOGUE, MedomniError, why
from medomni.records import CheckResult, Findings, Flag, Report, Score
from medomni.review.images import load_images
from medomni.review.pictures import key_slices, slice_png
from medomni.review.spans import pieces
from medomni.review.words import NOTES, both, named, placed, range_both, warning_zh, why_both

FILES = ("findings.json", "report.json", "check.json")
_SEVERITY = {"critical": 0, "major": 1, "minor": 2, "info": 3}


def load_study(out: Path) -> tuple[Findings, Report, CheckResult]:
    """The records of a finished study; errors MED-R03 where one is missing, MED-C07 where one is not valid."""
    for name in FILES:
        if not (out / name).is_file():
            raise MedomniError("MED-R03", f"{name} is missing", where=out)
    try:
        raw = [json.loads((out / name).read_text(encoding="utf-8")) for name in FILES]
        return Findings.model_validate(raw[0]), Report.model_validate(raw[1]), CheckResult.model_validate(raw[2])
    except ValueError as exc:
        raise MedomniError("MED-C07", why(exc), where=out) from exc


def study_page(out: Path) -> str:
    """The self-contained page of a finished study: pictures inside, no script, no request to anywhere."""
    findings, report, result = load_study(out)
    pictures = []
    if (out / "images.npz").is_file():
        volume, _, masks = load_images(out / "images.npz")
        for key in key_slices(volume, masks, findings):
            png = slice_png(volume, key.index, key.window, masks)
            pictures.append({"src": "data:image/png;base64," + base64.b64encode(png).decode(), "caption": key.caption,
                             "caption_zh": key.caption_zh})
    return render_page(report, result, findings, pictures=pictures)


def render_page(report: Report, result: CheckResult, findings: Findings | None, *,
                pictures: list[dict[str, str]] | None = None, live: dict[str, Any] | None = None,
                damaged: str = "") -> str:
    """Fill the template.

    Args:
        live: what only the server knows: study key, slice count, verdicts, etag.
        damaged: why there are no pictures, where their file cannot be read.
    """
    flags = by_severity(result)
    measured = {f.id: f for f in findings.findings} if findings else {}
    shown = {k.finding: k for k in live["keys"] if k.finding} if live else {}
    css = (Path(__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
    return environment().get_template("study.html").render(
        report=report, result=result, findings=findings, flags=flags, measured=measured, shown=shown,
        pieces=pieces(report.text, result), pictures=pictures or [], live=live, damaged=damaged,
        css=None if live or damaged else css)


def by_severity(result: CheckResult) -> list[Flag]:
    """The flags, the gravest first, then by their place in the text."""
    return sorted(result.flags, key=lambda f: (_SEVERITY[f.severity], f.span or (0, 0)))


def amount(score: Score) -> str:
    """A score's value with its uncertainty and unit."""
    doubt = f" ± {score.uncertainty:.3g}" if score.uncertainty is not None else ""
    return f"{score.value:.4g}{doubt} {score.unit}".rstrip()


def environment() -> Environment:
    """Templates of this room, with English and Chinese beside each other."""
    made = Environment(loader=PackageLoader("medomni.review"), autoescape=select_autoescape(["html"]),
                       trim_blocks=True, lstrip_blocks=True)
    made.filters["words"] = lambda s: str(s).replace("_", " ")
    made.filters |= {"amount": amount, "both": both, "named": named, "placed": placed, "range_both": range_both,
                     "warning_zh": warning_zh, "why_both": why_both}
    made.filters["meaning"] = lambda code: CATALOGUE[code].title if code in CATALOGUE else ""
    made.globals["notes"] = NOTES
    return made
