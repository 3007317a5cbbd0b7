"""De-identified copies of a study: the site's key links them to it, so they are named; their owner may delete them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from medomni.dicom.keys import site_key
from medomni.forget.files import plain_files
from medomni.forget.subject import Subject, dicom_uids


def copies_of(subject: Subject, roots: Sequence[Path]) -> list[tuple[Path, int | None]]:
    """(folder, how many files) of what ``medomni deidentify`` made of a study with the site's key.

    None instead of a number for an output folder of which that is not known: it was written with another key, or the
    StudyInstanceUID is not known.
    """
    from medomni.dicom.deid.journal import NAME
    from medomni.dicom.deid.keyed import Keyed

    keys = Keyed(site_key())
    plan, mapped = keys.name("plan", "medomni"), keys.uid(subject.uid) if subject.uid else ""
    found: Counter[Path] = Counter()
    unknown: list[Path] = []
    for path in (p for root in roots for p in plain_files(root)):
        if path.name == NAME and not (mapped and _plan_key(path) == plan):
            unknown.append(path.parent)
        elif mapped and (uids := dicom_uids(path)) and uids[0] == mapped:
            found[path.parent] += 1
    return [*sorted(found.items()), *((folder, None) for folder in unknown)]


def _plan_key(journal: Path) -> str:
    """Which key a run of ``medomni deidentify`` had, as its journal says in a hash."""
    try:
        with open(journal, encoding="utf-8", errors="replace") as handle:
            return str(json.loads(handle.readline()).get("key", ""))
    except (OSError, ValueError, AttributeError):
        return ""
