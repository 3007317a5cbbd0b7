"""TLS for DICOM associations: both sides show a certificate (PS3.15 B.12, the BCP 195 profile)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from medomni.errors import MedomniError

NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


@dataclass(frozen=True)
class Tls:
    """Certificate, key and the authority that the other side's certificate is held against, all PEM files."""

    certificate: Path
    key: Path
    authority: Path

    def server(self) -> ssl.SSLContext:
        """A context that asks the caller for a certificate too, TLS 1.2 or later; MED-N04 where a file is unfit."""
        return self._context(ssl.Purpose.CLIENT_AUTH)

    def client(self) -> ssl.SSLContext:
        """A context for calling out that checks the host name; MED-N04 where a file is unfit."""
        return self._context(ssl.Purpose.SERVER_AUTH)

    def _context(self, purpose: ssl.Purpose) -> ssl.SSLContext:
        for path in (self.certificate, self.key, self.authority):
            if not path.is_file():
                raise MedomniError("MED-C08", where=path)
        try:
            context = ssl.create_default_context(purpose, cafile=str(self.authority))
            context.load_cert_chain(self.certificate, self.key, password=self._encrypted)
        except (ssl.SSLError, OSError) as exc:
            raise MedomniError("MED-N04", getattr(exc, "reason", None) or type(exc).__name__,
                               where=self.certificate) from exc
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _encrypted(self) -> str:
        """Asked for by OpenSSL where the key is encrypted; else it would ask on the terminal of a service."""
        raise MedomniError("MED-N04", "the key is encrypted", where=self.key)


def tls_of(certificate: Path | None, key: Path | None, authority: Path | None) -> Tls | None:
    """All three, or none of them; MED-C03 for a part."""
    if certificate and key and authority:
        return Tls(certificate, key, authority)
    if certificate or key or authority:
        raise MedomniError("MED-C03", "TLS needs all of --tls-cert, --tls-key and --tls-ca")
    return None


def noting(context: ssl.SSLContext, failed: list[OSError]) -> ssl.SSLContext:
    """The context, whose connections enter in ``failed`` why TLS failed: pynetdicom keeps that to itself.

    With TLS 1.3 a client learns only when it reads that its certificate was refused (RFC 8446 4.4.2.4).
    """
    class Noting(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
            except OSError as exc:
                failed.append(exc)
                raise

        def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
            try:
                return super().recv(buflen, flags)
            except ssl.SSLError as exc:
                failed.append(exc)
                raise

    context.sslsocket_class = Noting
    return context


def tls_reason(exc: OSError) -> str:
    """Why TLS failed in OpenSSL's words, without anything that stands in a certificate."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"the certificate of the other side is not accepted ({exc.verify_message.rstrip('.')})"
    if isinstance(exc, TimeoutError):
        return "the other side says nothing"
    if isinstance(exc, ssl.SSLEOFError | ConnectionError):
        return "the other side closed the connection: does it speak TLS?"
    reason = (exc.reason if isinstance(exc, ssl.SSLError) else None) or type(exc).__name__
    if "_ALERT_" in reason:
        return f"the other side refused ({reason})"
    return f"the other side does not speak TLS ({reason})" if reason in NOT_TLS else reason


def tls_failure(exc: BaseException) -> ssl.SSLError | None:
    """The TLS error behind one of requests and urllib3, which wrap it in others."""
    waiting: list[object] = [exc]
    for _ in range(10):
        if not waiting:
            return None
        one = waiting.pop(0)
        if isinstance(one, ssl.SSLError):
            return one
        if isinstance(one, BaseException):
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__]
    return None
