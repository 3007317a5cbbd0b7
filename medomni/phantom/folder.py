"""A synthetic patient as a folder: the series, and beside it what is known of the patient."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from medomni.files import write_text
from medomni.phantom.patient import PhantomPatient, phantom_findings
from medomni.phantom.render import render
from medomni.phantom.report import reference_report
from medomni.phantom.write import write_series


def write_patient(
    patient: PhantomPatient, folder: Path, style: str | None = None, language: Literal["en", "zh"] = "en"
) -> Path:
    """Write ``dicom/``, ``truth.json``, ``reference.txt`` (as :func:`reference_report`) and ``history.json``.

    Raises:
        MedomniError: MED-C04 where a text cannot be written.
        OSError: where the series cannot be written.
    """
    volume = render(patient)
    (folder / "dicom").mkdir(parents=True, exist_ok=True)
    write_series(patient, volume, folder / "dicom")
    write_text(folder / "truth.json", phantom_findings(patient, volume).model_dump_json(indent=2))
    write_text(folder / "reference.txt", reference_report(patient, style, language) + "\n")
    write_text(folder / "history.json", patient.history.model_dump_json(indent=2))
    return folder
