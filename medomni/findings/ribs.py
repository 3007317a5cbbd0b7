"""Rib fractures with a step or a gap."""

from __future__ import annotations

from medomni.findings.chest import Chest
from medomni.findings.hit import Hit


def fractures(chest: Chest) -> tuple[list[Hit], tuple[float, float] | None]:
    """(fractures, z range in which the ribs were followed, or None where they could not be)."""
    return [], None
