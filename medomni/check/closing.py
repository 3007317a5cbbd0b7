"""The closing section of a report: what the images leave open, in the report's language."""

from __future__ import annotations

from medomni.check.messages import side_word
from medomni.check.reasons import reason_zh
from medomni.knowledge import load_graph
from medomni.records import Coverage, Findings

__all__ = ["not_assessed_section", "range_words"]

EITHER_SIDE = ("bilateral", "unspecified", "midline")
PART = {"rules:rib-step": ("in the side walls, not beside the spine nor in front", "仅侧胸壁，不含脊柱旁与前胸壁")}
"""What of an organ a method looks at, in both languages, where that is not all of it (``medomni/findings/ribs.py``)."""


def not_assessed_section(findings: Findings, language: str = "en") -> str:
    """The report's closing section, from coverage: ``NOT ASSESSED:`` with one line a finding; empty if none.

    Faults of the images stand first: what they make of the findings follows. Then what was detected and is uncertain,
    which the report's sentences leave out. What was looked for over a part of the body alone stands last.

    In a Chinese report (``zh``) its head is ``未评估项目：``.
    """
    lines: dict[str, None] = {}
    for item in findings.quality.faults if findings.quality else ():
        state = "unusable" if item.state == "unusable" else "limited"
        lines[f"- 图像质量{'不可用' if state == 'unusable' else '受限'}（{reason_zh(item.reason)}）" if language == "zh"
              else f"- image quality {state} ({item.reason})"] = None
    for f in findings.findings:
        if f.presence == "uncertain":
            size = f"{f.longest_mm:.0f} mm, " if f.longest_mm else ""
            if language == "zh":
                name = f"{side_word(f.side, 'zh')}{load_graph().name(f.finding_id, 'zh')}"
                lines[f"- {name}：检出不确定（{size.replace(', ', '，')}置信度 {f.confidence:.2f}），请查看图像"] = None
            else:
                side = "" if f.side in EITHER_SIDE else f", {f.side}"
                lines[f"- {f.finding_id.replace('_', ' ')}{side}: uncertain ({size}confidence {f.confidence:.2f}), "
                      "look at the images"] = None
    for c in findings.coverage:
        if c.assessable:
            continue
        side = "" if c.side in EITHER_SIDE else c.side
        if language == "zh":
            why = f"（{reason_zh(c.reason)}）" if c.reason else ""
            lines[f"- {side_word(side, 'zh')}{load_graph().name(c.finding_id, 'zh')}：无法评估{why}"] = None
        else:
            why = f" ({c.reason})" if c.reason else ""
            lines[f"- {c.finding_id.replace('_', ' ')}{side and ', ' + side}: not assessable{why}"] = None
    lines |= dict.fromkeys(_limited(findings.coverage, language))
    head = "未评估项目：" if language == "zh" else "NOT ASSESSED:"
    return f"\n\n{head}\n" + "\n".join(lines) if lines else ""


def range_words(row: Coverage, language: str = "en") -> str:
    """How far along the body a finding was looked for, in LPS millimetres; empty where that is not limited."""
    if row.z_range_mm is None:
        return ""
    low, high = (f"{z:.0f}" for z in row.z_range_mm)
    part = _part(row, language)
    return (f"仅评估 z {low} 至 {high} mm（患者坐标，朝头侧为正）{part and '，' + part}" if language == "zh" else
            f"only from z {low} to {high} mm (patient coordinates, towards the head){part and ', ' + part}")


def _part(row: Coverage, language: str) -> str:
    en, zh = PART.get(row.method.rsplit(" ", 1)[0], ("", ""))
    return zh if language == "zh" else en


def _limited(coverage: tuple[Coverage, ...], language: str) -> list[str]:
    """A line for each range that was looked at, with the findings that were looked for there, and one for each finding
    of which a part of the organ alone was looked at."""
    ranges: dict[tuple[float, float], dict[str, set[str]]] = {}
    for c in coverage:
        if c.assessable and c.z_range_mm:
            ranges.setdefault(c.z_range_mm, {}).setdefault(c.finding_id, set()).add(c.side)
    out = []
    for (low, high), found in ranges.items():
        names = []
        for name, sides in found.items():
            side = min(sides) if len(sides) == 1 and not sides & set(EITHER_SIDE) else ""
            names.append(f"{side_word(side, 'zh')}{load_graph().name(name, 'zh')}" if language == "zh" else
                         f"{name.replace('_', ' ')}{side and ', ' + side}")
        out.append(f"- {'、'.join(names)}：z {low:.0f} mm 以下及 {high:.0f} mm 以上无法评估" if language == "zh" else
                   f"- {'; '.join(names)}: not assessable below z {low:.0f} mm and above z {high:.0f} mm")
    parts = {c.finding_id: part for c in coverage if c.assessable and (part := _part(c, language))}
    out += [f"- {load_graph().name(name, 'zh')}：{part}" if language == "zh" else
            f"- {name.replace('_', ' ')}: assessed {part}" for name, part in parts.items()]
    return out
