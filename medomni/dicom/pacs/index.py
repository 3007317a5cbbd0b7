"""The inbox's index: which instances are there, and how far each study is on its way. Made anew from the files if lost.

Keys are keyed hashes (:mod:`medomni.dicom.keys`); no UID and nothing of a patient stands in it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError

from medomni.errors import MedomniError

ARRIVING, INGESTED, REFUSED = "arriving", "ingested", "refused"
_UNWRITABLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
               sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN)
_metadata = MetaData()
_instances = Table(
    "instances", _metadata, Column("instance_key", String, primary_key=True),
    Column("study_key", String, nullable=False, index=True), Column("sha256", String, nullable=False),
    Column("size", Integer, nullable=False), Column("received", Float, nullable=False))
_studies = Table(
    "studies", _metadata, Column("study_key", String, primary_key=True), Column("changed", Float, nullable=False),
    Column("version", Integer, nullable=False), Column("state", String, nullable=False),
    Column("detail", String, nullable=False))
# made once: a PACS sends more than a hundred instances a second, and making a statement takes longer than running it
_DIGEST = (select(_instances.c.study_key, _instances.c.sha256)
           .where(_instances.c.instance_key == bindparam("instance_key")))
_ENTER = insert(_instances).on_conflict_do_nothing()
_OPEN_AGAIN = insert(_studies).values(version=1, state=ARRIVING, detail="")
_OPEN_AGAIN = _OPEN_AGAIN.on_conflict_do_update(index_elements=["study_key"], set_={
    "changed": _OPEN_AGAIN.excluded.changed, "version": _studies.c.version + 1, "state": ARRIVING, "detail": ""})


class Index:
    """Instances and studies in SQLite.

    A study's ``version`` counts its instances as they come, so that one which arrives while the study is being ingested
    is not lost: :meth:`finish` with an older version leaves the study to be ingested again.

    Args:
        path: the SQLite file.

    Raises:
        MedomniError: MED-N06 where the file is there and is no index, MED-C04 where it cannot be written. Every method
            raises the same, MED-N06 also where the file was deleted or replaced since: two processes would go on with
            two indexes, each of which knows half.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 60})
        event.listen(self.engine, "connect", _durable)
        try:
            self._create()
        except OperationalError as exc:
            raise MedomniError("MED-C04", str(exc.orig), where=path.name) from exc
        except DatabaseError as exc:
            raise MedomniError("MED-N06", type(exc).__name__, where=path.name) from exc
        self._file = _identity(path)

    @contextmanager
    def _open(self, *, write: bool = False) -> Iterator[Connection]:
        """A connection, for one transaction where something is written."""
        if _identity(self.path) != self._file:
            raise MedomniError("MED-N06", "it was deleted or replaced while it was in use", where=self.path.name)
        try:
            with self.engine.begin() if write else self.engine.connect() as db:
                yield db
        except DatabaseError as exc:
            number = getattr(exc.orig, "sqlite_errorcode", 0) & 0xFF
            raise MedomniError("MED-C04" if number in _UNWRITABLE else "MED-N06", type(exc).__name__,
                               where=self.path.name) from exc

    def _create(self) -> None:
        try:
            _metadata.create_all(self.engine)
        except OperationalError:  # another process has made the tables since this one looked
            _metadata.create_all(self.engine)

    def digest(self, instance_key: str) -> tuple[str, str] | None:
        """(study key, SHA-256 of the data set) of an instance, or None."""
        with self._open() as db:
            row = db.execute(_DIGEST, {"instance_key": instance_key}).first()
        return (row[0], row[1]) if row else None

    def add(self, instance_key: str, study_key: str, sha256: str, size: int) -> bool:
        """Enter an instance and open its study again; False, and nothing changed, where it is known."""
        now = time.time()
        with self._open(write=True) as db:
            new = db.execute(_ENTER, {"instance_key": instance_key, "study_key": study_key, "sha256": sha256,
                                      "size": size, "received": now}).rowcount == 1
            if new:
                db.execute(_OPEN_AGAIN, {"study_key": study_key, "changed": now})
        return new

    def quiet(self, seconds: float) -> list[tuple[str, int]]:
        """(study key, version) of studies that still wait and have not changed for ``seconds``, the oldest first."""
        with self._open() as db:
            rows = db.execute(select(_studies.c.study_key, _studies.c.version).where(
                _studies.c.state == ARRIVING, _studies.c.changed <= time.time() - seconds)
                .order_by(_studies.c.changed))
            return [(key, version) for key, version in rows]

    def finish(self, study_key: str, version: int, state: str, detail: str = "") -> None:
        """Record that a study was ingested or refused, unless it has changed since ``version``."""
        with self._open(write=True) as db:
            db.execute(_studies.update().where(_studies.c.study_key == study_key, _studies.c.version == version)
                       .values(state=state, detail=detail))

    def studies(self) -> list[dict[str, Any]]:
        """Every study with its number of instances and bytes, the latest first."""
        count, size = func.count(_instances.c.instance_key), func.coalesce(func.sum(_instances.c.size), 0)
        query = (select(_studies.c.study_key, _studies.c.state, _studies.c.detail, count.label("instances"),
                        size.label("bytes"), _studies.c.changed)
                 .join(_instances, _instances.c.study_key == _studies.c.study_key, isouter=True)
                 .group_by(_studies.c.study_key).order_by(_studies.c.changed.desc()))
        with self._open() as db:
            return [dict(row._mapping) for row in db.execute(query)]

    def keys(self) -> dict[str, str]:
        """Every instance key with its study key."""
        with self._open() as db:
            return {i: s for i, s in db.execute(select(_instances.c.instance_key, _instances.c.study_key))}

    def drop(self, instance_keys: list[str]) -> None:
        """Forget instances whose files are gone, and studies of which nothing is left."""
        if not instance_keys:
            return
        with self._open(write=True) as db:
            for key in instance_keys:
                db.execute(delete(_instances).where(_instances.c.instance_key == key))
            db.execute(delete(_studies).where(_studies.c.study_key.not_in(select(_instances.c.study_key))))

    def drop_study(self, study_key: str) -> int:
        """Forget a study and its instances; returns how many rows there were."""
        with self._open(write=True) as db:
            rows = db.execute(delete(_instances).where(_instances.c.study_key == study_key)).rowcount
            return rows + db.execute(delete(_studies).where(_studies.c.study_key == study_key)).rowcount

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _durable(connection: Any, _record: Any) -> None:
    """A killed process loses nothing; after a power cut the files, which are synced, give back the missing rows."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()
