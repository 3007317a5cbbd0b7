"""What is found of a study, and what a kind of place must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medomni.errors import MedomniError


@dataclass(frozen=True)
class Held:
    """Something of the study: where it lies, what it is, the SHA-256 of the file as it was, rows or cases in it."""

    path: Path
    what: str
    sha256: str
    count: int = 1


class Place(Protocol):
    """A kind of place below a folder. To add one, write the class and name it in :data:`PLACES`.

    What of it cannot be read or changed may be listed in an attribute ``faults``, so that the rest is removed.
    """

    def __init__(self, root: Path) -> None: ...

    def find(self, key: str) -> list[Held]:
        """What is there of the study with this key."""

    def remove(self, key: str) -> list[Held]:
        """Remove it; gives what was removed. Given again after a kill it finishes."""


def unlinked(found: list[Held]) -> list[Held]:
    """The same, once their files are gone; MED-C04 where one cannot be."""
    for one in found:
        try:
            one.path.unlink(missing_ok=True)
        except OSError as exc:
            raise MedomniError("MED-C04", exc.strerror or "", where=one.path.parent) from exc
    return found
