"""What is replaced by a keyed hash: UIDs, patients, the shift of dates, names of files. Stable for the same key."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from pydicom.uid import UID_dictionary

from medomni.dicom.keys import site_key
from medomni.errors import MedomniError

DICOM_ROOT = "1.2.840.10008."
CLASSES = frozenset((
    "SOPClassUID", "ReferencedSOPClassUID", "MediaStorageSOPClassUID", "TransferSyntaxUID", "CodingSchemeUID",
    "ContextUID", "MappingResourceUID", "ContextGroupExtensionCreatorUID", "RelatedGeneralSOPClassUID",
    "OriginalSpecializedSOPClassUID", "ReferencedSOPClassUIDInFile", "ReferencedTransferSyntaxUIDInFile",
    "SOPClassesInStudy", "SOPClassesSupported", "AvailableTransferSyntaxUID", "EncryptedContentTransferSyntaxUID",
    "MACCalculationTransferSyntaxUID",
))
"""Attributes that name a class of things; a UID of DICOM's own root in them names nobody."""
FEWEST_DAYS, MOST_DAYS = 31, 3650
_SHORTEST_KEY = 16


class Keyed:
    """The hashes of one key.

    Args:
        key: the site's, or one that several hospitals share; 16 bytes at least.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def uid(self, uid: str, keyword: str = "") -> str:
        """``uid`` itself where it is one of DICOM's own, else a UID of form ``2.25.<integer>``, 44 characters at most
        (PS3.5 B.2: the integer of a UUID; here of version 8, RFC 9562)."""
        uid = uid.strip("\0 ")
        if not uid or uid in UID_dictionary or (keyword in CLASSES and uid.startswith(DICOM_ROOT)):
            return uid
        number = int.from_bytes(self._hash("uid", uid)[:16], "big")
        number = number & ~(0xF << 76) | (8 << 76)
        number = number & ~(0x3 << 62) | (2 << 62)
        return f"2.25.{number}"

    def patient(self, number: str) -> str:
        """The pseudonym of a patient, from PatientID: 16 hexadecimal digits in capitals."""
        return self._hash("patient", number.strip()).hex()[:16].upper()

    def days(self, number: str) -> int:
        """How many days the dates of a patient go back: 31 to 3650, the same for every file."""
        return FEWEST_DAYS + int.from_bytes(self._hash("days", number.strip())[:8], "big") % (MOST_DAYS - FEWEST_DAYS)

    def name(self, kind: str, value: str) -> str:
        """A name for a file or folder: 16 hexadecimal digits."""
        return self._hash(f"name-{kind}", value).hex()[:16]

    def _hash(self, kind: str, value: str) -> bytes:
        return hmac.new(self._key, f"medomni-deid:{kind}:{value}".encode(), hashlib.sha256).digest()


def keyed(project_key: Path | None = None) -> Keyed:
    """The hashes of the key in a file, hexadecimal, or of the site's key.

    Raises:
        MedomniError: MED-C08 where there is no file, MED-P02 where it holds no key of 16 bytes or more.
    """
    if project_key is None:
        return Keyed(site_key())
    if not project_key.is_file():
        raise MedomniError("MED-C08", where=project_key)
    try:
        key = bytes.fromhex(project_key.read_text(encoding="ascii").strip())
    except ValueError as exc:  # the text is a secret and stays out of the message
        raise MedomniError("MED-P02", "it is not hexadecimal", where=project_key) from exc
    if len(key) < _SHORTEST_KEY:
        raise MedomniError("MED-P02", f"{len(key)} bytes", where=project_key)
    return Keyed(key)
