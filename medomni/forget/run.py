"""The removal itself, the runs that used the study, and the proof."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from medomni.dicom.cache import FOLDER
from medomni.dicom.keys import study_key
from medomni.errors import MedomniError
from medomni.files import write_text
from medomni.forget.copies import copies_of
from medomni.forget.files import plain_files
from medomni.forget.held import Held, Place
from medomni.forget.places import PLACES, now
from medomni.forget.stores import inboxes_in_use
from medomni.forget.subject import Subject, dicom_uids, forgotten_hash, parts_of
from medomni.forget.traces import Searched, search
from medomni.forget.weights import runs_with


@dataclass
class Forgotten:
    """The proof.

    Attributes:
        subject: keyed hash of the study's key, the only thing of it that stays: who has the site's key and the study
            can tell that it was forgotten, nobody else learns anything.
        places: folders that were searched.
        removed: what was removed: path, kind, SHA-256 of what was there, rows or cases.
        runs: training runs that used it; their weights are not changed.
        searched: the search afterwards; ``traces`` and ``unread`` are empty where nothing is left.
        failed: places that could not be changed in the last run: code, path, kind of error.
        copies: de-identified copies that are left: folder and files; no number where it is not known whether there are.
        found: whether anything of the study was met, in this run or an earlier one; None until it is known.
        nameless: NIfTI files that are left, by folder: they name no study, so that it is not known of which they are.
        earlier: how many of ``removed`` an earlier run removed; it is not written.
    """

    subject: str
    places: list[str]
    begun: str
    removed: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    searched: dict[str, Any] = field(default_factory=dict)
    failed: list[dict[str, str]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    found: bool | None = None
    nameless: list[dict[str, Any]] = field(default_factory=list)
    earlier: int = 0
    note: str = ("Weights that were trained with the study are not changed by this; retraining without it is the only "
                 "remedy. Backups, the PACS, and folders that are not named here were not looked at.")

    @property
    def complete(self) -> bool:
        """True where every place could be changed, the search afterwards found nothing and read everything, and no
        de-identified copy that the site's key links to the study is left."""
        return bool(self.searched) and not self.searched["traces"] and not self.searched["unread"] and not (
            self.failed or any(copy["files"] for copy in self.copies))


def held(subject: Subject, roots: Sequence[Path], faults: list[MedomniError] | None = None) -> list[Held]:
    """What is there of a study (a dry run), in the cache too; error MED-C08 where a folder does not exist.

    Args:
        faults: gets what could not be read.
    """
    places = [kind(root) for root in _there(roots) for kind in PLACES]
    found = [one for place in places for one in place.find(subject.key)]
    if faults is not None:
        faults += [fault for place in places for fault in getattr(place, "faults", [])]
    return found


def cache_folder() -> list[Path]:
    """The folder of cached volumes, where ``MEDOMNI_CACHE`` names one that exists."""
    folder = os.environ.get(FOLDER)
    return [Path(folder)] if folder and Path(folder).is_dir() else []


def forget(subject: Subject, roots: Sequence[Path], proof: Path, *,
           stage: Callable[[str], Any] | None = None) -> Forgotten:
    """Remove a study from every place below ``roots`` and from the cache of volumes, search them again by other code,
    and write the proof. A place that cannot be changed holds up no other: see :attr:`Forgotten.failed`.

    The proof is written before anything is removed, with the runs that used the study (afterwards they could not be
    told any more), and again at the end. A run that was cut is finished by giving it again with the same proof.

    Raises:
        MedomniError: MED-C08 for a folder that does not exist, MED-P14 for the proof of another study, MED-P16 where
            an inbox is in use, before anything is changed; MED-C04 where the proof cannot be written.
    """
    roots = _there(roots)
    for inbox in inboxes_in_use(roots):
        raise MedomniError("MED-P16", where=inbox)
    uids = [u for root in roots for path in plain_files(root)
            if (u := dicom_uids(path)) and study_key(u[0]) == subject.key]
    if uids:  # the images tell what the key alone could not
        subject = Subject(subject.key, uids[0][0], subject.parts | parts_of(uids))
    done = _begun(proof, subject, roots)
    done.runs += [run for run in runs_with(subject.key, roots) if run not in done.runs]
    _write(proof, done)
    emptied: set[Path] = set()
    for root in roots:
        for kind in PLACES:
            if stage:
                stage(f"{kind.__name__.lower()} in {root}")
            for found in _removed(kind, root, subject, done):
                emptied.add(found.path.parent)
                done.removed.append({**asdict(found), "path": subject.hidden(found.path)})
                _write(proof, done)
    _drop_empty(emptied, roots)
    if stage:
        stage("searching for traces")
    done.copies = [{"path": subject.hidden(path), "files": count} for path, count in copies_of(subject, roots)]
    seen = search(roots, subject.needles)
    done.searched = _searched(seen, subject)
    folders = Counter(subject.hidden(Path(place).parent) for place in seen.nameless)
    done.nameless = [{"path": path, "files": count} for path, count in sorted(folders.items())]
    done.found = bool(done.found or uids or done.runs or done.failed or seen.traces or any(
        copy["files"] for copy in done.copies) or any(one["what"] != "leftover" for one in done.removed))
    done.failed += [{"code": "MED-P16", "path": subject.hidden(inbox), "detail": "it was opened meanwhile"}
                    for inbox in inboxes_in_use(roots)]
    _write(proof, done)
    return done


def _removed(kind: type[Place], root: Path, subject: Subject, done: Forgotten) -> list[Held]:
    """What a place has removed; what it could not is entered in the proof, and the other places have their turn."""
    place = kind(root)
    faults: list[MedomniError] = []
    try:
        found = place.remove(subject.key)
    except MedomniError as exc:
        found, faults = [], [exc]
    except OSError as exc:
        found, faults = [], [MedomniError("MED-C04", exc.strerror or "", where=exc.filename or root)]
    except sqlite3.Error as exc:
        found, faults = [], [MedomniError("MED-P13", type(exc).__name__, where=root)]
    seen = {(one["code"], one["path"]) for one in done.failed}
    for fault in (*faults, *getattr(place, "faults", [])):
        if (fault.code, subject.hidden(fault.where or root)) in seen:
            continue
        done.failed.append({"code": fault.code, "path": subject.hidden(fault.where or root), "detail": fault.detail})
    return found


def _there(roots: Sequence[Path]) -> list[Path]:
    for root in roots:
        if not root.exists():
            raise MedomniError("MED-C08", where=root)
    roots = [*roots, *cache_folder()]
    return [root for k, root in enumerate(roots) if not any(
        root != o and root.resolve().is_relative_to(o.resolve()) or (root == o and j < k) for j, o in enumerate(roots))]


def _drop_empty(folders: Iterable[Path], roots: Sequence[Path]) -> None:
    """Folders that the removal has emptied, and those above them that are empty then; the roots are kept."""
    for folder in sorted(folders, key=lambda f: len(f.parts), reverse=True):
        while folder not in roots and any(folder.is_relative_to(root) for root in roots):
            try:
                os.rmdir(folder)
            except OSError:
                break
            folder = folder.parent


def _searched(seen: Searched, subject: Subject) -> dict[str, Any]:
    """The search for the proof; ``looked_for`` counts what was searched for."""
    return {"time": now(), "files": seen.files, "bytes": seen.bytes, "uid_known": subject.uid is not None,
            "looked_for": len(subject.needles.exact) + len(subject.parts),
            "traces": [subject.hidden(t) for t in seen.traces], "unread": [subject.hidden(u) for u in seen.unread]}


def _begun(proof: Path, subject: Subject, roots: Sequence[Path]) -> Forgotten:
    """The proof of a run that was cut, or a new one."""
    mark = forgotten_hash(subject.key)
    if proof.is_file():
        with suppress(ValueError, TypeError, OSError):
            earlier = Forgotten(**json.loads(proof.read_text(encoding="utf-8")))
            if earlier.subject == mark:
                earlier.places = sorted({*earlier.places, *(subject.hidden(r) for r in roots)})
                earlier.failed, earlier.earlier = [], len(earlier.removed)
                return earlier
        raise MedomniError("MED-P14", where=proof)
    return Forgotten(mark, [subject.hidden(r) for r in roots], now())


def _write(proof: Path, done: Forgotten) -> None:
    record = {name: value for name, value in asdict(done).items() if name != "earlier"}
    write_text(proof, json.dumps(record, indent=2) + "\n")
