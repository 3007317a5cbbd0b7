"""Studies that have arrived: looked through once they are quiet, and listed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from medomni.dicom.lock import only_one
from medomni.dicom.pacs.inbox import Inbox
from medomni.dicom.pacs.index import INGESTED, REFUSED
from medomni.dicom.survey import survey, survey_json
from medomni.errors import MedomniError
from medomni.files import write_text


def inventory_path(inbox: Inbox, study_key: str) -> Path:
    """Where the listing of a study stands: what ``medomni ingest --json`` prints."""
    return inbox.folder / "inventories" / f"{study_key}.json"


def ingest_quiet(inbox: Inbox, *, settle_s: float, said: Callable[[str], None] = lambda _: None) -> int:
    """Look through every study that got no instance for ``settle_s`` seconds and write its listing.

    The state changes after the listing is written: a study whose ingestion is killed is ingested again. One that grows
    meanwhile is ingested again too. Only one process does this at a time.

    Args:
        said: told of each study, by its key.

    Returns:
        How many studies were looked through.
    """
    done = 0
    with only_one(inbox.folder / ".ingesting") as alone:
        for key, version in inbox.index.quiet(settle_s) if alone else []:
            try:
                studies, warnings, files = survey(inbox.study_folder(key))
            except Exception as exc:  # one study that cannot be looked through must not hold up the others
                reason = str(exc) if isinstance(exc, MedomniError) else f"not looked through ({type(exc).__name__})"
                inbox.index.finish(key, version, REFUSED, reason)
                said(f"study {key}: refused, {reason}")
                continue
            write_text(inventory_path(inbox, key), survey_json(studies, warnings, files))
            series = [s for study in studies for s in study.series]
            usable = sum(not s.refused for s in series)
            inbox.index.finish(key, version, INGESTED, f"{usable} of {len(series)} series usable")
            said(f"study {key}: {files} instances, {usable} of {len(series)} series usable")
            done += 1
    return done


class Ingesting:
    """:func:`ingest_quiet` in a thread, every ``every_s`` seconds, while the block runs."""

    def __init__(self, inbox: Inbox, *, settle_s: float, said: Callable[[str], None], every_s: float = 1.0) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(inbox, settle_s, said, every_s), daemon=True)

    def __enter__(self) -> Ingesting:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self, inbox: Inbox, settle_s: float, said: Callable[[str], None], every_s: float) -> None:
        last = ""
        while not self._over.wait(every_s):
            try:
                ingest_quiet(inbox, settle_s=settle_s, said=said)
                last = ""
            except Exception as exc:  # e.g. a full disk or a damaged index: the next turn tries again
                now = str(exc if isinstance(exc, MedomniError) else MedomniError(
                    "MED-C04", getattr(exc, "strerror", None) or type(exc).__name__, where=inbox.folder))
                if now != last:  # once is enough of what every turn finds anew
                    said(now)
                last = now
