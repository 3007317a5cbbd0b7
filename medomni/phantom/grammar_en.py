"""English reference reports in three house styles, rendered from a patient's true findings.

The words are this room's own: the checker never reads them from here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medomni.records import Finding

STYLES = ("telegraphic", "prose", "impression_first")
_LOBE = {"upper_lobe": "upper lobe", "middle_lobe": "middle lobe", "lower_lobe": "lower lobe"}

PRESENT: dict[str, dict[str, tuple[str, ...]]] = {
    "telegraphic": {
        "pleural_effusion": (
            "{Grade} {side} pleural effusion.",
            "{Side} pleural effusion, {grade}.",
            "{Grade} {side}-sided pleural effusion.",
            "{Grade} pleural effusion on the {side}.",
        ),
        "pleural_effusion_both": (
            "{Grade} bilateral pleural effusions.",
            "Bilateral pleural effusions, {grade}.",
        ),
        "pneumothorax": (
            "{Grade} {side} pneumothorax.",
            "{Side} pneumothorax, {grade}.",
            "{Grade} {side}-sided pneumothorax.",
            "{Grade} pneumothorax on the {side}.",
        ),
        "consolidation": (
            "{Side} {lobe} consolidation.",
            "Consolidation in the {side} {lobe}.",
            "Consolidation {side} {lobe} with air bronchograms.",
            "Airspace consolidation, {side} {lobe}.",
        ),
        "lung_nodule": (
            "{mm} mm nodule in the {side} {lobe}.",
            "{Side} {lobe} nodule, {mm} mm.",
            "Solid {mm} mm {side} {lobe} nodule.",
            "Solid nodule {side} {lobe}, {mm} mm.",
        ),
        "lung_mass": (
            "{mm} mm mass in the {side} {lobe}.",
            "{Side} {lobe} mass, {mm} mm.",
            "Solid {mm} mm {side} {lobe} mass.",
        ),
        "cardiomegaly": ("Cardiomegaly.", "Enlarged heart.", "Heart enlarged.", "Cardiac enlargement."),
        "rib_fracture": (
            "Displaced {side} rib fracture.",
            "{Side} rib fracture, displaced.",
            "Acute displaced rib fracture on the {side}.",
        ),
    },
    "prose": {
        "pleural_effusion": (
            "There is a {grade} {side} pleural effusion.",
            "A {grade} pleural effusion is seen on the {side}.",
            "The {side} pleural space contains a {grade} effusion.",
            "A {grade} {side}-sided pleural effusion is present.",
            "A {grade} {side} pleural effusion is noted.",
        ),
        "pleural_effusion_both": (
            "There are {grade} bilateral pleural effusions.",
            "{Grade} pleural effusions are seen on both sides.",
        ),
        "pneumothorax": (
            "There is a {grade} {side} pneumothorax.",
            "A {grade} pneumothorax is seen on the {side}.",
            "A {grade} {side}-sided pneumothorax is present.",
            "A {grade} {side} pneumothorax is noted.",
        ),
        "consolidation": (
            "There is consolidation in the {side} {lobe}.",
            "Airspace consolidation is seen in the {side} {lobe}.",
            "The {side} {lobe} shows consolidation with air bronchograms.",
            "Consolidation is present in the {side} {lobe}.",
        ),
        "lung_nodule": (
            "There is a {mm} mm solid nodule in the {side} {lobe}.",
            "A {mm} mm nodule is seen in the {side} {lobe}.",
            "The {side} {lobe} contains a nodule measuring {mm} mm.",
            "A solid {side} {lobe} nodule measures {mm} mm.",
        ),
        "lung_mass": (
            "There is a {mm} mm mass in the {side} {lobe}.",
            "A solid mass in the {side} {lobe} measures {mm} mm.",
            "The {side} {lobe} contains a mass measuring {mm} mm.",
        ),
        "cardiomegaly": (
            "The heart is enlarged.",
            "There is cardiomegaly.",
            "The cardiac silhouette is enlarged.",
            "Cardiomegaly is present.",
        ),
        "rib_fracture": (
            "There is a displaced {side} rib fracture.",
            "A displaced rib fracture is seen on the {side}.",
            "An acute displaced {side} rib fracture is present.",
        ),
    },
}
PRESENT["impression_first"] = {
    k: tuple(dict.fromkeys(PRESENT["telegraphic"][k][:2] + v[:2])) for k, v in PRESENT["prose"].items()
}

ABSENT: dict[str, dict[str, tuple[str, ...]]] = {
    "telegraphic": {
        "pleural_effusion": (
            "No pleural effusion.",
            "No effusion.",
            "No pleural fluid.",
            "Pleural spaces clear of fluid.",
        ),
        "pneumothorax": ("No pneumothorax.", "Negative for pneumothorax."),
        "both": ("No pleural effusion or pneumothorax.", "No effusion or pneumothorax."),
        "consolidation": ("No consolidation.", "No focal consolidation.", "No airspace consolidation."),
        "cardiomegaly": (
            "Heart size normal.",
            "Normal heart size.",
            "Heart not enlarged.",
            "No cardiomegaly.",
        ),
        "lung_nodule": ("No pulmonary nodule.", "No lung nodules.", "No nodule or mass."),
        "rib_fracture": ("No rib fracture.", "No displaced rib fracture.", "Ribs intact."),
    },
    "prose": {
        "pleural_effusion": (
            "There is no pleural effusion.",
            "No pleural effusion is seen.",
            "The pleural spaces are free of fluid.",
        ),
        "pneumothorax": (
            "There is no pneumothorax.",
            "No pneumothorax is seen.",
            "No pneumothorax is identified.",
        ),
        "both": (
            "There is no pleural effusion or pneumothorax.",
            "Neither effusion nor pneumothorax is seen.",
        ),
        "consolidation": (
            "There is no consolidation.",
            "No focal consolidation is seen.",
            "The lungs show no consolidation.",
        ),
        "cardiomegaly": (
            "The heart is normal in size.",
            "Heart size is within normal limits.",
            "The heart is not enlarged.",
        ),
        "lung_nodule": (
            "No pulmonary nodule is seen.",
            "There is no lung nodule.",
            "No suspicious nodule or mass is identified.",
        ),
        "rib_fracture": ("No rib fracture is seen.", "There is no rib fracture.", "The ribs are intact."),
    },
}
ABSENT["impression_first"] = {
    k: tuple(dict.fromkeys(ABSENT["telegraphic"][k][:2] + v[:2])) for k, v in ABSENT["prose"].items()
}
_NORMAL = (
    "No acute cardiopulmonary abnormality.",
    "No acute abnormality in the chest.",
    "Normal chest CT.",
    "No significant abnormality.",
)
_GRADE_RANK = {"trace": 0, "small": 1, "moderate": 2, "large": 3}
_RANK = (
    "pneumothorax",
    "lung_mass",
    "pleural_effusion",
    "consolidation",
    "rib_fracture",
    "cardiomegaly",
    "lung_nodule",
)


def ordered(truth: Sequence[Finding]) -> list[Finding]:
    """Findings in the order in which a radiologist names them."""
    return sorted(truth, key=lambda f: (_RANK.index(f.finding_id), -(f.longest_mm or f.volume_ml or 0)))


def _filled(template: str, f: Finding) -> str:
    grade, lobe, side = f.severity or "", _LOBE.get(f.segment or "", "lung"), f.side
    return template.format(
        grade=grade,
        Grade=grade.capitalize(),
        side=side,
        Side=side.capitalize(),
        lobe=lobe,
        mm=round(f.longest_mm) if f.longest_mm else "",
    )


def positive_sentences(truth: Sequence[Finding], style: str, rng: np.random.Generator) -> list[str]:
    """A sentence for each true finding; two effusions of one grade may share one."""
    table, out, done = PRESENT[style], [], set()
    fluids = [f for f in truth if f.finding_id == "pleural_effusion"]
    if len(fluids) == 2 and fluids[0].severity == fluids[1].severity and rng.random() < 0.6:
        done = {f.id for f in fluids}
    for f in ordered(truth):
        key = f.finding_id
        if f.id in done:
            if "both" in done:
                continue
            done.add("both")
            key += "_both"
        out.append(_filled(str(rng.choice(table[key])), f))
    return out


def negative_sentences(truth: Sequence[Finding], style: str, rng: np.random.Generator) -> list[str]:
    """Pertinent negatives, each true of the patient: pleura and heart nearly always,
    the others now and then.
    """
    have = {f.finding_id for f in truth}
    table, out = ABSENT[style], []

    def say(key: str, chance: float) -> None:
        if rng.random() < chance:
            out.append(str(rng.choice(table[key])))

    if not have & {"pleural_effusion", "pneumothorax"} and rng.random() < 0.5:
        say("both", 1.0)
    else:
        for key in ("pleural_effusion", "pneumothorax"):
            if key not in have:
                say(key, 0.9)
    if "consolidation" not in have:
        say("consolidation", 0.85)
    if "cardiomegaly" not in have:
        say("cardiomegaly", 0.9)
    if not have & {"lung_nodule", "lung_mass"}:
        say("lung_nodule", 0.6)
    if "rib_fracture" not in have:
        say("rib_fracture", 0.3)
    return out


def _summary(truth: Sequence[Finding], rng: np.random.Generator, limit: int) -> list[str]:
    if not truth:
        return [str(rng.choice(_NORMAL))]
    top = [f for f in ordered(truth)][:limit]
    return [_filled(PRESENT["telegraphic"][f.finding_id][0], f) for f in top]


def english_report(truth: Sequence[Finding], style: str, rng: np.random.Generator) -> str:
    """The report text, at most about 110 words."""
    if style not in STYLES:
        raise ValueError(f"unknown report style {style!r}: choose one of {', '.join(STYLES)}")
    positive, negative = positive_sentences(truth, style, rng), negative_sentences(truth, style, rng)
    findings = " ".join(positive + negative)
    if style == "telegraphic":
        return f"FINDINGS: {findings}\nIMPRESSION: {' '.join(_summary(truth, rng, 3))}"
    if style == "prose":
        first = str(
            rng.choice(("CT of the chest was performed.", "Chest CT.", "CT of the chest, axial sections."))
        )
        return f"{first} {findings}"
    numbered = " ".join(f"{i}. {s}" for i, s in enumerate(_summary(truth, rng, 4), 1))
    return f"IMPRESSION: {numbered}\nFINDINGS: {findings}"
