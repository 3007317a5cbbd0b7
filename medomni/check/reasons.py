"""Why something could not be assessed or judged, in Chinese: the measuring rooms and the checker give it in English."""

from __future__ import annotations

import re

__all__ = ["reason_zh"]

_PAIRS: tuple[tuple[str, str], ...] = (
    (r"MED-S01: no lung was segmented", "MED-S01：未分割出肺"),
    (r"MED-S01: no trachea found; gas right (\S+) ml, left (\S+) ml", r"MED-S01：未见气管；含气容积右 \1 ml，左 \2 ml"),
    (r"MED-S01: lungs of (\S+) ml and (\S+) ml over (\S+) mm", r"MED-S01：两肺容积 \1 ml 与 \2 ml，范围 \3 mm"),
    (r"MED-S01: the field of view ends below the lung apices", "MED-S01：扫描范围未达肺尖"),
    (r"MED-S01: the field of view ends above the lung bases", "MED-S01：扫描范围未达肺底"),
    (r"MED-S01: the field of view cuts a lung sideways", "MED-S01：视野在侧方截断肺"),
    (r"MED-S01: the field of view cuts this lung", "MED-S01：视野截断该侧肺"),
    (r"MED-S03: the heart's borders are not seen on both sides", "MED-S03：心脏两侧边界未能显示"),
    (r"MED-S03: slices of (\S+) mm", r"MED-S03：层厚 \1 mm"),
    (r"MED-S03: ribs could not be followed", "MED-S03：肋骨未能追踪"),
    (r"MED-S03: the rules find solid lesions only", "MED-S03：测量规则仅能发现实性病灶"),
    (r"MED-S03: (\S+) ml of soft tissue on this side could not be told apart",
     r"MED-S03：该侧有 \1 ml 软组织无法区分"),
    (r"MED-S03: airless lung on this side may hide a mass, which density alone cannot tell apart",
     "MED-S03：该侧无气肺组织可能掩盖肿块，仅凭密度无法区分"),
    (r"MED-S03: the masks do not say which lung is which", "MED-S03：掩膜未说明左右肺"),
    (r"MED-S03: the masks hold no (right|left|right and no left) lung", "MED-S03：掩膜中缺少肺"),
    (r"MED-S03: the (?:right |left )?(\S+) was not segmented", r"MED-S03：未分割出 \1"),
    (r"MED-S03: untested class: (\S+) by (.+)", r"MED-S03：未经验证的类别：\1（\2）"),
    (r"MED-Q01: motion, borders lie (\S+) mm off between slices, limit (\S+) mm",
     r"MED-Q01：运动伪影，相邻层面边界偏移 \1 mm，限值 \2 mm"),
    (r"MED-Q01: motion, sharpness of edges differs by (\S+) % between slices, limit (\S+) %",
     r"MED-Q01：运动伪影，相邻层面边缘锐利度相差 \1%，限值 \2%"),
    (r"MED-Q02: noise of (\S+) HU in soft tissue, limit (\S+) HU", r"MED-Q02：软组织噪声 \1 HU，限值 \2 HU"),
    (r"MED-Q03: the field of view cuts a lung over (\S+) mm", r"MED-Q03：视野在侧方截断肺，长度 \1 mm"),
    (r"MED-Q03: the field of view cuts the body over (\S+) mm", r"MED-Q03：视野在侧方截断躯干，长度 \1 mm"),
    (r"MED-Q04: no air at -1000 HU, the darkest values are (\S+) HU", r"MED-Q04：无 -1000 HU 的空气，最低值为 \1 HU"),
    (r"MED-Q04: values above (\S+) HU were cut off", r"MED-Q04：高于 \1 HU 的数值已被截去"),
    (r"MED-Q04: the commonest value of tissue is (\S+) HU", r"MED-Q04：组织最常见值为 \1 HU，不合常理"),
    (r"MED-Q05: the lung apices are cut, the top slice shows (\S+) % of the greatest lung area",
     r"MED-Q05：肺尖被截断，最上层面的肺面积为最大面积的 \1%"),
    (r"MED-Q06: the lung bases are cut, the bottom slice shows (\S+) % of the greatest lung area",
     r"MED-Q06：肺底被截断，最下层面的肺面积为最大面积的 \1%"),
    (r"MED-Q07: streaks of (\S+) ml of metal in (\S+) % of the slices", r"MED-Q07：\1 ml 金属的条状伪影，占层面的 \2%"),
    (r"MED-Q08: slices lie (\S+) mm apart", r"MED-Q08：层间距 \1 mm"),
    (r"MED-Q09: (\S+) slices", r"MED-Q09：仅 \1 层"),
    (r"the method sees nothing below (\S+) mm", r"该方法不能发现小于 \1 mm 的病灶"),
    (r"the method misses too many to exclude this kind", "该方法漏检较多，不能据此排除此类病变"),
    (r"this side was not looked at", "该侧未作评估"),
    (r"was not looked for", "未作评估"),
    (r"speaks of an earlier study", "所述为既往检查"),
    (r"read with little confidence", "语句识别把握较低"),
    (r"an uncertain detection may be meant", "可能指一处不确定的检出"),
    (r"an uncertain detection", "检出不确定"),
    (r"hedged in the report, not found in the image", "报告措辞不肯定，影像未检出"),
    (r"measured on the other side", "测得于对侧"),
    (r"looked for and not found", "已检查，未检出"),
    (r"measured in another or a neighbouring lobe, and fissures are not traced", "测得于其他或相邻肺叶，叶间裂未追踪"),
    (r"measured and not in the report", "已测得而报告未提及"),
    (r"measured", "已测得"),
    (r"only what the words leave open was measured", "仅测得语句所容许者"),
    (r"fits what was measured, which does not prove it", "与测量相符，但不足以证实"),
    (r"a detail differs from the measurement", "细节与测量不符"),
    (r"no findings were given", "未提供测量结果"),
    (r"no measurement could judge this statement", "无测量可判断此语句"),
)
_PATTERNS = tuple((re.compile(en), zh) for en, zh in _PAIRS)


def reason_zh(reason: str) -> str:
    """The reason in Chinese; as it is where a segmenter of the site's own gave words that are not known here."""
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(reason)
        if found:
            return found.expand(zh)
    return reason
