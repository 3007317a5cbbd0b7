"""Stores that name a study by its key: inboxes of ``medomni pacs``, and volumes of ``MEDOMNI_CACHE``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from medomni.dicom.lock import LOCK, in_use
from medomni.errors import MedomniError
from medomni.forget.files import plain_files, sha256
from medomni.forget.held import Held, unlinked
from medomni.forget.rows import erase_rows

INDEX, INCOMING = "index.sqlite", "incoming"
TABLES = ("instances", "studies")


class Inboxes:
    """The rows of an inbox's index, and the study's listing; its instances are found as images are.

    One that is in use is refused before anything is changed, see :func:`inboxes_in_use`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[MedomniError] = []

    def find(self, key: str) -> list[Held]:
        found = []
        for index in self._indexes():
            try:
                with closing(sqlite3.connect(index)) as base:
                    count = sum(base.execute(f"SELECT count(*) FROM {table} WHERE study_key = ?", (key,)).fetchone()[0]
                                for table in TABLES)
                if count:
                    found.append(Held(index, "inbox index", sha256(index), count))
            except sqlite3.Error as exc:  # the listing beside it is removed all the same
                self.faults.append(MedomniError("MED-N06", type(exc).__name__, where=index))
            listing = index.parent / "inventories" / f"{key}.json"
            if listing.is_file():
                found.append(Held(listing, "inbox listing", sha256(listing)))
        return found

    def remove(self, key: str) -> list[Held]:
        found = self.find(key)
        unlinked([one for one in found if one.what == "inbox listing"])
        damaged = {fault.where for fault in self.faults}
        for index in self._indexes():
            touched = [one for one in found if one.path == index]
            try:
                if str(index) not in damaged:
                    erase_rows(index, key, [(f"DELETE FROM {table} WHERE study_key = ?", (key,)) for table in TABLES]
                               if touched else [])
            except MedomniError as exc:
                self.faults.append(exc)
                found = [one for one in found if one not in touched]
            with suppress(OSError):  # there is none, or something else lies in it, which the search will name
                (index.parent / "studies" / key).rmdir()
        return found

    def _indexes(self) -> list[Path]:
        return [path for path in plain_files(self.root) if path.name == INDEX and (path.parent / INCOMING).is_dir()]


def inboxes_in_use(roots: Sequence[Path]) -> list[Path]:
    """Inboxes below the roots, or around one of them, that a receiver holds: it could store a study anew."""
    below = {path.parent.parent.parent for root in roots for path in plain_files(root)
             if path.name == LOCK and path.parent.parent.name == INCOMING}
    around = {folder for root in roots for folder in root.resolve().parents if (folder / INCOMING).is_dir()}
    return sorted(folder for folder in below | around if in_use(folder / INCOMING))


class Caches:
    """Volumes that were kept by content: a folder of the study's key with arrays and their records."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> list[Held]:
        return [Held(path, "cached volume", sha256(path)) for path in plain_files(self.root)
                if path.parent.name == key and path.suffix in (".npy", ".json") and path.stem.isalnum()
                and path.parent.parent.name != "studies"]

    def remove(self, key: str) -> list[Held]:
        found = unlinked(self.find(key))
        for folder in {one.path.parent for one in found}:
            with suppress(OSError):
                folder.rmdir()
        return found
