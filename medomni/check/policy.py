"""What a site may set: when a measurement counts, what is critical, how wide the tolerances are."""

from __future__ import annotations

from pydantic import Field

from medomni.records import Finding, Record

__all__ = ["Limit", "Policy", "measured_value"]


class Limit(Record):
    """For one finding: the measure, the value from which it is worth a word, and from which leaving it out
    is grave.

    ``measure`` is ``longest_mm`` (mm), ``volume_ml`` (ml), ``ratio`` (cardiothoracic, no unit) or ``count``.
    """

    measure: str
    notice: float
    critical: float


_LIMITS = {
    # Nodules: Fleischner 2017 follows solid nodules from 6 mm; below 4 mm measurement noise rules.
    "lung_nodule": Limit(measure="longest_mm", notice=4, critical=12),
    "lung_mass": Limit(measure="longest_mm", notice=10, critical=25),
    "pleural_effusion": Limit(measure="volume_ml", notice=15, critical=100),
    "pneumothorax": Limit(measure="volume_ml", notice=5, critical=30),
    "consolidation": Limit(measure="volume_ml", notice=3, critical=30),
    "cardiomegaly": Limit(measure="ratio", notice=0.5, critical=0.58),
    "rib_fracture": Limit(measure="count", notice=1, critical=1),
}


class Policy(Record):
    """Thresholds of the checker. All are this project's choices unless a source is named.

    Attributes:
        min_confidence: a detection below is uncertain: it supports and contradicts nothing.
        sure_confidence: a detection from here on may make a flag critical.
        sure_parse: a claim read with less confidence makes no critical flag.
        min_parse: a claim read with less confidence contradicts nothing.
        size_ratio, size_mm: a size differs when it is off by more than the larger of both (note 25 %, 3 mm).
        min_sensitivity: absence measured with a lower sensitivity makes no critical flag.
        limits: per finding, see :class:`Limit`.
    """

    min_confidence: float = 0.5
    sure_confidence: float = 0.75
    sure_parse: float = 0.8
    min_parse: float = 0.5
    size_ratio: float = 0.25
    size_mm: float = 3.0
    min_sensitivity: float = 0.9
    limits: dict[str, Limit] = Field(default_factory=lambda: dict(_LIMITS))

    def certain(self, finding: Finding) -> bool:
        """Whether a measured finding counts as seen."""
        return finding.presence == "present" and finding.confidence >= self.min_confidence

    def rank(self, finding: Finding) -> int:
        """0: too small to matter, 1: worth a word, 2: grave to leave out."""
        limit = self.limits.get(finding.finding_id)
        value = measured_value(finding, limit.measure) if limit else None
        if limit is None or value is None:
            return 2 if finding.severity in ("moderate", "large") else 1
        return 2 if value >= limit.critical else 1 if value >= limit.notice else 0

    def same_size(self, said_mm: float, measured_mm: float, uncertainty_mm: float = 0.0) -> bool:
        """Whether two diameters agree within the tolerance and the measurement's own uncertainty."""
        return abs(said_mm - measured_mm) <= max(self.size_ratio * measured_mm, self.size_mm) + uncertainty_mm


def measured_value(finding: Finding, measure: str) -> float | None:
    """The value of a measure of a finding; a count that is not given is one."""
    if measure == "count":
        return float(finding.count or 1)
    return getattr(finding, measure, None)
