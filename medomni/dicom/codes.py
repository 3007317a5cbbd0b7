"""Header values that may stand in a record: codes and kernel names, never free text, which can hold a name."""

from __future__ import annotations

import re

from medomni.dicom.headers import SliceHeader
from medomni.dicom.names import shown_name

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

MODALITIES = frozenset((
    "AR", "BI", "CR", "CT", "DX", "ECG", "EPS", "ES", "GM", "HD", "IO", "IVOCT", "IVUS", "KO", "MG", "MR", "NM", "OAM",
    "OCT", "OP", "OT", "PR", "PT", "PX", "REG", "RF", "RG", "RTDOSE", "RTIMAGE", "RTPLAN", "RTSTRUCT", "RWV", "SC",
    "SEG", "SM", "SR", "TG", "US", "XA", "XC",
))
"""Defined terms of Modality (0008,0060), PS3.3 C.7.3.1.1.1, as far as images and what lies beside them use them."""

_KERNEL = re.compile(r"(?=\S*\d)[\w.+\-/\\]{1,16}|[A-Z]{1,3}"
                     r"|standard|soft|bone|boneplus|detail|lung|edge|chst|ultra|sharp", re.IGNORECASE)


def modality(header: SliceHeader) -> str | None:
    """Modality (0008,0060) where it is a code."""
    value = header.text("Modality")
    return value if value in MODALITIES else None


def body_part(header: SliceHeader) -> str | None:
    """Body Part Examined (0018,0015) where it is a defined term, else None."""
    value = header.text("BodyPartExamined").upper()
    return value if value in BODY_PARTS else None


def kernel(header: SliceHeader) -> str | None:
    """Convolution Kernel (0018,1210) where it is one word with a digit, a few letters or a vendor's word (``B40f``,
    ``YA``, ``STANDARD``) and no word of the patient's."""
    value = header.text("ConvolutionKernel")
    return value if _KERNEL.fullmatch(value) and shown_name(value, header.hidden) == value else None
