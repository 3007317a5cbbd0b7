"""Lines of JSON in, lines of JSON out: constant memory, and a bad line answers for itself alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from medomni.check.claims import extract_claims
from medomni.check.report import check_claims
from medomni.errors import MedomniError
from medomni.records import Claim, Findings

__all__ = ["check_jsonl", "extract_jsonl"]


def _row(line: str) -> dict:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as exc:
        raise MedomniError("MED-C07", f"not a line of JSON: {exc.msg}") from exc
    if not isinstance(row, dict):
        raise MedomniError("MED-C07", "a line holds one object")
    return row


def _text(row: dict, key: str) -> str:
    if not isinstance(row.get(key), str):
        raise MedomniError("MED-C07", f"`{key}` is missing or not text")
    return row[key]


def _claim(c: Claim) -> dict:
    return {
        "finding": c.finding_id.replace("_", " "),
        "finding_id": c.finding_id,
        "presence": c.presence,
        "side": c.side,
        "span": list(c.span),
        "text": c.text,
        "anatomy_id": c.anatomy_id,
        "measurements_mm": [m.value_mm for m in c.measurements if m.role in ("size", "largest-of")],
        "severity": c.severity,
        "temporality": c.temporality,
    }


def _answers(lines: Iterable[str], answer) -> Iterator[str]:
    for line in lines:
        if not line.strip():
            continue
        row: dict = {}
        try:
            row = _row(line)
            out = {"id": row.get("id"), **answer(row)}
        except MedomniError as exc:
            out = {"id": row.get("id"), "error": exc.code, "message": str(exc)}
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(map(str, first["loc"]))
            out = {"id": row.get("id"), "error": "MED-C07", "message": f"{where}: {first['msg']}"}
        yield json.dumps(out, ensure_ascii=False)


def extract_jsonl(lines: Iterable[str]) -> Iterator[str]:
    """Lines ``{"id", "text", "lang"?, "targets"?}`` to lines ``{"id", "claims": [...]}``.

    ``targets`` are spans of concepts whose presence is asked. A line that cannot be read answers with
    ``error`` (a
    code of the catalogue) and ``message``; the stream goes on.
    """

    def answer(row: dict) -> dict:
        targets = row.get("targets") or ()
        try:
            spans = [(int(a), int(b)) for a, b in targets]
        except (TypeError, ValueError) as exc:
            raise MedomniError("MED-C07", "`targets` is a list of [start, end]") from exc
        result = extract_claims(_text(row, "text"), row.get("lang"), targets=spans)
        return {"claims": [_claim(c) for c in result.claims]}

    return _answers(lines, answer)


def check_jsonl(lines: Iterable[str]) -> Iterator[str]:
    """Lines ``{"id", "report", "lang"?, "findings"}`` to lines ``{"id", "claims", "flags", "coverage"}``.

    ``findings`` is the Findings record or null (then only the checks inside the text run).
    """

    def answer(row: dict) -> dict:
        findings = Findings.model_validate(row["findings"]) if row.get("findings") else None
        result = check_claims(extract_claims(_text(row, "report"), row.get("lang")), findings)
        return {
            "claims": [{**_claim(c.claim), "state": c.state, "reason": c.reason} for c in result.claims],
            "flags": [
                {
                    "code": f.code,
                    "severity": f.severity,
                    "span": list(f.span) if f.span else None,
                    "message": f.message.model_dump(),
                    "evidence": f.evidence.model_dump(mode="json"),
                }
                for f in result.flags
            ],
            "coverage": result.coverage.model_dump(mode="json"),
        }

    return _answers(lines, answer)
