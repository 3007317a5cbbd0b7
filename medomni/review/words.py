"""The page's own words in Chinese, beside the English ones: heads, states, severities and recorded warnings."""

from __future__ import annotations

from markupsafe import Markup, escape

from medomni.check.closing import range_words
from medomni.check.reasons import reason_zh
from medomni.knowledge import load_graph
from medomni.records import Coverage, Finding, Findings

NOTES = {
    "research": ("Research use only, not a medical device, not a diagnosis.", "仅供研究，非医疗器械，不作诊断。"),
    "demonstration": ("Written by a demonstration model that was trained on synthetic patients only: its words carry "
                      "no clinical meaning.", "本报告由仅用合成病例训练的演示模型生成，不具临床意义。"),
    "synthetic": ("Synthetic patient (phantom).", "合成病例（体模）。"),
    "rest": ("Everything that is not in this table was not looked for: a statement about it cannot be checked.",
             "表中未列者未作评估，不等于“无”。"),
}
"""The notes of every page and document, English and Chinese."""
WORDS = {
    "Study review": "检查审阅", "Worklist": "工作列表", "Report": "报告", "Flags": "警示", "Measured": "测量所见",
    "Looked for": "评估项目",
    "Image quality": "图像质量", "Weight of the images": "图像权重",
    "motion": "运动", "noise": "噪声", "noise air": "空气噪声", "field of view": "视野", "values": "数值",
    "apex": "肺尖", "base": "肺底", "metal": "金属", "slice distance": "层间距", "slice count": "层数", "limit": "限值",
    "ok": "合格", "degraded": "受限", "unusable": "不可用", "not assessed": "未评估", "what": "项目",
    "Scores": "定量评分", "score": "评分", "source": "来源",
    "Organs": "器官", "Cannot be read": "无法读取",
    "supported": "有据", "contradicted": "矛盾", "not assessable": "无法评估", "not_assessable": "无法评估",
    "cannot be checked": "无法核对", "flagged": "有警示", "assessed": "已评估", "not measured": "未测",
    "critical": "危急", "major": "重要", "minor": "次要", "info": "提示",
    "undecided": "未决定", "accept": "已接受", "reject": "已拒绝",
    "Accept flag": "接受警示", "Reject flag": "拒绝警示", "Undo": "撤销",
    "finding": "所见", "side": "侧别", "size": "大小",
    "Since the earlier study": "与既往检查比较", "change not assessable": "变化无法评估", "new": "新发",
    "unchanged": "无变化", "grown": "增大", "smaller": "缩小", "resolved": "已消失",
    "volume doubling time": "体积倍增时间",
    "approximate": "近似", "cut by the field of view": "被视野截断", "ratio": "比值",
    "in space": "三维", "to the pleura": "距胸膜", "volume": "容积", "confidence": "置信度", "state": "状态",
    "from": "起始大小", "sensitivity on phantoms": "体模灵敏度", "organ": "器官", "mean": "均值",
    "words": "原文", "measured": "测得", "slice": "层面", "looked for": "已检查", "graph": "知识图谱", "rule": "规则",
    "suggestion": "建议", "before": "修改前", "after": "修改后", "why": "原因",
    "files": "个文件", "series": "序列", "picture": "缩略图", "images": "图像数", "matrix": "矩阵", "kernel": "重建核",
    "read only: findings are measured on CT": "仅可读取：所见只在 CT 上测量",
    "pictures": "图片文件",
    "Judged by the headers: damage inside compressed pixels shows only when the series is read.":
        "仅依据文件头判断：压缩像素内部的损坏只有在读取序列时才能发现。",
    "usable": "可用", "yes": "是", "no": "否", "warnings": "警告",
    "Pictures are as stored: their sides are not marked.": "缩略图按存储方式显示，未标注左右。",
    "study": "检查", "folder": "文件夹", "modality": "设备类型", "flags": "警示", "decided": "已决定",
    "left": "左", "right": "右", "bilateral": "双侧", "unspecified": "未定侧", "present": "有", "absent": "无",
    "uncertain": "不确定", "male": "男", "female": "女", "other": "其他", "unknown": "不详",
    "false finding": "误报所见", "omitted finding": "遗漏所见", "wrong location": "部位错误",
    "wrong severity": "程度错误",
    "comparison not in reference": "参照中无此比较", "omitted comparison": "遗漏比较",
    "Nothing found among what was looked for.": "评估项目中未见异常。",
    "No images beside this report.": "本报告未附图像。",
}
WARNINGS = {
    "MED-D02": "文件名似为 DICOM，但内容不是。", "MED-D13": "层面步进方向与法线不一致（机架倾斜）。",
    "MED-D14": "文件夹中其他序列、定位像或非图像文件未纳入，或 DICOMDIR 与其文件夹不符。",
    "MED-D15": "已去除完全相同的重复层面。",
    "MED-D16": "扫描范围外的填充值已设为空气：CT 为 -1024 HU，其他设备类型为 0。",
    "MED-D17": "层面过少，不足以构成容积。",
    "MED-D23": "CT 数值的单位未注明为 HU，按 HU 读取。",
    "MED-D22": "层间距大于层厚，层面之间的部分未被扫描。",
    "MED-D24": "同一容积中不同时间或不同参数的层面交替出现。",
    "MED-D28": "分段存储的图像未注明共有几部分，可能缺少末尾的层面。",
    "MED-D27": "单个层面未注明层厚，按 1 mm 处理。",
    "MED-D29": "NIfTI 文件中两组空间位置互相矛盾，已采用其中的 sform。",
    "MED-S07": "叶间裂未能显示，该侧肺叶未划分；所述肺叶为按位置的估计。",
    "MED-S09": "肝脏与心脏位置左右相反：内脏反位，或图像左右标注有误。",
    "MED-D25": "图像曾经有损压缩。", "MED-D26": "多个层面使用同一个 SOP 实例 UID。",
    "MED-D19": "容积已重采样为等间距、垂直的网格：部分层面由相邻真实层面插值得到。",
}


def both(text: str) -> Markup:
    """The words with their Chinese beside them; names of findings and organs come from the graph."""
    shown = str(text).replace("_", " ")
    zh = WORDS.get(shown) or WORDS.get(str(text))
    if zh is None and str(text) in load_graph():
        zh = load_graph().name(str(text), "zh")
    return Markup("{} <span lang=\"zh\">{}</span>").format(shown, zh) if zh else Markup(escape(shown))


def placed(finding: Finding, findings: Findings) -> Markup:
    """The lobe that a finding lies in, with "about" before it where that lobe was not traced."""
    if not finding.segment:
        return Markup("")
    traced = any(o.anatomy_id == finding.segment and o.volume_ml and o.side in (finding.side, "unspecified")
                 for o in findings.organs)
    graph = load_graph()
    if traced or finding.segment not in graph:
        return both(finding.segment)
    return Markup("about the {} <span lang=\"zh\">约在{}</span>").format(
        graph.name(finding.segment, "en"), graph.name(finding.segment, "zh"))


def named(name: str) -> Markup:
    """What the graph calls a measure, in English and Chinese."""
    graph = load_graph()
    if name not in graph:
        return both(name)
    return Markup("{} <span lang=\"zh\">{}</span>").format(graph.name(name, "en"), graph.name(name, "zh"))


def warning_zh(code: str) -> str:
    """A recorded warning's meaning in Chinese; empty where there is none."""
    return WARNINGS.get(code, "")


def why_both(reason: str) -> Markup:
    """A reason with its Chinese beside it."""
    zh = reason_zh(reason)
    return Markup("{} <span lang=\"zh\">{}</span>").format(reason, zh) if zh != reason else Markup(escape(reason))


def range_both(row: Coverage) -> Markup:
    """How far along the body something was looked for, in both languages; empty where that is not limited."""
    if row.z_range_mm is None:
        return Markup("")
    return Markup("{} <span lang=\"zh\">{}</span>").format(range_words(row), range_words(row, "zh"))
