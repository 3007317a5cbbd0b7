"""Which study is meant: its key, its UIDs, and the keyed hashes that stand for them."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medomni.dicom.keys import site_key, study_key
from medomni.dicom.pacs.identity import is_uid
from medomni.errors import MedomniError
from medomni.forget.files import plain_files
from medomni.forget.traces import Needles


@dataclass(frozen=True)
class Subject:
    """The study: its key, its StudyInstanceUID where it is known, and UIDs of its series and instances with hashes."""

    key: str
    uid: str | None = None
    parts: frozenset[str] = frozenset()

    @property
    def needles(self) -> Needles:
        """What the proof looks for."""
        return Needles((self.key, *([self.uid] if self.uid else [])), self.parts)

    def hidden(self, path: Path | str) -> str:
        """A path as a proof may show it: without the study's key and UIDs."""
        text = str(path)
        for needle in sorted({*self.needles.exact, *self.parts}, key=len, reverse=True):
            text = text.replace(needle, "…")
        return text


def subject_of(study: str) -> Subject:
    """The study that a key, a StudyInstanceUID or a folder of its DICOM files names.

    Raises:
        MedomniError: MED-P11 where it is none of them, MED-P12 where a folder holds several studies.
    """
    folder = Path(study)
    if folder.exists():
        found = [uids for path in plain_files(folder) if (uids := dicom_uids(path))]
        studies = {uids[0] for uids in found}
        if not studies:
            raise MedomniError("MED-P11", "no DICOM file with a StudyInstanceUID in it", where=folder)
        if len(studies) > 1:
            raise MedomniError("MED-P12", f"{len(studies)} studies", where=folder)
        uid = studies.pop()
        return Subject(study_key(uid), uid, parts_of(found))
    if re.fullmatch(r"[0-9a-f]{16}", study):
        return Subject(study)
    if is_uid(study):
        return Subject(study_key(study), study)
    raise MedomniError("MED-P11", "no study key (16 hexadecimal digits), no UID, no folder of that name")


def dicom_uids(path: Path) -> tuple[str, str, str] | None:
    """(study, series, SOP instance UID) of a DICOM file, with its preamble (PS3.10 7.1) or, as images are also read,
    without; None for any other."""
    from medomni.dicom.faults import UnreadableError
    from medomni.dicom.parse import read_elements

    names = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
    try:
        head = read_elements(path, [*names, "SOPClassUID", "Rows"])
        study, series, instance = (str(head.get(name, "") or "") for name in names)
    except (UnreadableError, OSError):
        return None
    return (study or series, series, instance) if study or series else None


def parts_of(found: Sequence[tuple[str, str, str]]) -> frozenset[str]:
    """Series and SOP instance UIDs, and the keyed hashes that stand for them in a store."""
    uids = {uid for _, series, instance in found for uid in (series, instance) if uid}
    return frozenset(uids | {study_key(uid) for uid in uids} | {study_key(f"instance:{uid}") for uid in uids})


def forgotten_hash(key: str) -> str:
    """What stays of a study's key: HMAC-SHA-256 with the site's key, 32 hexadecimal digits."""
    return hmac.new(site_key(), b"forgotten:" + key.encode(), hashlib.sha256).hexdigest()[:32]
