"""People who do not exist, from Faker (English and Chinese), with everything that a hospital writes about one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from faker import Faker


@dataclass(frozen=True)
class Identity:
    """One patient. Names are as DICOM writes them (family^given); dates are YYYYMMDD."""

    name: str
    former_name: str
    number: str
    accession: str
    birth: str
    study_day: str
    address: str
    phone: str
    mail: str
    hospital: str
    physician: str
    operator: str
    serial: str
    station: str
    insurance: str

    def values(self) -> set[str]:
        """Every identifier, names also in their parts."""
        found = {v for v in asdict(self).values()}
        for name in (self.name, self.former_name, self.physician, self.operator):
            found |= set(name.split("^")) | {name.replace("^", " "), name.replace("^", ""),
                                             " ".join(reversed(name.split("^")))}
        return {v for v in found if len(v) > 3 or any(ord(c) > 0x2E80 for c in v) and len(v) > 1}

    def lines(self) -> list[str]:
        """What a machine burns into a picture."""
        return [self.name.replace("^", " "), self.number, self.spoken(self.birth), self.hospital[:24],
                f"Dr. {self.physician.split('^')[0]}", self.study_day, f"Acc {self.accession}",
                self.name, self.operator.replace("^", ", ")]

    def spoken(self, day: str) -> str:
        """A date as people write it."""
        return f"{day[6:]}.{day[4:6]}.{day[:4]}"

    def comment(self) -> str:
        """A free text that tells everything."""
        return (f"{self.name.replace('^', ' ')} b. {self.spoken(self.birth)}, "
                f"seen by Dr. {self.physician.split('^')[0]}, call {self.phone} or {self.mail}; "
                f"lives at {self.address}")


def identity(seed: int, language: str) -> Identity:
    """A person; ``language`` is ``en_US`` or ``zh_CN``."""
    fake = Faker(language)
    fake.seed_instance(seed)

    def name() -> str:
        return f"{fake.last_name()}^{fake.first_name()}"

    day = date(2011, 1, 1) + timedelta(days=fake.random_int(0, 5000))
    return Identity(
        name=name(), former_name=name(), number=fake.bothify("??#######").upper(), accession=fake.numerify("A########"),
        birth=fake.date_of_birth(minimum_age=20, maximum_age=95).strftime("%Y%m%d"), study_day=day.strftime("%Y%m%d"),
        address=fake.address().replace("\n", ", ")[:60], phone=fake.phone_number(), mail=fake.email(),
        hospital=f"{fake.company()} Hospital"[:60], physician=name(), operator=name(),
        serial=fake.bothify("SN########"), station=fake.bothify("STN?????").upper(),
        insurance=fake.numerify("##########"))
