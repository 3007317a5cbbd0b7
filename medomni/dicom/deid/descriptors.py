"""Descriptions made of harmless words alone (PS3.15 E.3.4): a word that no list knows is left out, not judged."""

from __future__ import annotations

import re

from medomni.dicom.codes import BODY_PARTS, MODALITIES

_WORDS = """
    abd abdominal acute adc after angio angiography ankle ap apical arterial art asir axial b0 b1000 base basal
    before bilateral blood body bone bones both brain breast breath bronchial bspline cardiac cav cervical chest
    chronic cine coil contrast control cor coronal coronary cranial cta ctpa de decubitus delayed dense detail
    diffusion dose dwi dynamic early echo ecg elbow enhanced epi erect expiration exp face fat ffe first flair flash
    follow foot for frontal full gated gre hand hd head heart high hip hold hr hrct inspiration insp iodine iv
    kernel knee kv kub large lat lateral late left leg limb limited liver localizer long lordotic low lower lumbar
    lung lungs mammo mask mean mediastinal mediastinum medium mip mm mpr mra multi native neck no non nc of oblique
    oral pa pancreas parenchyma part pe pelvic pelvis perfusion phase plain planning plus portal post posterior pre
    prone protocol pulmonary quick rapid recon reconstruction region renal resp rest routine sag sagittal scan scout
    screening second sequence series sharp short shoulder side single skull slab slice small soft spin spine spiral
    standard standing stir stress study sub supine survey swi t1 t1w t2 t2w tap the thick thin thoracic thorax
    thyroid tissue topogram total tra transverse trauma tse ultra ultrasound unenhanced upper us vascular vein
    venous vessel view vol volume wall water wb weighted whole window with without wo wrist xray
"""
HARMLESS = frozenset(_WORDS.split()) | {w.lower() for w in BODY_PARTS | MODALITIES}
_TOKEN = re.compile(r"\d{1,3}(?:[.,]\d{1,2})? ?(?:mm|cm|kv|sec|min)\b|[A-Za-z][A-Za-z0-9]*", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d+(?:[./-]\d+){2,}|\d{4,}")
_LONGEST = 64


def harmless(text: str) -> str:
    """The harmless words of ``text`` in their order; of numbers only those with a unit, as in ``1.25 mm``."""
    kept = [w for w in _TOKEN.findall(_LONG_NUMBER.sub(" ", text)) if w[0].isdigit() or w.lower() in HARMLESS]
    return " ".join(kept)[:_LONGEST].strip()
