"""C-MOVE and C-GET (PS3.4 annex C, study root): a PACS sends a study, to the receiver or on the same association."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medomni.dicom.pacs.inbox import Inbox
from medomni.dicom.pacs.peer import Peer, application, associated
from medomni.dicom.pacs.query import PENDING
from medomni.dicom.pacs.receive import store_in
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MOST_CONTEXTS = 126  # an association has 128 (PS3.8 9.3.2.2), one of them for C-GET itself
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
        MedomniError: MED-N01 where there is no association; MED-N05 where the archive refuses, does not know ``to``, or
            could not send every instance.
    """
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove as Model  # type: ignore[attr-defined]

    entity = application(title)
    entity.add_requested_context(Model)
    entity.dimse_timeout = None  # an archive may answer after the last instance only
    with associated(entity, peer) as association:
        return _followed(association.send_c_move(_whole_study(study_uid), to, Model), peer, progress)


def get_study(peer: Peer, study_uid: str, inbox: Inbox, *, title: str = "MEDOMNI",
              said: Callable[[str], None] = lambda _: None, progress: Said = lambda done, total: None) -> Moved:
    """Fetch a study on the association itself: no port of ours needs to be open.

    Raises:
        MedomniError: as :func:`move_study`.
    """
    from pydicom.uid import AllTransferSyntaxes
    from pynetdicom import StoragePresentationContexts, build_role, evt
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet as Model  # type: ignore[attr-defined]

    entity = application(title)
    entity.add_requested_context(Model)
    entity.dimse_timeout = None
    classes = [str(c.abstract_syntax) for c in StoragePresentationContexts][:MOST_CONTEXTS]
    for uid in classes:
        entity.add_requested_context(uid, [str(s) for s in AllTransferSyntaxes])
    roles = [build_role(uid, scp_role=True) for uid in classes]
    handlers = [(evt.EVT_C_STORE, lambda event: store_in(inbox, event, said)[1])]
    with associated(entity, peer, ext_neg=roles, evt_handlers=handlers) as association:
        return _followed(association.send_c_get(_whole_study(study_uid), Model), peer, progress)


def _whole_study(study_uid: str) -> Dataset:
    from pydicom.dataset import Dataset

    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.StudyInstanceUID = study_uid
    return query


def _followed(answers: Iterable[tuple[Any, Any]], peer: Peer, progress: Said) -> Moved:
    moved = Moved(0, 0)
    status: Any = None
    for status, _ in answers:
        if not status:
            raise MedomniError("MED-N05", f"the connection ended after {moved.completed} instances", where=peer)
        moved = Moved(int(status.get("NumberOfCompletedSuboperations") or 0)
                      + int(status.get("NumberOfWarningSuboperations") or 0),
                      int(status.get("NumberOfFailedSuboperations") or 0))
        if status.Status in PENDING:
            progress(moved.completed, moved.completed + moved.failed
                     + int(status.get("NumberOfRemainingSuboperations") or 0))
    if status is None or status.Status or moved.failed:
        code = f" with status {status.Status:04X}" if status is not None else ""
        raise MedomniError("MED-N05", f"ended{code}: {moved.completed} instances arrived, {moved.failed} failed",
                           where=peer)
    return moved
