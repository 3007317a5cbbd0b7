"""What one quantitative measurement gives: findings, scores, and the coverage that says what was looked at."""

from __future__ import annotations

from dataclasses import dataclass

from medomni.findings.hit import Hit
from medomni.records import Coverage, Score


@dataclass(frozen=True, eq=False)
class Quantity:
    """The outcome of one measurement.

    Attributes:
        hits: findings without an outline on the chest's grid, so that they need no lungs.
        scores: what was measured, called a finding or not. rows: coverage.
    """

    hits: tuple[Hit, ...] = ()
    scores: tuple[Score, ...] = ()
    rows: tuple[Coverage, ...] = ()

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.hits + other.hits, self.scores + other.scores, self.rows + other.rows)


def refusal(finding_id: str, anatomy_id: str, method: str, reason: str) -> Quantity:
    """Nothing measured, for a coded reason."""
    return Quantity(rows=(Coverage(finding_id=finding_id, anatomy_id=anatomy_id, method=method, assessable=False,
                                   reason=reason),))
