"""DICOMweb: QIDO-RS to find studies (PS3.18 10.6), WADO-RS to fetch them (10.4)."""

from __future__ import annotations

import os
import queue
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from medomni.dicom.keys import study_key
from medomni.dicom.pacs.identity import instance_key
from medomni.dicom.pacs.inbox import Asked, Inbox
from medomni.dicom.pacs.multipart import only_part
from medomni.dicom.pacs.peer import keep_values_out_of_logs, unquoted
from medomni.dicom.pacs.query import Match, Wanted, study_uid_of
from medomni.dicom.pacs.retrieve import Moved
from medomni.dicom.pacs.tls import Tls, tls_failure, tls_reason
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient

TOKEN = "MEDOMNI_DICOMWEB_TOKEN"
TIMEOUT_S = 60
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
THREADS = 4
PAGE, MOST_ROWS = 1000, 200_000
ATTEMPTS, FIRST_WAIT_MS = 3, 500  # where the server is busy or out of reach for a moment
_LOOPBACK = re.compile(r"localhost|127\.[\d.]+|::1")


class DicomWeb:
    """A DICOMweb server.

    A bearer token is taken from ``MEDOMNI_DICOMWEB_TOKEN``, never from the command line, which other users can see, and
    sent over HTTPS alone (or on the loopback); a user and password come from ``~/.netrc``. Certificates are checked;
    ``tls`` names our own and the authority.

    Args:
        url: the service's root, e.g. ``https://pacs.example/dicom-web``; without user and password.

    Raises:
        MedomniError: MED-C06 without dicomweb-client, MED-C03 for an unfit URL, MED-C08 for a missing certificate.
    """

    def __init__(self, url: str, tls: Tls | None = None) -> None:
        try:
            import requests
            from dicomweb_client import DICOMwebClient

            from medomni.dicom.pacs.bounded import Bounded, OneLarge
        except ImportError as exc:
            raise MedomniError("MED-C06", "pip install 'medomni[pacs]'") from exc
        keep_values_out_of_logs()
        try:
            parts = urlsplit(url)
        except ValueError as exc:  # it is not quoted: a password may stand in it
            raise MedomniError("MED-C03", "no URL, e.g. https://host/dicom-web is one") from exc
        self.url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))  # as it may be shown
        if parts.scheme not in ("http", "https") or "@" in parts.netloc:
            raise MedomniError("MED-C03", "a URL https://host/dicom-web is wanted; put user and password into ~/.netrc",
                               where=self.url)
        token = os.environ.get(TOKEN)
        if token and parts.scheme != "https" and not _LOOPBACK.fullmatch(parts.hostname or ""):
            raise MedomniError("MED-C03", f"{TOKEN} is set, and is not sent over http", where=self.url)
        self._session, self._one_large = requests.Session(), OneLarge()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, Bounded(AS_STORED, self._one_large))
        if tls:
            tls.client()  # says what is wrong with the files
            self._session.verify, self._session.cert = str(tls.authority), (str(tls.certificate), str(tls.key))
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        try:
            self._client: DICOMwebClient = DICOMwebClient(url, session=self._session, timeout=TIMEOUT_S,
                                                          permissive_uid=True)
            self._client.set_http_retry_params(max_attempts=ATTEMPTS, wait_exponential_multiplier=FIRST_WAIT_MS)
        except (ValueError, TypeError) as exc:
            raise MedomniError("MED-C03", "no URL of a DICOMweb service, e.g. https://host/dicom-web",
                               where=self.url) from exc

    def find_studies(self, wanted: Wanted) -> list[Match]:
        """Studies that match, by date; errors MED-N01, MED-N05."""
        conditions = {k: v for k, v in wanted.attributes().items() if v}
        rows = self._paged("StudyInstanceUID", lambda offset: self._client.search_for_studies(
            search_filters=conditions, fields=["ModalitiesInStudy", "NumberOfStudyRelatedInstances"], limit=PAGE,
            offset=offset))
        return sorted(self._asked(lambda: [Match.of(r) for r in rows]), key=lambda m: (m.date, m.study_uid))

    def fetch_study(self, study_uid: str, inbox: Inbox,
                    progress: Callable[[int, int], None] = lambda done, total: None) -> Moved:
        """Fetch every instance that the inbox does not have yet, in the transfer syntax it is stored in.

        One of more than 512 MB (:data:`medomni.dicom.pacs.bounded.LARGEST_INSTANCE`), or that hardly goes on, is left.

        Raises:
            MedomniError: MED-C03 for what is no UID; MED-N01 without an answer; MED-N05 where the server has no such
                study, or fails or refuses for some instances: the others are kept, and giving the command again
                fetches the rest.
        """
        study_uid = study_uid_of(study_uid)
        rows = self._paged("SOPInstanceUID", lambda offset: self._client.search_for_instances(
            study_uid, limit=PAGE, offset=offset))
        if not rows:
            raise MedomniError("MED-N05", "the server lists no instance of this study", where=self.url)
        known = inbox.index.keys()
        wanted = [(str(r.get("SeriesInstanceUID") or ""), str(r.SOPInstanceUID)) for r in rows
                  if instance_key(str(r.SOPInstanceUID)) not in known]
        done, failed = len(rows) - len(wanted), 0
        progress(done, len(rows))
        for why in in_threads(lambda uids: self._fetched(study_uid, uids[0], uids[1], inbox), wanted):
            if why and why.code in ("MED-C04", "MED-N06"):
                raise why
            done, failed = done + (why is None), failed + (why is not None)
            progress(done, len(rows))
        if failed:
            raise MedomniError("MED-N05", f"{done} instances arrived, {failed} failed", where=self.url)
        return Moved(done, 0)

    def _fetched(self, study: str, series: str, sop: str, inbox: Inbox) -> MedomniError | None:
        """What is wrong with one instance; the bytes are kept as they were sent."""
        try:
            return self._kept(study, series, sop, inbox)
        finally:
            self._one_large.done()

    def _kept(self, study: str, series: str, sop: str, inbox: Inbox) -> MedomniError | None:
        asked = Asked(study_key(study), instance_key(sop))
        url = f"{self._client.base_url}/studies/{study}/series/{series}/instances/{sop}"
        try:
            content = self._asked(lambda: self._got(url))
            if inbox.store(content, asked=asked).outcome == "conflict":
                return MedomniError("MED-N07")
        except MedomniError as exc:
            return exc
        return None

    def _got(self, url: str) -> bytes:
        answer = self._session.get(url, headers={"Accept": AS_STORED}, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return only_part(answer.content, answer.headers.get("Content-Type", ""))

    def _paged(self, key: str, ask: Callable[[int], Any]) -> list[Any]:
        """Every row, page by page, until one brings nothing new: servers cap pages, and some take no offset."""
        from pydicom.dataset import Dataset

        found: dict[str, Any] = {}
        seen = 0
        while True:
            page = self._asked(lambda: [Dataset.from_json(row) for row in ask(seen)])  # noqa: B023 (called at once)
            new = {str(row.get(key) or ""): row for row in page}
            new = {uid: row for uid, row in new.items() if uid and uid not in found}
            found.update(new)
            seen += len(page)
            if not new:
                return list(found.values())
            if len(found) > MOST_ROWS:
                raise MedomniError("MED-N05", f"the server lists more than {MOST_ROWS}: ask for fewer", where=self.url)

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What a request gives; its errors are coded, and say nothing of what the server answered."""
        import requests
        import retrying
        from urllib3.exceptions import LocationParseError

        from medomni.dicom.pacs.bounded import AnswerError

        try:
            with unquoted():
                return ask()
        except requests.HTTPError as exc:
            status = exc.response.status_code if exc.response is not None else "?"
            raise MedomniError("MED-N05", f"HTTP status {status}", where=self.url) from None
        except retrying.RetryError:
            raise MedomniError("MED-N05", f"the server was busy {ATTEMPTS} times", where=self.url) from None
        except AnswerError as exc:
            raise MedomniError("MED-N05", str(exc), where=self.url) from None
        except LocationParseError:
            raise MedomniError("MED-N01", "no such host", where=self.url) from None
        except requests.RequestException as exc:
            if not isinstance(exc, requests.JSONDecodeError):
                unsafe = tls_failure(exc)
                why = f"no TLS: {tls_reason(unsafe)}" if unsafe else type(exc).__name__
                raise MedomniError("MED-N01", why, where=self.url) from None
            raise MedomniError("MED-N05", "the answer is no JSON", where=self.url) from None
        except Exception as exc:  # a hostile or broken server may make a parser raise anything
            raise MedomniError("MED-N05", f"the answer is not DICOMweb ({type(exc).__name__})",
                               where=self.url) from None


def in_threads(work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    """What ``work`` gives for each item, as it comes, from :data:`THREADS` threads.

    Nobody waits for them where the caller leaves: a server that hangs must not hold up an interrupt.
    """
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
    over = threading.Event()
    for item in items:
        waiting.put(item)

    def run() -> None:
        while not over.is_set():
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((work(item), None))
            except BaseException as exc:  # it is raised where the results are taken
                done.put((None, exc))

    for _ in range(min(THREADS, len(items))):
        threading.Thread(target=run, daemon=True).start()
    try:
        for _ in items:
            result, exc = done.get()
            if exc is not None:
                raise exc
            yield result
    finally:
        over.set()
