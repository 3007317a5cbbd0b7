"""Verdicts are append-only and chained; a change is found, a stale write refused, nothing acknowledged is lost."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medomni.errors import MedomniError
from medomni.review.store import GENESIS, VerdictStore

pytestmark = pytest.mark.unit


def test_chain(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path / "v.sqlite")
    assert store.head("s") == GENESIS
    first = store.append("s", "f1", "accept", "", "r", head=GENESIS)
    assert first.previous_sha256 == GENESIS
    second = store.append("s", "f1", "reject", "measured wrongly", "r", head=store.head("s"))
    store.append("s", "f2", "accept", "", "r", head=store.head("s"))
    store.append("s", "f2", "undo", "", "r", head=store.head("s"))
    assert store.current("s") == {"f1": second} and len(store.verdicts("s")) == 4
    assert VerdictStore(tmp_path / "v.sqlite").verify("s"), "survives a restart"
    assert store.verdicts("other") == []


def test_rejection_needs_a_reason_and_stale_writes_are_refused(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path / "v.sqlite")
    with pytest.raises(MedomniError) as info:
        store.append("s", "f1", "reject", "  ", "r", head=GENESIS)
    assert info.value.code == "MED-R02"
    store.append("s", "f1", "accept", "", "r", head=GENESIS)
    with pytest.raises(MedomniError) as info:
        store.append("s", "f1", "accept", "", "r2", head=GENESIS)
    assert info.value.code == "MED-R01"
    assert len(store.verdicts("s")) == 1


@pytest.mark.parametrize("turn", range(12))
def test_two_writers_at_once_leave_one_verdict(tmp_path: Path, turn: int) -> None:
    stores = [VerdictStore(tmp_path / "v.sqlite") for _ in range(4)]

    def write(store: VerdictStore) -> str:
        try:
            store.append("s", "f1", "accept", "", "r", head=GENESIS)
        except MedomniError as exc:
            return exc.code
        return "ok"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(write, stores))
    assert outcomes == ["MED-R01"] * 3 + ["ok"]
    assert stores[0].verify("s") and len(stores[0].verdicts("s")) == 1


@pytest.mark.parametrize("sql", [
    "UPDATE verdicts SET record = replace(record, 'accept', 'reject') WHERE number = 0",
    "DELETE FROM verdicts WHERE number = 1",
    "DELETE FROM verdicts WHERE number = 2",
    "DELETE FROM verdicts",
    "UPDATE verdicts SET number = 9 WHERE number = 0",
])
def test_tampering_is_found(tmp_path: Path, sql: str) -> None:
    store = VerdictStore(tmp_path / "v.sqlite")
    for k in range(3):
        store.append("s", f"f{k}", "accept", "", "r", head=store.head("s"))
    store.engine.dispose()
    with sqlite3.connect(tmp_path / "v.sqlite") as connection:
        connection.execute(sql)
    assert not VerdictStore(tmp_path / "v.sqlite").verify("s")
    with pytest.raises(MedomniError) as info:  # a new verdict must not heal the chain
        again = VerdictStore(tmp_path / "v.sqlite")
        again.append("s", "f9", "accept", "", "r", head=again.head("s"))
    assert info.value.code == "MED-R07"
