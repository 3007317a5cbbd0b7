"""Case to report: greedy decoding, provenance, and generate-check-revise."""

from medomni.generate.decode import decode
from medomni.generate.report import generate_report

__all__ = ["decode", "generate_report"]
