"""Postal addresses in English text, with the organisations and wards."""

from __future__ import annotations

import re

from medomni.scrub.organisations_en import organisations
from medomni.scrub.spans import Span
from medomni.scrub.words import context_words, given_names, is_known, kept_words, medical_words, pattern_text

_NO_TOWN = context_words("departments") | context_words("things") | context_words("generic_places")
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
_STREET_AFTER = re.compile(
    r"\b(?:at|on|outside|near|off|along|crossing|down|opposite|corner of|\[DATE\],|\[NAME\],) ((?:[A-Z][\w'’-]+ ){1,2}"
    r"(?:St|Ct|Pl|Way|Trail|Circle|Hill|Row|Square|Place|Grove|Gardens|Court|Green|Walk)\b)(?! (?:Hospital|Clinic))"
)
_TOWN_AT = re.compile(pattern_text("town_at"))
_TOWN_OF = re.compile(
    r"\b[Tt]he ([A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+)?) (?:police|fire brigade|fire department|ambulance service|council|"
    r"area)\b|"
    r"\[(?:PLACE|ADDRESS)\], ([A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+){0,2})(?=[,.;\n]|$)"
)
_TOWN_TAIL = re.compile(
    rf"\b(?:in|from|near|to|at|of|around|outside) ((?:[A-Z][a-z'’-]+ |\[NAME\] ){{1,2}}"
    rf"(?:{'|'.join(sorted(w.capitalize() for w in context_words('town_tails')))}))\b(?! [A-Z])"
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
    rf"NP|OD|CT(?! ?(?:[.,;\n]|$))|ID ?[:#]? ?(?:\d|[A-Z]\d|\[)|ID checked)(?:{_STATES})(?![\w-])"
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
    r"living|lived|resid(?:es|ed|ing)|resident(?= (?:of|at|in))|residence|domiciled|moved|mail(?:ed)?|home|stays|"
    r"staying|located)\s?(?:is|was|:|=|at|in|on|of|to)*:?)[ \n]{1,2}"
    r"(?-i:(?=[A-Z0-9#]))((?:[A-Z0-9#][\w'’./#-]*|of|the|upon|on|le|St\.|" + _STREET + r")(?:[,]?[ "
    r"\n](?:[A-Z0-9#][\w'’./#-]*|upon|on|under|le|" + _STREET + r"(?=[\n, .]))){0,14})"
)


def english_places(text: str) -> list[Span]:
    """Organisations with a name of their own, wards, rooms and beds with their numbers, and postal addresses.

    Street words after USPS Publication 28, appendix C1; the form of British postcodes after BS 7666. "The hospital", "a
    clinic" and departments without a name stay.
    """
    found = organisations(text)
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
    for match in (*_TOWN_AT.finditer(text), *_TOWN_OF.finditer(text)):
        k = match.lastindex or 1
        words = [w.lower() for w in match.group(k).split()]
        if not any(w in kept_words() or w in medical_words() or w in _NO_TOWN for w in words):
            found.append(Span(match.start(k), match.end(k), "ADDRESS", "town"))
    found += [Span(m.start(1), m.end(1), "ADDRESS", "town") for m in _TOWN_TAIL.finditer(text)]
    found += [Span(m.start(1), m.end(1), "ADDRESS", "street") for m in _STREET_AFTER.finditer(text)]
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
    found += [Span(m.start(), m.end(), "ADDRESS", "house") for m in _HOUSE.finditer(text)]
    for match in _TOWN_CODE.finditer(text):
        parts = match.group(1).lower().split()
        if not is_known(parts[-1]) or parts[0] in context_words("compass"):
            found.append(Span(match.start(), match.end(), "ADDRESS", "town and code"))
    for match in _COMPASS.finditer(text):
        word = match.group(1).lower()
        if not is_known(word) or word in given_names():
            found.append(Span(match.start(), match.end(), "ADDRESS", "town"))
    return [_without_full_stop(text, s) for s in _addresses_joined(text, found)]


def _addresses_joined(text: str, found: list[Span]) -> list[Span]:
    """Pieces of one address, with only commas and blanks between them, as one."""
    out: list[Span] = []
    for span in sorted(s for s in found if s.kind == "ADDRESS"):
        if out and re.fullmatch(r"[,\s]{0,3}", text[out[-1].end : span.start]):
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end), "ADDRESS", out[-1].rule)
        else:
            out.append(span)
    return [*out, *(s for s in found if s.kind != "ADDRESS")]


def _without_full_stop(text: str, span: Span) -> Span:
    end = span.end
    while end > span.start and text[end - 1] in ".,; \n":
        end -= 1
    return Span(span.start, end, span.kind, span.rule)
