"""Numbers and machine addresses that identify: telephone, e-mail, URL, IP, record and device numbers, great ages."""

from __future__ import annotations

import re

from medomni.scrub.spans import Span

_EMAIL = re.compile(r"[\w.+%'-]+\s?@\s?[A-Za-z0-9-]+(?:\s?\.\s?[A-Za-z0-9-]+)+", re.ASCII)
_SPOKEN_EMAIL = re.compile(
    r"\b[\w.]+ at [\w-]+ dot (?:com|org|net|edu|gov|uk|co|cn|de)(?: dot \w{2,3})?\b", re.IGNORECASE | re.ASCII
)
_URL = re.compile(
    r"(?:https?|ftp|sftp|ldaps?)://[^\s<>\"，。；、）)\]]+[^\s<>\"，。；、）)\].,;:!?]|"
    r"\bwww\.[A-Za-z0-9.-]+[A-Za-z0-9]"
    r"(?:/[A-Za-z0-9\-._~/?#=&%+]*)?|"
    r"\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|org|net|edu|gov|info|biz|io|co\.uk|ac\.uk|nhs\.uk|"
    r"org\.uk|"
    r"cn|de|fr|eu|health|hospital)\b(?:/[A-Za-z0-9\-._~/?#=&%+]*)?",
    re.IGNORECASE | re.ASCII,
)
_IP = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:/\d{1,2}|:\d{2,"
    r"5})?(?![\w]|\.\d)|"
    r"(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])|"
    r"(?<![\w:])(?=[0-9a-f:]*::)(?:[0-9a-f]{1,4}:){0,6}:?(?::[0-9a-f]{1,4}){1,6}(?![\w:])",
    re.IGNORECASE | re.ASCII,
)
_MAC = re.compile(r"(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])", re.IGNORECASE | re.ASCII)
_UID = re.compile(r"(?<![\w.])\d+(?:\.\d+){4,}(?![\w])", re.ASCII)

_EXTENSION = r"(?:\s?[,;]?\s?(?:x|ext\.?|extension|转|分机)\s?[:#.]?\s?\d{1,6})?"
_PHONE = re.compile(
    r"(?<![\w.])(?:"
    r"(?:\+|00)\d{1,3}[\s.-]?(?:\(0\)\s?)?(?:\(?\d{1,5}\)?[\s.-]?){1,5}\d{2,4}|"
    r"1?[\s.-]?\(\d{2,5}\)\s?[-.]?\s?\d{2,4}(?:[\s.-]?\d{2,5}){1,3}|"
    r"(?:1[\s.-])?\d{3}[\s.-]\d{3}[\s.-]\d{4}|"
    r"\d{3}[-.]\d{4}|"
    r"0\d{2,4}[\s-]\d{3,8}(?:[\s-]\d{3,4})?|0\d{9,11}|"
    r"1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}|[48]00[-\s]?\d{3,4}[-\s]?\d{3,4}"
    rf")(?!(?!x\d)\w|[./-]\d){_EXTENSION}",
    re.IGNORECASE | re.ASCII,
)
_PHONE_LABEL = re.compile(
    r"(?:\b(?:tel(?:ephone)?|phone|mobile|cell|fax|call(?:ed|back)?|contact|pager|beeper|bleep|ext(?:ension)?|"
    r"whatsapp)\b"
    r"(?:\s?(?:no|number|num|#|nr)\b)?\.?|(?:电话|手机|传真|联系方式|座机|热线|分机|短号)(?:号码?)?)\s?(?:is|at|on|:|"
    r"：|为|是|#)*\s*"
    r"(\+?[\d(][\d\s().\-/]{2,20}\d" + _EXTENSION + ")",
    re.IGNORECASE | re.ASCII,
)

_LABEL_EN = (
    r"\b(?:MRN|M\.R\.N\.?|URN|PID|UHID|(?:medical|hospital|health|patient|clinic(?:al)?|case|chart|file|registration|"
    r"encounter|reg|hosp|slide|histology|cytology|pathology|path|lab|trial|protocol|med(?:ical)? rec|"
    r"visit|admission|record|account|acct|claim|member(?:ship)?|policy|subscriber|insurance|beneficiary|group|plan|"
    r"certificate|"
    r"accession|acc|exam(?:ination)?|order|request|requisition|referral|booking|reference|ref|study|specimen|sample|"
    r"serial|device|model|lot|batch|asset|equipment|scanner|implant|pacemaker|machine|unit|licen[cs]e|"
    r"driver'?s|driving|passport|national|social security|tax|NHS|SSN|NI|NINO|CHI|H&C|Medicare|Medicaid|HICN|MBI|IHI|"
    r"DVA|"
    r"SIN|SS|GMC|NPI|DEA|NMC|HCPC|badge|employee|staff|student|vehicle|plate|VIN|bar ?code|tracking|invoice|credit "
    r"card|"
    r"card|bank|IBAN|BIC|SWIFT|ID|identity|identification|identifier)"
    r"(?:[\s-]+(?:medical|health|care|patient|record|insurance|security|registration|licen[cs]e|plate|card|account|"
    r"policy|"
    r"member|serial|device|identification|identity|identifier|accession|reference|study))*"
    r"(?:[\s-]*(?:numbers?|num|nos?|nr|id|code)\b\.?|\s?#)?|S/N|SN|#|No\.|ID)"
)
_LABELLED_EN = re.compile(
    rf"(?:{_LABEL_EN})(?![A-Za-z])\s*(?:\((?:\w+\s?){{1,3}}\)\s*)?(?:is|was|of|[:#=.])*\s*"
    r"((?=[A-Za-z]*[-/]?[A-Za-z]*[-/]?\d|(?-i:[A-Z]{1,4}) \d)[A-Za-z0-9]+(?:[-/_.][A-Za-z0-9]+|"
    r"\s(?=\d)[\d]+(?:[-/]\w+)?)*)",
    re.IGNORECASE | re.ASCII,
)
_LABELLED_ZH = re.compile(
    r"(?:住院|门诊|病案|病历|检查|影像|登记|就诊|医保|社保|身份证|证件|护照|卡|编|条码|条形码|序列|设备|机器|机身|"
    r"申请单|申请|床|保单|流水|放射|"
    r"CT|MRI?|DR|超声|病理|ID|号码|就诊卡|车牌|工|账|帐|银行卡|微信|QQ|学|驾驶证|军官证|通行证|居住证|保险|参保|报告|"
    r"标本|样本|预约|挂号|体检|"
    r"起搏器|植入物|批|型|患者|病人|X线|片|检验|处方|发票|订单|档案|健康档案|就医|一卡通|社会保障|医疗保险|个人|"
    r"出生证|许可证|执业证书?)"
    r"(?:卡|证|单|片)?(?:号码?|编号|号|ID|码)?\s?[:：为是#]?\s*(?:为|"
    r"是)?\s*([A-Za-z0-9][A-Za-z0-9\-_/]*\d[A-Za-z0-9]*|\d)",
    re.IGNORECASE,
)
_RESIDENT = re.compile(
    r"(?<![0-9A-Za-z])\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|"
    r"3[01])\d{3}[\dXx](?![0-9A-Za-z])|"
    r"(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])",
    re.ASCII,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·•\s-]?[A-Z0-9]{5,"
    r"6}(?![A-Z0-9])",
    re.ASCII,
)
_PLATE_UK = re.compile(r"(?<![\w-])[A-HJ-PR-Y][A-HJ-PR-Z]\d{2} ?[A-HJ-PR-Z]{3}(?![\w-])", re.ASCII)
"""Great Britain since 2001: area, age, three letters."""
_SOCIAL = re.compile(
    r"(?<![\w-])(?:\d{3}|[xX*]{3})-(?:\d{2}|[xX*]{2})-\d{4}(?![\w-])|(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d{2}\s?\d{2"
    r"}\s?\d{2}\s?[A-D](?!\w)",
    re.ASCII,
)
_GROUPED = re.compile(r"(?<![\w.,/])\d{2,6}(?:([ -])\d{2,6}){1,4}(?![\w,/]|\.\d|[ ]?(?:mm|cm|ml|HU|mg))", re.ASCII)
_EXTENSION_ALONE = re.compile(
    r"(?<![\w-])(?:ext(?:ension|n)?\b\.?|x)\s?#?:?\s?\d{3,6}(?![\w.]\d|\w)|"
    r"(?<=\bpager )#?\d[\d-]{2,8}|(?<=\bbleep )#?\d[\d-]{2,8}|(?<=\bpage )#?\d{2,5}-?\d{2,5}(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_REACHED = re.compile(
    r"\b(?:page[dr]?|bleep(?:ed)?|dial|contact(?:ed|able)?|reach(?:ed|able)?|call(?:ed|back)?|phone[d]?|ring|rang|"
    r"beep(?:ed)?|discuss|queries)\b"
    r"(?:\s[\w.,'’]+){0,5}?\s(?:on|at|via|to|#)\s?(\d[\d-]{2,9}\d)(?![\w/:]|\.\d|\s?(?:hrs?|h|am|pm|mm|cm|mg|ml)\b)",
    re.IGNORECASE | re.ASCII,
)
_TRIPLE = re.compile(r"(?<![\w./-])\d{2}-\d{2}-\d{2}(?![\w/]|-\d|\.\d)", re.ASCII)
_EXTENSION_ZH = re.compile(
    r"(?:医师|医生|大夫|护士|主任|技师|教授|老师)\s?[（(]\s?(\d{4,6})\s?[）)]|(?:间|站|台|处|值班|内线|短号|分机|"
    r"小号|虚拟网|转)\s?[:：]?\s?(\d{4,6})(?!\d|年|-|\.\d|[A-Za-z])"
)
_LONG = re.compile(r"(?<![\w.,])(?:[A-Z]{1,5}[-_/#]?)?\d{6,}(?:[-_/]\w+)*(?![\w]|\.\d)", re.ASCII)
_MIXED = re.compile(r"(?<![\w.])(?=[A-Z0-9_/-]*\d)(?=[A-Z0-9_/-]*[A-Z])[A-Z0-9]+(?:[-_/][A-Z0-9]+)*(?![\w])", re.ASCII)
_MIXED_SMALL = re.compile(
    r"(?<![\w.@])(?=[a-z0-9-]*\d[a-z-]*\d[a-z-]*\d)(?=[a-z0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*("
    r"?![\w@])",
    re.IGNORECASE | re.ASCII,
)
_STAYS = re.compile(
    r"(?:B\d{2,4}|(?:SE|IM|SER|IMG|SL)\d{1,4}|\d+(?:NG|PG|UG|PMOL|NMOL|MMOL|UMOL|FMOL|MEQ|KU|MU)(?:/[A-Z0-9.]+)?|"
    r"[CTLS]\d{1,2}(?:[-/][CTLS]?\d{1,2})*|[cpy]{0,2}T[0-4X](?:is|"
    r"[a-d])?(?:N[0-3X][a-c]?)?(?:M[01X][a-c]?)?|"
    r"N[0-3][a-c]?M?[01]?|"
    r"\d+(?:\.\d+)?(?:MM|CM|ML|MG|MCG|G|KG|HU|KV|KVP|MAS|MA|MGY|MSV|T|MHZ|HZ|S|MS|MGI|MIN|H|HR|HRS|W|D|M|Y|YO|YR|YRS|"
    r"IU|"
    r"U|L|CC|F|FR|G|GY|MBQ|MCI|BPM|X|ND|TH|ST|RD|"
    r"DAYS?|WEEKS?|MONTHS?|YEARS?|DPI|K|PX)(?:/[A-Z0-9.]+)?|\d+[-/]\d+(?:MM|CM)|"
    r"(?:TC|I|F|GA|LU|Y|RA|SR|IN|XE|TL|C|N|O|RB|CU|ZR|SM|CO|CS)-?\d{1,3}M?(?:-[A-Z]+)?|\d{1,3}M?-?(?:TC|I|F|GA|LU|Y|"
    r"RA|SR|IN|XE|TL)(?:-[A-Z]+)*|"
    r"CA-?\d{2,3}(?:[-/.]\d)?|V\d{3}E|HER-?2|HLA-?[A-Z]+\d+|COVID-?\d+|CD\d{1,3}|P\d{2}|KI-?67|FVC|FEV1|B\d{1,2}|"
    r"SPO2|PO2|PCO2|H2O|CHA2DS2(?:-VASC)?|"
    r"(?:BI|LI|PI|TI|LUNG|O|CAD|NI|C|VI)-?RADS-?\d[A-Z]?|LR-?\d|Z\d{1,3}|\d{1,2}[A-Z]|[A-Z]\d{1,2}[A-Z]?|[A-Z]{1,"
    r"3}\d{1,2}|T1|T2|"
    r"\d{1,2}[-/]\d{1,2}[A-Z]{1,3}|\d+/\d+|(?:T[12]|STIR|DWI|ADC|FLAIR)[A-Z0-9/-]*|\d+P\d+Q?|1P19Q|G\d+P\d+(?:A\d+)?|"
    r"L\d-S\d|"
    r"\d{1,2}-[A-Z]+(?:-[A-Z]+)*|\d{3,4}CC|RECIST\d*|X\d+|\d+X\d+(?:X\d+)?|[A-Z]+-\d{1,2}|\d+-?(?:YEAR|MONTH|WEEK|"
    r"DAY|SLICE|ROW|GAUGE|HOUR|MINUTE|LEAD|VIEW)S?(?:-OLD)?)",
    re.IGNORECASE,
)

_LOGIN = re.compile(
    r"\b(?:login|log-in|username|user ?name|user id|userid)\b(?: (?:is|was))?\s?[:=]?\s+"
    r"(?!(?:is|was|and|to|with|in|for|page|details|failed|not|again|as|at|on|screen)\b)([A-Za-z][\w.\\-]{1,40}\w)",
    re.IGNORECASE | re.ASCII,
)

_AGE_WORDS = (
    r"(?:nine?ty(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one|a) hundred(?:(?: and)?[ "
    r"-](?:one|two|three|"
    r"four|five|six|seven|eight|nine|ten|eleven|twelve))?)"
)
_OVER = r"(?:9\d|1[0-2]\d)"
_AGE = re.compile(
    rf"(?<![\w.,/-])({_OVER}|{_AGE_WORDS})(?=\s?[- ]?(?:years?|yrs?|y)[\s.-]*(?:olds?|of age|o\b|/o)|"
    rf"\s?-?(?:y\.?/?o\.?|yrs?|yo|yof|yom|y/o)\b|"
    rf"\s?[yY]?[MF]\b(?!\w)|[- ](?:year|yr)s?\b(?!\s(?:ago|later|post|follow|history|survival|of\s(?!age)|pack)))|"
    rf"\b(?:aged?|age of|ages|age\s?[:=]|turned|turning|turns|(?:he|she|who|patient) (?:is|was|is now))\s*(?:is|was|"
    rf"[:=])?\s*(?:now\s|about\s|over\s|almost\s)?({_OVER}|{_AGE_WORDS})"
    rf"(?![\w%/]|\.\d|\s?(?:kg|cm|mm|lbs?|bpm|beats|percent))|"
    rf"(?<![\d.])({_OVER})(?=\s?(?:周|虚)?岁)|((?:九十[一二三四五六七八九]?|一百(?:零|一十|二十|"
    rf"一)?[一二三四五六七八九]?))(?=多?余?岁)|"
    rf"(?:年龄|享年|年届|高龄)\s?[:：为是]?\s?({_OVER}|九十[一二三四五六七八九]?)",
    re.IGNORECASE | re.ASCII,
)


_AGE_OF_NAME = re.compile(
    rf"\[(?:NAME|PLACE|ADDRESS)\]"
    rf"(?:, (?:age[d]? )?({_OVER})(?=[,.;]|$| (?:with|and|from)\b)|,? \(({_OVER})\))", re.ASCII
)
"""The age that stands behind a name in commas or brackets; the name is a placeholder by the second pass."""
_AGE_SEX = re.compile(
    rf"(?<![\w.,/-])({_OVER})\s?(?:[yY]\w*\.?)?\s?[/,;]?\s?(?:[MF]\b|(?:fe)?male\b|man\b|woman\b|lady\b|gentleman\b|"
    rf"[男女])|"
    rf"(?:\b[MF]|\b(?:fe)?male|[男女]|\b(?:lady|gentleman|man|woman|mother|father|"
    rf"husband|wife|grandmother|grandfather|resident|veteran|pensioner|widow|widower),?\s(?:of|aged|is|was|now|who "
    rf"is))(?:性)?\s?[/,，、;-]?\s?({_OVER})(?![\d.%/]|\s?(?:mm|cm|kg|bpm|beats))",
    re.ASCII,
)


def number_spans(text: str) -> list[Span]:
    """Everything of figures that is no date; ages only where they are over 89 (45 CFR 164.514(b)(2)(i)(C)).

    Measurements, doses, scores, vertebrae, slice numbers and isotopes stay. A number of six figures or more that none
    of them explains is taken for an identifier.
    """
    found = [
        Span(m.start(), m.end(), kind, rule)
        for pattern, kind, rule in (
            (_EMAIL, "EMAIL", "e-mail"),
            (_SPOKEN_EMAIL, "EMAIL", "spoken e-mail"),
            (_URL, "URL", "url"),
            (_IP, "IP", "ip"),
            (_MAC, "DEVICE", "mac address"),
            (_UID, "ID", "uid"),
            (_PHONE, "PHONE", "telephone"),
            (_RESIDENT, "ID", "resident identity"),
            (_PLATE, "ID", "plate"),
            (_PLATE_UK, "ID", "plate"),
            (_SOCIAL, "ID", "social security"),
            (_TRIPLE, "ID", "grouped number"),
        )
        for m in pattern.finditer(text)
    ]
    found += [Span(m.start(1), m.end(1), "PHONE", "labelled telephone") for m in _PHONE_LABEL.finditer(text)]
    found += [Span(m.start(), m.end(), "PHONE", "extension") for m in _EXTENSION_ALONE.finditer(text)]
    found += [Span(m.start(1), m.end(1), "PHONE", "reached at") for m in _REACHED.finditer(text)]
    found += [
        Span(m.start(k), m.end(k), "PHONE", "extension")
        for m in _EXTENSION_ZH.finditer(text)
        for k in (1, 2)
        if m.group(k)
    ]
    found += [Span(m.start(1), m.end(1), "ID", "login") for m in _LOGIN.finditer(text)]
    for m in _LABELLED_EN.finditer(text):
        if _long_enough(m.group(1)):
            kind = (
                "DEVICE"
                if re.match(r"(?i)(?:serial|device|scanner|implant|pacemaker|S/N|SN|lot|machine)", m.group())
                else "ID"
            )
            found.append(Span(m.start(1), m.end(1), kind, "labelled number"))
    found += [
        Span(m.start(1), m.end(1), "ID", "labelled number")
        for m in _LABELLED_ZH.finditer(text)
        if len(m.group(1)) >= 4 or re.search(r"号", m.group())
    ]
    found += [Span(m.start(), m.end(), "ID", "long number") for m in _LONG.finditer(text)]
    found += [
        Span(m.start(), m.end(), "ID", "grouped number")
        for m in _GROUPED.finditer(text)
        if sum(c.isdigit() for c in m.group()) >= 7
    ]
    for pattern in (_MIXED, _MIXED_SMALL):
        found += [
            Span(m.start(), m.end(), "ID", "letters and figures")
            for m in pattern.finditer(text)
            if _identifies(m.group())
        ]
    for pattern in (_AGE, _AGE_SEX, _AGE_OF_NAME):
        for m in pattern.finditer(text):
            k = next(k for k in range(1, pattern.groups + 1) if m.group(k))
            found.append(Span(m.start(k), m.end(k), "AGE", "age over 89"))
    return found


def _long_enough(value: str) -> bool:
    """A labelled value that is no count, stage or vertebra: three figures, or four characters with letters."""
    figures = sum(c.isdigit() for c in value)
    if _STAYS.fullmatch(value) and figures < 5:
        return False
    return figures >= 4 or (figures >= 2 and len(value) >= 5)


def _identifies(token: str) -> bool:
    figures = sum(c.isdigit() for c in token)
    letters = sum(c.isalpha() for c in token)
    if _STAYS.fullmatch(token) or figures < 2:
        return False
    return (figures >= 3 and len(token) >= 5) or (
        figures >= 2 and letters >= 3 and len(token) >= 6 and "-" not in token
    )
