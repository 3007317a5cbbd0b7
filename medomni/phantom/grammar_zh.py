"""Chinese reference reports, rendered from a patient's true findings, in the usual two-part form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medomni.phantom.grammar_en import ordered
from medomni.records import Finding

_SIDE = {"left": "左", "right": "右", "bilateral": "双"}
_LOBE = {"upper_lobe": "肺上叶", "middle_lobe": "肺中叶", "lower_lobe": "肺下叶"}
_GRADE = {"trace": "微量", "small": "少量", "moderate": "中等量", "large": "大量"}
_PRESENT = {
    "pleural_effusion": (
        "{side}侧胸腔{grade}积液。",
        "{side}侧胸腔见{grade}积液。",
        "{side}侧{grade}胸腔积液。",
    ),
    "pneumothorax": (
        "{side}侧{grade}气胸。",
        "{side}侧胸腔见{grade}积气，考虑气胸。",
        "{side}侧见{grade}气胸。",
    ),
    "consolidation": (
        "{side}{lobe}实变。",
        "{side}{lobe}见实变影，内见支气管充气征。",
        "{side}{lobe}见片状实变影。",
    ),
    "lung_nodule": (
        "{side}{lobe}见实性结节，长径约{mm}mm。",
        "{side}{lobe}结节，约{mm}mm。",
        "{side}{lobe}见一结节，直径约{mm}mm。",
    ),
    "lung_mass": ("{side}{lobe}见肿块，长径约{mm}mm。", "{side}{lobe}肿块，约{mm}mm。"),
    "cardiomegaly": ("心影增大。", "心脏增大。", "心脏体积增大。"),
    "rib_fracture": ("{side}侧肋骨骨折，断端移位。", "{side}侧肋骨见移位性骨折。"),
}
_ABSENT = {
    "pleural_effusion": ("双侧胸腔未见积液。", "未见胸腔积液。", "胸腔未见明显积液。"),
    "pneumothorax": ("未见气胸。", "双侧未见气胸。"),
    "consolidation": ("双肺未见实变。", "肺内未见实变影。"),
    "cardiomegaly": ("心影不大。", "心脏大小正常。", "心影大小正常。"),
    "lung_nodule": ("双肺未见结节。", "肺内未见明确结节。"),
    "rib_fracture": ("未见肋骨骨折。", "所见肋骨未见骨折。"),
}
_CHANCE = {
    "pleural_effusion": 0.9,
    "pneumothorax": 0.85,
    "consolidation": 0.85,
    "cardiomegaly": 0.9,
    "lung_nodule": 0.6,
    "rib_fracture": 0.3,
}
_NORMAL = ("胸部CT平扫未见明显异常。", "胸部未见明显异常。", "心肺未见明显异常。")


def _filled(template: str, f: Finding) -> str:
    return template.format(
        side=_SIDE.get(f.side, ""),
        lobe=_LOBE.get(f.segment or "", "肺"),
        grade=_GRADE.get(f.severity or "", ""),
        mm=round(f.longest_mm) if f.longest_mm else "",
    )


def chinese_report(truth: Sequence[Finding], contrast: bool, rng: np.random.Generator) -> str:
    """The report text: what is seen, then the conclusion."""
    have = {f.finding_id for f in truth}
    seen = [_filled(str(rng.choice(_PRESENT[f.finding_id])), f) for f in ordered(truth)]
    for key, chance in _CHANCE.items():
        mass = key == "lung_nodule" and "lung_mass" in have
        if key not in have and not mass and rng.random() < chance:
            seen.append(str(rng.choice(_ABSENT[key])))
    normal = _NORMAL[1:] if contrast else _NORMAL
    end = [_filled(_PRESENT[f.finding_id][0], f) for f in ordered(truth)[:3]] or [str(rng.choice(normal))]
    return f"影像所见：{''.join(seen)}\n印象：{''.join(end)}"
