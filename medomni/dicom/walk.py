"""The regular files below a folder, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from medomni.records import Warned


class Files(list[Path]):
    """Files to read.

    Attributes:
        notes: what the record must say of how they were found.
    """

    def __init__(self, paths: Iterable[Path], notes: Iterable[Warned] = ()) -> None:
        super().__init__(paths)
        self.notes = tuple(notes)


def files_below(folder: Path) -> list[Path]:
    """All regular files below ``folder`` (or the file itself), sorted; folders that are links are not followed.

    Pipes, sockets and devices are left out: opening one may wait for ever.
    """
    if folder.is_file():
        return [folder]
    found: list[str] = []
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif _is_file(entry):
                        found.append(entry.path)
        except (PermissionError, NotADirectoryError):
            continue
    return [Path(p) for p in sorted(found)]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads back to itself
        return False
