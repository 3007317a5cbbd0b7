"""A3: the whole job on real chest CTs: time, memory, lung volumes, the tumour's side never called normal."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from benchmarks.common import SHARED, measured, medomni

CASES = {"chest_ct_a0001_lung5mm": "left", "chest_ct_a0002_b40f8mm": "right"}
SOLID = ("lung_mass", "lung_nodule", "consolidation", "pleural_effusion", "atelectasis")


def run() -> tuple[bool, str]:
    """Reports of both tumour cases, the 4-slice folder, the abdomen."""
    ok, notes = True, []
    for name, side in CASES.items():
        out = Path(tempfile.mkdtemp(prefix="medomni-a3-"))
        done = measured([medomni(), "report", str(SHARED / "dicom" / name), "-o", str(out)])
        if done.status:
            return False, f"{name}: exit {done.status}: {done.output[-300:]}"
        findings = json.loads((out / "findings.json").read_text())
        lungs = {o["side"]: o["volume_ml"] for o in findings["organs"] if o["anatomy_id"] == "lung"}
        text = (out / "report.txt").read_text()
        spoken = side_is_spoken_of(text, findings, side)
        normal = calls_side_normal(text, side)
        banner = "demonstration model" in (out / "report.html").read_text()
        row = {"case": name, "seconds": round(done.seconds, 1), "gb": round(done.peak_bytes / 1e9, 2),
               "lungs_ml": lungs, "side stated or not assessable": spoken, "called normal": normal, "banner": banner}
        print(json.dumps(row))
        print(text)
        good = (done.seconds <= 90 and done.peak_bytes <= 4e9 and len(lungs) == 2 and spoken and not normal and banner
                and all(v is not None and 800 <= v <= 4500 for v in lungs.values()))
        ok &= good
        notes.append(f"{name} {done.seconds:.0f} s {done.peak_bytes / 1e9:.1f} GB "
                     f"{'/'.join(f'{v:.0f}' for v in lungs.values() if v)} ml")
    few = _organs("chest_ct_a0002_b70f_4slices")
    refused = all(o["volume_ml"] is None for o in few if o["anatomy_id"] == "lung")
    abdomen = _organs("abdomen_ct_20slices_with_reference_seg")
    abstains = not any(o["anatomy_id"] == "lung" and o["present"] and o["volume_ml"] for o in abdomen)
    print(json.dumps({"4 slices refuse volumes": refused, "abdomen abstains": abstains}))
    return ok and refused and abstains, "; ".join(notes) + f"; 4 slices refused {refused}; abdomen abstains {abstains}"


def side_is_spoken_of(text: str, findings: dict, side: str) -> bool:
    """A measured finding on the side that the report states, or the mass marked not assessable there."""
    for line in text.splitlines():
        if "not assessable" in line and "mass" in line and (side in line or "left" not in line and "right" not in line):
            return True
    from medomni.check import extract_claims

    claims = extract_claims(text).claims
    return any(c.presence == "present" and c.side in (side, "bilateral") and c.finding_id in SOLID for c in claims)


def calls_side_normal(text: str, side: str) -> bool:
    """Words that call the tumour's side, both lungs or the whole chest normal."""
    body = text.split("NOT ASSESSED")[0].lower()
    patterns = [rf"{side} lung (is|appears) (clear|normal)", r"lungs? (are|is)? ?(clear|normal)", r"normal chest",
                r"no (significant|acute) (abnormality|cardiopulmonary)", r"no (lung |pulmonary )?(mass|nodule or mass)"]
    return any(re.search(p, body) for p in patterns)


def _organs(folder: str) -> list[dict]:
    out = Path(tempfile.mkdtemp(prefix="medomni-a3-")) / "findings.json"
    done = measured([medomni(), "measure", str(SHARED / "dicom" / folder), "-o", str(out)])
    print(done.output[-800:])
    return json.loads(out.read_text())["organs"]
