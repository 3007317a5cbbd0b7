"""Training runs that used a study: their weights are not changed, so they are named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from medomni.errors import MedomniError
from medomni.forget.files import plain_files
from medomni.forget.places import Cases


def runs_with(key: str, roots: Sequence[Path]) -> list[dict[str, Any]]:
    """Training runs below ``roots`` whose cases, by their data hash, held the study: run record, hash, base.

    A run is known by the hash over the cases of a file, or of a folder of files, as ``medomni train`` reads them; a run
    on cases that were changed since, or whose record lies elsewhere, is not found.
    """
    from medomni.data.case import cases_hash, load_cases

    files = {found.path for root in roots for found in Cases(root).find(key)}
    hashes: dict[str, str] = {}
    for source in sorted(files | {path.parent for path in files}):
        with suppress(MedomniError):
            hashes[cases_hash(load_cases(source))] = source.name if source.is_dir() else source.parent.name
    runs: list[dict[str, Any]] = []
    for path in (p for root in roots for p in plain_files(root) if p.name in ("adapter.json", "medomni.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(record, dict) and record.get("data_sha256") in hashes:
            runs.append({"record": str(path), "data_sha256": record["data_sha256"], "recipe": record.get("recipe"),
                         "cases": record.get("cases"), "seed": record.get("seed")})
    return runs
