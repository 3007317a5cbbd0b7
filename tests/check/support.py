"""Short notation for claims and findings in the tests of the check room."""

from __future__ import annotations

from medomni.check import extract_claims
from medomni.records import Coverage, Finding, Findings, Patient, Study

SIGN = {"present": "+", "absent": "-", "uncertain": "?"}
SHORT = {"left": "L", "right": "R", "bilateral": "B"}
MEASURED = (
    "lung_nodule",
    "lung_mass",
    "pleural_effusion",
    "pneumothorax",
    "consolidation",
    "cardiomegaly",
    "rib_fracture",
)


def read(text: str, *, implied: bool = False) -> set[str]:
    """Claims as ``+lung_nodule/R``: sign, finding, side; general normal statements only where asked."""
    found = set()
    for c in extract_claims(text).claims:
        if c.parse_confidence < 0.75 and c.presence == "absent" and not implied and len(c.text.split()) > 1:
            continue
        if c.temporality == "prior":
            continue
        found.add(SIGN[c.presence] + c.finding_id + (f"/{SHORT[c.side]}" if c.side in SHORT else ""))
    return found


def finding(finding_id: str, side: str = "unspecified", **more) -> Finding:
    more.setdefault("id", f"{finding_id}-{side}-{more.get('longest_mm', '')}")
    more.setdefault(
        "anatomy_id", "pleural_space" if finding_id in ("pleural_effusion", "pneumothorax") else "lung"
    )
    more.setdefault("confidence", 0.95)
    return Finding(finding_id=finding_id, side=side, measured_by="test", **more)


def study(
    *found: Finding,
    covered: tuple[str, ...] = MEASURED,
    uncovered: tuple[str, ...] = (),
    sex: str = "unknown",
    prior: bool = False,
    contrast: bool | None = None,
    **coverage,
) -> Findings:
    rows = [Coverage(finding_id=f, anatomy_id="lung", method="test", **coverage) for f in covered]
    rows += [
        Coverage(
            finding_id=f,
            anatomy_id="lung",
            method="test",
            assessable=False,
            reason="outside the field of view",
        )
        for f in uncovered
    ]
    return Findings(
        study=Study(
            study_key="0" * 16,
            modality="CT",
            patient=Patient(sex=sex),
            prior_available=prior,
            contrast=contrast,
        ),
        coverage=tuple(rows),
        findings=found,
    )
