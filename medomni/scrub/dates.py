"""Dates in figures and in words, English and Chinese, with the weekday and the time that stand beside them."""

from __future__ import annotations

import re

from medomni.scrub.spans import Span

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|"
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = (
    r"(?:(?:twenty|thirty)[- ]?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|first|second|"
    r"third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|"
    r"sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
_ANY_DAY = rf"(?:{_DAY}(?:\s?(?:st|nd|rd|th))?|{_ORDINAL})(?![\w%]|\.\d)"
_YEAR = r"(?:(?:18|19|20|21)\d{2})(?!\d)"
_SHORT_YEAR = r"(?:[’']\d{2}(?!\d))"
_SPOKEN_YEAR = (
    r"(?:(?:nineteen|twenty|two thousand)(?: and)?(?:[ -](?:hundred|oh|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"one|two|three|four|five|six|seven|eight|nine)){1,2}|two thousand)"
)
_ANY_YEAR = rf"(?:{_YEAR}|{_SHORT_YEAR}|{_SPOKEN_YEAR})"
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b\.?"
_CLOCK = (
    r"(?:[01]?\d|2[0-3])(?:(?::[0-5]\d){1,2}(?:\.\d+)?|\.[0-5]\d(?=\s?[ap]m))?(?:\s?[ap]\.?m\b\.?)|"
    r"(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}(?:[.,]\d+)?(?:\s?(?:hrs?|hours|h|UTC|GMT|[ECMP][SD]T)\b)?|"
    r"(?:[01]\d|2[0-3])[0-5]\d\s?(?:hrs?|hours|h)\b"
)
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})?"
_BEFORE = rf"(?:(?:(?:{_CLOCK})\s*(?:on|,|hrs)?\s*(?:the\s)?)|(?:{_WEEKDAY},?\s*(?:the\s)?)){{0,2}}"
_AFTER = (
    rf"(?:(?:,?\s*\(?{_WEEKDAY}\)?)?(?:\s*(?:,|at|@|-|–|around|about|approx\.?)?\s*(?:at\s)?\s*(?:{_CLOCK})"
    rf"{_ZONE})?)(?:,?\s*\(?{_WEEKDAY}\)?)?"
)

_NUMERIC = (
    rf"(?:{_YEAR}\s?([-/._])\s?(?:1[0-2]|0?[1-9])\s?\1\s?{_DAY}(?!\d)(?:T(?:[01]\d|2[0-3]):?[0-5]\d"
    rf"(?::?[0-5]\d(?:\.\d+)?)?{_ZONE})?|"
    rf"(?:0?[1-9]|[12]\d|3[01])\s?([-/.])\s?(?:0?[1-9]|[12]\d|3[01])\s?\2\s?{_YEAR}|"
    r"(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\3\d{2}(?!\d|[./]\d|\s?(?:mm|cm|x)\b))"
)
_WORDED = (
    rf"(?:(?:the\s)?{_ANY_DAY}[-/ .]?{_MONTH}[-/ ,]*\d{{2}}(?![\d:/.]|\s?(?:[a-z]m\b|ml|hrs?|x|×))|"
    rf"(?:the\s)?{_ANY_DAY}(?:\s(?:day\s)?of)?[\s,/.-]*{_MONTH}(?:[\s,/.-]*(?:of\s)?{_ANY_YEAR})?|"
    rf"{_MONTH}[\s,/.-]*(?:the\s)?{_ANY_DAY}(?:(?:[\s,/.-]|of)*{_ANY_YEAR})?|"
    rf"{_MONTH}[\s,/.-]*(?:of\s)?(?:the\syear\s)?{_ANY_YEAR}|"
    rf"{_YEAR}[\s,/.-]*{_MONTH}(?:[\s,/.-]*{_ANY_DAY})?)"
)
_ENGLISH = re.compile(rf"(?<![\w.]){_BEFORE}(?:(?:{_NUMERIC})|\b{_WORDED}){_AFTER}", re.IGNORECASE | re.ASCII)
_RANGE = re.compile(
    rf"\b{_ANY_DAY}\s?(?:-|–|to|and|until|through)\s?(?={_ANY_DAY}(?:\sof)?\s?{_MONTH})|"
    rf"\b{_MONTH}\s?{_ANY_DAY}\s?(?:-|–|to|and)\s?{_DAY}(?:st|nd|rd|th)?\b",
    re.IGNORECASE | re.ASCII,
)
_COMPACT = re.compile(
    r"(?<![\w.])(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[T ]?(?:[01]\d|2[0-3])"
    r"[0-5]\d(?:[0-5]\d)?)?(?![\w]|\.\d)",
    re.ASCII,
)
_CUE = (
    r"(?:\b(?:on|dated?|since|until|till|by|from|born|d\.?o\.?b\.?|seen|scan|study|performed|exam(?:ination)?|"
    r"visit|admitted|discharged|scheduled|for|before|after|prior|ct|mri?|x-?ray|ultrasound|radiograph|"
    r"birth|lmp|last|due|chemo|surgery|biopsy|films?|cxrs?|seen)\b[\s:,]*(?:of\s|on\s)?)"
)
_NO_YEAR = re.compile(
    rf"{_CUE}((?:0?[1-9]|1[0-2])/{_DAY}|{_DAY}/(?:0?[1-9]|1[0-2]))(?![\d/]|\s?(?:pain|scale|mm|cm))",
    re.IGNORECASE | re.ASCII,
)
_DOTTED = re.compile(
    rf"\b(?:on|dated?|since|until|till|by|from|to|and|due|seen|scan|scheduled|for|before|after|admitted|discharged),? "
    rf"({_DAY}\.\s?(?:0?[1-9]|1[0-2])\.)(?![\d\w])",
    re.IGNORECASE | re.ASCII,
)
"""Day and month as Germans write them: 3.12. with both full stops."""
_DAY_MONTH = re.compile(
    r"(?<![\w./-])(?:0[1-9]/(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])/(?:0[1-9]|1[0-2])|(?:0?[1-9]|"
    r"1[0-2])/(?:1[3-46-9]|2[1-9]|31)|"
    r"(?:1[3-9]|2[1-9]|3[01])/(?:0?[1-9]|1[0-2]))(?![\w/%]|\.\d|\s?(?:pain|power|murmur|images?|slices?|mm|cm|"
    r"strength))",
    re.ASCII,
)
_LISTED = re.compile(
    r"(?:\[DATE\]|(?<![\w/])\d{1,2}/\d{1,2})(?:,| and| &|;| to|-)\s?((?:0?[1-9]|[12]\d|"
    r"3[01])/(?:0?[1-9]|[12]\d|3[01]))(?![\w/%])",
    re.ASCII,
)
_MONTH_YEAR = re.compile(
    r"(?<![\w./-])(?:0?[1-9]|1[0-2])[/.-](?:19|20)\d{2}(?![\w/]|[.-]\d)|"
    r"(?<![\w./-])(?:19|20)\d{2}[/-](?:0?[1-9]|1[0-2])(?![\w/]|[.-]\d)|"
    r"(?<![\w./-])(?:0[1-5789]|1[0-2])/(?:[4-9]\d)(?![\w/%.-]|\s?(?:mm|mmHg|pain)\b)|"
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-'’]\d{2}(?![\w/-])",
    re.ASCII,
)
_MONTH_ALONE = re.compile(
    r"\b(?:in|since|during|last|this|next|early|late|mid|until|till|by|from|of|before|"
    r"after)[\s-]+"
    r"((?:(?:early|late|mid)[\s-]+)?(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December|Jan|Feb|Apr|Aug|Sept?|Oct|Nov|"
    r"Dec))\b(?!\s?[a-z]*[-']s)",
    re.ASCII,
)
_UNITS = (
    r"(?:mm|cm|m|ml|cc|l|mg|g|kg|mcg|µg|ug|iu|units?|hu|hounsfield|ms|msec|s|sec|hz|khz|mhz|kv|kvp|mas?|mgy|msv|"
    r"gy|bq|mbq|kbq|kcal|cal|steps|copies|cells?|x|×|by|slices?|images?|frames?|patients?|calories|feet|ft|"
    r"watts?|hours|min(?:utes)?|days|ng|pg|pmol|nmol|mmol|guidelines?|criteria|classification|edition|update|"
    r"revision|consensus|recommendations?|definition|version)\b|[%×µ]"
)
_YEAR_ALONE = re.compile(
    rf"(?<![\w.,/:+±<>=≥≤~-])(?<![<>=≥≤~] )(?:19[0-9]\d|20[0-4]\d)(?:[-/]\d{{2}}|s)?(?!\w|[.,:]\d|[-/]\d|"
    rf"\s?(?:{_UNITS}))",
    re.IGNORECASE | re.ASCII,
)
_OF_A_RULE = re.compile(
    r"(?:Fleischner|RADS|TNM|WHO|RECIST|Lugano|Revised|Bosniak|ACR|BTS|AJCC|UICC|ESC|criteria|"
    r"guidelines?|edition|classification|version|v\.?|value|dose|contrast|MR|HU|rate|count|size|"
    r"series|"
    r"image|slice|frame|Society)\s*\(?$",
    re.IGNORECASE,
)
_BEFORE_DATE = re.compile(r"\b(?:on|since|until|till|from|before|after|seen|due|dated) $", re.IGNORECASE)
_HOLIDAY = re.compile(
    r"\b(?:Christmas|New Year|Easter|Thanksgiving|Boxing|Independence|Labor|Memorial|Valentine|"
    r"Halloween)"
    r"(?:[’']s)?(?:\s(?:Day|Eve|Sunday|Monday))?(?:,?\s(?:of\s)?(?:19|20)\d{2})",
    re.IGNORECASE | re.ASCII,
)

_ZH_DIGIT = "〇○零一二三四五六七八九"
_ZH_YEAR = rf"(?:(?:公元)?(?:\d{{4}}|\d{{2}}|[{_ZH_DIGIT}０-９]{{4}}|[{_ZH_DIGIT}]{{2}}|今|去|前|本|当|同)\s?年)"
_ZH_MONTH = r"(?:(?:1[0-2]|0?[1-9]|十[一二]|[一二三四五六七八九十正冬腊元])\s?月份?(?!前|后|余|来|内|龄|大|经|以))"
_ZH_DAY = (
    r"(?:(?:3[01]|[12]\d|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|"
    r"[一二三四五六七八九]|"
    r"初[一二三四五六七八九十])\s?[日号])"
)
_ZH_TIME = (
    r"(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜间|早|晚)?\s?(?:(?:[01]?\d|"
    r"2[0-4])\s?[:：]\s?[0-5]\d(?:\s?[:：]\s?[0-5]\d)?|"
    r"(?:[01]?\d|2[0-4]|[一二三四五六七八九两]|二?十[一二三四]?)\s?[点时](?!间|候|相|常|有|无|而|"
    r"段)(?:\s?(?:[0-5]?\d|"
    r"[一二三四五]?十[一二三四五六七八九]?)\s?分|半|整|[一三]刻)?(?:\s?[0-5]?\d\s?秒)?(?:许|左右)?)"
)
_ZH_WEEK = r"(?:[(（,，]?\s?(?:星期|礼拜|周)[一二三四五六日天]\s?[)）]?)"
_ZH_TAIL = rf"(?:\s?{_ZH_WEEK})?(?:\s?[,，]?\s?(?:{_ZH_TIME}|凌晨|清晨|上午|中午|下午|傍晚|晚上))?"
_CHINESE = re.compile(
    rf"(?:(?:农历|阴历|阳历|公历)\s?)?(?:{_ZH_YEAR}\s?{_ZH_MONTH}(?:\s?{_ZH_DAY})?|{_ZH_MONTH}\s?{_ZH_DAY}){_ZH_TAIL}|"
    rf"(?:{_ZH_WEEK}\s?)(?:{_ZH_YEAR}\s?)?{_ZH_MONTH}\s?{_ZH_DAY}(?:{_ZH_TAIL})|"
    rf"(?:19|20|一九|二[〇○零])[\d{_ZH_DIGIT}]{{2}}\s?年(?:初|底|末|春|夏|秋|冬|上半年|下半年|春节|国庆|中秋)?|"
    rf"(?:农历|阴历|本月|上月|下月|当月|上个月|下个月){_ZH_DAY}{_ZH_TAIL}|"
    rf"(?:农历|阴历){_ZH_MONTH}[初十廿三二一四五六七八九]+日?|"
    rf"(?:(?<=[于在自至从到，。；、年])|(?<=^))(?:1[0-2]|0?[1-9])月(?=[，。,;；的行于在至到查复])"
)
_NUMERIC_ZH = re.compile(
    rf"(?<![\w.])(?:19|20)\d{{2}}\s?([-/.年])\s?(?:1[0-2]|0?[1-9])\s?\1\s?{_DAY}(?!\d){_ZH_TAIL}|"
    rf"(?<![\d.])(?:19|20)\d{{2}}[.](?:1[0-2]|0?[1-9])(?=[，。；、（(]|[\u4e00-\u9fff])",
    re.ASCII,
)


def date_spans(text: str) -> list[Span]:
    """Dates of every usual form, month and year, a year alone, and times that stand at a date.

    Intervals ("3 months ago", 3个月前) and times alone stay.
    """
    found = [Span(m.start(), m.end(), "DATE", "date") for m in _ENGLISH.finditer(text) if _plain(m.group())
             or _BEFORE_DATE.search(text, max(0, m.start() - 8), m.start())]
    for pattern, rule in (
        (_RANGE, "range"),
        (_COMPACT, "compact"),
        (_MONTH_YEAR, "month and year"),
        (_HOLIDAY, "holiday"),
    ):
        found += [Span(m.start(), m.end(), "DATE", rule) for m in pattern.finditer(text)]
    pairs = [m for m in _DAY_MONTH.finditer(text) if m.group() not in ("24/7", "20/20")]
    found += [Span(m.start(), m.end(), "DATE", "day and month") for m in pairs]
    if found or "[DATE]" in text:
        found += [Span(m.start(1), m.end(1), "DATE", "listed") for m in _LISTED.finditer(text)]
    for pattern, rule in ((_NO_YEAR, "day and month"), (_DOTTED, "day and month"), (_MONTH_ALONE, "month")):
        found += [Span(m.start(1), m.end(1), "DATE", rule) for m in pattern.finditer(text)]
    found += [
        Span(m.start(), m.end(), "DATE", "year")
        for m in _YEAR_ALONE.finditer(text)
        if not _OF_A_RULE.search(text, max(0, m.start() - 24), m.start())
    ]
    for pattern in (_CHINESE, _NUMERIC_ZH):
        found += [Span(m.start(), m.end(), "DATE", "chinese date") for m in pattern.finditer(text)]
    return [_ended(text, span) for span in found]


def _ended(text: str, span: Span) -> Span:
    """The span without the full stop of its sentence."""
    return Span(span.start, span.end - (text[span.end - 1] in ".,"), span.kind, span.rule)


def _plain(found: str) -> bool:
    """False for what only looks like a date: sizes such as 12.5.20, "may 3" in running text."""
    if re.match(r"may\s+(?:the\s)?[a-z]", found):
        return False
    return not re.fullmatch(r"(?:may|mar|march)\.?\s?\d{1,2}", found) or found[0].isupper()
