"""What one received instance is: its UIDs, and a digest by which a second sending of it is known."""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from medomni.dicom.faults import UnreadableError
from medomni.dicom.keys import study_key
from medomni.dicom.plain import data_set_at, read_plain
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")  # leading zeros, which PS3.5 9.1 forbids, are met and harmless
LONGEST_UID = 64
DEFERRED = 1 << 20
"""Longer values, pixels above all, are left in the file until they are asked for."""
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
ENCODING = ("PixelData", "PhotometricInterpretation", "PlanarConfiguration")


def is_uid(text: str) -> bool:
    """Whether a text is one UID: figures and points, at most 64 (PS3.5 9.1)."""
    return len(text) <= LONGEST_UID and _UID.fullmatch(text) is not None


@dataclass(frozen=True)
class Identity:
    """Keyed hashes of an instance's SOP and study instance UIDs, and the SHA-256 of its data set as it was encoded.

    The file meta information is not in the digest: each sender writes its own.
    """

    instance_key: str
    study_key: str
    sha256: str


def identify(path: Path, sha256: str = "") -> Identity:
    """The identity of a DICOM file that has just been received.

    Args:
        sha256: its digest, where it is known.

    Raises:
        MedomniError: MED-N03 where it is no DICOM, or has no SOP or study instance UID.
    """
    uids = _uids(path)
    for name, uid in zip(("SOP", "study"), uids, strict=True):
        if not is_uid(uid):
            raise MedomniError("MED-N03", f"no valid {name} instance UID")
    return Identity(instance_key(uids[0]), study_key(uids[1]), sha256 or digest(path.read_bytes()))


def _uids(path: Path) -> list[str]:
    """SOP and study instance UID: the short way where the header is plain, as most are; a PACS sends many a second."""
    from medomni.dicom.parse import read_elements

    names = ("SOPInstanceUID", "StudyInstanceUID")
    plain = read_plain(path)
    if plain is not None and all(is_uid(plain.values.get(name, "")) for name in names):
        return [plain.values[name] for name in names]
    try:
        head = read_elements(path, list(names), only=True)
    except UnreadableError as exc:
        raise MedomniError("MED-N03", str(exc)) from exc
    return [str(head.get(name) or "") for name in names]


def instance_key(sop_instance_uid: str) -> str:
    """The keyed hash that stands for a SOPInstanceUID; kept apart from those of studies by its prefix."""
    return study_key(f"instance:{sop_instance_uid}")


def same_image(one: Path, other: Path) -> bool:
    """Whether two files of one SOP instance hold the same elements and the same pixels, in whatever transfer syntax.

    Private elements that only one of them has are overlooked beside equal pixels: archives leave them out or add their
    own. Without pixels everything must be equal. False also where either cannot be decoded: then nothing shows that
    they are equal.
    """
    import pydicom

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first, second = (pydicom.dcmread(path, defer_size=DEFERRED) for path in (one, other))
            pixels = ["PixelData" in ds for ds in (first, second)]
            if pixels[0] != pixels[1]:
                return False
            if not pixels[0]:
                return bool(first == second)
            return _of_one_kind(first, second) and same_frames(one, other) and _alike(first, second)
    except Exception:  # damaged files may raise anything in a decoder
        return False


def same_frames(one: Path, other: Path) -> bool:
    """Whether two files have the same pixels, colours as RGB whatever they are stored in; a frame of each at a time."""
    import numpy as np

    from medomni.dicom.jpeg import iter_pixels

    return all(a is not None and b is not None and np.array_equal(a, b)
               for a, b in zip_longest(iter_pixels(one), iter_pixels(other)))


def _of_one_kind(first: Dataset, second: Dataset) -> bool:
    kinds = [str(ds.get("PhotometricInterpretation")) for ds in (first, second)]
    return kinds[0] == kinds[1] or all(kind in COLOURS for kind in kinds)


def _alike(first: Dataset, second: Dataset) -> bool:
    """Equal in all elements but what another encoding of the same pixels changes."""
    private = [{e.tag for e in ds if e.tag.is_private} for ds in (first, second)]
    if any(first[tag] != second[tag] for tag in private[0] & private[1]):
        return False
    for ds in (first, second):
        for element in ENCODING:
            if element in ds:
                del ds[element]
        ds.remove_private_tags()
    return bool(first == second)


def digest(content: bytes) -> str:
    """SHA-256 of the data set in a DICOM file, without the file meta information."""
    start = data_set_at(content) if content[128:132] == b"DICM" else 0
    return hashlib.sha256(memoryview(content)[start:]).hexdigest()
