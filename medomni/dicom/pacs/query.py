"""C-FIND (PS3.4 annex C, study root): which studies a PACS has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medomni.dicom.pacs.identity import is_uid
from medomni.dicom.pacs.peer import Peer, application, associated, unquoted
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PENDING = (0xFF00, 0xFF01)
_DATES = re.compile(r"\d{8}|\d{8}-(\d{8})?|-\d{8}")


@dataclass(frozen=True)
class Wanted:
    """What to look for; an empty field matches everything. Wild cards are ``*`` and ``?`` (PS3.4 C.2.2.2.4).

    Attributes:
        date: YYYYMMDD, or a range YYYYMMDD-YYYYMMDD, open at either end.
        modality: e.g. CT; a study matches that holds such a series.
    """

    study_uid: str = ""
    patient_id: str = ""
    accession: str = ""
    date: str = ""
    modality: str = ""

    def __post_init__(self) -> None:
        if self.date and not _DATES.fullmatch(self.date):
            raise MedomniError("MED-C03", f"{self.date!r} is no date: YYYYMMDD or YYYYMMDD-YYYYMMDD")
        conditions = (self.study_uid, self.patient_id, self.accession, self.date, self.modality)
        if not any(re.sub(r"[*?\s]", "", condition) for condition in conditions):  # wild cards alone fit anything
            raise MedomniError("MED-C03", "a query without any condition would list the whole archive")

    def attributes(self) -> dict[str, str]:
        """Keyword to value, as a query at study level has them."""
        return {"StudyInstanceUID": self.study_uid, "PatientID": self.patient_id, "AccessionNumber": self.accession,
                "StudyDate": self.date, "ModalitiesInStudy": self.modality}


@dataclass(frozen=True)
class Match:
    """One study. Nobody's name is asked for; the UID is what :mod:`medomni.dicom.pacs.retrieve` needs.

    Attributes:
        instances: how many there are, None where the archive does not say.
    """

    study_uid: str
    date: str
    modalities: tuple[str, ...]
    instances: int | None

    @classmethod
    def of(cls, ds: Dataset) -> Match:
        """Of an answer of C-FIND or QIDO-RS; control characters, which a terminal would obey, become question marks."""
        held = ds.get("ModalitiesInStudy") or ()
        modalities = (held,) if isinstance(held, str) else tuple(str(m) for m in held)
        number = str(ds.get("NumberOfStudyRelatedInstances") or "")
        return cls(_plain(ds.get("StudyInstanceUID")), _plain(ds.get("StudyDate")), tuple(map(_plain, modalities)),
                   int(number) if number.isdecimal() else None)


def _plain(value: object) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(value or ""))


def study_uid_of(text: str) -> str:
    """One UID as PS3.5 9.1 has it; no wildcard, and no list of several.

    Raises:
        MedomniError: MED-C03 for anything else.
    """
    uid = text.strip()
    if not is_uid(uid):
        raise MedomniError("MED-C03", "a UID is figures and points, at most 64 of them", where="study UID")
    return uid


def find_studies(peer: Peer, wanted: Wanted, *, title: str = "MEDOMNI") -> list[Match]:
    """Studies of ``peer`` that match, by date.

    Raises:
        MedomniError: MED-N01 where there is no association, MED-N05 where the query fails.
    """
    from pydicom.dataset import Dataset
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]

    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.NumberOfStudyRelatedInstances = ""
    if not "".join(map(str, wanted.attributes().values())).isascii():
        query.SpecificCharacterSet = "ISO_IR 192"  # else each letter is sent as ?, which stands for any
    for keyword, value in wanted.attributes().items():
        setattr(query, keyword, value)
    entity = application(title)
    entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
    with associated(entity, peer) as association, unquoted():
        answers = association.send_c_find(query, StudyRootQueryRetrieveInformationModelFind)
        try:
            found = [Match.of(ds) for ds in answers_of(answers, peer)]
        except (ValueError, TypeError, AttributeError) as exc:
            raise MedomniError("MED-N05", f"an answer is no match ({type(exc).__name__})", where=peer) from None
    return sorted((m for m in found if m.study_uid), key=lambda m: (m.date, m.study_uid))


def answers_of(answers: Iterable[tuple[Any, Any]], peer: Peer) -> Iterable[Any]:
    """The identifiers of a query's pending answers; MED-N05 where it ends otherwise than well."""
    for status, identifier in answers:
        if not status:
            raise MedomniError("MED-N05", "the connection ended before the answer", where=peer)
        if status.Status in PENDING and identifier is not None:
            yield identifier
        elif status.Status:
            raise MedomniError("MED-N05", f"the query failed with status {status.Status:04X}", where=peer)
