"""Hospitals, wards, rooms and postal addresses in English text."""

from __future__ import annotations

import re

from medomni.scrub.spans import Span
from medomni.scrub.words import context_words, given_names, is_known, kept_words, surnames

_CAP = r"(?:[A-Z][\w'’.&-]*|St\.?|of|the|and|&|for|de|la|del)"
_NAME = rf"[A-Z][\w'’&-]*\.?(?:[ ]{_CAP}){{0,6}}?"
_KIND = (
    r"(?:Hospitals?|Infirmary|Clinics?|Medical (?:Center|Centre|Group|Practice|School|College|Associates|Arts|"
    r"Imaging)|Health ?(?:Center|Centre|System|Care|Services?|Board|Campus)|"
    r"Hospice|Sanatorium|Surgery(?=[\s,.;]|$)|Nursing Home|Care Home|Care Cent(?:er|re)|Rest Home|Institute|"
    r"University|College|Academy|NHS(?: Foundation)? Trust|Foundation Trust|"
    r"Imaging(?: Cent(?:er|re)| Associates| Partners)?|Diagnostics|Radiology(?: Associates| Partners| Group| "
    r"Cent(?:er|re))?|Cancer Cent(?:er|re)|Heart Cent(?:er|re)|Cent(?:er|re)|Practice|Pharmacy|"
    r"Rehabilitation(?: Cent(?:er|re))?|Insurance|Health Plan|Elementary|High School|Primary School|Church|"
    r"Inc\.?|LLC|Ltd\.?|PLC|Corp\.?|Corporation|Company|Group|Pavilion|Building|Wing|Ward|Unit|Suite|House|"
    r"Lodge|Court|Manor)"
)
_ORGANISATION = re.compile(
    rf"\b(?:The )?({_NAME}) ({_KIND})(?:(?: (?:of|at|in|for)(?: the)? [A-Z][\w'’-]+(?:[ "
    rf"-][A-Z][\w'’-]+){{0,2}})?)(?!\w)"
)
_UNIVERSITY = re.compile(r"\bUniversity Hospitals?(?: [A-Z][\w'’-]+){1,3}")
_OF = re.compile(
    r"\b(?:(?:University|Hospital|Medical Cent(?:er|re)|Institute|College|Clinic|Church) (?:Hospital |"
    r"Medical Cent(?:er|re) )?(?:of|at|for) (?:the )?(?:[A-Z][\w'’-]+(?: (?:of|and|&) | )?){1,5})"
)
_FIRM = re.compile(
    r"\b[A-Z][\w'’-]+(?:(?:, | and |-| & )[A-Z][\w'’-]+){1,3}(?: (?:Group|Inc|LLC|Ltd|PLC|and Sons|& "
    r"Sons|Associates|Partners))?(?=[\s.,;]|$)"
)
_FIRM_END = re.compile(r"(?:Group|Inc|LLC|Ltd|PLC|Sons|Associates|Partners)$")
_GENERIC = context_words("generic_places")
_TOWNS = context_words("compass")

_WARD = re.compile(
    r"\b(?:(?:ward|room|rm|bed|bay|suite|cubicle|bedspace|clinic|theatre|theater|side ?room|exam room|scan room|"
    r"wing|annexe?|cot|chair)(?:\b|(?=\d))\s?(?:no\.?|number|#|is)?[\s:-]{0,2}"
    r"(?:(?-i:[A-Z]{1,3})[-\s/]?\d{1,4}(?:[-/]?[A-Z0-9]{1,3})?|\d{1,5}(?:[-/.]?[A-Z0-9]{1,4})?|[A-Z]{1,2})(?![\w%]|"
    r"\s?(?:mm|cm|days?|weeks?|hours?))|"
    r"(?<!L)(?:floor|level|building|block|tower|department|unit)\s(?:no\.?\s|number\s|#)?(?:[A-Z]?\d{1,4}[A-Z]?|"
    r"[A-Z])(?=\s?,?\s?(?:room|rm|bed|ward|bay)\b)|"
    r"\d{1,3}(?:st|nd|rd|th) floor|"
    r"(?<![\w.])\d{1,2}[\s-]?(?:North|South|East|West|[NSEW])(?:\s?(?:wing|ward|tower))(?!\w)|(?<=\b(?:to|on|in|"
    r"at)\s)\d{1,2} (?:North|South|East|West)\b|"
    r"(?:ICU|CCU|HDU|NICU|PICU|MICU|SICU|ED|ER|A&E|ITU)\s?(?:bed|bay|room)?\s?#?\d{1,3}[A-Z]?(?!\w|[.:]\d|"
    r"\s?(?:days?|hours?|mm|cm)))",
    re.IGNORECASE,
)
_WARD_NAMED = re.compile(
    r"\b(?:[Ww]ard|WARD)\s(?:name(?:d)?\s)?([A-Z][a-z'’]+(?: [A-Z][a-z'’]+)?)(?![\w])|"
    r"\b([A-Z][a-z'’]+(?: [A-Z][a-z'’]+)?) (?:[Ww]ard|[Ww]ing|Suite)\b"
)

_STREETS = context_words("streets")
_MORE = "(?:" + "|".join(w.capitalize() for w in sorted(context_words("streets_more"))) + ")(?=,|\\s\\d|\\.?$)"
_STREET = "(?:" + "|".join(sorted(_STREETS, key=len, reverse=True)) + ")"
_STATES = (
    r"(?:AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|"
    r"ND|OH|OK|OR|PA|RI|SC|SD|"
    r"TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR|GU|VI|AS|MP|FM|MH|PW|AA|AE|AP|ON|QC|BC|AB|MB|SK|NSW|NS|NB|NL|PE|YT|NT|NU|"
    r"NSW|VIC|QLD|ACT|TAS)"
)
_STATE_NAMES = (
    r"(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|"
    r"Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|"
    r"Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New "
    r"(?:Hampshire|Jersey|Mexico|York|South Wales)|(?:North|South) (?:Carolina|Dakota)|"
    r"Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|(?:West )?Virginia|"
    r"Washington|Wisconsin|Wyoming|Ontario|Quebec|British Columbia|"
    r"Alberta|Manitoba|Saskatchewan|Nova Scotia|Victoria|Queensland|Tasmania|England|Scotland|Wales|"
    r"Northern Ireland|Australia|Canada|USA|United States|UK|United Kingdom)"
)
_ZIP = r"(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|\d{4})"
_TOWN = r"[A-Z][\w'’.-]+(?:[ ](?:[A-Z][\w'’.-]+|upon|on|under|le|de|in|of|the)){0,3}"
_SUB = (
    r"(?:(?:apt|apartment|suite|ste|unit|flat|studio|floor|fl|no|#|room|rm|lot|building|bldg|"
    r"box)\b\.?\s?#?\s?[A-Z]?-?\d+[A-Z]?|#\s?\d+)"
)
_TAIL = (
    rf"(?:[,\s]{{1,3}}(?:{_SUB}|{_STATE_NAMES}|{_STATES}(?:[,\s]+{_ZIP})?|{_ZIP}|{_TOWN}(?=[,\s]{{1,"
    rf"3}}(?:{_STATES}|{_STATE_NAMES}|{_ZIP}|[A-Z][\w'’-]+[,\s]{{1,3}}{_ZIP})(?!\w))|(?<=[,\n])\s?{_TOWN}(?=[.,"
    rf";\n]|$)))*"
)
_ADDRESS = re.compile(
    rf"(?:(?i:{_SUB})[,\s]{{1,3}}|(?i:h\.?\s?no\.?)\s?)?(?<![\w.])\d{{1,6}}[A-Za-z]?(?:[-/]\d+)?[,]?[ "
    rf"](?:(?:[NSEW]\.?|North|South|East|"
    rf"West)[ ])?(?!(?:DAYS?|Ref|REF|Dr|DR)\b)(?:[A-Z\d](?:[\w'’-]*|[A-Za-z]{{0,2}}\.)[ ]){{1,4}}(?:(?!(?:Dr|DR)[- "
    rf"])(?i:{_STREET})|{_MORE})\b\.?(?:[ ](?:[NSEW]|North|South|East|"
    rf"West)\b\.?)?{_TAIL}(?:[,\s]{{1,3}}(?i:{_SUB}))?"
)
_SUBADDRESS = re.compile(
    rf"\b(?:Flat|Apt\.?|Apartment|Suite|Studio|Unit)\s?#?\d+[A-Za-z]?[,\n ]+[A-Z][\w'’-]+(?:[ "
    rf"][A-Za-z][\w'’-]+){{0,3}}{_TAIL}|\bStudio \d+[A-Z]?\b",
    re.MULTILINE,
)
_STREET_ALONE = re.compile(
    r"\b(?:[A-Z][\w'’-]+ ){1,3}(?:Street|Avenue|Ave\.?|Road|Rd\.?|Lane|Boulevard|Blvd\.?|"
    r"Drive|Crescent|Terrace|Parkway|Highway|Close|Mews)\b(?!\s(?:Hospital|Clinic))"
)
_HOUSE = re.compile(rf"\bH\.?\s?No\.?\s?\d+[\w/-]*(?:,?[ ][A-Z][\w'’-]+){{1,5}}(?:[ ]\d{{6}})?{_TAIL}")
_TOWN_CODE = re.compile(
    r"\b((?:[A-Z][a-z'’-]+ ){0,2}[A-Z][a-z'’-]{2,})[ ](\d{4,6}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,"
    r"2}\d[A-Z\d]? ?\d[A-Z]{2})(?![\w/])"
)
_COMPASS = re.compile(
    r"\b(?:North|South|East|West|New|Lake|Port|Fort|Mount|Saint|Los|Las|San|Santa)[ "
    r"]([A-Z][a-z'’-]{2,})\b"
)
_BIG = re.compile(
    r"\b((?:[A-Z][A-Z'’&.-]*[ ]){0,6}?)(UNIVERSITY HOSPITAL|HOSPITAL|INFIRMARY|CLINIC|MEDICAL CENT(?:ER|RE)|HEALTH "
    r"CENT(?:ER|RE)|"
    r"DIAGNOSTIC IMAGING|IMAGING|CANCER (?:CENT(?:ER|RE)|INSTITUTE)|HEART INSTITUTE|MEDICAL PRACTICE|NHS TRUST)"
    r"(?! OF)((?: (?:OF )?(?:NORTH |SOUTH "
    r"|EAST |WEST |NEW |LAKE |PORT |ST )?"
    r"[A-Z]{3,})?)\b"
)
_SMALL = re.compile(
    r"\b((?:[a-z'’-]+ ){1,4}?)((?:(?:general|memorial|regional|community|district|university|county|royal|city|"
    r"diagnostic|medical) )*"
    r"(?:hospital|infirmary|clinic|medical cent(?:er|re)))\b"
)
_FAMOUS = re.compile(
    r"\b(?:[Tt]he )?(?:Johns Hopkins|Mayo Clinic|Cleveland Clinic|Mass General|MGH|Massachusetts General|Mount "
    r"Sinai|Cedars[- ]Sinai|"
    r"Memorial Sloan[- ]Kettering|Sloan[- ]Kettering|MD Anderson|Guy[’']s(?: and St\.? "
    r"Thomas[’']?)?|Great Ormond Street|"
    r"Addenbrooke[’']?s|Royal Marsden|Royal Free|Brigham(?: and Women[’']s)?|Stanford Health|NYU "
    r"Langone|Kaiser(?: Permanente)?|"
    r"St\.? Thomas[’']|King[’']s College|Barts|AIIMS|Apollo|Fortis|Tata Memorial|SickKids|"
    r"Sunnybrook|Westmead|Royal Prince Alfred|"
    r"Royal Melbourne|Peter Mac(?:Callum)?|Toronto General|Charing Cross|Hammersmith|Christie|"
    r"Papworth|Bellevue|Duke University)\b(?! (?:disease|sign))(?: (?:Hospital|Clinic|Medical "
    r"Cent(?:er|re)))?"
)
_BY_TOWN = re.compile(
    rf"(?:(?i:{_SUB})[,\s]{{1,3}})?(?<![\w.])\d{{1,6}}[A-Za-z]?,? (?:[A-Z][\w'’-]+ ){{1,4}}[A-Z][\w'’-]+,\s"
    rf"(?:[A-Z][\w'’-]+[ ]?){{1,3}},\s(?:{_STATES}|{_STATE_NAMES}),?\s{_ZIP}(?!\w)"
)
"""A house and whatever its street is called, known by its town, state and code."""
_INDIAN = re.compile(
    r"(?<![\w./])(?:H\.?\s?No\.?\s?)?\d{1,4}(?:/\d{1,4})?,\s(?:[A-Z][\w'’-]+[ ]?){1,3},"
    r"\s(?:[A-Z][\w'’-]+[ ]?){1,3}?[ -]\d{6}(?!\w)"
)
"""House number, street, town and the six digits of a postal index number."""
_BOX = re.compile(rf"\bP\.?\s?O\.?\s?Box\s?\d+{_TAIL}", re.IGNORECASE)
_MILITARY = re.compile(
    r"\b(?:PSC|CMR|Unit|UPR|USN[SV]?|USCGC|USS|USAV)\s[\w -]{1,30}?,?\s?(?:Box \d+)?,?\s*(?:APO|"
    r"FPO|DPO)[, ]+(?:AA|AE|AP)[, ]+\d{5}(?:-\d{4})?"
)
_CITY = re.compile(
    rf"\b{_TOWN},? (?:{_STATES}|{_STATE_NAMES})[, ]+\d{{5}}(?:-\d{{4}})?(?!\d)|\b{_TOWN}, (?!MD|PA|DO|"
    rf"NP|OD)(?:{_STATES})(?![\w-])"
)
_POSTCODE = re.compile(
    r"(?<!\w)(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPSTUW]|"
    r"[A-HK-Y]\d[ABEHMNPRV-Y]) ?\d[ABD-HJLNP-UW-Z]{2})(?!\w)|"
    r"(?<!\w)[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d(?!\w)|\bzip(?: "
    r"?code)?:? ?\d{5}(?:-\d{4})?\b",
    re.IGNORECASE,
)
_HOME = re.compile(
    r"(?i:\b(?:(?:home |postal |mailing |billing |current |residential |work )?address|addr|lives?|"
    r"living|lived|resid(?:es|ed|ing)|resident|residence|domiciled|moved|mail(?:ed)?|home|stays|"
    r"staying|located)\s?(?:is|was|:|=|at|in|on|of|to)*:?)[ \n]{1,2}"
    r"(?-i:(?=[A-Z0-9#]))((?:[A-Z0-9#][\w'’./#-]*|of|the|upon|on|le|St\.|" + _STREET + r")(?:[,]?[ "
    r"\n](?:[A-Z0-9#][\w'’./#-]*|upon|on|under|le|" + _STREET + r"(?=[\n, .]))){0,14})"
)


def english_places(text: str) -> list[Span]:
    """Organisations with a name of their own, wards, rooms and beds with their numbers, and postal addresses.

    Street words after USPS Publication 28, appendix C1; the form of British postcodes after BS 7666. "The hospital", "a
    clinic" and departments without a name stay.
    """
    found = []
    for match in _ORGANISATION.finditer(text):
        own = [w for w in re.findall(r"[\w'’-]+", match.group(1)) if w.lower() not in _GENERIC]
        if own or (
            re.match(r"(?:University|General|Regional|County|City|Community|Children's|Memorial)", match.group(1))
            and re.search(r"Hospital|Medical Cent", match.group(2))
        ):
            found.append(Span(match.start() + _lead(match.group()), match.end(), "PLACE", "organisation"))
    found += [Span(m.start(), m.end(), "PLACE", "organisation") for m in _OF.finditer(text)]
    found += [Span(m.start(), m.end(), "PLACE", "firm") for m in _FIRM.finditer(text) if _FIRM_END.search(m.group())]
    found += [
        Span(m.start(), m.end(), "PLACE", "ward or room")
        for m in _WARD.finditer(text)
        if re.search(
            r"\d|[A-Z]"
            r"$",
            m.group(),
        )
        and not re.search(r"(?:room|bed|bay|suite|clinic|ward|chair|wing|pod|cot) (?:[a-z]{1,2})$", m.group())
    ]
    for m in _WARD_NAMED.finditer(text):
        k = 1 if m.group(1) else 2
        if m.group(k).lower().split()[0] not in _GENERIC and m.group(k).lower() not in (
            "round",
            "rounds",
            "clerk",
            "day",
        ):
            found.append(Span(m.start(), m.end(), "PLACE", "named ward"))
    for pattern, rule in (
        (_BY_TOWN, "street"),
        (_INDIAN, "street"),
        (_ADDRESS, "street"),
        (_SUBADDRESS, "flat"),
        (_BOX, "box"),
        (_MILITARY, "military"),
        (_CITY, "town and state"),
        (_POSTCODE, "postcode"),
        (_STREET_ALONE, "street"),
    ):
        found += [Span(m.start(), m.end(), "ADDRESS", rule) for m in pattern.finditer(text)]
    found += [
        Span(m.start(1), m.end(1), "ADDRESS", "home")
        for m in _HOME.finditer(text)
        if re.search(r"[A-Z][a-z]|\d", m.group(1))
        and not re.match(
            r"(?:No|Not|None|The|A|He|She|Hospital|"
            r"[A-Z]{2,4}$)\b",
            m.group(1),
        )
    ]
    found += [Span(m.start(), m.end(), "PLACE", "famous hospital") for m in _FAMOUS.finditer(text)]
    found += [Span(m.start(), m.end(), "ADDRESS", "house") for m in _HOUSE.finditer(text)]
    for match in _TOWN_CODE.finditer(text):
        parts = match.group(1).lower().split()
        if not is_known(parts[-1]) or parts[0] in context_words("compass"):
            found.append(Span(match.start(), match.end(), "ADDRESS", "town and code"))
    for match in _COMPASS.finditer(text):
        word = match.group(1).lower()
        if not is_known(word) or word in given_names():
            found.append(Span(match.start(), match.end(), "ADDRESS", "town"))
    found += [Span(m.start(), m.end(), "PLACE", "university hospital") for m in _UNIVERSITY.finditer(text)]
    found += _hospitals(text)
    return [_without_full_stop(text, s) for s in _addresses_joined(text, found)]


def _hospitals(text: str) -> list[Span]:
    """Hospitals in capitals, or in small letters, that have a name of their own."""
    found = []
    for pattern in (_BIG, _SMALL):
        for match in pattern.finditer(text):
            words = [(m.start(), m.group().lower()) for m in re.finditer(r"\S+", match.group(1))]
            leads = [k for k, (_, w) in enumerate(words) if w in kept_words() and w not in _TOWNS]
            words = words[leads[-1] + 1 :] if leads else words
            while words and words[0][1] in _GENERIC and words[0][1] not in _TOWNS:
                words = words[1:]
            own = [w for _, w in words if w not in _GENERIC]
            small = pattern is _SMALL
            named = [w for w in own if not is_known(w) or w in surnames() or w in given_names()]
            tail = "" if small else match.group(3).strip()
            town = bool(tail) and not is_known(tail.split()[-1].lower())
            if (named if small else own) or town:
                end = match.end() if town or small or not tail else match.start(3)
                at = match.start() + (words[0][0] if words else len(match.group(1)))
                found.append(Span(at, end, "PLACE", "hospital"))
    return found


def _addresses_joined(text: str, found: list[Span]) -> list[Span]:
    """Pieces of one address, with only commas and blanks between them, as one."""
    out: list[Span] = []
    for span in sorted(s for s in found if s.kind == "ADDRESS"):
        if out and re.fullmatch(r"[,\s]{0,3}", text[out[-1].end : span.start]):
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end), "ADDRESS", out[-1].rule)
        else:
            out.append(span)
    return [*out, *(s for s in found if s.kind != "ADDRESS")]


def _lead(found: str) -> int:
    """Length of words at the head that begin a sentence and belong to no name."""
    match = re.match(
        r"(?:(?:The|At|In|From|To|Seen|Referred|Transferred|Admitted|Dr|Our|This|Attended|Discharged|"
        r"Sent|Prior|Compared|Comparison|Outside|Previous|With|By|For|Patient|Images|Scan|CT|MRI|Report|"
        r"Dear|Currently|Under|Study|And)\s+)+",
        found,
    )
    return match.end() if match else 0


def _without_full_stop(text: str, span: Span) -> Span:
    end = span.end
    while end > span.start and text[end - 1] in ".,; \n":
        end -= 1
    return Span(span.start, end, span.kind, span.rule)
