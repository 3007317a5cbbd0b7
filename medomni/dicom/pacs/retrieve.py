"""C-MOVE and C-GET (PS3.4 annex C, study root): a PACS sends a study, to the receiver or on the same association."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medomni.dicom.keys import study_key
from medomni.dicom.pacs.inbox import Asked, Inbox
from medomni.dicom.pacs.peer import Peer, application, associated, unquoted
from medomni.dicom.pacs.query import PENDING, answers_of, study_uid_of
from medomni.dicom.pacs.receive import store_in
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MOST_CONTEXTS = 127  # an association has 128 (PS3.8 9.3.2.2), one of them for C-GET itself
LONGEST_SILENCE_S = 3600  # an archive may answer after the last instance only, and fetch it from a tape
NATIVE = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
WARNING = 0xB000
Said = Callable[[int, int], None]


@dataclass(frozen=True)
class Moved:
    """What the archive says it has sent: how many instances arrived, and how many did not."""

    completed: int
    failed: int


def move_study(peer: Peer, study_uid: str, *, to: str, title: str = "MEDOMNI",
               progress: Said = lambda done, total: None) -> Moved:
    """Have ``peer`` send a study to the application entity ``to``, which it must know (e.g. ``medomni pacs receive``).

    Giving it again is safe: what is known already is not stored twice.

    Raises:
        MedomniError: MED-N01 where there is no association; MED-N05 where the archive refuses, does not know ``to`` or
            the study, or could not send every instance.
    """
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove as Model  # type: ignore[attr-defined]

    entity = application(title)
    entity.add_requested_context(Model)
    entity.dimse_timeout = LONGEST_SILENCE_S
    with associated(entity, peer) as association, unquoted():
        return _followed(association.send_c_move(_study(study_uid), to, Model), peer, progress)


def get_study(peer: Peer, study_uid: str, inbox: Inbox, *, title: str = "MEDOMNI",
              said: Callable[[str], None] = lambda _: None, progress: Said = lambda done, total: None) -> Moved:
    """Fetch a study on the association itself: no port of ours needs to be open.

    The archive is asked for the study's SOP classes first, so that each can be taken in every transfer syntax that it
    may be stored in; an archive that cannot say gets the common classes, uncompressed or in one syntax of its choice.

    Raises:
        MedomniError: as :func:`move_study`.
    """
    from pynetdicom import build_role, evt
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet as Model  # type: ignore[attr-defined]

    entity = application(title)
    entity.add_requested_context(Model)
    entity.dimse_timeout = LONGEST_SILENCE_S
    contexts = _contexts(_classes(peer, study_uid, title))
    for context in contexts:
        entity.add_requested_context(*context)
    roles = [build_role(uid, scp_role=True) for uid in dict.fromkeys(uid for uid, _ in contexts)]
    asked = Asked(study_key=study_key(study_uid))
    handlers = [(evt.EVT_C_STORE, lambda event: store_in(inbox, event, said, asked)[1])]
    with associated(entity, peer, ext_neg=roles, evt_handlers=handlers) as association, unquoted():
        return _followed(association.send_c_get(_study(study_uid), Model), peer, progress)


def _classes(peer: Peer, study_uid: str, title: str) -> list[str]:
    """The SOP classes of a study, where the archive can say (SOP Classes in Study, 0008,0062)."""
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Model  # type: ignore[attr-defined]

    entity = application(title)
    entity.add_requested_context(Model)
    query = _study(study_uid)
    query.SOPClassesInStudy = ""
    with associated(entity, peer) as association, unquoted():
        try:
            (found, *_) = answers_of(association.send_c_find(query, Model), peer)
            said = found.get("SOPClassesInStudy") or ()
            return [said] if isinstance(said, str) else [str(uid) for uid in said]
        except (MedomniError, ValueError, TypeError, AttributeError):  # it cannot say
            return []


def _contexts(classes: list[str]) -> list[tuple[str, list[str]]]:
    """A context for each class and compressed syntax, as an archive picks one of a context's; at most 127."""
    from pydicom.uid import AllTransferSyntaxes
    from pynetdicom import StoragePresentationContexts

    packed = [str(uid) for uid in AllTransferSyntaxes if str(uid) not in NATIVE]
    if 0 < len(classes) <= MOST_CONTEXTS // (1 + len(packed)):
        return [(uid, syntaxes) for uid in classes for syntaxes in (list(NATIVE), *([one] for one in packed))]
    known = classes or [str(c.abstract_syntax) for c in StoragePresentationContexts]
    return [(uid, [*NATIVE, *packed]) for uid in known[:MOST_CONTEXTS]]


def _study(study_uid: str) -> Dataset:
    from pydicom.dataset import Dataset

    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.StudyInstanceUID = study_uid_of(study_uid)
    return query


def _followed(answers: Iterable[tuple[Any, Any]], peer: Peer, progress: Said) -> Moved:
    """Follow the answers to the last; counts are optional in each (PS3.7 9.1.4.1), so the highest ones stand."""
    completed = failed = 0
    counted, status = False, None
    for status, _ in answers:
        if not status:
            raise MedomniError("MED-N05", f"the connection ended after {completed} instances", where=peer)
        counted |= "NumberOfCompletedSuboperations" in status
        completed = max(completed, _count(status, "Completed") + _count(status, "Warning"))
        failed = max(failed, _count(status, "Failed"))
        if status.Status in PENDING:
            progress(completed, completed + failed + _count(status, "Remaining"))
    if status is None or failed or status.Status not in (0, WARNING):
        code = f" with status {status.Status:04X}" if status is not None else ""
        raise MedomniError("MED-N05", f"ended{code}: {completed} instances arrived, {failed} failed", where=peer)
    if counted and not completed:
        raise MedomniError("MED-N05", "the archive has no instance of this study", where=peer)
    progress(completed, completed)
    return Moved(completed, failed)


def _count(status: Any, which: str) -> int:
    return int(status.get(f"NumberOf{which}Suboperations") or 0)
