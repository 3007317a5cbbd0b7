"""Technical attributes in text or code: which of their words may stay.

Table E.1-1 names none of these attributes, so that the Basic Profile keeps them. This goes further, since each can be
typed into: a value stays where each of its words is a technical word, or has the form of one.
"""

from __future__ import annotations

import re

from medomni.dicom.deid.technical_words import TERMS, WINDOWS

SPOKEN = frozenset((
    "AcquisitionType", "AlgorithmName", "AlgorithmVersion", "ConvolutionKernel", "ConvolutionKernelGroup",
    "DetectorType", "ExposureModulationType", "FilterMaterial", "FilterType", "FrameType", "ImageFilter",
    "ImageType", "ImagedNucleus", "Manufacturer", "ManufacturerModelName", "PositionReferenceIndicator",
    "PulseSequenceName", "ReceiveCoilName", "ReconstructionAlgorithm", "RescaleType", "ResonantNucleus", "ScanOptions",
    "ScanningSequence", "SegmentAlgorithmName", "SequenceName", "SequenceVariant", "SoftwareVersions", "StackID",
    "TransmitCoilName", "WindowCenterWidthExplanation",
))
"""Attributes whose words are looked at."""

WORD_BY_WORD = frozenset(("Manufacturer", "ManufacturerModelName", "WindowCenterWidthExplanation"))
"""Of these the known words stay when others go."""
VALUE_BY_VALUE = frozenset(("ScanOptions", "ScanningSequence", "SequenceVariant"))
"""Lists of options without an order: the known values stay when others go."""

INSTEAD = {
    "Manufacturer": "ANON", "ManufacturerModelName": "ANON", "PulseSequenceName": "ANON", "ReceiveCoilName": "ANON",
    "TransmitCoilName": "ANON", "AlgorithmName": "ANON", "AlgorithmVersion": "0", "SegmentAlgorithmName": "ANON",
    "AcquisitionType": "UNKNOWN", "FilterType": "UNKNOWN", "ScanningSequence": "RM", "SequenceVariant": "NONE",
    "ScanOptions": "", "PositionReferenceIndicator": "", "RescaleType": "US", "DeviceSerialNumber": "ANON",
}
"""What stands in place of a value that goes whole, where a module of PS3.3 wants the attribute (type 1: a dummy, action
D; type 2: nothing, action Z); every other one is removed (action X). US is the standard's word for no unit stated."""

_TOKEN = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FEW, _DIGITS, _CUT = 3, 5, 6


def technical(keyword: str, text: str) -> bool:
    """Whether every word of a value is a technical one; always for attributes that are not :data:`SPOKEN`."""
    return keyword not in SPOKEN or all(_known(token, keyword) for token in _TOKEN.findall(text))


def technical_words(keyword: str, text: str) -> str:
    """The technical words of a value in their order, without bare numbers: those may belong to what goes."""
    return " ".join(t for t in _TOKEN.findall(text) if not t.isdigit() and len(t) > 1 and _known(t, keyword))


def cut_name(text: str, names: frozenset[str], *, code: bool = False) -> bool:
    """Whether a word begins as a name does for six letters or more: short attributes cut a name in its middle.

    Args:
        names: folded.
        code: of a coded value only a word that is nothing but the beginning of a name.
    """
    words = [w for w in map(str.casefold, _RUN.findall(text)) if len(w) >= _CUT and w not in TERMS]
    return any(name.startswith(word) if code else word.startswith(name[:_CUT])
               for word in words for name in names if len(name) >= _CUT)


def _known(token: str, keyword: str) -> bool:
    """A word of the list, a single letter, a short number, or digits with few letters (``B40f``, ``FC51``)."""
    words = WINDOWS if keyword == "WindowCenterWidthExplanation" else TERMS
    if token.casefold() in words:
        return True
    runs = _RUN.findall(token)
    if any(len(d) > _DIGITS for d in re.findall(r"\d+", token)):
        return False
    few = _FEW if len(runs) < len(token) and any(c.isdigit() for c in token) and words is TERMS else 1
    return all(len(run) <= few or run.casefold() in words or run.isascii() and all(
        part.casefold() in words for part in _CAMEL.findall(run)) for run in runs)
