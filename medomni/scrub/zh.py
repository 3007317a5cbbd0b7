"""Names of persons in Chinese text: in fields, beside titles and roles, and where the words leave nothing else."""

from __future__ import annotations

import re
from functools import cache

from medomni.scrub.segment_zh import given_cost, is_word, surname_costs, tokens
from medomni.scrub.spans import Span
from medomni.scrub.words import abbreviations, eponyms, is_known, lines, surnames

_ROLE = (
    r"(?:患者|病人|患儿|受检者|被检者|家属|家长|监护人|陪同人?|联系人|紧急联系人|母亲|父亲|配偶|丈夫|妻子|儿子|"
    r"女儿|签字人|委托人|代理人|报告|审核|审签|诊断|检查|操作|申请|送检|开单|接诊|"
    r"主治|主管|经治|管床|责任|记录|书写|复核|核对|登记|录入|会诊|阅片|签发|初审|终审|主刀|手术|麻醉|值班|住院|"
    r"主任|副主任|技师|技术|护士|医师|医生|大夫|放射|超声|病理)"
)
_FIELD = re.compile(
    rf"(?:{_ROLE}?(?:者|医师|医生|大夫|护士|技师|技术员|人员|人|主任|教授)?(?:的)?(?:姓名|名字|签名|签字|签章|署名)|"
    rf"{_ROLE}(?:者|医师|医生|大夫|护士|技师|技术员|人员|人|主任)|曾用名|别名|原名|"
    rf"(?:患者|患儿|病人|家属|联系人|监护人|配偶|医师|医生|护士|技师|大夫|签名|签字|署名|抄送|致|主刀|一助|二助|记录|"
    rf"审核|报告|书写|操作))"
    r"(?:[（(][^）)]{1,6}[）)])?\s?[:：]\s*"
)
_VALUE = re.compile(r"[\u3400-\u9fff·•]{2,}")
_NOBODY = re.compile(
    r"(?:无|不详|未知|同上|保密|匿名|未填|本人|家属|详见|见|请|待|暂无|空|如|已|未|自|神|双|左|右|"
    r"建|考|胸|头|腹|CT|MR)"
)
_FOREIGN = re.compile(r"[\u3400-\u9fff]{1,6}(?:[·•・][\u3400-\u9fff]{1,6})+")
_FAMILIAR = re.compile(
    r"(?:(?<![\u3400-\u9fff])|(?<=[跟和与同问找叫让由请给]))[小老阿]([\u3400-\u9fff])(?=[，,。说的来确认看过讲]|先|$)"
)
_SPACED = re.compile(
    r"[姓患]\s?[名者]\s?[:：]\s?([\u3400-\u9fff]{1,2}[ \u3000][\u3400-\u9fff]{1,2})(?![\u3400-\u9fff])"
)
_CHILD = re.compile(
    r"(?:^|(?<=[，。；、：\n\s]))([\u3400-\u9fff]{1,2})(?:的)?"
    r"(?:妈妈|爸爸|奶奶|爷爷|外婆|外公|姥姥|妈|爸)(?=代|诉|来|说|陪|签|称|[，,。])"
)
_KIN = re.compile(
    r"(?:^|(?<=[，。；、：\s叫找问请跟和给让同与]))([\u3400-\u9fff]{2})"
    r"(?=阿姨|大爷|大妈|大娘|大叔|大姐|大哥|叔叔|婶|伯伯|奶奶|爷爷|老师|同学|小朋友|宝宝|哥|姐)"
)
_INITIALS = re.compile(
    r"(?:记录|审核|报告|书写|录入|打字|技师|操作|医师|医生|签名|签字|核对|复核|诊断|扫描|登记|校对|阅片|护士|者|"
    r"人)\s?[:：/（(]?\s?"
    r"([A-Z]{2,4})(?:/([A-Z]{2,4}))?(?![A-Za-z0-9\u3400-\u9fff])|[（(]([A-Z]{2,3})[）)]|。\s?([A-Z]{2,3})\s*$"
)
_SYLLABLE = (
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|uan|ian|iao|uai|eng|ing|ang|ong|ai|ei|ao|ou|an|en|in|un|"
    r"ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v))"
)
_PINYIN = re.compile(
    rf"(?<![A-Za-z])(?:(?=[A-Z][a-z]+[ ^,]{{1,2}}[A-Z][a-z])|(?=[A-Z]{{2,6}}[ ^,]{{1,2}}[A-Z]{{2}}))"
    rf"(?i:{_SYLLABLE}{{1,2}})(?:,? |\^)(?i:{_SYLLABLE}(?:[-' ]?{_SYLLABLE})?)(?![A-Za-z])"
)
_NICKNAME = re.compile(
    r"(?:乳名|小名|昵称|小字|绰号|人称|花名)(?:叫|为|是|：|:)?\s?([\u3400-\u9fff]{2,3}?)(?=[，,。；、\s]|$)"
)
_NOT_A_CHILD = frozenset("其 患儿 孩子 他 她 我 由 患者 病人 宝宝 小孩 和 与 你 他们 你的 我的".split())  # noqa: SIM905
_MASKED = re.compile(r"[\u3400-\u9fff](?:某[某甲乙丙]?|[\*＊×xX]{1,2})(?:[\u3400-\u9fff])?(?=[，,。\s（(先女医]|$)")


def chinese_names(text: str) -> list[Span]:
    """Spans of names: surname and given name of one or two characters, transliterated names, surnames before titles.

    A field for a name is taken whatever stands in it, up to four characters.
    """
    found = [Span(t.start, t.end, "NAME", "surname and given name") for t in tokens(text) if t.kind == "name"]
    for match in _FIELD.finditer(text):
        value = _VALUE.match(text, match.end())
        if value and not _NOBODY.match(value.group()):
            found.append(Span(value.start(), _name_end(text, value.start(), value.end()), "NAME", "field"))
    found += [
        Span(m.start() + _foreign_lead(m.group()), m.end(), "NAME", "transliterated") for m in _FOREIGN.finditer(text)
    ]
    found += [
        Span(m.start(), m.end(), "NAME", "familiar")
        for m in _FAMILIAR.finditer(text)
        if m.group(1) in surname_costs() and m.group(1) not in "时方"
    ]
    found += [
        Span(m.start(), m.end(), "NAME", "masked") for m in _MASKED.finditer(text) if m.group()[0] in surname_costs()
    ]
    found += [Span(m.start(1), m.end(1), "NAME", "spaced") for m in _SPACED.finditer(text)]
    found += [
        Span(m.start(1), m.end(1), "NAME", "child") for m in _CHILD.finditer(text) if m.group(1) not in _NOT_A_CHILD
    ]
    found += [Span(m.start(1), m.end(1), "NAME", "nickname") for m in _NICKNAME.finditer(text)]
    found += [
        Span(m.start(1), m.end(1), "NAME", "given name")
        for m in _KIN.finditer(text)
        if not is_word(m.group(1)) and sum(map(given_cost, m.group(1))) < 17
    ]
    for m in _INITIALS.finditer(text):
        found += [
            Span(m.start(k), m.end(k), "NAME", "initials")
            for k in range(1, 5)
            if m.group(k) and m.group(k) not in abbreviations()
        ]
    found += [Span(m.start(), m.end(), "NAME", "pinyin") for m in _PINYIN.finditer(text) if not _is_english(m.group())]
    found += [Span(m.start(), m.end(), "NAME", "parts of names") for m in _minority().finditer(text)]
    return found


def _is_english(found: str) -> bool:
    """True where what reads as pinyin are English words, abbreviations or eponyms."""
    return all(
        word in abbreviations()
        or (is_known(word.lower()) and word.lower() not in surnames())
        or word.lower() in eponyms()
        for word in re.findall(r"[A-Za-z]+", found)
    )


@cache
def _minority() -> re.Pattern[str]:
    """Two or more parts of Tibetan, Mongolian or Uyghur names in a row, which no word list would break."""
    part = "|".join(sorted(lines("zh_minority.txt"), key=len, reverse=True))
    return re.compile(rf"(?:{part}){{2,}}")


def _name_end(text: str, start: int, end: int) -> int:
    """Where a field's name ends: the whole run where it is short, else as many characters as a name has."""
    if end - start <= 4 or "·" in text[start:end]:
        stop = re.search(r"男|女|性别|先生|女士|医师|医生|主任", text[start + 2 : end])
        return start + 2 + stop.start() if stop else end
    surname = 2 if text[start : start + 2] in surname_costs() else 1
    for length in (surname + 2, surname + 1):
        if all(given_cost(c) < 12.0 for c in text[start + surname : start + length]):
            stop = re.search(r"男|女|性", text[start + 1 : start + length])
            return start + 1 + stop.start() if stop else start + length
    return start + 3


def _foreign_lead(found: str) -> int:
    """Length of the role that stands before a transliterated name without a break."""
    match = re.match(
        r"(?:患者|病人|患儿|医师|医生|家属|由|请|与|和|及|告知|通知|丈夫|妻子|儿子|女儿|父亲|母亲|"
        r"联系人|主任|教授|姓名|是)+",
        found,
    )
    return match.end() if match else 0
