"""Locks that end with their process: a folder that it holds, and a name that one of several takes."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


class Held:
    """A folder of one process, locked while the process lives; a kill releases the lock."""

    def __init__(self, folder: Path) -> None:
        young = folder.with_name(f".{folder.name}")  # not looked at by others until it is locked
        young.mkdir(mode=0o700)
        self._handle = open(young / LOCK, "w")  # noqa: SIM115 (held until release)
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.folder = young.rename(folder)

    def release(self) -> None:
        """Remove the folder and give up its lock."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._handle.close()


@contextmanager
def adopted(folder: Path) -> Iterator[bool]:
    """Whether a folder's process has ended; if so it is ours for as long as the block runs."""
    try:
        handle = open(folder / LOCK)  # noqa: SIM115 (closed below)
    except OSError:  # gone meanwhile
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        handle.close()


def in_use(folder: Path) -> bool:
    """Whether a living process holds one of the folders in ``folder`` (that of :class:`Held`)."""
    for held in folder.glob("[!.]*"):
        with adopted(held) as abandoned:
            if not abandoned and (held / LOCK).exists():
                return True
    return False


@contextmanager
def only_one(path: Path) -> Iterator[bool]:
    """Whether this process alone has the lock of that name, for as long as the block runs."""
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
