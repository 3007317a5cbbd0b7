"""Header values that may stand in a record: codes and kernel names, never free text, which can hold a name."""

from __future__ import annotations

import re

from medomni.dicom.headers import SliceHeader
from medomni.dicom.names import hidden_words

BODY_PARTS = frozenset((
    "ABDOMEN", "ABDOMENPELVIS", "ADRENAL", "ANKLE", "AORTA", "ARM", "AXILLA", "BACK", "BLADDER", "BRAIN",
    "BREAST", "BRONCHUS", "CALF", "CAROTID", "CERVIX", "CHEST", "CHESTABDOMEN", "CHESTABDPELVIS", "CLAVICLE",
    "COCCYX", "COLON", "CSPINE", "CTSPINE", "DUODENUM", "EAR", "ELBOW", "ESOPHAGUS", "EXTREMITY", "EYE", "FACE",
    "FEMUR", "FINGER", "FOOT", "GALLBLADDER", "HAND", "HEAD", "HEADNECK", "HEART", "HIP", "HUMERUS", "JAW",
    "KIDNEY", "KNEE", "LARYNX", "LEG", "LIVER", "LSPINE", "LSSPINE", "LUNG", "MANDIBLE", "MAXILLA", "MEDIASTINUM",
    "MOUTH", "NECK", "NECKCHEST", "NECKCHESTABDOMEN", "NECKCHESTABDPELV", "NOSE", "ORBIT", "OVARY", "PANCREAS",
    "PAROTID", "PELVIS", "PHARYNX", "PROSTATE", "RECTUM", "RIB", "SCAPULA", "SHOULDER", "SKULL", "SPINE",
    "SPLEEN", "SSPINE", "STERNUM", "STOMACH", "TESTIS", "THIGH", "THORAX", "THUMB", "THYROID", "TLSPINE", "TOE",
    "TONGUE", "TRACHEA", "TSPINE", "UTERUS", "WHOLEBODY", "WRIST",
))
"""Defined terms of Body Part Examined (0018,0015), PS3.16 Annex L, and THORAX, which some scanners write."""

_MODALITY = re.compile(r"[A-Z]{2,8}")
_KERNEL = re.compile(r"[\w.+\-/\\]{1,16}")


def modality(header: SliceHeader) -> str | None:
    """Modality (0008,0060) where it is a code."""
    value = header.text("Modality")
    return value if _MODALITY.fullmatch(value) else None


def body_part(header: SliceHeader) -> str | None:
    """Body Part Examined (0018,0015) where it is a defined term, else None."""
    value = header.text("BodyPartExamined").upper()
    return value if value in BODY_PARTS else None


def kernel(header: SliceHeader) -> str | None:
    """Convolution Kernel (0018,1210) where it is one word (``B40f``, ``STANDARD``) and no word of the patient's."""
    value = header.text("ConvolutionKernel")
    hidden = hidden_words(header.text("PatientName"), header.text("PatientID"))
    return value if _KERNEL.fullmatch(value) and not any(word in value.lower() for word in hidden) else None
