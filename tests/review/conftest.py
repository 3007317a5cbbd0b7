"""A finished study without a model: small arrays, hand-made findings, a report with one error in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medomni.check import check_report
from medomni.records import Coverage, Finding, Findings, Organ, Provenance, Report, Study
from medomni.review.images import save_images
from medomni.review.page import study_page
from medomni.volume import Label, Segmentation, Volume

TEXT = ("FINDINGS: There is a moderate left pleural effusion. No pneumothorax. Gallstones are seen. "
        "Note <script>alert(1)</script>.\nIMPRESSION: Left pleural effusion.")


def write(out: Path, key: str, text: str = TEXT) -> Path:
    """Fluid is at the patient's right; the report says left. The mass could not be assessed."""
    array = np.full((12, 40, 40), -900, np.int16)
    array[:, 26:36, 4:14] = 15
    affine = np.array([[0, 0, 8.0, -160], [0, 8.0, 0, -160], [20, 0, 0, 0], [0, 0, 0, 1]], float)
    study = Study(study_key=key, modality="CT", source="phantom", synthetic=True, spacing_mm=(20.0, 8.0, 8.0))
    volume = Volume(array, affine, study)
    mask = np.zeros(array.shape, np.uint8)
    mask[:, 26:36, 4:14] = 1
    masks = Segmentation(mask, {1: Label(1, "pleural_space", "right")}, affine, "test")
    organs = Segmentation(np.zeros_like(mask), {}, affine, "test")
    rows = [Coverage(finding_id=f, anatomy_id="pleural_space", side=s, method="rule")  # type: ignore[arg-type]
            for f in ("pleural_effusion", "pneumothorax") for s in ("left", "right")]
    rows.append(Coverage(finding_id="lung_mass", anatomy_id="lung", side="left", method="rule", assessable=False,
                         reason="MED-S03: hidden"))
    findings = Findings(study=study, coverage=tuple(rows),
                        organs=(Organ(label=1, anatomy_id="lung", side="right", volume_ml=2000.0),),
                        findings=(Finding(id="f1", finding_id="pleural_effusion", anatomy_id="pleural_space",
                                          side="right", volume_ml=620.0, severity="moderate", confidence=0.95,
                                          measured_by="rule", mask_ref="finding:1"),))
    report = Report(text=text, provenance=Provenance(model="tiny", code_version="0", demonstration=True))
    out.mkdir(parents=True, exist_ok=True)
    for name, record in (("findings", findings), ("report", report), ("check", check_report(report, findings))):
        (out / f"{name}.json").write_text(record.model_dump_json())
    save_images(out / "images.npz", volume, organs, masks)
    (out / "report.html").write_text(study_page(out))
    return out


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write(tmp_path / "study", "k1")
