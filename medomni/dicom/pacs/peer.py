"""The other side: its AE title, host and port, and an association with it."""

from __future__ import annotations

import logging
import re
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medomni.dicom.pacs.tls import Tls, noting, tls_reason
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pynetdicom import AE
    from pynetdicom.association import Association

_PEER = re.compile(r"(?P<title>[^@\\]{1,16})@(?P<host>[^:]+|\[[^\]]+\]):(?P<port>\d{1,5})")
LONGEST_TITLE = 16
TIMEOUT_S = 60  # between two messages; a query may take long
GREETING_S = 15  # to connect, for the TLS handshake, and for the answer to an association request
PARTING_S = 1.0  # for the peer to take an abort; who hangs is not waited for
PDU_BYTES = 1 << 17  # the most that DCMTK sends in one; large ones save a round through Python each


@dataclass(frozen=True)
class Peer:
    """A remote application entity, written ``TITLE@host:port``."""

    title: str
    host: str
    port: int
    tls: Tls | None = None

    @classmethod
    def parse(cls, text: str, tls: Tls | None = None) -> Peer:
        """Raises MED-C03 where ``text`` is not of that form."""
        match = _PEER.fullmatch(text)
        if match is None or not 0 < int(match["port"]) < 1 << 16:
            raise MedomniError("MED-C03", f"{text!r} is not TITLE@host:port with a title of up to 16 letters")
        return cls(valid_title(match["title"]), match["host"].strip("[]"), int(match["port"]), tls)

    def __str__(self) -> str:
        return f"{self.title}@{shown_address(self.host)}:{self.port}"


def shown_address(host: str) -> str:
    """A host as it stands before a port: IPv6 addresses in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def valid_title(title: str) -> str:
    """An AE title without its padding (PS3.5 6.2); MED-C03 where it is none."""
    bare = title.strip()
    if not 0 < len(bare) <= LONGEST_TITLE or not bare.isascii() or not bare.isprintable() or "\\" in bare:
        raise MedomniError("MED-C03", f"{title!r} is no AE title: up to 16 ASCII letters, no backslash")
    return bare


def keep_values_out_of_logs() -> None:
    """From now on pydicom's messages, which quote values, go nowhere, from whatever thread they come."""
    log = logging.getLogger("pydicom")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # without one the last resort prints them
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")


@contextmanager
def unquoted() -> Iterator[None]:
    """pydicom warns of odd values and quotes them: not here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def application(title: str) -> AE:
    """An application entity of ours with timeouts set and nothing of a data set logged.

    Raises:
        MedomniError: MED-C06 where pynetdicom is not installed, MED-C03 for an unfit title.
    """
    try:
        from pynetdicom import AE, _config
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[pacs]'") from exc
    keep_values_out_of_logs()
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    class Entity(AE):
        def _create_socket(self, assoc: Association, *args: Any) -> Any:
            assoc.dul.daemon = True  # else it keeps a program alive that was interrupted, as long as the peer is silent
            return super()._create_socket(assoc, *args)

    entity = Entity(ae_title=valid_title(title))
    entity.maximum_pdu_size = PDU_BYTES
    entity.dimse_timeout = entity.network_timeout = TIMEOUT_S
    entity.acse_timeout = entity.connection_timeout = GREETING_S
    return entity


@contextmanager
def associated(entity: AE, peer: Peer, **options: Any) -> Iterator[Association]:
    """An association with ``peer``, released at the end, aborted where the block fails or is interrupted.

    Raises:
        MedomniError: MED-N01 where there is no such host, nobody answers, the association is rejected, the peer does
            not offer what is asked for, or TLS fails.
    """
    failed: list[OSError] = []
    try:
        tls_args = (noting(peer.tls.client(), failed), peer.host) if peer.tls else None
        association = entity.associate(peer.host, peer.port, ae_title=peer.title, tls_args=tls_args, **options)
    except (OSError, UnicodeError) as exc:  # the address is looked up before anything else
        raise MedomniError("MED-N01", f"no such host ({type(exc).__name__})", where=peer) from exc
    if not association.is_established:
        raise MedomniError("MED-N01", _why_not(association, failed), where=peer)
    try:
        yield association
    except BaseException:
        aborted([association])
        raise
    association.release()


def _why_not(association: Association, failed: Sequence[OSError]) -> str:
    """Why there is no association, as far as can be told."""
    if association.is_rejected:
        return "rejected: are both AE titles known there?"
    if failed:
        return f"no TLS: {tls_reason(failed[0])}"
    if association.rejected_contexts:
        return "it does not offer this service"
    return "no answer"


def aborted(associations: Sequence[Association]) -> None:
    """Abort associations; peers that do not answer are left behind after :data:`PARTING_S`."""
    threads = [threading.Thread(target=one.abort, daemon=True) for one in associations]
    for thread in threads:
        thread.start()
    until = time.monotonic() + PARTING_S
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
