"""Texts of our own with what the scrub must make of them. Names are invented or common; none come from a generator."""

from __future__ import annotations

ENGLISH = {
    "Mr Harold Winterbottom was seen by Dr. Anjali Deshmukh on 12/03/2024 at 14:30.":
        "[NAME] was seen by [NAME] on [DATE].",
    "Patient Ottoline Featherstone, 67-year-old woman with cough. MRN 4471982.":
        "Patient [NAME], 67-year-old woman with cough. MRN [ID].",
    "Findings were discussed with Dr Brown by telephone at 555-201-8890.":
        "Findings were discussed with [NAME] by telephone at [PHONE].",
    "The patient's daughter Wren called to ask about the 12 mm nodule.":
        "The patient's daughter [NAME] called to ask about the 12 mm nodule.",
    "WINTERBOTTOM, HAROLD was scanned in Room 312 at St Bartholomew's Hospital.":
        "[NAME] was scanned in [PLACE] at [PLACE].",
    "He lives at 42 Larkspur Lane, Apt 7, Millbrook, OH 44123.": "He lives at [ADDRESS].",
    "Young presented with chest pain. Brown's CT shows a mass.":
        "[NAME] presented with chest pain. [NAME]'s CT shows a mass.",
    "john abernathy is a 55 yo male with copd on metformin 500 mg bid.":
        "[NAME] is a 55 yo male with copd on metformin 500 mg bid.",
    "mr patel was reviewed in clinic today by dr nakamura.": "[NAME] was reviewed in clinic today by [NAME].",
    "Signed: Dr. J. R. van der Meulen, FRCR": "Signed: [NAME]",
    "Dear Dr Lindqvist, thank you for referring Tobias Greenwood (DOB 04/05/1961).":
        "Dear [NAME], thank you for referring [NAME] (DOB [DATE]).",
    "Her brother Mark Stone accompanied her. Spoke with Hope.":
        "Her brother [NAME] accompanied her. Spoke with [NAME].",
    "ACCESSION: A20240312-88 PATIENT: ZEMECKIS, MILOS": "ACCESSION: [ID] PATIENT: [NAME]",
    "Transferred from Mercy Medical Center, ward 7B, bed 12, to the ICU.":
        "Transferred from [PLACE], [PLACE], [PLACE], to the ICU.",
    "A 93-year-old man and an 89-year-old woman.": "A [AGE]-year-old man and an 89-year-old woman.",
    "Compared with the CT of March 2024 and the 3rd of March.": "Compared with the CT of [DATE] and [DATE].",
    "Write to a.person@clinic.example.org or see https://portal.example.org/x?y=1.": "Write to [EMAIL] or see [URL].",
    "The console at 10.20.30.40 (00:1B:44:11:3A:B7), serial number SN-88231-K.":
        "The console at [IP] ([DEVICE]), serial number [DEVICE].",
    "Hi Rosalind, could you look at the scan of Fields from Tuesday? Many thanks, Ted":
        "Hi [NAME], could you look at the scan of [NAME] from Tuesday? Many thanks, [NAME]",
    "Will Marsh weighs 92 kg. Present: Stone, Gray and Oduya.": "[NAME] weighs 92 kg. Present: [NAME] and [NAME].",
    "Winterbottom, 94, fell outside Mill Trail in Riverside Heights.":
        "[NAME], [AGE], fell outside [ADDRESS] in [ADDRESS].",
    "patient name is odalys spelled O-D-A-L-Y-S": "patient name is [NAME] spelled [NAME]",
    "From 18.11. to 24.11. at Our Lady of Zell, login rfeatherstone.":
        "From [DATE]. to [DATE]. at [PLACE], login [ID].",
}
CHINESE = {
    "患者王秀兰，女，67岁，因胸痛于2024年3月12日上午9点30分入院，住院号：0012345。":
        "患者[NAME]，女，67岁，因胸痛于[DATE]入院，住院号：[ID]。",
    "姓名：欧阳文倩 性别：女 年龄：54岁": "姓名：[NAME] 性别：女 年龄：54岁",
    "报告医师：赵立本 审核医师：钱茂林": "报告医师：[NAME] 审核医师：[NAME]",
    "请李主任会诊，张建军医生已阅片。": "请[NAME]主任会诊，[NAME]医生已阅片。",
    "已电话告知家属陈立新，联系电话13812345678。": "已电话告知家属[NAME]，联系电话[PHONE]。",
    "家住浙江省杭州市西湖区文三路188号3幢2单元501室，邮编310012。": "家住[ADDRESS]，邮编[ADDRESS]。",
    "患者曾于华山医院行胸部CT检查，外院CT示肺结节。": "患者曾于[PLACE]行胸部CT检查，外院CT示肺结节。",
    "由其子周永强陪同来诊。": "由其子[NAME]陪同来诊。",
    "身份证号11010119900307123X，医保卡号A12345678。": "身份证号[ID]，医保卡号[ID]。",
    "买买提·艾合买提，男，92岁，咳嗽3个月。": "[NAME]，男，[AGE]岁，咳嗽3个月。",
    "三月十二日复查，转入ICU 3床，九十三岁。": "[DATE]复查，转入[PLACE]，[AGE]岁。",
    "林晓彤的胸部CT较前相仿。": "[NAME]的胸部CT较前相仿。",
    "王某某，男，45岁。与刘桂珍沟通后同意检查。": "[NAME]，男，45岁。与[NAME]沟通后同意检查。",
}
STAYS = [
    "FINDINGS: There is a 12 mm nodule in the right upper lobe, series 3 image 45. SUV 3.2. 3.5 x 2 cm.",
    "Known Hodgkin lymphoma and Crohn disease. Kerley B lines. Swan-Ganz catheter in the right pulmonary artery.",
    "Foramen of Monro is patent. Pancoast tumor. Baker's cyst behind the left knee. Virchow node is enlarged.",
    "IMPRESSION: BI-RADS 4. Lung-RADS 4A. Gleason score 7. GCS 15. Fleischner guidelines. TNM T2N1M0.",
    "Compression fracture of T12, disc protrusion at L4/5, cord signal at C3. BP 120/80, HR 92.",
    "Wells score 4. Murphy sign negative. Colles fracture of the left wrist. Tc-99m, F-18 FDG, CA19-9.",
    "Comparison: None. Technique: CT Chest with contrast. Clinical History: Cough for 3 months, worse 2 weeks ago.",
    "She takes Eliquis and Lasix. Started on Keytruda 200 mg every 3 weeks. Metformin 500 mg bid.",
    "CT CHEST WITHOUT CONTRAST. CLINICAL INDICATION: SHORTNESS OF BREATH. HYPERINFLATED LUNGS.",
    "No pneumothorax. Mild cardiomegaly. Hepatosplenomegaly is noted. An 89-year-old man. The hospital was told.",
    "双肺纹理增多，右肺上叶见一大小约12mm结节，边缘见毛刺，增强扫描明显强化。",
    "左侧胸腔少量积液，心影增大，主动脉钙化。纵隔淋巴结未见肿大。建议3个月后复查。",
    "高血压病史10年，口服硝苯地平30mg，糖尿病5年，3个月前外院CT示肺结节。患者及家属表示理解。",
    "T12椎体压缩性骨折，L4/5椎间盘突出。C3水平脊髓变性。BI-RADS 4类，TNM分期T2N1M0，GCS 15分。",
    "张力性气胸，高密度影，黄疸，白质疏松，温度37.5，石灰样钙化，金属伪影，毛玻璃影，89岁。",
    "中线结构居中，脑室系统未见扩张，双侧基底节区见斑点状低密度影，CT值45HU。主治医师查房。",
]
