"""Whole reports of this project's own writing, in several styles, each with the findings that were measured.

The measurements are noisy on purpose: sizes a little off, a trace of fluid that nobody reports, uncertain
detections.
"""

from __future__ import annotations

from medomni.records import Finding, Findings
from tests.check.support import finding, study


def nodule(side: str, lobe: str, mm: float, **more) -> Finding:
    return finding("lung_nodule", side, anatomy_id=lobe, longest_mm=mm, **more)


def effusion(side: str, ml: float, **more) -> Finding:
    grade = "trace" if ml < 50 else "small" if ml < 300 else "moderate" if ml < 1000 else "large"
    return finding("pleural_effusion", side, volume_ml=ml, severity=grade, **more)


def air(side: str, ml: float) -> Finding:
    grade = "trace" if ml < 50 else "small" if ml < 300 else "moderate" if ml < 1000 else "large"
    return finding("pneumothorax", side, volume_ml=ml, severity=grade)


def consolidation(side: str, lobe: str, ml: float) -> Finding:
    return finding("consolidation", side, anatomy_id=lobe, volume_ml=ml)


CARDIOMEGALY = finding("cardiomegaly", anatomy_id="heart", ratio=0.57)

REPORTS: list[tuple[str, Findings]] = [
    (
        """CT CHEST WITHOUT CONTRAST

INDICATION: Cough for three weeks. Rule out pneumonia. History of left pneumothorax.
TECHNIQUE: Axial images, 5 mm slices.
COMPARISON: None.

FINDINGS:
Lungs: There is a solid nodule in the right lower lobe measuring 13 x 11 mm. No consolidation.
Pleura: A small left pleural effusion is present. No pneumothorax on either side.
Heart: Normal in size. No pericardial effusion.
Bones: No acute rib fracture.

IMPRESSION:
1. Right lower lobe nodule, 13 mm. Follow-up CT is recommended to exclude growth.
2. Small left pleural effusion.""",
        study(
            nodule("right", "lower_lobe", 14.2), effusion("left", 170), effusion("right", 8, confidence=0.6)
        ),
    ),
    (
        "Large right pneumothorax with partial collapse of the right lung. The left lung is clear. No "
        "effusion. "
        "Heart size normal. Ribs intact.",
        study(air("right", 1450)),
    ),
    (
        "Impression: Moderate cardiomegaly and bilateral pleural effusions, larger on the "
        "right.\n\nDetails: the heart is "
        "enlarged with a cardiothoracic ratio of 0.58. Fluid is seen in both pleural cavities, right more "
        "than left. The "
        "lungs show no nodules and no consolidation. There is no pneumothorax. No rib fractures.",
        study(CARDIOMEGALY, effusion("right", 520), effusion("left", 210)),
    ),
    (
        "RLL consolidation. Trace R effusion. No PTX. Heart not enlarged. No fx.",
        study(consolidation("right", "lower_lobe", 85), effusion("right", 30)),
    ),
    (
        "The trachea is central. Both lungs are well aerated, without focal consolidation, nodule or "
        "mass. The pleural "
        "spaces are clear. The cardiac silhouette is within normal limits. No displaced rib fracture is "
        "identified.",
        study(nodule("left", "lower_lobe", 3.4, confidence=0.55)),
    ),
    (
        "There is dense airspace consolidation occupying much of the left upper lobe, likely infectious. "
        "A second, smaller "
        "area of consolidation is not seen. No pleural fluid. No free pleural air. The heart is of normal "
        "size. "
        "The bony thorax is intact.",
        study(consolidation("left", "upper_lobe", 140)),
    ),
    (
        "Two pulmonary nodules: one in the left upper lobe (9 mm), the other in the right middle lobe (6 "
        "mm). Otherwise "
        "the lungs are clear. No pleural effusion, no pneumothorax. Normal heart. No fracture.",
        study(nodule("left", "upper_lobe", 9.6), nodule("right", "middle_lobe", 6.3)),
    ),
    (
        "Findings: A fracture of the lateral left sixth rib is present, with an adjacent small left "
        "pneumothorax. There is "
        "no effusion. No nodule or consolidation is identified in either lung. The heart is not enlarged.\n"
        "Conclusion: Left sixth rib fracture with small left pneumothorax.",
        study(finding("rib_fracture", "left", anatomy_id="rib", count=1), air("left", 140)),
    ),
    (
        "A 46 mm mass lies in the left lower lobe, 2 cm from the hilum. The right lung is normal. There "
        "is a moderate left "
        "pleural effusion. No pneumothorax, no rib fracture. Heart size is within normal limits.",
        study(finding("lung_mass", "left", anatomy_id="lower_lobe", longest_mm=49.0), effusion("left", 610)),
    ),
    (
        "检查方法：胸部CT平扫，层厚5mm。\n影像所见：胸廓对称，双肺纹理清晰。右肺上叶见一结节，大小约11mm×9mm。双肺未见实变。"
        "双侧胸腔未见积液及气胸。心影大小正常。肋骨未见骨折。\n诊断意见：右肺上叶结节，建议随访。",
        study(nodule("right", "upper_lobe", 11.9)),
    ),
    (
        "影像表现：左侧胸腔见大量积液，左肺下叶膨胀不全。右肺未见异常。心影不大。未见气胸及肋骨骨折。\n印象：左侧大量胸腔积液。",
        study(effusion("left", 1350)),
    ),
    (
        "右侧少量气胸，右侧第7肋骨骨折。左肺清晰。心影增大，心胸比约0.58。未见胸腔积液，未见实变或结节。",
        study(air("right", 120), finding("rib_fracture", "right", anatomy_id="rib", count=1), CARDIOMEGALY),
    ),
    (
        "History: shortness of breath, known right pleural effusion.\nThe chest radiograph shows no "
        "pleural effusion on the "
        "right. There is none on the left. The lungs are free of consolidation. No pneumothorax is "
        "appreciated. Cardiac size "
        "is upper normal. No rib fracture.",
        study(effusion("left", 6, confidence=0.7)),
    ),
    (
        "Multiple bilateral pulmonary nodules, the largest in the right lower lobe measuring 1.4 cm. "
        "Small bilateral "
        "effusions. No consolidation or pneumothorax. Heart and ribs unremarkable.",
        study(
            nodule("right", "lower_lobe", 14.9),
            nodule("right", "upper_lobe", 7.0, id="n2"),
            nodule("left", "lower_lobe", 8.0),
            effusion("left", 90),
            effusion("right", 120),
        ),
    ),
]
