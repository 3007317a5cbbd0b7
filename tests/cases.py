"""Small cases with a learnable answer, for tests of training: synthetic arrays, not phantoms."""

from __future__ import annotations

import numpy as np

from medomni.data import Case
from medomni.model import Bundle, ModelSettings, build_bundle
from medomni.model.settings import TinySizes
from medomni.records import Finding, Findings, History, Patient, Study

SMALL = TinySizes(vocabulary=340, hidden=96, layers=3, heads=4, key_value_heads=2, head_dim=24, intermediate=128,
                  vision_hidden=48, vision_depth=2, audio_hidden=32)


def square_case(i: int, size: int = 64) -> Case:
    """A bright square at the left or the right says where the effusion is."""
    rng = np.random.default_rng(i)
    side = ("left", "right")[i % 2]
    hu = rng.normal(-800, 30, (6, size, size))
    columns = slice(size - size // 3, size) if side == "left" else slice(0, size // 3)
    hu[:, size // 2:, columns] = 20
    study = Study(study_key=f"s{i}", modality="CT", patient=Patient(sex="male", age_years=50 + i % 30))
    finding = Finding(id="f1", finding_id="pleural_effusion", anatomy_id="pleural_space", side=side, severity="small",
                      measured_by="test")
    findings = Findings(study=study, findings=(finding,))
    return Case(hu.astype(np.int16), 32.0, findings, History(symptom="Cough."),
                f"There is a small {side} pleural effusion. No pneumothorax.", findings, f"p{i}", "A")


def square_cases(count: int, first: int = 0) -> list[Case]:
    return [square_case(i) for i in range(first, first + count)]


def small_bundle(family: str = "qwen3_omni", seed: int = 0, **sizes: int) -> Bundle:
    corpus = [c.report or "" for c in square_cases(4)] + ["CT chest. 50 year old male. Cough. Facts: withheld. Report."]
    settings = ModelSettings(family=family, source="tiny", sizes=SMALL.model_copy(update=sizes))  # type: ignore[arg-type]
    return build_bundle(settings, corpus=corpus * 5, seed=seed)
