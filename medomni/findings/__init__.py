"""Measured findings: a volume and its labels in, a record with coverage out."""

from medomni.findings.measure import Measured, measure, with_lobes

__all__ = ["Measured", "measure", "with_lobes"]
