"""What a federation leaves on disk after each round, and where a run that was cut goes on."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medomni.errors import MedomniError
from medomni.files import write_text

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


def plan_of(recipe: Path, cases: Mapping[str, Path], model: str | None) -> str:
    """Hash of what rounds depend on. Case files are not opened here, only their sizes and times are looked at."""
    files = {name: sorted((str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns)
                          for f in ([path] if path.is_file() else path.glob("*.npz")))
             for name, path in cases.items()}
    text = json.dumps([recipe.read_text(encoding="utf-8"), files, model or ""], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def resumable(folder: Path, plan: str) -> int:
    """Rounds that an earlier run of the same plan finished and this one need not do; the rest of it is removed.

    A run that came to its end (:func:`finish`) is begun anew, like one of another plan.
    """
    state = folder / "plan.json"
    rows: list[dict[str, Any]] = []
    if state.is_file() and json.loads(state.read_text(encoding="utf-8")) == {"plan": plan, "finished": False}:
        for number, row in enumerate(round_rows(folder), start=1):
            if row["round"] != number or not round_file(folder, number).is_file():
                break
            rows.append(row)
    if not rows:
        shutil.rmtree(folder, ignore_errors=True)
    write_text(folder / "rounds.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    write_text(state, json.dumps({"plan": plan, "finished": False}))
    return len(rows)


def finish(folder: Path, plan: str) -> None:
    """Mark a run whose adapter was saved."""
    write_text(folder / "plan.json", json.dumps({"plan": plan, "finished": True}))


def check_site_name(name: str) -> None:
    """Error MED-C03 for a name that cannot stand in file names and node configurations."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name):
        raise MedomniError("MED-C03", f"site `{name}`: up to 32 letters, digits, _ and - were expected")
