"""What a flag says to a clinician, in English and Chinese, and the words for what was measured."""

from __future__ import annotations

from medomni.check.reasons import reason_zh
from medomni.knowledge import load_graph
from medomni.records import Finding, Message

__all__ = ["describe", "message", "side_word"]

_TEXT: dict[str, tuple[str, str]] = {
    "unsupported": (
        "The report states {name}{side}; it was looked for and not found.",
        "报告写有{side}{name}；影像测量已检查该项，未检出。",
    ),
    "unverified": (
        "{name}{side}: not assessable in this study ({why}).",
        "{side}{name}：本次检查无法评估（{why}）。",
    ),
    "omission": ("Measured but not in the report: {measured}.", "测得但报告未提及：{measured}。"),
    "denied": (
        "The report denies {name}{side}; measured: {measured}.",
        "报告否认{side}{name}；测得：{measured}。",
    ),
    "side": ("The report says {said}; measured: {measured}.", "报告写为{said}；测得：{measured}。"),
    "one_side": (
        "The report says both sides; measured on one only: {measured}.",
        "报告写为双侧；仅一侧测得：{measured}。",
    ),
    "size": ("The report gives {said} mm; measured: {measured}.", "报告写为{said} mm；测得：{measured}。"),
    "power_of_ten": (
        "{said} mm differs from the measurement by a power of ten: {measured}.",
        "{said} mm 与测量值相差十倍，疑为单位错误：{measured}。",
    ),
    "size_class": (
        "The report's word for size ({name}) does not fit: {measured}.",
        "报告用词（{name}）与大小不符：{measured}。",
    ),
    "lobe": (
        "The report places it in the {said}; measured: {measured}.",
        "报告位置为{said}；测得：{measured}。",
    ),
    "grade": ("The report grades it {said}; measured: {measured}.", "报告程度为{said}；测得：{measured}。"),
    "inner": ("The report both states and denies {name}{side}.", "报告对{side}{name}前后矛盾。"),
    "inner_side": (
        "Findings and impression give different sides for {name}: {said}.",
        "正文与结论中{name}的侧别不一致：{said}。",
    ),
    "inner_normal": (
        "The report calls it normal here and states {name}{side} elsewhere.",
        "报告此处描述为正常，他处又写有{side}{name}。",
    ),
    "inner_size": (
        "The report gives {name}{side} two sizes: {said} mm.",
        "报告中{side}{name}的大小前后不一：{said} mm。",
    ),
    "no_place": (
        "There is no {said} on this side: {name}{side}.",
        "该侧无{said}：{side}{name}。",
    ),
    "no_prior": (
        "The report compares ({said}), but no earlier study is available.",
        "报告作了比较（{said}），但无既往检查。",
    ),
    "sex": ("{name} does not fit a {said} patient.", "{name}与患者性别（{said}）不符。"),
    "contrast": ("{name} cannot be stated without contrast medium.", "未注射对比剂，不能肯定{name}。"),
    "count": ("The report counts {said}; measured: {measured}.", "报告数目为{said}；测得：{measured}。"),
}
_SIDE = {"left": ("left", "左侧"), "right": ("right", "右侧"), "bilateral": ("both sides", "双侧")}


def side_word(side: str, language: str) -> str:
    """``left`` or 左侧; nothing for an unsaid side."""
    pair = _SIDE.get(side)
    return "" if pair is None else pair[1 if language == "zh" else 0]


def describe(finding: Finding, language: str) -> str:
    """A measured finding in words: name, side, place, the measures it has, confidence."""
    graph = load_graph()
    zh = language == "zh"
    parts = [graph.name(finding.finding_id, language)]
    if side_word(finding.side, language):
        parts.append(side_word(finding.side, language))
    if finding.anatomy_id in graph and finding.anatomy_id not in graph.targets(
        finding.finding_id, "located_in"
    ):
        parts.append(graph.name(finding.anatomy_id, language))
    if finding.segment and finding.segment in graph:
        parts.append(f"{'约在' if zh else 'about the '}{graph.name(finding.segment, language)}")
    if finding.longest_mm is not None:
        parts.append(f"{finding.longest_mm:.0f} mm")
    if finding.volume_ml is not None:
        parts.append(f"{finding.volume_ml:.0f} ml")
    if finding.ratio is not None:
        parts.append(f"{'比值' if zh else 'ratio'} {finding.ratio:.2f}")
    if finding.count:
        parts.append(f"{'数目' if zh else 'count'} {finding.count}")
    parts.append(f"{'置信度' if zh else 'confidence'} {finding.confidence:.2f}")
    return ("，" if zh else ", ").join(parts)


def message(
    rule: str,
    *,
    finding_id: str = "",
    side: str = "",
    measured: Finding | None = None,
    said: tuple[str, str] | str = "",
    why: str = "",
) -> Message:
    """The message of a rule; ``said`` is one text, or one for each language."""
    graph = load_graph()
    en, zh = _TEXT[rule]
    said_en, said_zh = (said, said) if isinstance(said, str) else said
    word = side_word(side, "en")
    return Message(
        en=en.format(
            name=graph.name(finding_id, "en"),
            side=f" ({word})" if word else "",
            said=said_en,
            why=why,
            measured=describe(measured, "en") if measured else "",
        ),
        zh=zh.format(
            name=graph.name(finding_id, "zh"),
            side=side_word(side, "zh"),
            said=said_zh,
            why=reason_zh(why),
            measured=describe(measured, "zh") if measured else "",
        ),
    )
