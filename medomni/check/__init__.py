"""The check room: report text to claims, claims against measured findings, findings back into the text."""

from __future__ import annotations

from medomni.check.claims import ExtractResult, extract_claims
from medomni.check.policy import Limit, Policy
from medomni.check.report import check_claims, check_report
from medomni.check.revise import revise_report
from medomni.check.stream import check_jsonl, extract_jsonl

__all__ = [
    "ExtractResult",
    "Limit",
    "Policy",
    "check_claims",
    "check_jsonl",
    "check_report",
    "extract_claims",
    "extract_jsonl",
    "revise_report",
]
