"""Fill a frame's typed slots: (text, identifiers with offsets and kind)."""

from __future__ import annotations

import calendar
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
SLOT = re.compile(r"\{(\w+)(?::([ul]))?\}")
MONTHS = list(calendar.month_name)[1:]
DAYS = list(calendar.day_name)
ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
]
TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
NEUTRAL = {"wday", "ward", "state", "insurer", "device", "month"}
KIND = {"dnum": "DATE", "age": "AGE", "ph": "PHONE", "fax": "PHONE", "pager": "PHONE", "ext": "PHONE", "em": "EMAIL",
        "url": "URL", "ip": "IP", "serial": "DEVICE", "plate": "ID", "addr": "ADDRESS", "street": "ADDRESS",
        "zip": "ADDRESS", "postcode": "ADDRESS", "box": "ADDRESS", "room": "ROOM", "bed": "ROOM", "city": "CITY",
        "hosp": "PLACE", "practice": "PLACE", "nursing": "PLACE", "school": "PLACE", "employer": "EMPLOYER",
        "lawfirm": "EMPLOYER"}
DATES = {"diso", "dlong", "my", "dmd", "dshort", "dord", "ddot", "year", "dday", "dspoken", "dmy"}
NUMBERS = {"mrn", "acc", "nhs", "ssn", "ins", "grp", "npi", "gmc", "lic", "trial", "badge", "login"}


TITLED = re.compile(
    r"(?i)\b(?:dr|doctor|mr|mrs|ms|mx|miss|prof|professor|sr|jr|rev|sgt|capt|lady|messrs|drs|sister|md|m\.d|do|phd|mbbs|"
    r"frcr|np|rn|rdms|pa-c|ext|x|the|a\.?m|p\.?m|at \d{1,2}:\d\d(?: pm)?|of|at|little|box)\b")
"""Titles, credentials and small words that a span may take along or leave."""


@dataclass(frozen=True)
class Filled:
    """A text with its identifiers as (start, end, kind, group of the name or ''), and stretches that are neither."""

    text: str
    identifiers: tuple[tuple[int, int, str, str], ...]
    neutral: tuple[tuple[int, int], ...]


def kind_of(slot: str) -> str:
    """The kind of identifier a slot stands for; NAME where it is none of the others."""
    if slot in DATES:
        return "DATE"
    return "ID" if slot in NUMBERS else KIND.get(slot, "NAME")


@cache
def names() -> dict[tuple[str, str], list[str]]:
    """{(first, last or town, ...; group): names} of names.tsv and written.tsv."""
    out: dict[tuple[str, str], list[str]] = {}
    for path in (HERE / "names.tsv", HERE / "written.tsv"):
        for line in path.read_text("utf-8").splitlines():
            part, group, name = line.split("\t")
            out.setdefault((part, group), []).append(name)
    return out


@cache
def foreign() -> list[str]:
    """Full names of many languages, written for this corpus."""
    return (HERE / "foreign.txt").read_text("utf-8").split("\n")[:-1]


class Filler:
    """Draws a value for each slot from one seeded source; ``group`` is that of the names it draws."""

    def __init__(self, seed: str, group: str = "") -> None:
        self.rng = random.Random(seed)
        self.group = group or self.rng.choices(("common", "reserved", "made"), (4, 4, 2))[0]

    def pick(self, *values: str) -> str:
        return self.rng.choice(values)

    def digits(self, number: int) -> str:
        return "".join(self.rng.choice("0123456789") for _ in range(number))

    def pattern(self, *patterns: str) -> str:
        """One of the patterns with # for a digit, @ for a capital letter."""
        out = self.rng.choice(patterns)
        return "".join(self.rng.choice("123456789") if c == "#" else self.rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ")
                       if c == "@" else c for c in out)

    def name(self, part: str) -> str:
        found = self.rng.choice(names()[part, self.group])
        return found if self.group == "words" else found.capitalize()

    def written(self, part: str, group: str = "written") -> str:
        return self.rng.choice(names()[part, group])

    def day(self) -> date:
        return date(1935, 1, 1) + timedelta(days=self.rng.randrange(33000))

    def spoken_year(self, year: int) -> str:
        tens, ones = divmod(year % 100, 10)
        parts = [TENS.get(tens, "oh"), ONES[ones - 1] if ones else ""]
        low = TEENS[ones] if tens == 1 else " ".join(filter(None, parts))
        return f"nineteen {low}" if year < 2000 else f"twenty {low}" if year > 2009 else (
            "two thousand" + (f" and {ONES[year % 10 - 1]}" if year % 10 else ""))

    def suffix(self, day: int) -> str:
        return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")

    def date_like(self, slot: str) -> str:
        d = self.day()
        month, short = MONTHS[d.month - 1], MONTHS[d.month - 1][:3]
        two = d.year % 100
        if slot == "dnum":
            return self.pick(f"{d.month:02}/{d.day:02}/{d.year}", f"{d.day:02}/{d.month:02}/{d.year}",
                             f"{d.month}/{d.day}/{two:02}", f"{d.day:02}-{d.month:02}-{d.year}",
                             f"{d.day:02}-{short.upper()}-{d.year}", f"{d.day}-{short}-{two:02}",
                             f"{d.day:02}.{d.month:02}.{d.year}", f"{d.year}-{d.month:02}-{d.day:02}",
                             f"{d.day} {short} {d.year}", f"{month} {d.day}, {d.year}", f"{d:%Y%m%d}")
        if slot == "dspoken":
            ordinal = ORDINALS[(d.day - 1) % 20]
            return self.pick(f"{month.lower()} {ordinal} {self.spoken_year(d.year)}",
                             f"the {ordinal} of {month.lower()} {self.spoken_year(d.year)}",
                             f"{month.lower()} {ordinal} {d.year}", f"{ordinal} {month.lower()} {d.year}",
                             f"{month.lower()} {d.day} {self.spoken_year(d.year)}")
        forms = {"diso": (d.isoformat(),),
                 "dlong": (f"{d.day} {month} {d.year}", f"{month} {d.day}, {d.year}", f"{month} {d.day} {d.year}",
                           f"{d.day}{self.suffix(d.day)} {month} {d.year}", f"{short} {d.day}, {d.year}",
                           f"{short}. {d.day}, {d.year}", f"{d.day}{self.suffix(d.day)} of {month}, {d.year}"),
                 "my": (f"{month} {d.year}", f"{short} {d.year}", f"{month} of {d.year}", f"{short} '{two:02}"),
                 "dmy": (f"{d.month}/{d.year}", f"{d.month:02}/{two:02}",
                         f"{d.month:02}-{d.year}", f"{short}-{two:02}"),
                 "dmd": (f"{month} {d.day}", f"{d.day} {month}", f"{month} {d.day}{self.suffix(d.day)}",
                         f"{short} {d.day}", f"{d.day}{self.suffix(d.day)} {short}"),
                 "dshort": (f"{d.day}/{d.month}", f"{d.month}/{d.day}",
                            f"{d.day:02}/{d.month:02}", f"{d.day}.{d.month}."),
                 "dord": (f"{d.day}{self.suffix(d.day)} of {month}", f"{d.day}{self.suffix(d.day)} {month}",
                          f"{ORDINALS[(d.day - 1) % 20]} of {month}"),
                 "ddot": (f"{d.day}.{d.month}.{two:02}", f"{d.day:02}.{d.month:02}.{d.year}"),
                 "year": (str(d.year),), "dday": (f"{d.day} {short}", f"{d.day} {month}")}
        return self.pick(*forms[slot])

    def person(self, slot: str) -> str:
        first, last = self.name("first"), self.name("last")
        letter = self.pattern("@")
        some: dict[str, Callable[[], str]] = {
            "first": lambda: first, "last": lambda: last, "full": lambda: f"{first} {last}",
            "fml": lambda: self.pick(f"{first} {letter}. {last}", f"{first} {letter} {last}",
                                     f"{first} {self.name('first')} {last}"),
            "ini": lambda: self.pick(f"{letter}. {last}", f"{letter} {last}", f"{letter}.{self.pattern('@')}. {last}",
                                     f"{letter}{self.pattern('@')} {last}", f"{last} {letter}."),
            "inits": lambda: self.pattern("@@", "@.@."),
            "lf": lambda: f"{last}, {first}", "lfm": lambda: f"{last}, {first} {letter}.",
            "dbl": lambda: f"{last}-{self.name('last')}", "fdbl": lambda: f"{first} {last}-{self.name('last')}",
            "part": lambda: self.particle(last), "fpart": lambda: f"{first} {self.particle(last)}",
            "nick": lambda: self.written("nick"), "wfirst": lambda: self.written("first", "words"),
            "wlast": lambda: self.written("last", "words"),
            "wfull": lambda: self.written("first", "words") + " " + self.written("last", "words"),
            "foreign": lambda: self.pick(*foreign()),
            "suf": lambda: f"{first} {last}" + self.pick(" Jr.", ", Jr.", " III", " Sr", " II"),
            "spelled": lambda: self.pick("-", " ", ".").join(last.upper())}
        return some[slot]()

    def particle(self, last: str) -> str:
        return self.pick(f"van der {last}", f"Van {last}", f"de la {last}", f"De {last}", f"von {last}", f"O'{last}",
                         f"Mc{last}", f"Mac{last}", f"St. {last}", f"Di {last}", f"al-{last}", f"Le {last}",
                         f"dos {last}",
                         f"D'{last}", f"El {last}", f"Ben {last}")

    def other(self, slot: str) -> str:
        last = self.name("last")
        town = self.rng.choice(names()["town", "geonames"])
        road = f"{self.pick(self.written('tree'), last, self.name('first'))} {self.written('road')}"
        house = str(self.rng.randrange(1, 9900))
        some: dict[str, Callable[[], str]] = {
            "ph": lambda: self.pattern("###-###-####", "(###) ###-####", "###.###.####", "### ### ####",
                                       "+1 ### ### ####",
                                       "+44 #### ######", "0#### ######", "020 #### ####", "07### ######", "##########",
                                       "###-####", "+49 30 #######", "1-800-###-####"),
            "fax": lambda: self.pattern("###-###-####", "(###) ###-####", "0#### ######", "###-####"),
            "pager": lambda: self.pattern("####", "#####", "###-####", "###"),
            "ext": lambda: self.pattern("####", "###", "#####"),
            "em": lambda: self.pick(f"{self.name('first').lower()}.{last.lower()}@{self.pick('nhs.net', 'gmail.com')}",
                                    f"{last.lower()}{self.digits(2)}@{town.lower().replace(' ', '')}.org",
                                    f"{last.lower()}_{self.pattern('@').lower()}@mail.hospital-{self.digits(2)}.edu"),
            "url": lambda: self.pick(f"https://pacs.{last.lower()}.org/view?id={self.digits(6)}",
                                     f"www.{last.lower()}clinic.com", f"http://10.2.3.4/share/{last.lower()}",
                                     f"{last.lower()}radiology.co.uk/p/{self.digits(4)}"),
            "ip": lambda: ".".join(str(self.rng.randrange(1, 255)) for _ in range(4)),
            "mrn": lambda: self.pattern("#######", "########", "##-##-##", "@######", "@@######", "######", "MRN######",
                                        "###-##-###", "#### ####", "00#####"),
            "acc": lambda: self.pattern("@@########", "########", "S##-#####", "##-######", "CT##-####", "A########",
                                        "@#######@", "20######-##"),
            "nhs": lambda: self.pattern("### ### ####", "##########", "###-###-####"),
            "ssn": lambda: self.pattern("###-##-####", "### ## ####", "xxx-xx-####"),
            "ins": lambda: self.pattern("@@@#########", "#########", "@##########", "####-####-####", "#@@#-@@#-@@##"),
            "grp": lambda: self.pattern("######", "@####"), "npi": lambda: self.pattern("1#########"),
            "gmc": lambda: self.pattern("#######"), "badge": lambda: self.pattern("#####", "@####"),
            "lic": lambda: self.pattern("@#######", "@##-###-###", "########", "@@#######"),
            "trial": lambda: self.pattern("@@@-###-##", "###-####"),
            "login": lambda: self.pick(f"{last.lower()}{self.digits(1)}", f"{self.pattern('@').lower()}{last.lower()}"),
            "serial": lambda: self.pattern("@@@######@", "########", "SN-####-##", "@#@#-#####", "####@@##"),
            "plate": lambda: self.pattern("@@## @@@", "#@@@###", "@@@ ####", "@@@-####"),
            "insurer": lambda: self.pick("Aetna", "Cigna", "Blue Cross", "BUPA"), "device": lambda: "Medtronic",
            "addr": lambda: f"{house} {road}" + self.pick("", "", "", f", Apt {self.digits(1)}{self.pattern('@')}",
                                                          f" #{self.pattern('##')}", f", Unit {self.pattern('#')}",
                                                          f", Flat {self.pattern('#@')}"),
            "street": lambda: road, "city": lambda: town, "state": lambda: self.written("state"),
            "zip": lambda: self.pattern("#####", "#####-####"), "box": lambda: self.pattern("####", "###"),
            "postcode": lambda: self.pattern("@@# #@@", "@## #@@", "@@## #@@", "@# #@@"),
            "room": lambda: self.pattern("###", "#@", "####"), "bed": lambda: self.pattern("##", "#", "#@"),
            "ward": lambda: self.pick("Ward 7", "Ward B2", "ICU", "4 West"),
            "hosp": lambda: self.pick(f"St. {self.name('first')}'s Hospital", f"{town} General Hospital",
                                      f"{last} Medical Center", f"{town} Memorial", f"University Hospital {town}",
                                      f"{last} Clinic", f"Royal {town} Infirmary", f"{town} District Hospital",
                                      f"{last} Memorial Hospital", f"Our Lady of {town}",
                                      f"{town} Regional Medical Center"),
            "practice": lambda: self.pick(f"{town} Family Practice", f"{last} Surgery", f"The {town} Medical Group",
                                          f"{road} Health Centre"),
            "nursing": lambda: self.pick(f"{town} Nursing Home", f"{last} House", f"{town} Care Home", f"{last} Manor",
                                         f"Sunrise of {town}"),
            "school": lambda: self.pick(f"{town} High School", f"{last} Academy", f"St. {self.name('first')}'s School",
                                        f"{town} College", f"University of {town}"),
            "employer": lambda: self.pick(f"{last} & Sons", f"{last} Ltd", f"{town} Logistics", f"{last} Brothers Inc.",
                                          f"{last} and {self.name('last')} LLP", f"{last} Group",
                                          f"{last}-{self.name('last')}",
                                          f"{town} Steel", f"{last} Foods PLC"),
            "lawfirm": lambda: self.pick(f"{last} & {self.name('last')}",
                                         f"{last}, {self.name('last')} and Partners LLP"),
            "age": lambda: str(self.rng.randrange(90, 105)), "month": lambda: self.pick(*MONTHS),
            "wday": lambda: self.pick(*DAYS)}
        return some[slot]()

    def value(self, slot: str) -> str:
        """A value for a slot of this name."""
        if slot in DATES or slot == "dnum":
            return self.date_like(slot)
        return self.other(slot) if slot in KIND or slot in NUMBERS or slot in NEUTRAL else self.person(slot)


def filled(frame: str, seed: str, group: str = "") -> Filled:
    """The frame with every slot filled; the same seed gives the same text.

    ``group`` fixes the group of names, else the seed draws it: ``words`` gives names that are English words.
    """
    filler = Filler(seed, group)
    parts, at, length = [], 0, 0
    marks, neutral = [], []
    for match in SLOT.finditer(frame):
        value = filler.value(match[1])
        value = value.upper() if match[2] == "u" else value.lower() if match[2] == "l" else value
        parts += [frame[at:match.start()], value]
        length += match.start() - at
        if match[1] in NEUTRAL:
            neutral.append((length, length + len(value)))
        else:
            kind = kind_of(match[1])
            own = kind == "NAME" and match[1] not in {"nick", "wfirst", "wlast", "wfull", "foreign", "inits"}
            marks.append((length, length + len(value), kind, filler.group if own else match[1]))
        length += len(value)
        at = match.end()
    text = "".join([*parts, frame[at:]])
    return Filled(text, tuple(marks), (*neutral, *((m.start(), m.end()) for m in TITLED.finditer(text))))
