"""The regular files below a folder, in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from medomni.errors import MedomniError
from medomni.records import Warned


class Files(list[Path]):
    """Files to read.

    Attributes:
        notes: what the record must say of how they were found.
    """

    def __init__(self, paths: Iterable[Path], notes: Iterable[Warned] = ()) -> None:
        super().__init__(paths)
        self.notes = tuple(notes)


def files_below(folder: Path) -> Files:
    """All regular files below ``folder`` (or the file itself), sorted; folders that are links are not followed.

    Pipes, sockets and devices are left out: opening one may wait for ever. Folders that cannot be opened (MED-C09) and
    those that are links (MED-D14) are counted in the notes: slices that lie in them would be missing without a word.

    Raises:
        MedomniError: MED-C09 where ``folder`` itself cannot be opened.
    """
    if folder.is_file():
        return Files([folder])
    if not os.access(folder, os.R_OK | os.X_OK) and folder.is_dir():
        raise MedomniError("MED-C09", "no right to list it", where=folder)
    found: list[str] = []
    closed = linked = 0
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif _is(entry.is_file):
                        found.append(entry.path)
                    elif entry.is_symlink() and _is(entry.is_dir):
                        linked += 1
        except PermissionError:
            closed += 1
        except NotADirectoryError:
            continue
    said = [Warned(code="MED-C09", detail=f"{closed} folders could not be opened: what lies in them was not read")]
    said = said if closed else []
    if linked:
        said.append(Warned(code="MED-D14", detail=f"{linked} folders are links and were not followed"))
    return Files((Path(p) for p in sorted(found)), said)


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # a link that leads back to itself
        return False
