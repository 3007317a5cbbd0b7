"""DICOMweb: QIDO-RS to find studies (PS3.18 10.6), WADO-RS to fetch them (10.4)."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from medomni.dicom.pacs.identity import instance_key
from medomni.dicom.pacs.inbox import Inbox
from medomni.dicom.pacs.query import Match, Wanted
from medomni.dicom.pacs.retrieve import Moved
from medomni.dicom.pacs.tls import Tls
from medomni.errors import MedomniError

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient

TOKEN = "MEDOMNI_DICOMWEB_TOKEN"
TIMEOUT_S = 60
AS_STORED = (("application/dicom", "*"),)
THREADS = 4
ATTEMPTS, FIRST_WAIT_MS = 3, 500  # where the server is busy or out of reach for a moment


class DicomWeb:
    """A DICOMweb server.

    A bearer token is taken from ``MEDOMNI_DICOMWEB_TOKEN``, never from the command line, which other users can see; a
    user and password from ``~/.netrc``. Certificates are checked; ``tls`` names our own and the authority.

    Args:
        url: the service's root, e.g. ``https://pacs.example/dicom-web``.

    Raises:
        MedomniError: MED-C06 without dicomweb-client, MED-C03 for an unfit URL, MED-C08 for a missing certificate.
    """

    def __init__(self, url: str, tls: Tls | None = None) -> None:
        try:
            import requests
            from dicomweb_client import DICOMwebClient
        except ImportError as exc:
            raise MedomniError("MED-C06", "pip install 'medomni[pacs]'") from exc
        session = requests.Session()
        if tls:
            tls.client()  # says what is wrong with the files
            session.verify, session.cert = str(tls.authority), (str(tls.certificate), str(tls.key))
        token = os.environ.get(TOKEN)
        headers = {"Authorization": f"Bearer {token}"} if token else None
        self.url = url
        try:
            self._client: DICOMwebClient = DICOMwebClient(url, session=session, headers=headers, timeout=TIMEOUT_S,
                                                          permissive_uid=True)
            self._client.set_http_retry_params(max_attempts=ATTEMPTS, wait_exponential_multiplier=FIRST_WAIT_MS)
        except (ValueError, TypeError) as exc:
            raise MedomniError("MED-C03", "no URL of a DICOMweb service, e.g. https://host/dicom-web",
                               where=url) from exc

    def find_studies(self, wanted: Wanted) -> list[Match]:
        """Studies that match, by date; errors MED-N01, MED-N05."""
        conditions = {k: v for k, v in wanted.attributes().items() if v}
        found = [Match.of(_dataset(row)) for row in self._asked(lambda: self._client.search_for_studies(
            search_filters=conditions, fields=["ModalitiesInStudy", "NumberOfStudyRelatedInstances"]))]
        return sorted((m for m in found if m.study_uid), key=lambda m: (m.date, m.study_uid))

    def fetch_study(self, study_uid: str, inbox: Inbox,
                    progress: Callable[[int, int], None] = lambda done, total: None) -> Moved:
        """Fetch every instance that the inbox does not have yet, in the transfer syntax it is stored in.

        Raises:
            MedomniError: MED-N01 without an answer; MED-N05 where the server has no such study, or fails or refuses for
                some instances: the others are kept, and giving the command again fetches the rest.
        """
        rows = [_dataset(row) for row in self._asked(
            lambda: self._client.search_for_instances(study_uid, get_remaining=True))]
        if not rows:
            raise MedomniError("MED-N05", "the server lists no instance of this study", where=self.url)
        known = inbox.index.keys()
        wanted = [(str(r.SeriesInstanceUID), str(r.SOPInstanceUID)) for r in rows
                  if instance_key(str(r.SOPInstanceUID)) not in known]
        done, failed = len(rows) - len(wanted), 0
        progress(done, len(rows))
        with ThreadPoolExecutor(THREADS) as pool:
            for why in pool.map(lambda uids: self._fetched(study_uid, uids[0], uids[1], inbox), wanted):
                if why and why.code == "MED-C04":
                    pool.shutdown(cancel_futures=True)
                    raise why
                done, failed = done + (why is None), failed + (why is not None)
                progress(done, len(rows))
        if failed:
            raise MedomniError("MED-N05", f"{done} instances arrived, {failed} failed", where=self.url)
        return Moved(done, 0)

    def _fetched(self, study: str, series: str, sop: str, inbox: Inbox) -> MedomniError | None:
        try:
            content = io.BytesIO()
            dataset = self._asked(lambda: self._client.retrieve_instance(study, series, sop, media_types=AS_STORED))
            dataset.save_as(content, enforce_file_format=True)
            if inbox.store(content.getvalue()).outcome == "conflict":
                return MedomniError("MED-N07")
        except MedomniError as exc:
            return exc
        return None

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What a request gives; its errors are coded, and say nothing of what the server answered."""
        import requests
        import retrying

        try:
            return ask()
        except requests.HTTPError as exc:
            status = exc.response.status_code if exc.response is not None else "?"
            raise MedomniError("MED-N05", f"HTTP status {status}", where=self.url) from exc
        except retrying.RetryError as exc:
            raise MedomniError("MED-N05", f"the server was busy {ATTEMPTS} times", where=self.url) from exc
        except requests.RequestException as exc:
            raise MedomniError("MED-N01", type(exc).__name__, where=self.url) from exc
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise MedomniError("MED-N05", f"the answer is not DICOMweb ({type(exc).__name__})", where=self.url) from exc


def _dataset(row: dict[str, Any]) -> Any:
    from pydicom.dataset import Dataset

    return Dataset.from_json(row)
