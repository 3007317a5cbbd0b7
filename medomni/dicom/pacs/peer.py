"""The other side: its AE title, host and port, and an association with it."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medomni.dicom.pacs.tls import Tls
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pynetdicom import AE
    from pynetdicom.association import Association

_PEER = re.compile(r"(?P<title>[^@\\]{1,16})@(?P<host>[^:]+|\[[^\]]+\]):(?P<port>\d{1,5})")
LONGEST_TITLE = 16
TIMEOUT_S = 60
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
        return f"{self.title}@{self.host}:{self.port}"


def valid_title(title: str) -> str:
    """An AE title without its padding (PS3.5 6.2); MED-C03 where it is none."""
    bare = title.strip()
    if not 0 < len(bare) <= LONGEST_TITLE or not bare.isascii() or not bare.isprintable() or "\\" in bare:
        raise MedomniError("MED-C03", f"{title!r} is no AE title: up to 16 ASCII letters, no backslash")
    return bare


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
    logging.getLogger("pydicom").propagate = False  # its messages quote values too
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    entity = AE(ae_title=valid_title(title))
    entity.maximum_pdu_size = PDU_BYTES
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = entity.connection_timeout = TIMEOUT_S
    return entity


@contextmanager
def associated(entity: AE, peer: Peer, **options: Any) -> Iterator[Association]:
    """An association with ``peer``, released at the end, aborted where the block fails.

    Raises:
        MedomniError: MED-N01 where nobody answers, the association is rejected, or TLS fails.
    """
    tls_args = (peer.tls.client(), peer.host) if peer.tls else None
    association = entity.associate(peer.host, peer.port, ae_title=peer.title, tls_args=tls_args, **options)
    if not association.is_established:
        reason = "rejected: are both AE titles known there?" if association.is_rejected else "no answer"
        raise MedomniError("MED-N01", reason, where=peer)
    try:
        yield association
    except BaseException:
        association.abort()
        raise
    association.release()
