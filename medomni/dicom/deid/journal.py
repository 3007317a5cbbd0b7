"""What a run has done so far, a line for each file, so that a killed run goes on. No value of a header is in it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medomni.dicom.deid.one import Cleaned
from medomni.errors import MedomniError
from medomni.files import unwritable, write_text

NAME = ".medomni-deidentify.jsonl"
HELD = ".medomni-unverified"
LOCK = ".medomni-deidentify.lock"
REPORT = "deidentification.json"


class Journal:
    """The lines of one output folder.

    Args:
        plan: what must be the same in a run that goes on: options, key and table, as hashes.

    Raises:
        MedomniError: MED-P03 where the folder holds the result of another plan or something else, MED-C04.
    """

    def __init__(self, out: Path, plan: dict[str, str]) -> None:
        self._path = out / NAME
        self.done: dict[str, Cleaned] = {}
        if self._path.is_file():
            lines = list(_lines(self._path))
            if not lines or lines[0] != plan:
                raise MedomniError("MED-P03", where=out)
            self.done = {line["source"]: _cleaned(line) for line in lines[1:] if "source" in line}
            self._cut()
        elif out.is_dir() and any(p.name != LOCK for p in out.iterdir()):
            raise MedomniError("MED-P03", "it is not empty", where=out)
        else:
            write_text(self._path, json.dumps(plan) + "\n")

    def add(self, source: str, cleaned: Cleaned) -> None:
        """One more file is done."""
        self.done[source] = cleaned
        line = {"source": source, **cleaned.__dict__, "counts": _rows(cleaned.counts),
                "attributes": _rows(cleaned.attributes)}
        try:
            with open(self._path, "a", encoding="utf-8") as handle:
                handle.write(json.dumps(line) + "\n")
        except OSError as exc:
            if unwritable(exc) is None:
                raise
            raise MedomniError("MED-C04", exc.strerror or "", where=self._path) from exc

    def _cut(self) -> None:
        """Take away the half line that a kill may have left: what is appended next would be lost with it."""
        data = self._path.read_bytes()
        if not data.endswith(b"\n"):
            os.truncate(self._path, data.rfind(b"\n") + 1)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _rows(counts: Counter[tuple[str, str]]) -> list[list[Any]]:
    return [[*key, number] for key, number in counts.items()]


def _cleaned(line: dict[str, Any]) -> Cleaned:
    counts, attributes = (Counter({(what, which): n for what, which, n in line.pop(name, ())})
                          for name in ("counts", "attributes"))
    line.pop("source")
    return Cleaned(counts=counts, attributes=attributes, **line)
