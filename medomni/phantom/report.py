"""The reference report of a patient, in a house style and a language."""

from __future__ import annotations

from typing import Literal

import numpy as np

from medomni.phantom.grammar_en import STYLES, english_report
from medomni.phantom.grammar_zh import chinese_report
from medomni.phantom.hospitals import HOSPITALS
from medomni.phantom.patient import PhantomPatient

REPORT_STYLES = STYLES


def reference_report(
    patient: PhantomPatient, style: str | None = None, language: Literal["en", "zh"] = "en"
) -> str:
    """What a radiologist who knows the truth would write: every true finding, some pertinent negatives.

    Args:
        style: ``telegraphic``, ``prose`` or ``impression_first``; by default the hospital's (English only).
        language: ``en`` or ``zh``.

    The wording follows from the patient's seed. Sizes are whole millimetres, pleural volumes grade words.
    """
    h = HOSPITALS[patient.hospital]
    rng = np.random.default_rng(np.random.SeedSequence([patient.seed, h.number, 41]))
    if language == "zh":
        return chinese_report(patient.truth, h.contrast, rng)
    if language != "en":
        raise ValueError(f"unknown report language {language!r}: choose en or zh")
    return english_report(patient.truth, style or h.style, rng)
