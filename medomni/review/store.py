"""Verdicts in SQLite (or any database by URL): append-only, each row carrying the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    cast,
    create_engine,
    delete,
    event,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import DatabaseError, IntegrityError

from medomni.errors import MedomniError
from medomni.records import Verdict

GENESIS = "0" * 64
_metadata = MetaData()
_verdicts = Table(
    "verdicts", _metadata,
    Column("study_key", String, primary_key=True), Column("number", Integer, primary_key=True),
    Column("sha256", String, nullable=False), Column("record", String, nullable=False),
)
_heads = Table("heads", _metadata, Column("study_key", String, primary_key=True),
               Column("count", Integer, nullable=False), Column("sha256", String, nullable=False))


class VerdictStore:
    """Verdicts by study.

    A row's hash covers its record, and its record holds the hash of the row before; a second table holds how many there
    are and the last hash. A changed or missing row breaks the chain, a row lost at its end the count: :meth:`verify`
    finds both. Who can write the file can forge all of it: it guards against accidents, not against its owner.

    Args:
        url: SQLAlchemy URL, or a path of a SQLite file.
    """

    def __init__(self, url: str | Path) -> None:
        self.engine = create_engine(str(url) if "://" in str(url) else f"sqlite:///{url}")
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _durable)
        try:
            _metadata.create_all(self.engine)
        except DatabaseError as exc:
            raise MedomniError("MED-R06", type(exc).__name__, where=url) from exc

    def head(self, study_key: str) -> str:
        """Hash of the last verdict of a study; 64 zeros where there is none."""
        rows = self._rows(study_key)
        return rows[-1][0] if rows else GENESIS

    def verdicts(self, study_key: str) -> list[Verdict]:
        """All verdicts of a study, in order."""
        return [Verdict.model_validate_json(record) for _, record in self._rows(study_key)]

    def current(self, study_key: str) -> dict[str, Verdict]:
        """The standing verdict of each flag; an undone one is absent."""
        standing: dict[str, Verdict] = {}
        for verdict in self.verdicts(study_key):
            if verdict.decision == "undo":
                standing.pop(verdict.flag_id, None)
            else:
                standing[verdict.flag_id] = verdict
        return standing

    def append(self, study_key: str, flag_id: str, decision: str, reason: str, reviewer: str, *, head: str) -> Verdict:
        """Add a verdict on top of ``head``.

        Raises:
            MedomniError: MED-R02 for a rejection without a reason, MED-R01 where ``head`` is no longer the head,
                MED-R07 where the chain is broken: a new verdict must not heal it.
        """
        if not self.verify(study_key):
            raise MedomniError("MED-R07", where=study_key)
        if decision == "reject" and not reason.strip():
            raise MedomniError("MED-R02")
        rows = self._rows(study_key)
        if (rows[-1][0] if rows else GENESIS) != head:
            raise MedomniError("MED-R01")
        verdict = Verdict(study_key=study_key, flag_id=flag_id, decision=decision, reason=reason.strip(),  # type: ignore[arg-type]
                          reviewer=reviewer, time=datetime.now(UTC).isoformat(timespec="seconds"),
                          previous_sha256=head)
        record = verdict.model_dump_json()
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(_verdicts).values(study_key=study_key, number=len(rows), sha256=_sha(record),
                                                            record=record))
                connection.execute(delete(_heads).where(_heads.c.study_key == study_key))
                connection.execute(insert(_heads).values(study_key=study_key, count=len(rows) + 1, sha256=_sha(record)))
        except IntegrityError as exc:  # another process took the number between our read and our write
            raise MedomniError("MED-R01") from exc
        return verdict

    def verify(self, study_key: str) -> bool:
        """True where every row's hash and every link hold and the last row is the last that was written."""
        # One statement sees one state: read apart, a verdict that is written in between looks like a broken chain.
        query = (select(_verdicts.c.number.label("number"), _verdicts.c.sha256, _verdicts.c.record)
                 .where(_verdicts.c.study_key == study_key)
                 .union_all(select(literal(-1), _heads.c.sha256, cast(_heads.c.count, String))
                            .where(_heads.c.study_key == study_key)).order_by("number"))
        with self.engine.connect() as connection:
            found = connection.execute(query).all()
        head = [(sha, count) for number, sha, count in found if number < 0]
        rows = [(sha, record) for number, sha, record in found if number >= 0]
        previous = GENESIS
        for sha, record in rows:
            if _sha(record) != sha or json.loads(record)["previous_sha256"] != previous:
                return False
            previous = sha
        return head == [(previous, str(len(rows)))] if head else not rows

    def _rows(self, study_key: str) -> list[tuple[str, str]]:
        query = (select(_verdicts.c.sha256, _verdicts.c.record)
                 .where(_verdicts.c.study_key == study_key).order_by(_verdicts.c.number))
        with self.engine.connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]


def _durable(connection, _record) -> None:  # type: ignore[no-untyped-def]
    """A verdict that was acknowledged survives a kill and a power cut."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _sha(record: str) -> str:
    return hashlib.sha256(record.encode()).hexdigest()
