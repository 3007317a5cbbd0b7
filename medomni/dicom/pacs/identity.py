"""What one received instance is: its UIDs, and a digest by which a second sending of it is known."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from medomni.dicom.faults import UnreadableError
from medomni.dicom.keys import study_key
from medomni.dicom.plain import data_set_at, read_plain
from medomni.errors import MedomniError

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")  # leading zeros, which PS3.5 9.1 forbids, are met and harmless
LONGEST_UID = 64


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


def digest(content: bytes) -> str:
    """SHA-256 of the data set in a DICOM file, without the file meta information."""
    start = data_set_at(content) if content[128:132] == b"DICM" else 0
    return hashlib.sha256(memoryview(content)[start:]).hexdigest()
