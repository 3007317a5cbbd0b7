"""Claims against measured findings: supported, contradicted or not assessable, and the flags that follow.

Two tiers (note 3): critical and major only where claim and measurement are explicit, of the same finding,
opposite,
and certain on both sides; everything else is minor or info. Uncertain is never an error.
"""

from __future__ import annotations

from collections import Counter

from medomni.check.flags import make_flag
from medomni.check.messages import describe, message, side_word
from medomni.check.policy import Policy
from medomni.check.relate import coverage_state, denied_by, lobes_between, proves, relation, same_side, side_set
from medomni.check.tiers import FOCAL, GRADES, denial_tier, firm, grade, grave, said_sizes, sure_swap
from medomni.knowledge import load_graph
from medomni.records import CheckedClaim, Claim, Evidence, Finding, Findings, Flag, FlagSeverity

__all__ = ["Comparison"]


def _tells(c: Claim) -> bool:
    return c.presence != "absent" and c.temporality != "prior"


class Comparison:
    """Holds claims against one study's findings; ``checked``, ``flags`` and ``met`` fill as it goes."""

    def __init__(self, claims: list[Claim], findings: Findings, policy: Policy) -> None:
        self.claims, self.findings, self.policy = claims, findings, policy
        self.seen = [f for f in findings.findings if policy.certain(f)]
        self.doubtful = [f for f in findings.findings if not policy.certain(f) and f.presence != "absent"]
        self.told = Counter((c.finding_id, c.side) for c in claims if _tells(c))
        self.checked: list[CheckedClaim] = []
        self.flags: list[Flag] = []
        self.blamed: set[str] = set()
        for i, claim in enumerate(claims):
            self.checked.append(self._check(i, claim))

    # --- one claim ---------------------------------------------------------------------------------------
    def _check(self, i: int, claim: Claim) -> CheckedClaim:
        if claim.temporality == "prior":
            return CheckedClaim(claim=claim, state="not_assessable", reason="speaks of an earlier study")
        if claim.parse_confidence < self.policy.min_parse:
            return CheckedClaim(claim=claim, state="not_assessable", reason="read with little confidence")
        return self._denied(i, claim) if claim.presence == "absent" else self._stated(i, claim)

    def _stated(self, i: int, claim: Claim) -> CheckedClaim:
        related = [f for f in self.seen if relation(f.finding_id, claim.finding_id) != "none"]
        here = [f for f in related if same_side(f.side, claim.side)]
        if here:
            evidence = self._evidence(here, claim)
            return self._details(i, claim, here, evidence)
        doubtful = [
            f
            for f in self.doubtful
            if relation(f.finding_id, claim.finding_id) != "none" and same_side(f.side, claim.side)
        ]
        if doubtful:
            return CheckedClaim(
                claim=claim,
                state="not_assessable",
                reason="an uncertain detection may be meant",
                evidence=self._evidence(doubtful, claim),
            )
        state, why, sensitivity = coverage_state(self.findings, claim, self.policy.min_sensitivity)
        other = [f for f in related if relation(f.finding_id, claim.finding_id) == "same"]
        evidence = self._evidence(other, claim, why if state == "absent" else None)
        if state != "absent":
            if other and claim.presence == "present" and not self._said_elsewhere(i, other):
                self._swap(i, claim, other, evidence, "minor")
            elif claim.presence == "present" and any(
                c.finding_id == claim.finding_id for c in self.findings.coverage
            ):
                self._flag(
                    "E01",
                    "unverified",
                    "info",
                    i,
                    evidence,
                    message("unverified", finding_id=claim.finding_id, side=claim.side, why=why),
                )
            return CheckedClaim(claim=claim, state="not_assessable", reason=why, evidence=evidence)
        if claim.presence == "uncertain":
            return CheckedClaim(
                claim=claim,
                state="not_assessable",
                reason="hedged in the report, not found in the image",
                evidence=evidence,
            )
        if other and not self._said_elsewhere(i, other):
            self._swap(
                i, claim, other, evidence, "critical" if sure_swap(claim, other, self.policy) else "major"
            )
            return CheckedClaim(
                claim=claim, state="contradicted", reason="measured on the other side", evidence=evidence
            )
        tier: FlagSeverity = (
            "critical"
            if grave(claim, sensitivity, self.policy) and claim.temporality not in ("decreased", "resolved")
            else "major"
            if firm(claim, self.policy)
            else "minor"
        )
        self._flag(
            "E01",
            "unsupported",
            tier,
            i,
            evidence,
            message("unsupported", finding_id=claim.finding_id, side=claim.side),
        )
        return CheckedClaim(
            claim=claim, state="contradicted", reason="looked for and not found", evidence=evidence
        )

    def _swap(
        self, i: int, claim: Claim, other: list[Finding], evidence: Evidence, tier: FlagSeverity
    ) -> None:
        self.blamed |= {f.id for f in other}
        said = (side_word(claim.side, "en"), side_word(claim.side, "zh"))
        self._flag(
            "E04",
            "side",
            tier,
            i,
            evidence,
            message("side", measured=other[0], said=said),
            suggestion=other[0].side,
        )

    def _denied(self, i: int, claim: Claim) -> CheckedClaim:
        bounds = [m.value_mm for m in claim.measurements]
        against: list[Finding] = []
        elsewhere: list[Finding] = []
        for f in self.seen:
            if not denied_by(f.finding_id, claim.finding_id) or not same_side(f.side, claim.side):
                continue
            if claim.side in ("left", "right") and f.side == "unspecified":
                continue
            if self.policy.rank(f) == 0:
                continue
            if claim.severity in ("moderate", "large") and grade(f) < GRADES.index(claim.severity):
                continue  # "no large effusion" says nothing against a small one
            if (
                bounds
                and f.longest_mm is not None
                and f.longest_mm <= max(bounds) * (1 + self.policy.size_ratio)
            ):
                continue
            (against if lobes_between(f, claim) == "same" else elsewhere).append(f)
        if elsewhere and not against:
            return CheckedClaim(claim=claim, state="not_assessable", evidence=self._evidence(elsewhere, claim),
                                reason="measured in another or a neighbouring lobe, and fissures are not traced")
        if against:
            worst = max(against, key=lambda f: (self.policy.rank(f), f.confidence))
            evidence = self._evidence(against, claim)
            told = self._said_elsewhere(i, against)
            tier: FlagSeverity = "minor" if told else denial_tier(claim, worst, self.policy)
            self.blamed |= {f.id for f in against}
            self._flag(
                "E03",
                "denied",
                tier,
                i,
                evidence,
                message("denied", finding_id=claim.finding_id, side=claim.side, measured=worst),
            )
            return CheckedClaim(claim=claim, state="contradicted", reason="measured", evidence=evidence)
        state, why, _ = coverage_state(self.findings, claim, self.policy.min_sensitivity)
        small = [
            f
            for f in self.findings.findings
            if denied_by(f.finding_id, claim.finding_id)
            and same_side(f.side, claim.side)
            and f.presence != "absent"
        ]
        if small:
            certain = any(self.policy.certain(f) for f in small)
            return CheckedClaim(
                claim=claim,
                state="supported" if certain else "not_assessable",
                reason="only what the words leave open was measured" if certain else "an uncertain detection",
                evidence=self._evidence(small, claim),
            )
        if state == "absent":
            return CheckedClaim(
                claim=claim,
                state="supported",
                reason="looked for and not found",
                evidence=Evidence(coverage=why),
            )
        return CheckedClaim(claim=claim, state="not_assessable", reason=why)

    # --- details of a supported claim --------------------------------------------------------------------
    def _details(self, i: int, claim: Claim, here: list[Finding], evidence: Evidence) -> CheckedClaim:
        supported = CheckedClaim(claim=claim, state="supported", reason="measured", evidence=evidence)
        if not any(proves(f.finding_id, claim.finding_id) for f in here):
            supported = CheckedClaim(claim=claim, state="not_assessable", evidence=evidence,
                                     reason="fits what was measured, which does not prove it")
        if claim.presence != "present":
            return supported
        same = (
            [f for f in here if f.finding_id == claim.finding_id]
            or [f for f in here if relation(f.finding_id, claim.finding_id) == "same"]
            or [f for f in here if f.finding_id in FOCAL and claim.finding_id in FOCAL]
        )
        if not same:
            return supported
        wrong = False
        if claim.side == "bilateral" and claim.finding_id not in FOCAL:
            wrong = self._both_sides(i, claim, same, evidence)
        best = self._size(i, claim, same, evidence)
        wrong = wrong or best is None
        best = best or same[0]
        places = {lobes_between(f, claim) for f in (best, *same)}
        if places == {"apart"}:
            sure = firm(claim, self.policy) and best.confidence >= self.policy.sure_confidence
            self._lobe(i, claim, best, evidence, "major" if sure else "minor")
            wrong = True
        if (
            claim.severity
            and not claim.measurements
            and best.volume_ml is not None
            and claim.finding_id not in FOCAL
        ):
            measured_grade = max(grade(f) for f in same)
            if abs(measured_grade - GRADES.index(claim.severity)) > 1:
                g = load_graph()
                self._flag(
                    "E07",
                    "grade",
                    "major" if firm(claim, self.policy) else "minor",
                    i,
                    evidence,
                    message(
                        "grade",
                        measured=best,
                        said=(g.name(claim.severity, "en"), g.name(claim.severity, "zh")),
                    ),
                )
                wrong = True
        if claim.count is not None:
            counted = sum(f.count or 1 for f in same)
            if (
                claim.count != counted
                and (claim.count > 1 or counted > 1)
                and all(self.policy.rank(f) for f in same)
            ):
                far = counted > claim.count + 1
                tier: FlagSeverity = "minor" if far else "info"
                self._flag(
                    "E15", "count", tier, i, evidence, message("count", measured=best, said=str(claim.count))
                )
        if wrong:
            return CheckedClaim(
                claim=claim,
                state="contradicted",
                reason="a detail differs from the measurement",
                evidence=evidence,
            )
        if "same" not in places:
            if best.segment:
                self._lobe(i, claim, best, evidence, "minor")
            return CheckedClaim(
                claim=claim,
                state="not_assessable",
                reason="measured in another or a neighbouring lobe, and fissures are not traced",
                evidence=evidence,
            )
        return supported

    def _lobe(self, i: int, claim: Claim, best: Finding, evidence: Evidence, tier: FlagSeverity) -> None:
        place = claim.anatomy_id or ""
        said = (load_graph().name(place, "en"), load_graph().name(place, "zh"))
        self._flag("E06", "lobe", tier, i, evidence, message("lobe", measured=best, said=said))

    def _both_sides(self, i: int, claim: Claim, same: list[Finding], evidence: Evidence) -> bool:
        sides: set[str] = set().union(*(side_set(f.side) for f in same))
        if any(f.side == "unspecified" for f in same) or len(sides) != 1:
            return False
        missing = ({"left", "right"} - sides).pop()
        state, _, _ = coverage_state(self.findings, claim, self.policy.min_sensitivity, missing)
        doubtful = any(
            relation(f.finding_id, claim.finding_id) != "none" and same_side(f.side, missing)
            for f in self.doubtful
        )
        if state != "absent" or doubtful:
            return False
        self._flag(
            "E04",
            "one_side",
            "major" if firm(claim, self.policy) else "minor",
            i,
            evidence,
            message("one_side", measured=same[0]),
            suggestion=same[0].side,
        )
        return True

    def _size(self, i: int, claim: Claim, same: list[Finding], evidence: Evidence) -> Finding | None:
        """The measured finding that fits best; ``None`` after a size flag."""
        sizes = said_sizes(claim)
        measured = [f for f in same if f.longest_mm is not None and f.finding_id in FOCAL]
        if not measured:
            return same[0]
        lobed = [f for f in measured if claim.anatomy_id in (f.anatomy_id, f.segment)]
        if not sizes:
            best = (lobed or measured)[0]
            small = claim.finding_id == "lung_mass" and max(f.longest_mm or 0 for f in measured) < 18
            large = claim.finding_id == "lung_nodule" and min(f.longest_mm or 0 for f in measured) > 50
            if small or large:
                self._flag(
                    "E07",
                    "size_class",
                    "major" if small else "minor",
                    i,
                    evidence,
                    message("size_class", finding_id=claim.finding_id, measured=best),
                )
                return None if small else best
            return best
        said = max(sizes)
        best = self._nearest(measured, lobed, said)
        if len(sizes) > 1 and (claim.count or 0) > 1:  # "two nodules, 9 mm and 5 mm": each has to be there
            off = [s for s in sizes if not self._fits(s, self._nearest(measured, lobed, s))]
            said, best = (off[0], self._nearest(measured, lobed, off[0])) if off else (said, best)
        if self._fits(said, best):
            return best
        longest = best.longest_mm or 0.1
        ratio = said / longest
        ten = 8 <= ratio <= 12.5 or 0.08 <= ratio <= 0.125
        tier: FlagSeverity = (
            "major" if firm(claim, self.policy) and best.confidence >= self.policy.min_confidence else "minor"
        )
        self._flag(
            "E05",
            "power_of_ten" if ten else "size",
            tier,
            i,
            evidence,
            message("power_of_ten" if ten else "size", measured=best, said=f"{said:g}"),
            suggestion=f"{longest:.0f} mm",
        )
        return None

    def _nearest(self, measured: list[Finding], lobed: list[Finding], said: float) -> Finding:
        return min(measured, key=lambda f: (abs((f.longest_mm or 0) - said), f not in lobed))

    def _fits(self, said: float, f: Finding) -> bool:
        return self.policy.same_size(said, f.longest_mm or 0.0, min(f.uncertainty_mm or 0.0, 3.0))

    # --- helpers -----------------------------------------------------------------------------------------
    def _said_elsewhere(self, i: int, measured: list[Finding]) -> bool:
        """Whether another claim of the report states these findings on their own side."""
        mine = self.claims[i]
        own = (mine.finding_id, mine.side) if _tells(mine) else None
        for (said, side), times in self.told.items():
            if (said, side) == own and times == 1:
                continue
            if side == "unspecified" and mine.presence != "absent":
                continue
            how = {relation(f.finding_id, said) for f in measured if same_side(f.side, side)}
            if "same" in how or ("may" in how and side != "unspecified"):
                return True
        return False

    def _evidence(self, measured: list[Finding], claim: Claim, coverage: str | None = None) -> Evidence:
        if not measured:
            return Evidence(coverage=coverage)
        first = measured[0]
        return Evidence(
            finding_ids=tuple(f.id for f in measured),
            mask_ref=first.mask_ref,
            coverage=coverage,
            graph_path=load_graph().path(first.finding_id, claim.finding_id),
            measured=describe(first, "en"),
        )

    def _flag(
        self, code: str, rule: str, tier: FlagSeverity, i: int, evidence: Evidence, text, suggestion=None
    ) -> None:
        claim = self.claims[i]
        confidence = claim.parse_confidence
        self.flags.append(
            make_flag(
                code,
                rule,
                tier,
                text,
                span=claim.span,
                claim=i,
                evidence=evidence,
                confidence=confidence,
                suggestion=suggestion,
            )
        )
