"""Fill the frames of the identifier corpus with invented identifiers.

``fill`` draws frames in shuffled rounds (every frame once before any frame twice) and puts
values from Faker into their slots.  The result depends only on the frames, the count, the
language, the seed and the installed Faker version: no value is taken from today's date.

Each slot is ``name: (kind, expression over fake and rng)``.  ``fake`` is a Faker of one locale
(for English a new locale is drawn for every sentence), ``rng`` a ``random.Random``.
README.md lists the same expressions; it is made from this file.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from faker import Faker

Span = tuple[int, int, str]
Frame = Mapping[str, Any]
Maker = Callable[[Any, random.Random], str]

LOCALES: dict[str, tuple[str, ...]] = {
    "en": ("en_US", "en_GB", "en_IN", "en_AU", "en_CA"),
    "zh": ("zh_CN",),
}

MONTHS = ("January", "February", "March", "April", "May", "June", "July",
          "August", "September", "October", "November", "December")
FAMOUS_EN = ("Mayo Clinic", "Johns Hopkins", "Mass General", "Cleveland Clinic", "Addenbrooke's",
             "the Royal Marsden", "Guy's and St Thomas'", "AIIMS", "Royal Melbourne Hospital", "Sunnybrook")
FAMOUS_ZH = ("华西医院", "瑞金医院", "北京协和医院", "湘雅二院", "省人民医院", "中山医院", "同济医院",
             "浙医二院", "齐鲁医院", "301医院", "市一医院", "省肿瘤医院")
WORD_LAST = ("May", "Long", "Small", "Stone", "Young", "Gray", "Rose", "Hand", "Head", "Marsh",
             "Little", "Short", "Day", "March", "Will", "Brown", "Field", "Bone")
EPONYM_LAST = ("Baker", "Bell", "Graves", "Jones", "Barrett", "Hodgkin", "Parkinson", "Murphy",
               "Wilson", "Hunter", "Cushing", "Fisher", "Weber", "Paget", "Addison", "Ewing")
PARTICLE_LAST = ("van der Berg", "de la Cruz", "O'Brien", "McAllister", "D'Souza", "von Hagen",
                 "St. Clair", "Al-Hassan", "bin Ismail", "Le Roux", "Núñez", "Müller", "Öztürk", "Nguyen Thi")
ZH_COMPOUND = ("欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "令狐", "慕容")
ZH_WORD_LAST = ("白", "高", "黄", "方", "石", "安", "常", "左", "明", "金", "车", "温", "程", "时", "边", "单", "成", "项")
ZH_MINORITY = ("阿依古丽·买买提", "艾力·吐尔逊", "古丽娜尔·艾合买提", "扎西顿珠", "次仁卓玛", "巴特尔",
               "其其格", "努尔兰·哈力克", "帕提曼·阿不都热依木", "索朗旺堆")
ZH_DUP = ("豆豆", "乐乐", "朵朵", "果果", "童童", "毛毛", "妞妞", "小宝")
PINYIN_LAST = ("Zhang", "Wang", "Li", "Chen", "Liu", "Zhao", "Huang", "Xu", "Sun", "Ouyang", "Lü", "He")
PINYIN_FIRST = ("Wei", "Xiaoming", "Fang", "Jing", "Guoqiang", "Lijuan", "Yan", "Haibo", "Meiling", "Jun")
EN_FIRST = ("Michael", "Sarah", "David", "Anna", "Thomas", "Emily", "Pierre", "Yuki", "Carlos", "Olga")
EN_LAST = ("Anderson", "Dubois", "Tanaka", "Kowalski", "Martin", "Petrova", "Schmidt", "Rossi", "Lee", "Silva")
ZH_NUM = "〇一二三四五六七八九"
ZH_PLATE = "京沪浙苏粤川鲁豫湘鄂"
EN_TENS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def day(fake: Any) -> dt.date:
    """A date of 2010 to 2025 (studies, operations, letters)."""
    return fake.date_between_dates(dt.date(2010, 1, 1), dt.date(2025, 12, 31))


def dob(fake: Any) -> dt.date:
    """A date of birth of 1936 to 2018."""
    return fake.date_between_dates(dt.date(1936, 1, 1), dt.date(2018, 12, 31))


def clock(rng: random.Random) -> str:
    """A time of day, HH:MM."""
    return f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"


def clock12(rng: random.Random) -> str:
    """A time of day as 2:35 PM."""
    return f"{rng.randint(1, 12)}:{rng.randint(0, 59):02d} {rng.choice(['AM', 'PM'])}"


def mon(d: dt.date) -> str:
    """The English month name."""
    return MONTHS[d.month - 1]


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th ..."""
    return f"{n}{'th' if 10 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def flat(value: str) -> str:
    """Faker's several address lines on one line."""
    return ", ".join(part.strip().rstrip(",") for part in value.split("\n"))


def zh_small(n: int) -> str:
    """1 to 99 in Chinese characters."""
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else ZH_NUM[tens] + "十") + (ZH_NUM[ones] if ones else "")


def zh_chars(d: dt.date, zero: str) -> str:
    """A date in Chinese characters, with the given sign for zero."""
    year = "".join(zero if c == "0" else ZH_NUM[int(c)] for c in str(d.year))
    return f"{year}年{zh_small(d.month)}月{zh_small(d.day)}日"


def id_card(fake: Any) -> str:
    """Faker's zh_CN ssn() with a birthday that does not depend on today, check digit renewed."""
    body = fake.ssn()[:6] + dob(fake).strftime("%Y%m%d") + fake.numerify("###")
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def nhs(rng: random.Random) -> str:
    """An NHS-style number with a right check digit."""
    while True:
        digits = [rng.randint(0, 9) for _ in range(9)]
        check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            s = "".join(map(str, [*digits, check]))
            return rng.choice([s, f"{s[:3]} {s[3:6]} {s[6:]}", f"{s[:3]}-{s[3:6]}-{s[6:]}"])


def hosp(fake: Any, rng: random.Random) -> str:
    """An English hospital name."""
    saint = f"St. {fake.first_name()}'s" if rng.random() < 0.5 else f"St {fake.first_name()}'s"
    return rng.choice([
        f"{fake.last_name()} General Hospital", f"{fake.city()} General Hospital",
        f"{fake.city()} Medical Center", f"{fake.last_name()} Memorial Hospital",
        f"{saint} Hospital", f"{fake.last_name()} Clinic", f"{fake.city()} Regional Medical Centre",
        f"Royal {fake.city()} Infirmary", f"University Hospital {fake.city()}",
        f"{fake.city()} Children's Hospital", f"{fake.last_name()} Cancer Institute",
        f"{fake.last_name()} Diagnostic Imaging", f"{fake.city()} District Hospital"])


def hosp_zh(fake: Any, rng: random.Random) -> str:
    """A Chinese hospital name."""
    place = fake.city_name() + rng.choice(["市", "市", "县", ""])
    return place + rng.choice(["人民医院", "中心医院", "第一人民医院", "第二人民医院", "中医院", "妇幼保健院",
                               "中西医结合医院", "肿瘤医院", "儿童医院", "第三医院", "骨科医院"])


def addr_zh(fake: Any, rng: random.Random) -> str:
    """A Chinese postal address down to the house number."""
    return (fake.province() + fake.city_name() + "市" + fake.district() + "区" + fake.street_name()
            + rng.choice([f"{rng.randint(1, 399)}号", f"{rng.randint(1, 399)}号{rng.randint(1, 20)}幢{rng.randint(101, 2604)}室",
                          f"{rng.randint(1, 99)}弄{rng.randint(1, 60)}号"]))


def pin(rng: random.Random) -> tuple[str, str]:
    """A surname and a given name in pinyin."""
    return rng.choice(PINYIN_LAST), rng.choice(PINYIN_FIRST)


def num(fake: Any, rng: random.Random, *patterns: str) -> str:
    """One of the patterns; # is a digit, ? a capital letter."""
    return fake.bothify(rng.choice(patterns), letters="ABCDEFGHJKLMNPRSTUVWXYZ")


SLOTS: dict[str, tuple[str, Maker]] = {
    # names, English
    "name_full": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.last_name()}"),
    "name_last": ("NAME", lambda fake, rng: fake.last_name()),
    "name_first": ("NAME", lambda fake, rng: fake.first_name()),
    "name_last_first": ("NAME", lambda fake, rng: f"{fake.last_name().upper()}, {fake.first_name()}"),
    "name_last_comma_first": ("NAME", lambda fake, rng: f"{fake.last_name()}, {fake.first_name()}"),
    "name_last_space_first": ("NAME", lambda fake, rng: f"{fake.last_name()} {fake.first_name()}"),
    "name_last_first_upper": ("NAME", lambda fake, rng: f"{fake.last_name()}, {fake.first_name()} {fake.random_uppercase_letter()}".upper()),
    "name_upper": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.last_name()}".upper()),
    "name_last_upper": ("NAME", lambda fake, rng: fake.last_name().upper()),
    "name_upper_last_first": ("NAME", lambda fake, rng: f"{fake.last_name()},{fake.first_name()}".upper()),
    "name_upper_last_space_first": ("NAME", lambda fake, rng: f"{fake.last_name().upper()} {fake.first_name()}"),
    "name_lower": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.last_name()}".lower()),
    "name_last_lower": ("NAME", lambda fake, rng: fake.last_name().lower()),
    "name_initial": ("NAME", lambda fake, rng: f"{fake.first_name()[0]}. {fake.last_name()}"),
    "name_initial_after": ("NAME", lambda fake, rng: f"{fake.last_name()} {fake.first_name()[0]}{rng.choice(['', '.', fake.random_uppercase_letter()])}"),
    "name_middle": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.random_uppercase_letter()}. {fake.last_name()}"),
    "name_hyphen": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.last_name()}-{fake.last_name()}"),
    "name_last_hyphen": ("NAME", lambda fake, rng: f"{fake.last_name()}-{fake.last_name()}"),
    "name_particle": ("NAME", lambda fake, rng: f"{fake.first_name()} {rng.choice(PARTICLE_LAST)}"),
    "name_word": ("NAME", lambda fake, rng: f"{fake.first_name()} {rng.choice(WORD_LAST)}"),
    "name_word_last": ("NAME", lambda fake, rng: rng.choice(WORD_LAST)),
    "name_eponym": ("NAME", lambda fake, rng: f"{fake.first_name()} {rng.choice(EPONYM_LAST)}"),
    "name_eponym_last": ("NAME", lambda fake, rng: rng.choice(EPONYM_LAST)),
    "name_dicom": ("NAME", lambda fake, rng: f"{fake.last_name()}^{fake.first_name()}".upper()),
    "initials": ("NAME", lambda fake, rng: num(fake, rng, "??", "???")),
    "doctor_last": ("NAME", lambda fake, rng: fake.last_name()),
    "doctor_full": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.last_name()}"),
    "doctor_upper": ("NAME", lambda fake, rng: f"{fake.first_name()} {fake.last_name()}".upper()),
    # names, Chinese
    "name_zh": ("NAME", lambda fake, rng: fake.last_name() + fake.first_name()),
    "name_zh_last": ("NAME", lambda fake, rng: fake.last_name()),
    "name_zh_given": ("NAME", lambda fake, rng: rng.choice([fake.first_name(), fake.first_name()[0] + fake.first_name()[0]])),
    "name_zh_spaced": ("NAME", lambda fake, rng: f"{fake.last_name()} {fake.first_name()[0]}"),
    "name_zh_compound": ("NAME", lambda fake, rng: rng.choice(ZH_COMPOUND) + fake.first_name()),
    "name_zh_word": ("NAME", lambda fake, rng: rng.choice(ZH_WORD_LAST) + fake.first_name()),
    "name_zh_word_last": ("NAME", lambda fake, rng: rng.choice(ZH_WORD_LAST)),
    "name_zh_minority": ("NAME", lambda fake, rng: rng.choice(ZH_MINORITY)),
    "name_zh_dup": ("NAME", lambda fake, rng: rng.choice(ZH_DUP)),
    "name_zh_pinyin": ("NAME", lambda fake, rng: " ".join(pin(rng))),
    "name_zh_pinyin_upper": ("NAME", lambda fake, rng: " ".join(pin(rng)).upper()),
    "name_zh_pinyin_dicom": ("NAME", lambda fake, rng: "^".join(pin(rng)).upper()),
    "name_zh_initials": ("NAME", lambda fake, rng: num(fake, rng, "??", "???")),
    "name_en": ("NAME", lambda fake, rng: f"{rng.choice(EN_FIRST)} {rng.choice(EN_LAST)}"),
    # dates
    "date_iso": ("DATE", lambda fake, rng: day(fake).isoformat()),
    "date_us": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.month:02d}/{d.day:02d}/{d.year}", f"{d.month}/{d.day}/{d.year}"]))(day(fake))),
    "date_us_short": ("DATE", lambda fake, rng: (lambda d: f"{d.month}/{d.day}/{d.year % 100:02d}")(day(fake))),
    "date_eu_slash": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.day:02d}/{d.month:02d}/{d.year}", f"{d.day}/{d.month}/{d.year % 100:02d}"]))(day(fake))),
    "date_eu_dots": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.day:02d}.{d.month:02d}.{d.year}", f"{d.day}.{d.month}.{d.year % 100:02d}"]))(day(fake))),
    "date_long": ("DATE", lambda fake, rng: (lambda d: f"{d.day} {mon(d)} {d.year}")(day(fake))),
    "date_long_us": ("DATE", lambda fake, rng: (lambda d: f"{mon(d)} {d.day}, {d.year}")(day(fake))),
    "date_ordinal": ("DATE", lambda fake, rng: (lambda d: f"{ordinal(d.day)} {rng.choice(['', 'of '])}{mon(d)} {d.year}")(day(fake))),
    "date_month_year": ("DATE", lambda fake, rng: (lambda d: f"{rng.choice([mon(d), mon(d)[:3]])} {d.year}")(day(fake))),
    "date_my_num": ("DATE", lambda fake, rng: (lambda d: f"{d.month:02d}/{d.year}")(day(fake))),
    "date_no_year": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.day:02d}/{d.month:02d}", f"{d.month}/{d.day}"]))(day(fake))),
    "date_day_mon": ("DATE", lambda fake, rng: (lambda d: f"{d.day} {mon(d)[:3]}")(day(fake))),
    "date_month_day": ("DATE", lambda fake, rng: (lambda d: f"{mon(d)} {rng.choice([str(d.day), ordinal(d.day)])}")(day(fake))),
    "date_short": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.day:02d}-{mon(d)[:3]}-{d.year % 100:02d}", f"{d.day:02d}-{mon(d)[:3]}-{d.year}"]))(day(fake))),
    "date_upper": ("DATE", lambda fake, rng: (lambda d: f"{d.day:02d} {mon(d)[:3].upper()} {d.year}")(day(fake))),
    "date_lower": ("DATE", lambda fake, rng: (lambda d: f"{mon(d).lower()} {rng.choice([str(d.day), ordinal(d.day)])} {d.year}")(day(fake))),
    "date_compact": ("DATE", lambda fake, rng: day(fake).strftime("%Y%m%d")),
    "datetime": ("DATE", lambda fake, rng: f"{day(fake).isoformat()} {clock(rng)}"),
    "datetime_us": ("DATE", lambda fake, rng: f"{day(fake).strftime('%m/%d/%Y')} {clock12(rng)}"),
    "dob_us": ("DATE", lambda fake, rng: dob(fake).strftime("%m/%d/%Y")),
    "dob_iso": ("DATE", lambda fake, rng: dob(fake).isoformat()),
    "dob_eu_slash": ("DATE", lambda fake, rng: dob(fake).strftime("%d/%m/%Y")),
    "dob_dots": ("DATE", lambda fake, rng: dob(fake).strftime("%d.%m.%Y")),
    "dob_long": ("DATE", lambda fake, rng: (lambda d: f"{d.day} {mon(d)} {d.year}")(dob(fake))),
    "date_zh": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.year}年{d.month}月{d.day}日", f"{d.year}年{d.month:02d}月{d.day:02d}日"]))(day(fake))),
    "date_zh_month_day": ("DATE", lambda fake, rng: (lambda d: f"{d.month}月{d.day}日")(day(fake))),
    "date_zh_day": ("DATE", lambda fake, rng: (lambda d: f"{d.month}月{d.day}号")(day(fake))),
    "date_zh_chars": ("DATE", lambda fake, rng: zh_chars(day(fake), rng.choice("〇零"))),
    "date_zh_year_month": ("DATE", lambda fake, rng: (lambda d: f"{d.year}年{d.month}月")(day(fake))),
    "date_zh_short": ("DATE", lambda fake, rng: (lambda d: f"{d.year % 100:02d}年{d.month}月")(day(fake))),
    "date_dots": ("DATE", lambda fake, rng: (lambda d: rng.choice([f"{d.year}.{d.month}.{d.day}", f"{d.year}.{d.month:02d}.{d.day:02d}"]))(day(fake))),
    "date_slash_zh": ("DATE", lambda fake, rng: (lambda d: f"{d.year}/{d.month}/{d.day}")(day(fake))),
    "datetime_zh": ("DATE", lambda fake, rng: (lambda d: f"{d.year}年{d.month}月{d.day}日{rng.randint(0, 23)}时{rng.randint(0, 59):02d}分")(day(fake))),
    "dob_zh": ("DATE", lambda fake, rng: (lambda d: f"{d.year}年{d.month}月{d.day}日")(dob(fake))),
    "dob_year_month": ("DATE", lambda fake, rng: (lambda d: f"{d.year}年{d.month}月")(dob(fake))),
    # ages above 89 (the number alone)
    "age90": ("AGE90", lambda fake, rng: str(rng.randint(90, 103))),
    "age90_words": ("AGE90", lambda fake, rng: f"ninety{rng.choice([' ', '-'])}{EN_TENS[rng.randint(1, 9)]}"),
    "age90_zh": ("AGE90", lambda fake, rng: zh_small(rng.randint(90, 99))),
    # telephone, mail, web
    "phone": ("PHONE", lambda fake, rng: fake.phone_number()),
    "fax": ("PHONE", lambda fake, rng: fake.phone_number()),
    "ext": ("PHONE", lambda fake, rng: num(fake, rng, "ext. 4###", "ext 2###", "x7####", "extension 6###")),
    "pager": ("PHONE", lambda fake, rng: num(fake, rng, "3###", "1###", "55-####", "7####")),
    "mobile_zh": ("PHONE", lambda fake, rng: fake.phone_number()),
    "mobile_zh_dash": ("PHONE", lambda fake, rng: (lambda p: rng.choice([f"{p[:3]}-{p[3:7]}-{p[7:]}", f"{p[:3]} {p[3:7]} {p[7:]}"]))(fake.phone_number())),
    "landline_zh": ("PHONE", lambda fake, rng: num(fake, rng, "010-6#######", "0571-8#######", "(021)5#######", "0731-8#######", "028 8#######", "8#######")),
    "ext_zh": ("PHONE", lambda fake, rng: num(fake, rng, "6####", "8###", "66###")),
    "email": ("EMAIL", lambda fake, rng: rng.choice([fake.email(), fake.ascii_company_email()])),
    "email_qq": ("EMAIL", lambda fake, rng: num(fake, rng, "1########", "5#######") + rng.choice(["@qq.com", "@163.com", "@126.com"])),
    "url": ("URL", lambda fake, rng: fake.url()),
    "portal_url": ("URL", lambda fake, rng: f"{rng.choice(['https://', 'http://', ''])}{rng.choice(['pacs', 'www', 'portal', 'ris'])}.{fake.domain_name()}/{rng.choice(['viewer?study=', 'reports/', 'p/'])}{fake.numerify('######')}"),
    # numbers of record, account, licence, device
    "mrn": ("ID", lambda fake, rng: num(fake, rng, "#######", "########", "######", "##-##-##", "E########", "??######", "###-###-###")),
    "accession": ("ID", lambda fake, rng: num(fake, rng, "A########", "CT-##-######", "##########", "RAD##-#####", "?##-######")),
    "order_no": ("ID", lambda fake, rng: num(fake, rng, "#########", "ORD-######", "WC##-#####")),
    "account_no": ("ID", lambda fake, rng: num(fake, rng, "##########", "V#########")),
    "ssn": ("ID", lambda fake, rng: num(fake, rng, "###-##-####")),
    "nhs_no": ("ID", lambda fake, rng: nhs(rng)),
    "insurance_no": ("ID", lambda fake, rng: num(fake, rng, "???#########", "####-######-??", "#### ##### #", "W## ### ####")),
    "device_serial": ("ID", lambda fake, rng: num(fake, rng, "???######?", "######-###", "SN########")),
    "uid": ("ID", lambda fake, rng: num(fake, rng, "1.2.840.113619.2.##.####.1########.###", "1.3.12.2.1107.5.1.4.#####.3###########")),
    "licence_no": ("ID", lambda fake, rng: num(fake, rng, "1#########", "?#####", "MCI-#####")),
    "plate": ("ID", lambda fake, rng: fake.license_plate()),
    "id_card_zh": ("ID", lambda fake, rng: id_card(fake)),
    "insurance_no_zh": ("ID", lambda fake, rng: num(fake, rng, "?########", "############", "H#########")),
    "admission_no": ("ID", lambda fake, rng: num(fake, rng, "00########", "ZY########", "#######", "20##-#####")),
    "outpatient_no": ("ID", lambda fake, rng: num(fake, rng, "M########", "##########", "0000######")),
    "image_no": ("ID", lambda fake, rng: num(fake, rng, "CT#######", "X########", "########", "MR20######", "R##-#####")),
    "exam_no": ("ID", lambda fake, rng: num(fake, rng, "20##########", "T########", "##########")),
    "card_no": ("ID", lambda fake, rng: num(fake, rng, "##########", "6##############", "A#######")),
    "pathology_no": ("ID", lambda fake, rng: num(fake, rng, "B20##-#####", "P########", "##-#####")),
    "passport_no": ("ID", lambda fake, rng: num(fake, rng, "?########", "??#######", "#########")),
    "plate_zh": ("ID", lambda fake, rng: rng.choice(ZH_PLATE) + num(fake, rng, "?#####", "?·##?##", "?D#####")),
    "wechat_id": ("ID", lambda fake, rng: fake.bothify(rng.choice(["wxid_????##??", "??????####", "????_##"]), letters="abcdefghijkmnpqrstuvwxyz")),
    "licence_no_zh": ("ID", lambda fake, rng: num(fake, rng, "110###############", "141############")),
    "staff_no": ("ID", lambda fake, rng: num(fake, rng, "0####", "######", "FS####")),
    "study_subject": ("ID", lambda fake, rng: num(fake, rng, "S0#-0##", "CN##-####", "10####")),
    # places
    "address_full": ("ADDRESS", lambda fake, rng: flat(fake.address())),
    "address_line": ("ADDRESS", lambda fake, rng: flat(fake.street_address())),
    "city_postcode": ("ADDRESS", lambda fake, rng: f"{fake.city()} {fake.postcode()}"),
    "city": ("ADDRESS", lambda fake, rng: fake.city()),
    "address_zh": ("ADDRESS", lambda fake, rng: addr_zh(fake, rng)),
    "address_zh_line": ("ADDRESS", lambda fake, rng: f"{fake.street_name()}{rng.randint(1, 399)}号"),
    "address_zh_community": ("ADDRESS", lambda fake, rng: f"{fake.district()}区{rng.choice(['阳光', '锦绣', '翠苑', '金色', '滨江', '书香'])}{rng.choice(['花园', '小区', '家园', '新村'])}{rng.randint(1, 40)}栋{rng.randint(1, 4)}单元{rng.randint(101, 1802)}室"),
    "address_zh_village": ("ADDRESS", lambda fake, rng: f"{fake.city_name()}县{rng.choice(['城关', '大河', '东山', '石桥', '新集'])}镇{fake.last_name()}{rng.choice(['家村', '庄村', '家湾'])}{rng.randint(1, 12)}组"),
    "city_zh": ("ADDRESS", lambda fake, rng: rng.choice([fake.city_name(), fake.city_name() + "市", fake.province() + fake.city_name() + "市"])),
    "postcode_zh": ("ADDRESS", lambda fake, rng: fake.postcode()),
    # hospitals
    "hospital_en": ("HOSPITAL", lambda fake, rng: hosp(fake, rng)),
    "hospital_upper": ("HOSPITAL", lambda fake, rng: hosp(fake, rng).upper()),
    "hospital_lower": ("HOSPITAL", lambda fake, rng: hosp(fake, rng).lower()),
    "hospital_famous": ("HOSPITAL", lambda fake, rng: rng.choice(FAMOUS_EN)),
    "hospital_zh": ("HOSPITAL", lambda fake, rng: hosp_zh(fake, rng)),
    "hospital_zh_univ": ("HOSPITAL", lambda fake, rng: fake.city_name() + rng.choice(["医科大学附属第一医院", "大学附属医院", "医学院第二附属医院", "医大一院"])),
    "hospital_zh_clinic": ("HOSPITAL", lambda fake, rng: rng.choice([f"{fake.district()}区社区卫生服务中心", f"{fake.last_name()}家镇卫生院", f"{fake.city_name()}瑞康体检中心", f"{fake.last_name()}氏诊所"])),
    "hospital_zh_famous": ("HOSPITAL", lambda fake, rng: rng.choice(FAMOUS_ZH)),
}


def load(path: str | Path) -> list[dict[str, Any]]:
    """Read a .jsonl file of frames."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def fill_one(frame: Frame, fake: Any, rng: random.Random) -> tuple[str, list[Span]]:
    """Fill one frame; the spans are half-open offsets in characters (code points)."""
    text = ""
    spans: list[Span] = []
    for part in frame["parts"]:
        if "slot" not in part:
            text += part["t"]
            continue
        value = SLOTS[part["slot"]][1](fake, rng)
        spans.append((len(text), len(text) + len(value), part["kind"]))
        text += value
    return text, spans


def fill(frames: Sequence[Frame], count: int, language: str, seed: int) -> list[tuple[str, list[Span]]]:
    """Return ``count`` filled sentences with the spans of their identifiers.

    frames: as read by ``load``; language: "en" or "zh"; seed: any integer.
    """
    if count and not frames:
        raise ValueError("no frames")
    rng = random.Random(seed)
    fakes = [Faker(locale) for locale in LOCALES[language]]
    for number, fake in enumerate(fakes):
        fake.seed_instance(seed * 31 + number)
    result: list[tuple[str, list[Span]]] = []
    while len(result) < count:
        order = list(frames)
        rng.shuffle(order)
        for frame in order[: count - len(result)]:
            result.append(fill_one(frame, rng.choice(fakes), rng))
    return result
