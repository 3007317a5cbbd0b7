"""What medomni names, in SNOMED CT as DICOM uses it (PS3.16 8); what has no code here is in the scheme 99MEDOMNI.

Codes are those of PS3.16 as pydicom has them, and two of SNOMED CT itself (pleural cavity, fracture).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

OWN_SCHEME = "99MEDOMNI"
LONGEST_VALUE, LONGEST_MEANING = 16, 64
ANATOMY = {
    "body": ("38266002", "Entire body"), "lung": ("39607008", "Lung"), "airway": ("89187006", "Airway"),
    "heart": ("80891009", "Heart"), "mediastinum": ("72410000", "Mediastinum"), "liver": ("10200004", "Liver"),
    "spine": ("421060004", "Vertebral column"), "rib": ("113197003", "Rib"), "aorta": ("15825003", "Aorta"),
    "skeleton": ("113192009", "Skeletal system"), "pleural_space": ("91381003", "Pleural cavity"),
}
"""Anatomy id to SNOMED CT code and meaning."""
FINDINGS = {
    "pleural_effusion": ("60046008", "Pleural effusion"), "pneumothorax": ("36118008", "Pneumothorax"),
    "cardiomegaly": ("287272002", "Cardiomegaly"), "lung_nodule": ("27925004", "Nodule"),
    "lung_mass": ("4147007", "Mass"), "rib_fracture": ("72704001", "Fracture"),
}
"""Finding id to SNOMED CT code and meaning; the place goes with it as a finding site."""
SIDES = {"left": ("7771000", "Left"), "right": ("24028007", "Right"), "bilateral": ("51440002", "Right and left")}


def anatomy_concept(anatomy_id: str) -> CodedConcept:
    """Of an anatomy id of the knowledge graph."""
    return _concept(ANATOMY.get(anatomy_id), anatomy_id)


def finding_concept(finding_id: str) -> CodedConcept:
    """Of a finding id of the knowledge graph."""
    return _concept(FINDINGS.get(finding_id), finding_id)


def side_concept(side: str) -> CodedConcept | None:
    """Laterality (CID 244); None for the midline and where no side is stated."""
    return _concept(SIDES[side], side) if side in SIDES else None


def own_concept(identifier: str) -> CodedConcept:
    """A concept of this project's own: the identifier, cut to the length of a code, and its words."""
    return _concept(None, identifier)


def _concept(code: tuple[str, str] | None, identifier: str) -> CodedConcept:
    from highdicom.sr import CodedConcept

    if code:
        return CodedConcept(code[0], "SCT", code[1])
    return CodedConcept(identifier[:LONGEST_VALUE].upper(), OWN_SCHEME,
                        identifier.replace("_", " ")[:LONGEST_MEANING])
