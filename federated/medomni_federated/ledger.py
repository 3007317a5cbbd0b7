"""What a federation leaves on disk after each round, and where a run that was cut goes on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import medomni
from medomni.errors import MedomniError
from medomni.files import write_text

FAILURE = "failed.json"
ROUND_TIMEOUT_S = 3600.0
"""Longest time of one round where nothing else is asked, seconds."""


def round_file(folder: Path, number: int) -> Path:
    """The aggregated adapter tensors after a round."""
    return folder / f"round-{number}.safetensors"


def round_rows(folder: Path) -> list[dict[str, Any]]:
    """Rows of ``rounds.jsonl`` so far; a line that is being written is left for the next look."""
    path = folder / "rounds.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def leave_failure(folder: Path, detail: str) -> MedomniError:
    """MED-F03 to raise in the server app, left where the process that started the run finds it; no patient's data."""
    write_text(folder / FAILURE, json.dumps({"detail": detail}))
    return MedomniError("MED-F03", detail)


def failure(folder: Path) -> MedomniError | None:
    """The error that the server app left, if it left one."""
    path = folder / FAILURE
    return MedomniError("MED-F03", json.loads(path.read_text(encoding="utf-8"))["detail"]) if path.is_file() else None


def plan_of(recipe: Path, cases: Mapping[str, Path], base: str) -> str:
    """Hash of what rounds depend on: recipe, base, code version and, by size and time, the sites' case files, which are
    not opened here."""
    files = {name: sorted((str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns)
                          for f in ([path] if path.is_file() else path.glob("*.npz")))
             for name, path in cases.items()}
    text = json.dumps([recipe.read_text(encoding="utf-8"), files, base, medomni.__version__], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def resumable(folder: Path, plan: str) -> int:
    """Rounds that earlier runs of the same plan finished; what is not a whole round of it is removed.

    Rounds of another plan are moved aside to ``<folder>-earlier``, in place of what lay there.
    """
    state = folder / "plan.txt"
    rows: list[dict[str, Any]] = []
    if state.is_file() and state.read_text(encoding="utf-8", errors="replace") == plan:
        for number, row in enumerate(round_rows(folder), start=1):
            if row["round"] != number or not round_file(folder, number).is_file():
                break
            rows.append(row)
    elif folder.is_dir():
        earlier = folder.with_name(f"{folder.name}-earlier")
        shutil.rmtree(earlier, ignore_errors=True)
        folder.rename(earlier)
    for file in folder.glob("round-*.safetensors"):
        if file not in {round_file(folder, k) for k in range(1, len(rows) + 1)}:
            file.unlink()
    write_text(folder / "rounds.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write_text(state, plan)
    return len(rows)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one federation; error MED-F05 where another holds it. A kill lets go of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "rounds.lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise MedomniError("MED-F05", where=folder) from exc
        yield


def check_site_name(name: str) -> None:
    """Error MED-C03 for a name that cannot stand in file names and node configurations."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name):
        raise MedomniError("MED-C03", f"site `{name}`: up to 32 letters, digits, _ and - were expected")
