"""What the originals say that could identify somebody, collected for the verifier.

Written apart from the removal: it knows no table and no rule of it, and counts as identifying every name, number, date,
UID and text but those of a list of technical attributes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from medomni.dicom.deid.common_words import COMMON
from medomni.dicom.deid.technical_words import TERMS, WINDOWS

CODES = re.compile(r"Code(Value|Meaning)|LongCodeValue|CodingScheme(Designator|Version)|RadionuclideCode|"
                   r"ImplementationVersionName")
TECHNICAL = re.compile(
    r"Manufacturer(ModelName)?|SoftwareVersions?|ConvolutionKernel(Group)?|(Pulse)?SequenceName|RescaleType|StackID|"
    r"(Transmit|Receive)CoilName|ImagedNucleus|ResonantNucleus|Filter(Type|Material)|PositionReferenceIndicator|"
    r"WindowCenterWidthExplanation|DetectorType|Algorithm\w+|ReconstructionAlgorithm|SegmentAlgorithmName|ImageFilter|"
    r"(Image|Frame|Acquisition|ExposureModulation)Type|ScanOptions|ScanningSequence|SequenceVariant")
OF_DEVICES = re.compile(r"\w*(Serial|Station|Detector|Device|Machine|Source|Gantry|Generator|Plate|Cassette|Lens)\w*")
KNOWN = TERMS | WINDOWS | COMMON
TEXTS = frozenset(("AE", "LO", "LT", "SH", "ST", "UC", "UR", "UT"))
PLACEHOLDERS = frozenset(("anon", "anonymous", "anonymized", "anonymised", "unknown", "none", "n/a", "removed",
                          "patient"))
DICOM_ROOT = "1.2.840.10008."
_WORD = re.compile(r"[^\W\d_]{3,}|[\u2e80-\u9fff]{2,}")
_PRINTED = re.compile(rb"[ -~]{5,}")
_IDENTIFIER = re.compile(r"(?:Other)?PatientIDs?|AccessionNumber|Admission.*|.*Telephone.*|Insurance.*")
_DAY = re.compile(r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@dataclass
class Evidence:
    """What one patient's originals say.

    Attributes:
        names: persons' names, whole and in parts.
        numbers: numbers, texts and addresses, whole; of telephone numbers the digits too.
        words: words of free texts.
        dates: YYYYMMDD.
        uids: UIDs other than DICOM's own.
        devices: names and numbers of devices were asked for: they are technical too.
        figures: of the patient's identifiers the digits, without leading zeros.
        technical: values of technical attributes, which are no evidence even where a private attribute repeats them.
    """

    names: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    devices: bool = False
    words: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    figures: set[str] = field(default_factory=set)
    technical: set[str] = field(default_factory=set)

    def is_technical(self, keyword: str, text: str) -> bool:
        """True for a value that names no person, place or event: a code's, a device's where those were asked for, and
        that of a technical attribute where no word of it is a name for all that is known."""
        if CODES.fullmatch(keyword) or TECHNICAL.fullmatch(keyword) and not foreign(text):
            return True
        return bool(self.devices and OF_DEVICES.fullmatch(keyword) and not TECHNICAL.fullmatch(keyword))

    def add(self, path: Path) -> None:
        """Collect from one original; what cannot be read adds nothing (and cannot have been written)."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
                for part in (ds.file_meta, ds):
                    self._walk(part)
                for run in _PRINTED.findall(ds.preamble or b""):
                    self._text(run.decode("ascii"))
            except Exception:  # a parser meeting hostile bytes may raise anything
                return

    def _walk(self, ds: Dataset) -> None:
        for tag in list(ds.keys()):
            try:
                element = ds[tag]
                if element.VR == "SQ":
                    for item in element.value or []:
                        self._walk(item)
                    continue
                values = list(_several(element.value))
            except Exception:  # nosec - what cannot be decoded is removed as such
                continue
            self._value(element.keyword, str(element.VR), tag.is_private, values)

    def _value(self, keyword: str, vr: str, private: bool, values: Iterable[object]) -> None:
        for value in values:
            if isinstance(value, bytes):
                if private or keyword not in ("PixelData",):
                    self._bytes(value, private)
                continue
            text = str(value).strip(" \0")
            if not text:
                continue
            if vr == "PN":
                self._name(text)
            elif vr == "UI":
                if not text.startswith(DICOM_ROOT) and keyword != "ImplementationClassUID":  # a program's
                    self.uids.add(text)
            elif vr in ("DA", "DT"):
                self._date(text)
            elif vr in TEXTS:
                if self.is_technical(keyword, text):
                    self.technical.add(text)
                else:
                    self._text(text)
                    if not private and _IDENTIFIER.fullmatch(keyword):
                        runs = (*re.findall("[0-9]+", text), "".join(re.findall("[0-9]", text)))
                        self.figures.update(run.lstrip("0") for run in runs)

    def _name(self, text: str) -> None:
        for group in text.split("="):
            whole = re.sub(r"[\^\s]+", " ", group).strip()
            parts = [p.strip(".,;()") for p in re.split(r"[\^\s]+", group)]
            joined = [" ".join(reversed(parts)).strip(), "^".join(parts).strip("^"), "".join(parts)]
            self.names.update(n for n in (whole, *joined, *parts)
                              if _long_enough(n) and n.casefold() not in PLACEHOLDERS)

    def _text(self, text: str) -> None:
        if text.casefold() in PLACEHOLDERS:
            return
        self.numbers.add(text)
        digits = re.sub(r"[\s()+/.-]", "", text)
        if digits.isdigit() and len(digits) >= 6:
            self.numbers.add(digits)
        self.numbers.update(re.findall(r"\d{6,}", text))
        self.dates.update(_DAY.findall(re.sub(r"(?<=\d)[-/.](?=\d)", "", text)))
        self.words.update(_WORD.findall(text))

    def _date(self, text: str) -> None:
        self.dates.update(_DAY.findall(re.sub(r"[-/.:]", "", text)[:8]))

    def _bytes(self, value: bytes, private: bool) -> None:
        """Names in carets, UIDs and dates within bytes; private bytes are mostly tables of a vendor's own words."""
        for run in _PRINTED.findall(value):
            text = run.decode("ascii")
            if re.search(r"[A-Za-z]\^[A-Za-z]", text):
                self._name(text)
            self.uids.update(u for u in re.findall(r"\d+(?:\.\d+){5,}", text) if not u.startswith(DICOM_ROOT))

    def texts(self) -> Iterator[str]:
        """Everything to be searched for as it stands, but dates and UIDs."""
        yield from self.names
        yield from (n for n in self.numbers if n not in self.technical)


def foreign(text: str) -> set[str]:
    """Words of a technical value that no list knows: letters, three at most where digits stand beside them, else one.

    The lists are the removal's and its own; capitals within a word begin another (LightSpeed).
    """
    found = set()
    for word in re.findall(r"[^\W_]+", text.casefold() if text.isupper() else text):
        letters = re.findall(r"[^\W\d]+", word)
        longest = 3 if any(c.isdigit() for c in word) else 1
        strange = [run for run in letters if len(run) > longest and run.casefold() not in KNOWN and any(
            part.casefold() not in KNOWN for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+", run))]
        if word.casefold() not in KNOWN and (strange or re.search(r"\d{6}", word)):
            found.add(word)
    return found


def _several(value: object) -> Iterable[object]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple, pydicom.multival.MultiValue)) else (value,)


def _long_enough(name: str) -> bool:
    return len(name) > 1 or (bool(name) and ord(name[0]) >= 0x2E80)
