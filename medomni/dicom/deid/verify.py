"""An original and its de-identified file compared by a second pair of eyes; whatever is not understood fails."""

from __future__ import annotations

import re
import warnings
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID_dictionary

from medomni.dicom.deid.beside_values import beside_the_values
from medomni.dicom.deid.common_words import COMMON
from medomni.dicom.deid.evidence import CODES, DICOM_ROOT, KNOWN, TECHNICAL, TEXTS, Evidence, foreign
from medomni.dicom.deid.frames import beside_the_images
from medomni.dicom.deid.heads import face_in
from medomni.dicom.deid.places import places
from medomni.dicom.deid.private import CREATORS
from medomni.dicom.deid.search import Needles, date_forms, encoded, uids_within

LONG_NUMBER = 7
IN_HEADER, IN_PIXELS, DIGITS_IN_PIXELS = 4, 6, 8
_SLICES = re.compile(r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.(2|2\.1|2\.2|4|4\.1|4\.3|4\.4|20|128|128\.1|130|66\.4|66\.7|30|"
                     r"481\.2)")
_META = {0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013}
_DEFLATED = "1.2.840.10008.1.2.1.99"
NUMERIC = frozenset(("CS", "DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"))
MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "PX", "RF", "US", "XA", "XC")  # also of a "CT^Phantom"
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_OWN = ("DeidentificationMethod", "PatientName", "PatientID")


class Terms:
    """What is searched for in the files of one patient: made once, used for each file."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        texts = set(evidence.texts())
        self.header = Needles({n for t in texts for n in encoded(t, IN_HEADER)})
        self.pixels = Needles({n for t in texts for n in encoded(t, DIGITS_IN_PIXELS if t.isdigit() else IN_PIXELS)})
        self.days_of: dict[bytes, set[str]] = defaultdict(set)  # 01.02.2020 is two days
        for day in evidence.dates:
            for needle in {n for form in date_forms(day) for n in encoded(form)}:
                self.days_of[needle].add(day)
        self.days = Needles(self.days_of)
        self.folded = {t.casefold() for t in texts}
        self.names = {n.casefold() for n in evidence.names}
        self.words = {w.casefold() for w in evidence.words} - COMMON


def faults(original: Path, output: Path, terms: Terms, *, keep_face: bool = False) -> list[str]:
    """Why the output may identify somebody; empty where nothing was found. No value stands in the words.

    Args:
        terms: of all originals of the patient.
        keep_face: heads were asked for.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = pydicom.dcmread(original, force=True, stop_before_pixels=True)
            data = output.read_bytes()
            after = pydicom.dcmread(output)
            pairs = list(_elements(after, before))
            syntax = str(after.file_meta.TransferSyntaxUID)
            found = [*_file(data, after), *_pixels(before, after, keep_face), *_dates(pairs),
                     *(beside_the_images(after, syntax) or beside_the_values(after, syntax))]
            for element, old in pairs:
                found += _element(element, old, terms)
            return sorted({*found, *_bytes(data, after, pairs, terms)})
    except Exception as exc:  # what cannot be read cannot be passed
        return [f"the output cannot be read ({type(exc).__name__})"]


def _elements(ds: Dataset, old: Dataset | None) -> Iterator[tuple[DataElement, DataElement | None]]:
    """Every element that is no sequence, beside the original's at the same place where there is one."""
    for element in ds:
        before = old.get_item(element.tag) is not None and old[element.tag] if old is not None else None
        if element.VR != "SQ":
            yield element, before or None
            continue
        olds = list(before.value) if before and before.VR == "SQ" else []
        same = len(olds) == len(element.value)
        for k, item in enumerate(element.value):
            yield from _elements(item, olds[k] if same else None)


def _file(data: bytes, ds: FileDataset) -> Iterator[str]:
    if data[:128] != b"\0" * 128 or data[128:132] != b"DICM":
        yield "preamble"
    if {int(element.tag) for element in ds.file_meta} - _META:
        yield "file meta information"
    if str(ds.get("PatientIdentityRemoved", "")) != "YES" or "DeidentificationMethodCodeSequence" not in ds:
        yield "required marks are missing"
    elif any(e.tag.is_private for e in ds.iterall()) and "113111" not in _codes(ds):
        yield "private attributes without the code that says so"
    if "Rows" not in ds:
        yield "no image"
    if str(ds.get("PatientBirthDate", "") or ""):
        yield "birth date"


def _codes(ds: Dataset) -> set[str]:
    return {str(c.CodeValue) for c in ds.get("DeidentificationMethodCodeSequence") or ()}


def _pixels(before: Dataset, after: Dataset, keep_face: bool) -> Iterator[str]:
    kinds = {str(k).upper() for k in before.get("ImageType") or ()}
    sliced = _SLICES.fullmatch(str(before.get("SOPClassUID", ""))) and not kinds & {"SECONDARY", "LOCALIZER"}
    says = str(before.get("BurnedInAnnotation", ""))
    codes = _codes(after)
    trusted = says == "NO" and not re.search(r"\.1\.1\.([367](\.\d)?)$", str(before.get("SOPClassUID", "")))
    if (says == "YES" or not sliced and not trusted) and "113101" not in codes:
        yield "pixels were not searched for text"
    face = face_in(before)
    if face == "possible" and not (keep_face or "113102" in codes):  # of these face_proof looks at the whole series
        yield "head with its face"
    if str(after.get("RecognizableVisualFeatures", "")) == "NO" and not (face == "none" or "113102" in codes):
        yield "said to show no face, which nobody knows"


def _dates(pairs: list[tuple[DataElement, DataElement | None]]) -> Iterator[str]:
    """Every date is the original's moved by the same number of days, and not by none, or is no date at all."""
    steps = set()
    for element, old in pairs:
        if element.VR not in ("DA", "DT"):
            continue
        for new, text in zip(_texts(element), _texts(old) if old else [], strict=False):
            if new[:8] == "19000101":
                continue
            try:
                steps.add((_day(text) - _day(new)).days)
            except ValueError:
                yield "date of another form"
        if old is None and any(t[:8] != "19000101" for t in _texts(element)):
            yield "date without an original"
    if 0 in steps:
        yield "date unchanged"
    if len(steps) > 1:
        yield "dates moved by different numbers of days"


def _element(element: DataElement, old: DataElement | None, terms: Terms) -> Iterator[str]:
    tag, vr = int(element.tag), str(element.VR)
    name = element.keyword or "element"
    if tag >> 24 in (0x50, 0x60) and not element.tag.is_private:
        yield "curve or overlay"
    if element.tag.is_private:
        reserving = element.tag.element <= 0xFF
        if (str(element.value) not in CREATORS) if reserving else vr not in NUMERIC:
            yield "private attribute"
        if reserving:
            return
    elif not element.keyword:
        yield "attribute that the dictionary does not know"
    if vr in NUMERIC and element.tag.group != 0x0028 and not terms.evidence.figures.isdisjoint(_whole_numbers(element)):
        yield f"number of the patient in {name}"
    if vr == "UI":
        for uid in _texts(element):
            own = uid.startswith(DICOM_ROOT) and (uid in UID_dictionary or name.endswith(("ClassUID", "SyntaxUID")))
            if uid in terms.evidence.uids or not (own or uid.startswith("2.25.")):
                yield f"UID not mapped in {name}"
        return
    if vr not in TEXTS | {"PN", "CS"} or name in _OWN:
        return
    for text in [] if name == "Modality" and element.value in MODALITIES else _texts(element):
        words = {w.casefold() for w in re.findall(r"[^\W_]+", text)}
        if words & terms.names or any(n in text for n in terms.names if ord(n[0]) >= 0x2E80):
            yield f"name in {name}"
        elif (vr == "CS" or CODES.fullmatch(name) or TECHNICAL.fullmatch(name)) and _begun(text, terms, vr == "CS"):
            yield f"beginning of a name in {name}"
        if TECHNICAL.fullmatch(name) and foreign(text):
            yield f"word that no list knows in {name}"
        if vr == "CS" or terms.evidence.is_technical(name, text):
            continue
        if text.casefold() in terms.folded and not words <= COMMON:
            yield f"text of the original in {name}"
        if words & terms.words:
            yield f"word of the original in {name}"


def _whole_numbers(element: DataElement) -> set[str]:
    """Digits of whole numbers of five digits or more, of four where the attribute counts."""
    found = {re.sub(r"^[-+]?0*|\.0*$", "", text.strip()) for text in _texts(element)}
    return {d for d in found if d.isdigit() and len(d) >= (4 if element.VR == "IS" else 5)}


def _begun(text: str, terms: Terms, whole: bool) -> bool:
    """Whether a word of six letters or more, known to no list, begins as a name does; in a code the ``whole`` word is
    the beginning of the name, for codes are cut after sixteen letters."""
    words = {w for w in re.findall(r"[^\W\d_]{6,}", text.casefold()) if w not in KNOWN}
    return any((n.startswith(w) if whole else w.startswith(n[:6])) for w in words for n in terms.names if len(n) >= 6)


def _bytes(data: bytes, after: FileDataset, pairs: list[tuple[DataElement, DataElement | None]],
           terms: Terms) -> Iterator[str]:
    if str(after.file_meta.TransferSyntaxUID) == _DEFLATED:
        at = 144 + int.from_bytes(data[140:144], "little")
        data = data[:at] + zlib.decompress(data[at:], -zlib.MAX_WBITS)
    pixels = next((after[n].value for n in _PIXELS if n in after), b"")
    at = data.find(pixels) if pixels else -1
    header = data if at < 0 else data[:at] + b"\0" + data[at + len(pixels):]
    header, pixels = header.lower(), pixels.lower()
    judged = [e for e, _ in pairs if e.keyword not in ("PatientName", "PatientID")]
    allowed = {t.casefold().encode() for e in judged for t in _texts(e) if (
        e.keyword == "DeidentificationMethod" or
        terms.evidence.is_technical(e.keyword, t) or str(e.value) in CREATORS or e.VR in ("CS", "DS", "IS") or set(
            w.casefold() for w in re.findall(r"[^\W_]+", str(e.value))) <= COMMON)}
    parts = [*(e for e, _ in pairs if e.keyword not in _PIXELS), *after.file_meta]
    found = terms.header.within(header)
    found -= _standing(found, allowed)
    if found:
        yield "identifying text in the bytes of the header" + places(parts, lambda d: found & terms.header.within(d))
    if terms.pixels.within(pixels):
        yield "identifying text in the bytes of the pixels"
    moved = {t[:8] for e, _ in pairs if e.VR in ("DA", "DT") for t in _texts(e)}

    def of_a_day(part: bytes) -> bool:
        return any(terms.days_of[n] - moved for n in terms.days.within(part))

    if of_a_day(header):
        yield "date of the original in the bytes of the header" + places(parts, of_a_day)
    if of_a_day(pixels):
        yield "date of the original in the bytes of the pixels"
    uids = terms.evidence.uids
    if not uids.isdisjoint(uids_within(header) | uids_within(pixels)):
        yield "UID of the original in the bytes" + places(parts, lambda d: not uids.isdisjoint(uids_within(d)))

def _standing(needles: set[bytes], allowed: set[bytes]) -> set[bytes]:
    """Needles that stand, not as a name, within a value that was judged as an element already."""
    joined = b"\n".join(allowed)
    return {n for n in needles if n in joined and not (n.isdigit() and len(n) >= LONG_NUMBER)}


def _texts(element: DataElement) -> list[str]:
    value = element.value
    if value is None or isinstance(value, bytes):
        return []
    values = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    return [t for v in values if (t := str(v).strip(" \0"))]


def _day(text: str) -> date:
    return datetime.strptime(re.sub(r"[-/.:]", "", text)[:8], "%Y%m%d").date()
