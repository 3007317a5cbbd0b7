"""A storage SCP (PS3.4 annex B): instances that a PACS sends go into the inbox."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from medomni.dicom.pacs.inbox import Asked, Inbox
from medomni.dicom.pacs.peer import aborted, application, shown_address, valid_title
from medomni.dicom.pacs.tls import Tls
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from pynetdicom.events import Event

SUCCESS, DUPLICATE, OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0x0111, 0xA700, 0xC000
MOST_ASSOCIATIONS = 16
GREETING_S = 10  # for the TLS handshake, and then for the association request
TLS_HANDSHAKE = 0x16  # the content type of a record (RFC 8446 5.1)
LONGEST_GREETING = 1 << 20
"""Bytes of an association request; one of 128 contexts with every transfer syntax has a quarter of it."""


class Receiver:
    """Receives until the block ends.

    An association is taken only where the caller's AE title is in ``callers`` and it calls us by ours; with ``tls``
    only where its certificate is signed by our authority. AE titles are no secret: without TLS the network
    must be trusted.

    Args:
        inbox: where instances go.
        title: our AE title.
        callers: AE titles that may send; never empty.
        host: address to listen on; the loopback by default.
        port: TCP port; 0 for a free one.
        said: told of what was refused and why, without any header content.

    Raises:
        MedomniError: MED-C03 for an unfit title or no caller, MED-C06 without pynetdicom, MED-N02 where the port is
            taken, MED-N04 for certificates.
    """

    def __init__(self, inbox: Inbox, *, title: str, callers: Sequence[str], host: str = "127.0.0.1", port: int = 11112,
                 tls: Tls | None = None, said: Callable[[str], None] = lambda _: None) -> None:
        if not callers:
            raise MedomniError("MED-C03", "no AE title is allowed to send: give --allow")
        self._callers = [valid_title(caller) for caller in callers]
        self.inbox, self.said = inbox, said
        self.counts = {"stored": 0, "known": 0, "conflict": 0, "refused": 0}
        self._counting, self._ending = threading.Lock(), False
        self._entity = application(title)
        self._entity.require_called_aet = True
        self._entity.require_calling_aet = self._callers
        self._entity.acse_timeout = GREETING_S
        self._entity.maximum_associations = MOST_ASSOCIATIONS
        for context in _contexts():
            self._entity.add_supported_context(*context)
        self._address, self._tls = (host.strip("[]"), port), tls

    def __enter__(self) -> Receiver:
        from pynetdicom import evt

        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_C_ECHO, lambda _: SUCCESS),
                    (evt.EVT_REJECTED, self._rejected), (evt.EVT_CONN_OPEN, _opened), (evt.EVT_ABORTED, self._left)]
        try:
            self._server = self._entity.make_server(
                self._address, evt_handlers=handlers,  # type: ignore[arg-type]
                ssl_context=self._tls.server() if self._tls else None, server_class=_server_class(self.said))
        except OSError as exc:
            raise MedomniError("MED-N02", exc.strerror or "",
                               where=f"{shown_address(self._address[0])}:{self._address[1]}") from exc
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self._server.shutdown()
        aborted(self._server.active_associations)

    @property
    def port(self) -> int:
        """The TCP port that is listened on."""
        return int(self._server.server_address[1])

    def _store(self, event: Event) -> int:
        outcome, status = store_in(self.inbox, event, self.said)
        with self._counting:
            self.counts[outcome] += 1
        return status

    def _rejected(self, event: Event) -> None:
        request = event.assoc.requestor.primitive
        caller = str(request.calling_ae_title).strip() if request else "?"
        called = str(request.called_ae_title).strip() if request else "?"
        ours = called == self._entity.ae_title.strip()
        where = event.assoc.requestor.address
        if ours and caller in self._callers:
            self.said(f"{caller!r} from {where} was turned away: {MOST_ASSOCIATIONS} associations are open")
        elif ours:
            self.said(str(MedomniError("MED-N08", f"AE title {caller!r} from {where}")))
        else:
            self.said(str(MedomniError("MED-N08", f"{caller!r} from {where} called {called!r}, and we are "
                                                  f"{self._entity.ae_title.strip()!r}")))

    def _left(self, event: Event) -> None:
        """An association that ended without a release, by the caller, its network, or its silence."""
        request = event.assoc.requestor.primitive
        if request and not self._ending:
            self.said(f"{str(request.calling_ae_title).strip()!r} from {event.assoc.requestor.address} left without a "
                      "release: an instance that was under way is not stored")


def _opened(event: Event) -> None:
    event.assoc.dul.daemon = True  # it has not begun yet; a caller that hangs keeps no program alive


def _server_class(said: Callable[[str], None]) -> Any:
    """pynetdicom's server, with the TLS handshake in the connection's own thread: a silent caller stops nobody else.

    Args:
        said: told of callers with whom there is no TLS.
    """
    from pynetdicom.transport import ThreadedAssociationServer

    class Server(ThreadedAssociationServer):
        daemon_threads = True  # closing waits for no handshake

        def get_request(self) -> tuple[socket.socket, Any]:
            assert self.socket is not None
            connection, address = self.socket.accept()
            connection.settimeout(GREETING_S)
            return connection, address

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            if self.ssl_context:
                try:
                    request = self.ssl_context.wrap_socket(request, server_side=True)
                except OSError as exc:  # no TLS, no certificate of ours, or nothing at all
                    request.close()
                    why = getattr(exc, "reason", None) or ("it said nothing" if isinstance(exc, TimeoutError) else
                                                           type(exc).__name__)
                    said(str(MedomniError("MED-N08", f"no TLS with {client_address[0]}: {why}")))
                    return
            else:
                head = greeting(request)
                if not greets(head):
                    request.close()
                    if head:  # who says nothing is a probe of the port, and many come
                        said(str(MedomniError("MED-N08", f"{client_address[0]} does not speak DICOM"
                                              f"{', TLS rather' if head[0] == TLS_HANDSHAKE else ''}")))
                    return
            request.settimeout(self.ae.network_timeout)
            super().process_request_thread(request, client_address)

        def shutdown(self) -> None:
            socketserver.BaseServer.shutdown(self)
            self.server_close()

    return Server


def greeting(connection: socket.socket) -> bytes:
    """The first six bytes that a stranger sends, or fewer; they stay where they are."""
    try:
        return connection.recv(6, socket.MSG_PEEK | socket.MSG_WAITALL)
    except OSError:
        return b""


def greets(head: bytes) -> bool:
    """Whether that begins an association request (PS3.8 9.3.2) of a length that one can have.

    What reads it makes room for as many bytes as it announces.
    """
    return len(head) == 6 and head[0] == 1 and int.from_bytes(head[2:], "big") <= LONGEST_GREETING


def store_in(inbox: Inbox, event: Event, said: Callable[[str], None], asked: Asked | None = None) -> tuple[str, int]:
    """Keep one instance that came in.

    Args:
        asked: what was asked for, where something was.
        said: told of a refusal, without any header content.

    Returns:
        The outcome (that of :class:`medomni.dicom.pacs.inbox.Kept`, or ``refused``), and the status to answer with
        (PS3.4 B.2.3).
    """
    try:
        kept = inbox.store(event.encoded_dataset(), asked=asked)
    except MedomniError as exc:
        said(f"refused: {exc}")
        return "refused", OUT_OF_RESOURCES if exc.code in ("MED-C04", "MED-N06") else CANNOT_UNDERSTAND
    if kept.outcome != "conflict":
        return kept.outcome, SUCCESS
    said(str(MedomniError("MED-N07", where=f"study {kept.study_key}")))
    return kept.outcome, DUPLICATE


def _contexts() -> list[tuple[str, list[str]]]:
    """Verification, and every storage class in every transfer syntax: what cannot be decoded is still kept."""
    from pydicom.uid import AllTransferSyntaxes
    from pynetdicom import AllStoragePresentationContexts
    from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

    syntaxes = [str(uid) for uid in AllTransferSyntaxes]
    return [(str(Verification), syntaxes[:2]),
            *((str(c.abstract_syntax), syntaxes) for c in AllStoragePresentationContexts)]
