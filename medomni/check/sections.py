"""Sections of a report: what stands under a heading, and which headings hold no findings of this study."""

from __future__ import annotations

import re

__all__ = ["CLAIMING", "Part", "split_sections"]

CLAIMING = frozenset({"findings", "impression"})
"""Sections whose sentences are claims about this study; history, technique and comparison are not."""

_NAMES: dict[str, str] = {
    "history": "clinical history|clinical indication|clinical information|clinical data|clinical details|"
    "clinical "
    "question|clinical|clinic|indications?|history|patient history|reason for (?:this )?"
    "(?:examination|exam|study)|symptoms?|medical condition|past medical history|presenting complaint|"
    "临床病史|临床资料|临床诊断|临床信息|临床表现|临床|病史|主诉|检查目的|检查原因|申请目的|现病史|既往史|症状",
    "technique": "technique|technical|procedure|protocol|exam(?:ination)?|type of examination|study|scan|"
    "contrast|"
    "iv contrast|method|acquisition|dose|检查方法|检查技术|扫描方法|扫描技术|技术|检查项目|检查部位|"
    "成像方法|方法",
    "comparison": "comparisons?|comparison (?:exam|film|study)|compared? with|prior studies|previous "
    "studies|priors?|"
    "对比|比较|对照|参考检查|既往检查|比较检查",
    "findings": "findings?|report|body|description|observations?|results?|comments?|检查所见|影像所见|"
    "影像学所见|影像表现|"
    "放射学表现|影像学表现|ct所见|x线所见|检查表现|所见|表现|描述",
    "impression": "impressions?|conclusions?|opinion|summary|assessment|final impression|diagnosis|"
    "interpretation|"
    "key findings|bottom line|findings and impression|wet read|影像诊断|影像学诊断|诊断意见|诊断结果|"
    "诊断印象|"
    "检查结论|诊断|印象|结论|提示|意见|总结",
    "other": "not assessed|not evaluated|limitations?|未评估项目|recommendations?|advice|plan|"
    "notification|note|questions? to be answered|addendum|"
    "disclaimer|建议|备注|附注",
}
_TITLE = {name: re.compile(rf"(?:{words})") for name, words in _NAMES.items()}
_ALL = "|".join(_NAMES.values())
_HEADING = re.compile(
    rf"(?:^|(?<=\n)|(?<=[.;。;!?]\s)|(?<=[.。;])|(?<=[.]\s\s))[ "
    rf"\t#*_>\-]*(?P<title>{_ALL})(?:\s*\([^)\n]{{0,30}}\))?"
    rf"[ \t*_]*(?P<end>:[ \t*_]*|\s*\n|】|\])|[【\[](?P<boxed>{_ALL})[】\]]:?",
    re.MULTILINE,
)


_BLANK = re.compile(r"\n[ \t]*\n")
_LINE = re.compile(r"(?<=[.。!?])[ \t]*\n|\n[ \t]*\n")


class Part(tuple):
    """(name, start of heading, start of body, end): offsets into the uniform text."""

    __slots__ = ()
    name = property(lambda self: self[0])
    start = property(lambda self: self[1])
    body = property(lambda self: self[2])
    end = property(lambda self: self[3])


def _section_name(title: str) -> str:
    for name in ("impression", "history", "technique", "comparison", "findings", "other"):
        if _TITLE[name].fullmatch(title):
            return name
    return "other"


def split_sections(text: str) -> list[Part]:
    """The sections of a uniform text in order; what stands before the first heading counts as findings.

    A blank line ends a history, technique or comparison whose body has begun: the paragraph after it has no
    heading of its own and is read as findings. Where no heading for findings follows at all, a full line
    does.
    """
    heads = []
    for m in _HEADING.finditer(text):
        title = m["title"] or m["boxed"]
        # "clinical" or "study" alone on a line is a heading only with a colon behind it.
        if (
            m["end"] is not None
            and "\n" in m["end"]
            and text[: m.start()].strip()
            and (text[: m.start("title")].rstrip(" \t#*_>-")[-1:] != "\n")
        ):
            continue
        heads.append((_section_name(title), m.start(), m.end()))
    parts: list[Part] = []
    if not heads or text[: heads[0][1]].strip():
        parts.append(Part(("findings", 0, 0, heads[0][1] if heads else len(text))))
    for i, (name, start, body) in enumerate(heads):
        end = heads[i + 1][1] if i + 1 < len(heads) else len(text)
        if name in ("history", "technique", "comparison"):
            lead = len(text[body:end]) - len(text[body:end].lstrip())
            later = any(n in CLAIMING for n, _, _ in heads[i + 1 :])
            gap = (_BLANK if later else _LINE).search(text, body + lead, end)
            if gap and text[gap.end() : end].strip():
                parts.append(Part((name, start, body, gap.end())))
                parts.append(Part(("findings", gap.end(), gap.end(), end)))
                continue
        parts.append(Part((name, start, body, end)))
    return parts
