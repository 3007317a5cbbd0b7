"""One case to one checked report: generate, hold against the findings, take back what they contradict."""

from __future__ import annotations

import hashlib

import medomni
from medomni.check import check_report, revise_report
from medomni.data.case import Case
from medomni.data.encode import Encoder
from medomni.generate.decode import CONTEXT, decode
from medomni.model.bundle import Bundle
from medomni.records import CheckResult, Provenance, Report

ROUNDS = 3
SILENT = "The model wrote no report."
"""Stands where a model ends its turn at once: an empty report would read as nothing to say."""


def generate_report(
    bundle: Bundle, case: Case, *, facts: bool = True, revise: bool = True, seed: int | None = None,
    context: int | None = None,
) -> tuple[Report, CheckResult]:
    """Generate a report for a case and check it against the case's findings.

    With ``revise``, contradicted claims are corrected or taken back and claims that cannot be checked are marked,
    for at most three rounds; every change is in ``report.revisions``. ``context`` is the most prompt tokens.

    Returns:
        The report and the check of its final text.
    """
    draft = decode(bundle, [case], facts=facts, batch=1, context=max(CONTEXT, context or 0))[0] or SILENT
    encoder = Encoder(bundle.tokenizer, bundle.family)
    prompt = encoder.prompt_text(case, facts=facts)
    origin = Provenance(
        model=bundle.name, adapter_sha256=bundle.adapter_sha256,
        prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest(), seed=seed, code_version=medomni.__version__,
        demonstration=bundle.demonstration)
    report = Report(text=draft, provenance=origin)
    result = check_report(report, case.findings)
    for _ in range(ROUNDS if revise else 0):
        changed = revise_report(report, case.findings, result)
        if changed.text == report.text:
            break
        report = changed.model_copy(update={"provenance": origin})
        result = check_report(report, case.findings)
    return report, result
