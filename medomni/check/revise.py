"""Generate, check, revise: take back or correct what the findings contradict, add what is gravely missing.

Corrections replace a word or number where that alone is wrong, and else the whole sentence by sentences
written from
its true claims and the measured findings. A round that leaves more contradictions than it found is not kept.
"""

from __future__ import annotations

from medomni.check.claims import ExtractResult, extract_claims
from medomni.check.policy import Policy
from medomni.check.relate import coverage_state
from medomni.check.report import check_claims, check_report
from medomni.check.sentence_text import claim_text, denial_text, finding_text
from medomni.check.sentences import split_sentences
from medomni.check.text import uniform
from medomni.errors import MedomniError
from medomni.records import CheckedClaim, CheckResult, Findings, Report, Revision

__all__ = ["MARK", "revise_report"]

ROUNDS = 3
MARK = {"en": "[not assessable]", "zh": "[无法评估]"}


def revise_report(
    report: Report, findings: Findings | None, result: CheckResult | None = None, policy: Policy | None = None
) -> Report:
    """A report without contradicted claims.

    Args:
        report: the report as written.
        findings: what was measured; without it nothing is changed.
        result: the check of this report, made here where not given.
        policy: as for :func:`check_report`.

    Returns:
        The report with corrected text, its changes in ``revisions`` (after those it had). Contradicted
        claims are corrected or removed (denied only where the measurement misses few), critical and major omissions
        added, statements on what could not be assessed marked.
    """
    if findings is None:
        return report
    result = result or check_report(report, findings, policy)
    text, revisions = report.text, list(report.revisions)
    for last in (False,) * (ROUNDS - 1) + (True,):
        wrong = _contradicted(result)
        if not wrong:
            break
        changed, made = _corrected(text, result, findings, policy or Policy(), remove=last)
        if changed == text:
            continue
        try:
            outcome = check_claims(extract_claims(changed), findings, policy)
        except MedomniError:  # nothing readable was left: say what was measured, or what was looked for
            changed = _from_findings(findings, _language(report))
            outcome = check_claims(extract_claims(changed), findings, policy)
        if len(_contradicted(outcome)) < len(wrong) or last:
            text, result, revisions = changed, outcome, revisions + made
    text, added = _with_omissions(text, result, findings)
    if added:
        result = check_claims(extract_claims(text), findings, policy)
    text, marked = _with_marks(text, result)
    if text == report.text:
        return report
    read = extract_claims(text)
    return report.model_copy(
        update={
            "text": text,
            "sections": tuple(read.sections),
            "language": read.language,
            "revisions": (*revisions, *added, *marked),
        }
    )


def _contradicted(result: CheckResult) -> list[CheckedClaim]:
    return [c for c in result.claims if c.state == "contradicted"]


def _language(report: Report) -> str:
    try:
        return extract_claims(report.text).language
    except MedomniError:
        return report.language


def _sentence_spans(text: str, read: ExtractResult) -> list[tuple[int, int]]:
    """Sentences of all sections, in offsets of ``text``."""
    clean = uniform(text)
    spans: list[tuple[int, int]] = []
    for section in read.sections:
        a, b = clean.uniform_span(*section.span)
        head = _heading_end(clean.text, a, b)
        spans += [clean.original(x, y) for x, y in split_sentences(clean.text, head, b)]
    return spans


def _heading_end(text: str, start: int, end: int) -> int:
    from medomni.check.sections import split_sections

    return next((p.body for p in split_sections(text) if p.start == start), start)


def _corrected(
    text: str, result: CheckResult, findings: Findings, policy: Policy, *, remove: bool
) -> tuple[str, list[Revision]]:
    read = extract_claims(text)
    by_sentence: dict[tuple[int, int], list[CheckedClaim]] = {}
    spans = _sentence_spans(text, read)
    for checked in result.claims:
        a = checked.claim.span[0]
        span = next(((x, y) for x, y in spans if x <= a < y), None)
        if span is not None:
            by_sentence.setdefault(span, []).append(checked)
    revisions: list[Revision] = []
    for span in sorted(by_sentence, reverse=True):
        group = by_sentence[span]
        wrong = [c for c in group if c.state == "contradicted"]
        if not wrong:
            continue
        before = text[span[0] : span[1]]
        after = _rewritten(group, findings, read.language, policy, remove=remove)
        rules = sorted(
            {f.rule for f in result.flags if f.claim is not None and result.claims[f.claim] in wrong}
        )
        text = _joined(text[: span[0]], after, text[span[1] :])
        revisions.append(
            Revision(
                rule="+".join(rules) or "contradicted",
                before=before,
                after=after,
                reason="; ".join(dict.fromkeys(c.reason for c in wrong)),
            )
        )
    return text, revisions[::-1]


def _joined(head: str, middle: str, tail: str) -> str:
    if not middle:
        return head.rstrip(" ") + (
            tail if tail[:1] in "\n" else " " + tail.lstrip(" ") if tail.strip() else tail
        )
    gap = " " if middle[-1] == "." and tail[:1] not in ("", "\n", " ") else ""
    return head + middle + gap + tail


def _rewritten(
    group: list[CheckedClaim], findings: Findings, language: str, policy: Policy, *, remove: bool
) -> str:
    """The sentences that take the place of one sentence: its true claims, then what was measured instead.

    What was looked for by a measurement that misses many is taken back and not denied: it may be there.
    """
    by_id = {f.id: f for f in findings.findings}
    said: dict[str, None] = {}
    for c in group:
        if c.state != "contradicted" and c.claim.temporality != "prior":
            said[claim_text(c.claim, language)] = None
    for c in group if not remove else ():
        if c.state != "contradicted":
            continue
        measured = [by_id[i] for i in c.evidence.finding_ids if i in by_id]
        if measured:
            for f in measured:
                said[finding_text(f, language)] = None
            continue
        _, _, sensitivity = coverage_state(findings, c.claim, policy.min_sensitivity)
        if sensitivity is None or sensitivity >= policy.min_sensitivity:
            said[denial_text(c.claim.finding_id, c.claim.side, language)] = None
    return ("" if language == "zh" else " ").join(said)


def _from_findings(findings: Findings, language: str) -> str:
    said = [finding_text(f, language) for f in findings.findings if f.presence == "present"]
    covered = sorted(
        {c.finding_id for c in findings.coverage if c.assessable and findings.state(c.finding_id) == "absent"}
    )
    said += [denial_text(f, "unspecified", language) for f in covered]
    return ("" if language == "zh" else " ").join(said) or {"en": "Not assessable.", "zh": "无法评估。"}[
        language
    ]


def _with_omissions(text: str, result: CheckResult, findings: Findings) -> tuple[str, list[Revision]]:
    """Adds critical and major omissions at the end of the findings section (else of the text)."""
    read = extract_claims(text)
    by_id = {f.id: f for f in findings.findings}
    missing = [
        by_id[f.evidence.finding_ids[0]]
        for f in result.flags
        if f.code == "E02" and f.severity in ("critical", "major")
    ]
    if not missing:
        return text, []
    lines = [finding_text(f, read.language) for f in missing]
    body = [s.span for s in read.sections if s.name == "findings"]
    at = len(text[: body[-1][1]].rstrip()) if body else len(text.rstrip())
    extra = ("" if read.language == "zh" else " ").join(lines)
    joint = "" if read.language == "zh" or at == 0 or text[at - 1] in "\n " else " "
    stop = "" if at and text[at - 1] in ".。!?:：;；" else ("。" if read.language == "zh" else ".")
    return text[:at] + stop + joint + extra + text[at:], [
        Revision(rule="omission", before="", after=line, reason="measured and not in the report")
        for line in lines
    ]


def _general(c: CheckedClaim) -> bool:
    return c.claim.presence == "absent" and c.claim.parse_confidence < 0.8


def _with_marks(text: str, result: CheckResult) -> tuple[str, list[Revision]]:
    """Marks each sentence that states something no measurement could judge."""
    read = extract_claims(text)
    mark = MARK[read.language]
    spans = _sentence_spans(text, read)
    revisions: list[Revision] = []
    said: dict[tuple[int, int], list[CheckedClaim]] = {}
    for c in result.claims:
        span = next(((x, y) for x, y in spans if x <= c.claim.span[0] < y), None)
        if span is not None and c.claim.temporality != "prior":
            said.setdefault(span, []).append(c)
    # A general normal statement is marked only where nothing of it could be judged.
    marked = [
        span
        for span, group in said.items()
        if any(c.state == "not_assessable" and not _general(c) for c in group)
        or all(c.state == "not_assessable" for c in group)
    ]
    for a, b in sorted(marked, reverse=True):
        if mark in text[a : b + len(mark) + 1]:
            continue
        stop = b - 1 if text[b - 1 : b] in ".。" else b
        gap = "" if read.language == "zh" else " "
        changed = text[a:stop] + gap + mark + text[stop:b]
        revisions.append(
            Revision(
                rule="not_assessable",
                before=text[a:b],
                after=changed,
                reason="no measurement could judge this statement",
            )
        )
        text = text[:a] + changed + text[b:]
    return text, revisions[::-1]
