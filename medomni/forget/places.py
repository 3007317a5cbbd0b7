"""The kinds of place in which something of a study lies; each finds and removes its own."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medomni.cohort import HISTORY_NAME, REPORT_NAMES
from medomni.dicom.keys import study_key
from medomni.errors import MedomniError
from medomni.files import reading_arrays, save_arrays
from medomni.forget.files import about_arrays, plain_files, sha256
from medomni.forget.held import Held, Place, unlinked
from medomni.forget.rows import erase_rows
from medomni.forget.stores import Caches, Inboxes
from medomni.forget.subject import dicom_uids, forgotten_hash
from medomni.outputs import BESIDE, KNOWN_BY


class Outputs:
    """Folders of ``medomni report``, ``check`` and ``segment``, findings files, single pages, sheets of ``slices``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> list[Held]:
        folders = {p.parent for p in plain_files(self.root) if p.name in KNOWN_BY and _names(p, key)}
        own = [f / name for f in sorted(folders) for name in (*BESIDE, *KNOWN_BY)]  # a run that was cut finds the rest
        more = [p for p in plain_files(self.root) if p.parent not in folders and p.suffix in (".json", ".npz", ".html")
                and _names(p, key)]
        more += [p.with_suffix(".png") for p in more if p.suffix == ".json" and _record(p).get("study_key") == key]
        return [Held(p, "output", sha256(p)) for p in [*more, *own] if p.is_file()]

    def remove(self, key: str) -> list[Held]:
        return unlinked(self.find(key))


class Cases:
    """Files of cases; one of several cases is written anew without the one, the others' arrays and texts unchanged."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> list[Held]:
        found = []
        for path in plain_files(self.root):
            if path.suffix == ".npz" and isinstance(rows := about_arrays(path), list):
                count = sum(_case_key(row) == key for row in rows)
                if count:
                    found.append(Held(path, "cases", sha256(path), count))
        return found

    def remove(self, key: str) -> list[Held]:
        found = self.find(key)
        for held in found:
            with reading_arrays(held.path) as (arrays, rows):
                keep = [k for k, row in enumerate(rows) if _case_key(row) != key]
                rest = {name: array[keep] for name, array in arrays.items()}
            if keep:
                save_arrays(held.path, [rows[k] for k in keep], **rest)
            else:
                held.path.unlink()
        return found


class Verdicts:
    """Review stores (SQLite): the study's chains go whole; a table ``forgotten`` keeps a keyed hash and a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[MedomniError] = []

    def find(self, key: str) -> list[Held]:
        found = []
        for path in plain_files(self.root):
            try:
                if _is_verdicts(path) and (count := _rows_of(path, key)):
                    found.append(Held(path, "verdicts", sha256(path), count))
            except sqlite3.Error as exc:  # the other stores have their turn all the same
                self.faults.append(MedomniError("MED-R06", type(exc).__name__, where=path))
        return found

    def remove(self, key: str) -> list[Held]:
        found = self.find(key)
        gone = []
        for path in (p for p in plain_files(self.root) if _is_verdicts(p)):
            held = [one for one in found if one.path == path]
            try:
                erase_rows(path, key, [
                    ("CREATE TABLE IF NOT EXISTS forgotten (subject TEXT PRIMARY KEY, time TEXT NOT NULL)", ()),
                    *((f"DELETE FROM {table} WHERE {_OF_STUDY}", (key, f"{key}-*")) for table in ("verdicts", "heads")),
                    ("INSERT OR REPLACE INTO forgotten VALUES (?, ?)", (forgotten_hash(key), now())),
                ] if held else [])
                gone += held
            except MedomniError as exc:
                self.faults.append(exc)
        return gone


class Images:
    """DICOM files of the study, and the report and history beside them where every image there is of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> list[Held]:
        keys = {path: study_key(uids[0]) for path in plain_files(self.root) if (uids := dicom_uids(path))}
        own = [path for path, k in keys.items() if k == key]
        others = {f for path, k in keys.items() if k != key for f in (path.parent, path.parent.parent)}
        folders = {path.parent.parent if path.parent.name == "dicom" else path.parent for path in own} - others
        texts = {folder / name for folder in folders for name in (*REPORT_NAMES, HISTORY_NAME)}
        beside = [Held(p, "text beside images", sha256(p)) for p in sorted(texts) if p.is_file()]
        return [*beside, *(Held(p, "images", sha256(p)) for p in own)]

    def remove(self, key: str) -> list[Held]:
        return unlinked(self.find(key))


class Leftovers:
    """Parts that a killed writer left beside its file (``.<name>.<process>.part``): of this study, or of who knows."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: str) -> list[Held]:
        return [Held(p, "leftover", sha256(p)) for p in plain_files(self.root)
                if (m := re.fullmatch(r"\..+\.(\d+)\.part", p.name)) and not _alive(int(m.group(1)))]

    def remove(self, key: str) -> list[Held]:
        return unlinked(self.find(key))


PLACES: tuple[type[Place], ...] = (Cases, Verdicts, Images, Inboxes, Caches, Outputs, Leftovers)
"""Every kind of place that is looked through below each folder."""

_OF_STUDY = "study_key = ? OR study_key GLOB ?"


def _names(path: Path, key: str) -> bool:
    """True for findings, a choice of slices, an archive of images, or a page of medomni that names the study."""
    try:
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8", errors="replace")
            return key in text and "medomni" in text
        about = about_arrays(path) if path.suffix == ".npz" else _record(path)
    except (OSError, ValueError):
        return False
    if not isinstance(about, dict):
        return False
    held = about if "chosen_by" in about else about.get("study")
    return isinstance(held, dict) and held.get("study_key") == key


def _record(path: Path) -> dict[str, Any]:
    """The object in a JSON file, empty where there is another thing; ValueError where it is no JSON."""
    about = json.loads(path.read_text(encoding="utf-8"))
    return about if isinstance(about, dict) else {}


def _case_key(row: Any) -> str | None:
    try:
        return row["findings"]["study"]["study_key"]
    except (KeyError, TypeError):
        return None


def _rows_of(path: Path, key: str) -> int:
    with closing(sqlite3.connect(path)) as base:
        return sum(base.execute(f"SELECT count(*) FROM {table} WHERE {_OF_STUDY}", (key, f"{key}-*")).fetchone()[0]
                   for table in ("verdicts", "heads"))


def _is_verdicts(path: Path) -> bool:
    with open(path, "rb") as handle:
        if handle.read(16) != b"SQLite format 3\0":
            return False
    try:
        with closing(sqlite3.connect(path)) as base:
            return {"verdicts", "heads"} <= {r[0] for r in base.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error:
        return False


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
