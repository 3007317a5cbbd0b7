"""Hospitals, wards, rooms, employers and postal addresses in Chinese text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from medomni.scrub.segment_zh import Token, tokens
from medomni.scrub.spans import Span
from medomni.scrub.words import lines

_ORGANISATION = re.compile(
    r"(?:医院|卫生院|卫生室|诊所|卫生服务中心|卫生服务站|体检中心|医学中心|医疗中心|影像中心|"
    r"保健院|保健站|疗养院|门诊部|护理院|养老院|敬老院|福利院|医学院|附院|"
    r"血液中心|急救中心|研究院|研究所|有限公司|公司|集团|工厂|大学|学院|中学|小学|幼儿园|"
    r"派出所|居委会|村委会|敬老院|学校)(?:[东南西北新老]?(?:分院|院区|校区|分部|总院))?"
)
_PARTS = re.compile(r"[\u3400-\u9fffA-Za-z0-9·（）()]*$")
_STOPS = frozenset(lines("zh_stops.txt"))
_GENERIC = re.compile(
    r"^(?:当地|上级|下级|外|我|本|该|专科|综合|三甲|三级|二级|一级|甲等|社区|大|小|省|市|县|区|级|"
    r"公立|私立|民营|专业|相关|附近|其他|外地|基层|乡镇|中|西|中医|儿童|妇幼|肿瘤|传染病|精神|教学|"
    r"定点|医联体|协作|互联网|某|各|多家|外省|正规|教学|保险)+$"
)

_UNIT = (
    r"(?:省|自治区|特别行政区|市|自治州|地区|盟|自治县|县|区|旗|镇|乡|街道|村|庄|屯|寨|组|社区|小区|新村|花园|"
    r"家园|公寓|大厦|广场|苑|里|路|街|大道|道|巷|弄|胡同|条|段|号院|号楼|号|栋|幢|座|楼|层|单元|室|户|房|院|铺|"
    r"邮编|信箱|湾|桥|园|城|府|居|坊|队|大街|环路|东路|西路|南路|北路|中路)"
)
_PIECE = (
    rf"(?:[\u3400-\u9fff]{{1,8}}?{_UNIT}|[A-Za-z0-9一二三四五六七八九十百零〇\-－—#]+\s?{_UNIT}|"
    rf"\s?[A-Za-z]?\d{{1,5}}(?:-\d{{1,5}})*)"
)
_LABEL = re.compile(
    r"(?:(?:家庭|现|通讯|联系|户籍|工作|单位|居住|邮寄|收件|常住|户口|出生|详细|寄送|快递)?(?:地址|"
    r"住址|住所|所在地|籍贯|户口|户籍|居住地|出生地)|现住|家住|(?<=[，。；,;\s])住(?=[\u3400-\u9fff]{2,"
    r"}[市县区路街镇乡村苑园])|住在|居住(?:在|于)?|住于|暂住|租住|"
    r"寄(?:至|往|到)|邮寄(?:至|到)|常住|搬(?:至|到)|户籍|籍贯|来自|送(?:至|到|往)|祖籍|生于|老家)"
    r"\s?[:：为是在于]*\s*((?:[\u3400-\u9fffA-Za-z0-9#\-－—·]|\s(?=[\u3400-\u9fffA-Za-z0-9])|"
    r"，(?=[\u3400-\u9fff]{1,8}(?:路|街|镇|乡|村|号|区|县|室|栋|幢))|（(?=[^）]{1,12}）)|）)+)"
)
_ADDRESS = re.compile(rf"(?:{_PIECE}){{2,}}(?:\s?\d{{6}}(?!\d))?")
_POSTCODE = re.compile(r"(?:邮编|邮政编码)\s?[:：为是]?\s?(\d{6})(?!\d)")
_PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|"
    "四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_PROVINCE_START = re.compile(
    rf"(?:{_PROVINCES})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区|"
    rf"特别行政区)?[\u3400-\u9fffA-Za-z0-9\-]*?(?:\d+\s?(?:号|室|栋|座|弄|单元|楼|层|户)|"
    rf"[A-Za-z]\s?座|[路街镇乡村市县区州](?![\u3400-\u9fff]*?[路街镇乡村市县区号座室]))(?:\s"
    rf"?\d{{6}}(?!\d))?".replace("{{6}}", "{6}")
)
_SHORT = re.compile(
    r"(?:[\u3400-\u9fff]{1,6}?(?:医大|医科大|大学|附属?|医|人民|中医|市|省|县|区|"
    r"总)(?:第)?[一二三四五六七八九十][附]?院)(?![士长内外])|"
    r"(?:华西|湘雅|盛京|阜外|宣武|积水潭|西京|齐鲁|瑞金|仁济|协和|安贞|邵逸夫|中日友好)(?:医院|医大|医科|总院)?"
)
_TOWN = re.compile(r"(?:在|到|去|赴|回|自|从|籍贯|老家|户籍|来自|至|往|返|途经|返回|住)")
_IN_TOWN = re.compile(
    r"(?:[在到从自回赴往至]|老家|籍贯|户籍|来自)([\u3400-\u9fff]{2,4}?(?:市|"
    r"县))(?![场区民级医值立人])"
)
_COUNTRIES = frozenset(lines("zh_countries.txt"))
_WARD = re.compile(
    r"(?:(?:[\u3400-\u9fff]{1,8}?科|[东西南北新老内外]|住院部|门诊楼?|急诊楼?|第)?(?:[A-Za-z]?\d{1,4}|"
    r"[一二三四五六七八九十]{1,3})\s?(?:病区|病房|病室|护理单元|诊室|诊间|机房|手术间|手术室|检查室|留观室|抢救室)|"
    r"(?:住院部|门诊楼?|急诊楼?|外科楼|内科楼|医技楼|综合楼|[A-Za-z0-9一二三四五六七八九十]+\s?号?楼)\s?(?:[A-Za-z0-9"
    r"一二三四五六七八九十]{1,4}\s?(?:楼|层|区|座|室|房|床))*(?:[东西南北][区侧楼])?|"
    r"(?:加)?[A-Za-z]?\+?\d{1,4}[A-Za-z]?\s?[号]?\s?床(?!旁|边|突)|床(?:位|号)\s?[:：为是]?\s?[A-Za-z+]?\d{1,4}|"
    r"(?<![\d.])\d{3,4}\s?(?:室|房间|病房|房|诊室)|[A-Z]\s?[区座栋]\s?\d{1,4}\s?(?:室|床|房)|(?:ICU|CCU|NICU|EICU|"
    r"RICU|SICU|PICU)\s?[一-十\d]{1,3}\s?[床区病号]{0,2}床?)"
)


_LIVING = frozenset(
    ("住", "家住", "现住", "住在", "居住", "居住在", "地址", "住址", "患者", "现居", "位于", "户籍", "籍贯", "寄到")
)


def chinese_places(text: str) -> list[Span]:
    """Organisations with a name of their own, wards, rooms and beds with their numbers, and postal addresses.

    我院, 外院, 当地医院 and departments without a number stay.
    """
    words = tokens(text)
    found = []
    for match in _ORGANISATION.finditer(text):
        start = _organisation_start(text, words, match.start())
        own = text[start : match.start()]
        if own and not _GENERIC.match(own) and own.strip("()（）"):
            found.append(Span(start, match.end(), "PLACE", "organisation"))
    found += [
        Span(m.start(), m.end(), "PLACE", "ward or room")
        for m in _WARD.finditer(text)
        if re.search(
            r"[\dA-Za-"
            r"z一二三四五六七八九十]",
            m.group(),
        )
        and not re.fullmatch(r"住院部|门诊楼?|急诊楼?|外科楼|内科楼|医技楼|综合楼|[一-十]楼", m.group())
    ]
    found += [Span(m.start(1), m.end(1), "ADDRESS", "postcode") for m in _POSTCODE.finditer(text)]
    for match in _SHORT.finditer(text):
        start = max(match.start(), _organisation_start(text, words, match.end() - 2))
        found.append(Span(start, match.end(), "PLACE", "short name"))
    found += _towns(text, words)
    found += [
        Span(m.start(1), m.end(1), "ADDRESS", "town")
        for m in _IN_TOWN.finditer(text)
        if not re.search(r"[本全外该城超菜都股门夜上]市|[本全该]县", m.group(1))
    ]
    for match in _LABEL.finditer(text):
        end = _address_end(text, words, match.start(1), match.end(1))
        if end > match.start(1):
            found.append(Span(match.start(1), end, "ADDRESS", "field"))
    for match in _ADDRESS.finditer(text):
        units = re.findall(
            r"省|自治区|市|州|县|区|镇|乡|街道|村|路|街|大道|巷|弄|胡同|小区|花园|苑|号|栋|幢|座|单元|"
            r"室",
            match.group(),
        )
        strong = re.search(r"省|自治区|市|县|区|镇|乡|街道|路|街|大道|巷|弄|胡同|小区|花园|家园|苑|村", match.group())
        if len(set(units)) >= 2 and strong:
            found.append(
                Span(_address_start(text, words, match.start(), match.end()), match.end(), "ADDRESS", "address")
            )
    found += [
        Span(m.start(), m.end(), "ADDRESS", "province")
        for m in _PROVINCE_START.finditer(text)
        if re.search(r"[省市县区州路街镇乡村]", m.group())
    ]
    return found


def _towns(text: str, words: Sequence[Token]) -> list[Span]:
    """Provinces, towns and counties that say so, and other places after "in" and "from"; countries stay."""
    found = []
    for k, token in enumerate(words):
        piece = text[token.start : token.end]
        if token.kind != "place" or piece in _COUNTRIES:
            continue
        unit = text[token.end : token.end + 1] in tuple("省市县州镇")
        before = text[words[k - 1].start : words[k - 1].end] if k and words[k - 1].end == token.start else ""
        says = unit or (len(piece) >= 3 and piece[-1] in "省市县区州盟镇")
        if says or (len(piece) >= 2 and _TOWN.fullmatch(before)):
            found.append(Span(token.start, token.end + unit, "ADDRESS", "place"))
    return found


def _organisation_start(text: str, words: Sequence[Token], end: int) -> int:
    """Where the name before an organisation's kind begins: back to a verb, a preposition or a mark."""
    start = end
    for token in reversed([t for t in words if t.start < end]):
        piece = text[token.start : min(token.end, end)]
        between = text[min(token.end, end) : start]
        if between and not re.fullmatch(r"[A-Za-z0-9·（）()]{1,8}", between):
            break
        if piece in _STOPS or end - token.start > 18:
            break
        if token.start < end < token.end and not piece:
            continue
        start = token.start
    lead = re.match(r"[A-Za-z0-9]+", text[start:end])
    if start == end and (match := re.search(r"[A-Za-z0-9]{2,12}$", text[max(0, end - 12) : end])):
        return end - len(match.group())
    return start + (lead.end() if lead and lead.end() == end - start else 0)


def _address_start(text: str, words: Sequence[Token], start: int, end: int) -> int:
    """The start of an address without the verb or role that the pattern took along."""
    for token in words:
        within = start <= token.start <= start + 8 and token.end <= end
        if within and text[token.start : token.end] in _STOPS | _LIVING:
            start = token.end
    return start


def _address_end(text: str, words: Sequence[Token], start: int, end: int) -> int:
    """The end of a field's address: after its last unit or number, or after its place names."""
    value = text[start:end]
    last = 0
    for match in re.finditer(rf"{_UNIT}(?:\s?[东南西北]侧)?|\d{{6}}(?!\d)|\d+(?=[，。；,;\s]|$)", value):
        if match.start() - last <= 9 or match.group()[0].isdigit():
            last = match.end()
        else:
            break
    if last < 2:
        for token in words:
            if token.start >= start and token.end <= end and token.kind == "place" and token.start - start <= last:
                last = token.end - start
    if last >= 2:
        return start + last
    return start
