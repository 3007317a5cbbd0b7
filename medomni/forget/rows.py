"""Rows of a study out of an SQLite file, so that not even free pages hold them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from medomni.errors import MedomniError


def erase_rows(path: Path, key: str, statements: Sequence[tuple[str, tuple[Any, ...]]]) -> None:
    """Run the statements in one transaction, then write the file anew without what they deleted.

    Without statements it is written anew only where the key still stands in its bytes: a run that was cut between the
    two left it in free pages.

    Raises:
        MedomniError: MED-P13 where the database is in use or damaged.
    """
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as base:
            if statements:
                base.execute("PRAGMA secure_delete=ON")
                base.execute("BEGIN IMMEDIATE")
                for statement, values in statements:
                    base.execute(statement, values)
                base.execute("COMMIT")
            if statements or key.encode() in path.read_bytes():
                base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                base.execute("VACUUM")
                base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as exc:
        raise MedomniError("MED-P13", type(exc).__name__, where=path) from exc
