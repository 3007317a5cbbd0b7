"""C4: what the segmenter does not give is never reported absent.

Each class of the built-in table is erased from the labels of synthetic chests, with and without each disease, once
named among what the segmenter abstained from and once without a word. Then counted are

* findings records in which a finding that depends on the class is called absent, or in which a finding that the whole
  labels show becomes absent, whatever it depends on;
* reports from templates, written from such a record, that deny such a finding;
* reports that deny everything, checked and revised, in which such a denial is supported or stands without its mark.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

FIRST, HOSPITALS, PATIENTS = 600_000, "ABC", 8
SIDES = ("right", "left")
SIDED = ("pleural_effusion", "pneumothorax", "consolidation", "lung_nodule", "lung_mass")
DEPENDS: dict[str, tuple[str, ...]] = {
    "lung": (*SIDED, "cardiomegaly", "rib_fracture"), "hemithorax": (*SIDED, "cardiomegaly"),
    "heart": ("cardiomegaly",), "mediastinum": ("consolidation", "lung_mass", "cardiomegaly"),
    "rib": ("rib_fracture",), "spine": ("cardiomegaly", "rib_fracture"),
}
"""Class to the findings that are looked for in or by it: written down here apart from the product's own table."""
WAYS = ("named", "silent")
DENIER = [f"No {side} {name}." for name in (
    "pleural effusion", "pneumothorax", "consolidation", "lung nodule", "lung mass") for side in SIDES] + [
    "No pleural effusion.", "No pneumothorax.", "No cardiomegaly.", "The heart is not enlarged.", "No rib fracture.",
    "The lungs are clear."]
GENERAL = DENIER[-1]


def run(patients: int = PATIENTS) -> tuple[bool, str]:
    """All patients of all hospitals, all classes, both ways."""
    count: Counter[str] = Counter()
    for hospital in HOSPITALS:
        for k in range(patients):
            count += wronged(FIRST + k, hospital)
            print(f"  {hospital} {k + 1}/{patients}: {dict(count)}", flush=True)
    wrong = count["record"] + count["lost"] + count["template"] + count["denier"]
    return wrong == 0 and count["studies"] > 0, (
        f"absent in {count['record']} records, {count['template']} written and {count['denier']} checked reports, "
        f"{count['lost']} findings lost, of {count['studies']} studies with one class removed "
        f"({count['patients']} patients, {count['diseased']} with a finding)")


def wronged(seed: int, hospital: str, names: tuple[str, ...] | None = None, ways: tuple[str, ...] = WAYS
            ) -> Counter[str]:
    """What is wrong for one patient, over all classes (or those of ``names``) and ways."""
    from medomni.findings import measure
    from medomni.phantom import render, sample_patient
    from medomni.segment import get_segmenter

    volume = render(sample_patient(seed, hospital))
    whole = get_segmenter().segment(volume)
    seen = {(f.finding_id, f.side) for f in measure(volume, whole).findings.findings if f.presence == "present"}
    out: Counter[str] = Counter(patients=1, diseased=bool(seen))
    for value, row in whole.table.items():
        for way in ways if names is None or row.anatomy_id in names else ():
            found = measure(volume, without(whole, value, way)).findings
            out += judged(found, row.anatomy_id, row.side, seen)
    return out


def without(segmentation: Any, value: int, way: str) -> Any:
    """The segmentation without one class: its voxels unlabelled, and named as abstained from or not."""
    labels = segmentation.labels.copy()
    labels[labels == value] = 0
    name = segmentation.table[value].anatomy_id
    named = {**segmentation.abstained, name: f"the {name} was taken out"} if way == "named" else segmentation.abstained
    return replace(segmentation, labels=labels, abstained=named)


def judged(found: Any, anatomy_id: str, side: str, seen: set[tuple[str, str]]) -> Counter[str]:
    """One record without a class: is anything called absent that depends on it?"""
    out: Counter[str] = Counter(studies=1)
    dependent = {(name, s) for name in DEPENDS.get(anatomy_id, ())
                 for s in ((side,) if name in SIDED and side in SIDES else SIDES if name in SIDED else ("midline",))}
    out["record"] += any(found.state(*key) == "absent" for key in dependent)
    lost = {key for key in seen if found.state(*key) == "absent"}
    out["lost"] += len(lost)
    for line in written(found):
        if line.startswith("No ") and any(_denies(line, key) for key in dependent | lost):
            print(f"    without {side} {anatomy_id}: {line}", flush=True)
            out["template"] += 1
            break
    out["denier"] += _denied(found, dependent | lost)
    return out


def written(found: Any) -> list[str]:
    """A report from templates: each finding that is present, and a denial of each that the record calls absent."""
    from medomni.check.sentence_text import denial_text, finding_text

    lines = [finding_text(f, "en") for f in found.findings if f.presence == "present"]
    for name in sorted({c.finding_id for c in found.coverage}):
        for side in SIDES if name in SIDED else ("midline",):
            if found.state(name, side) == "absent":
                lines.append(denial_text(name, side, "en"))
    return lines


def _denies(line: str, key: tuple[str, str]) -> bool:
    from medomni.check.sentence_text import denial_text

    return line == denial_text(*key, "en")


def _denied(found: Any, dependent: set[tuple[str, str]]) -> bool:
    """Whether a report that denies everything keeps a dependent denial as supported, or without the mark.

    A general sentence is marked where nothing of it was judged; else the closing section must name the finding. What
    the report left out may follow on its line.
    """
    from medomni.check import check_report, extract_claims, revise_report
    from medomni.check.closing import not_assessed_section
    from medomni.check.revise import MARK
    from medomni.records import Report

    report = Report(text="FINDINGS:\n" + "\n".join(DENIER))
    result = check_report(report, found)
    for checked in result.claims:
        if checked.state == "supported" and _about(checked.claim, dependent):
            print(f"    supported: {checked.claim.text!r}", flush=True)
            return True
    text, closing = revise_report(report, found, result).text, not_assessed_section(found)
    for claim in extract_claims(text).claims:
        begin, end = text.rfind("\n", 0, claim.span[0]) + 1, text.find("\n", claim.span[1])
        line = text[begin:end if end >= 0 else len(text)]
        named = line.startswith(GENERAL) and f"- {claim.finding_id.replace('_', ' ')}" in closing
        if MARK["en"] not in line and not named and _about(claim, dependent):
            print(f"    unmarked: {claim.text!r}", flush=True)
            return True
    return False


def _about(claim: Any, dependent: set[tuple[str, str]]) -> bool:
    """Whether a claim denies one of the findings, on its side or on no side in particular."""
    return claim.presence == "absent" and any(
        claim.finding_id == name and (side == "midline" or claim.side in (side, "bilateral", "unspecified"))
        for name, side in dependent)
