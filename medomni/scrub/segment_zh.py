"""Chinese text to words, the likeliest way: a person's name costs what its characters and neighbours make of it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache

from medomni.scrub.words import lines

RUN = re.compile(r"[\u3400-\u9fff]+")
_LONGEST = 6

_STRONG_BEFORE = re.compile(
    r"(?:患者|病人|患儿|病患|伤者|产妇|孕妇|老人|受检者|受试者|就诊者|被检者|家属|姓名|名字|医师|医生|大夫|主任|"
    r"护士长?|技师|技术员|教授|院长|科长|"
    r"者|其[子女夫妻父母]|之[子女妻夫]|[儿孙][子女]|女儿|丈夫|妻子|父亲|母亲|爸爸|妈妈|配偶|老公|老婆|爱人|哥哥|弟弟|"
    r"姐姐|妹妹|侄[子女]|外甥女?|"
    r"孙子|孙女|外孙女?|儿媳|女婿|婆婆|公公|岳[父母]|叔叔|阿姨|姑姑|舅舅|奶奶|爷爷|姥姥|外婆|外公|监护人|陪护人?|"
    r"护工|邻居|同事|朋友|联系人|代理人|签名|签字|"
    r"名叫|叫做|我是|我叫|自称|名为|署名|咨询|告知|通知|致电|电告|转告|告诉|联系|陪同|委托|感谢|同事|学生|兄长|医患|"
    r"上级|曾用名|别名|原名|化名)[\s:：为是叫，,（(“\"‘]{0,2}$"
)
_WEAK_BEFORE = re.compile(r"(?:[由请与和经向给对及跟同让是为找叫、致随请问受嘱])[\s“\"]?$")
_STARTS = re.compile(r"(?:^|[。！？；\n\r，,;:：、（(“\"\]】/|\s])$")
_AFTER_STRONG = re.compile(
    r"\s?(?:先生|女士|小姐|太太|夫人|同志|医师|医生|大夫|主任|副主任|教授|副教授|护士|护师|主管|技师|技士|老师|院长|"
    r"科长|院士|阿姨|大爷|大妈|大姐|大哥|大叔|大婶|奶奶|爷爷|叔叔|"
    r"伯伯|师傅|博士|硕士|主治|住院医|药师|研究员|同学|小朋友|老人|患者|本人|主刀|组长|所长|书记|总|某|工程师|检验师|"
    r"规培|进修|实习|家属|之[子女妻夫父母]|的[母父儿女丈妻家配爱])"
)
_AFTER_WEAK = re.compile(
    r"\s?(?:[，,（(、\s/]{0,2}[男女](?![\u4e00-\u9fff]{0,1}性激素)|[，,（(\s]{0,2}\d{1,3}\s?岁|[，,（(]?(?:性别|年龄|"
    r"出生|住院号|电话|手机|联系|身份证|系|病案号|门诊号|ID|生于|现年|家住|籍贯)|"
    r"[于因来诉称已自曾将未在]|表示|签[名字署]|同意|拒绝|要求|会诊|报告|审核|书写|阅片|操作|复核|接诊|申请|到院|入院|"
    r"出院|就诊|复诊|昨日|今日|今晨|反映|反复|出现|突发|说|讲|认为|"
    r"建议|诊断|签|完成|执行|检查|复查|陪同|送|主诉|打来|电话|随访|前来|转来|住院|及家属|的(?:检查|影像|报告|片|CT|"
    r"病|胸|头|腹|家|母|父|检|资|记|图|信|档))"
)
_NEVER = frozenset(
    "的了着过吗呢吧啊肺肝肾脾胃癌瘤炎症灶叶椎侧段肠胸腹腔脑颅骨腺囊胆胰咳痰乳痛胀肿疼血尿便晕吐泻喘岁们"
    "您你我他她它这那哪谁被把将就都也还又很更最没不未无非否怎么什谢"
    "术液片扫查诊治疗药剂钙膜管腔节结影描厘米毫克升号床室科院楼栋单元路街县省镇村区州乡男女"
)
_SELDOM = frozenset(
    "在是有与及和或并见行由对于向从至到已再该此其等后前左右上下内外部位者年月日分秒低宽厚多少两双单个"
    "只能会要请经给让使用以而但则因所曰来去出入进起开关说道看想做到得"
)
_START = 5.0


@dataclass(frozen=True)
class Token:
    """A piece of Chinese text; ``kind`` is ``word``, ``place``, ``char`` or ``name``."""

    start: int
    end: int
    kind: str


@cache
def _counts() -> tuple[dict[str, float], frozenset[str]]:
    """(cost of each word, those of them that are places)."""
    words = {w: float(n) for w, n in (line.split("\t") for line in lines("zh_words.tsv"))}
    places = {w: float(n) for w, n in (line.split("\t") for line in lines("zh_places.tsv"))}
    from medomni.knowledge import load_graph

    terms = {t for node in load_graph().nodes.values() for t in node.terms("zh") if RUN.fullmatch(t)}
    for term in {*(w for line in lines("zh_medical.txt") for w in line.split()), *terms}:
        words[term] = max(words.get(term, 0.0), 3000.0)
    for place, n in places.items():
        words.setdefault(place, n)
    total = sum(words.values())
    return {w: -math.log(n / total) for w, n in words.items()}, frozenset(places)


def is_word(piece: str) -> bool:
    """True for a word of the lists."""
    return piece in _counts()[0]


@cache
def surname_costs() -> dict[str, float]:
    """Cost of a surname by its rank (Zipf)."""
    names = lines("zh_surnames.txt")
    total = sum(1 / (k + 12) for k in range(len(names)))
    return {name: -math.log(1 / (k + 12) / total) for k, name in enumerate(names)}


@cache
def _given_costs() -> dict[str, float]:
    counts = {c: int(n) for c, n in (line.split("\t") for line in lines("zh_given.tsv"))}
    total = sum(counts.values())
    return {c: -math.log((n + 10) / total) for c, n in counts.items()}


def given_cost(character: str) -> float:
    """Cost of a character in a given name; infinite for one that no name has."""
    if character in _NEVER:
        return math.inf
    return min(_given_costs().get(character, 9.5), 9.5) + (3.0 if character in _SELDOM else 0.0)


def tokens(text: str) -> list[Token]:
    """The words of every Chinese run of the text, in order."""
    out: list[Token] = []
    for run in RUN.finditer(text):
        out += _best(text, run.start(), run.end())
    return out


def _best(text: str, start: int, end: int) -> list[Token]:
    """The cheapest way through a run (Viterbi)."""
    costs, places = _counts()
    best = [math.inf] * (end - start + 1)
    back: list[Token | None] = [None] * (end - start + 1)
    best[0] = 0.0
    for i in range(start, end):
        here = best[i - start]
        for j in range(i + 1, min(end, i + _LONGEST) + 1):
            piece = text[i:j]
            cost = costs.get(piece)
            kind = "place" if piece in places else "word" if j - i > 1 else "char"
            if cost is None:
                if j - i > 1:
                    continue
                cost = 13.0
            if here + cost < best[j - start]:
                best[j - start], back[j - start] = here + cost, Token(i, j, kind)
        for j, cost in _names_at(text, i, end):
            if here + cost < best[j - start]:
                best[j - start], back[j - start] = here + cost, Token(i, j, "name")
    out: list[Token] = []
    at = end - start
    while at:
        token = back[at]
        assert token is not None
        out.append(token)
        at = token.start - start
    return out[::-1]


def _names_at(text: str, i: int, end: int) -> list[tuple[int, float]]:
    """(end, cost) of what could be a person's name from ``i`` on."""
    out = []
    for length in (1, 2, 3):
        cost = surname_costs().get(text[i : i + length])
        if cost is None or i + length > end:
            continue
        before = text[max(0, i - 6) : i]
        opening = _START + cost
        if _STRONG_BEFORE.search(before):
            opening -= 5.5
        elif _WEAK_BEFORE.search(before):
            opening -= 2.0
        elif _STARTS.search(before):
            opening -= 1.0
        if _AFTER_STRONG.match(text, i + length):
            out.append((i + length, opening - 3.0 + (0 if length == 1 else -2)))
        total = opening
        for k in range(1, 3):
            if i + length + k > end:
                break
            total += given_cost(text[i + length + k - 1])
            at = i + length + k
            after = (
                -3.5
                if _AFTER_STRONG.match(text, at)
                else -1.5
                if _AFTER_WEAK.match(text, at)
                else -0.7
                if at >= len(text) or not RUN.match(text, at)
                else 0.0
            )
            out.append((at, total + after))
    return out
