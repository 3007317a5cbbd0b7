"""The request: symptom and prior sentence, loosely tied to the disease, never naming a finding's side."""

from __future__ import annotations

import numpy as np

from medomni.records import Finding, History

_USUAL = (
    "cough",
    "dyspnoea",
    "chest pain",
    "fever",
    "follow-up",
    "weight loss",
    "preoperative assessment",
    "fatigue",
)
_TIED = {
    "pleural_effusion": ("dyspnoea", "dyspnoea", "orthopnoea", "cough", "reduced breath sounds"),
    "pneumothorax": ("sudden chest pain", "acute dyspnoea", "chest pain", "trauma"),
    "consolidation": ("fever", "fever and cough", "productive cough", "dyspnoea"),
    "cardiomegaly": ("dyspnoea on exertion", "leg swelling", "orthopnoea", "fatigue"),
    "lung_nodule": ("follow-up", "cough", "abnormal radiograph", "smoker"),
    "lung_mass": ("haemoptysis", "weight loss", "cough", "smoker"),
    "rib_fracture": ("trauma", "fall", "chest pain after a fall"),
}
_PRIOR = (
    "No prior imaging available.",
    "No previous CT for comparison.",
    "Prior studies are not available.",
    "",
)


def sampled_history(truth: tuple[Finding, ...], rng: np.random.Generator) -> History:
    """A history whose symptom fits one of the facts in two cases of three."""
    symptom = str(rng.choice(_USUAL))
    if truth and rng.random() < 0.66:
        symptom = str(rng.choice(_TIED[truth[int(rng.integers(len(truth)))].finding_id]))
    return History(symptom=symptom, prior=str(rng.choice(_PRIOR)))
