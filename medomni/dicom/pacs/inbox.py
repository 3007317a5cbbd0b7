"""The inbox: a folder in which every received instance stands once, whole, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medomni.dicom.lock import Held, adopted
from medomni.dicom.pacs.identity import Identity, digest, identify
from medomni.dicom.pacs.index import Index
from medomni.dicom.pacs.peer import keep_values_out_of_logs
from medomni.dicom.pacs.same import same_image
from medomni.errors import MedomniError

Outcome = Literal["stored", "known", "conflict"]


@dataclass(frozen=True)
class Asked:
    """What was asked for, by keys; an empty one fits anything."""

    study_key: str = ""
    instance_key: str = ""

    def fits(self, found: Identity) -> bool:
        """Whether an instance is what was asked for."""
        return self.study_key in ("", found.study_key) and self.instance_key in ("", found.instance_key)


@dataclass(frozen=True)
class Kept:
    """What became of one instance: stored; known already; or another content under a known SOP instance UID."""

    outcome: Outcome
    study_key: str


class Inbox:
    """Received studies, one folder each: ``studies/<study key>/<instance key>.dcm``.

    An instance is written beside under its digest and synced, then linked into its place, then entered in the index;
    only then does :meth:`store` return, and only then may a sender be told of success. What a kill or a power cut
    leaves is made whole at the next start: a part that fits its digest is put in its place, a placed file is entered.
    A file is never overwritten: other content under a known SOP instance UID goes to ``conflicts/`` for a person to
    look at.

    Several processes may use one inbox at once.

    Args:
        folder: made if it does not exist, readable by its owner only.

    Raises:
        MedomniError: MED-C04 where the folder cannot be written, MED-N06 where its index is none.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        keep_values_out_of_logs()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("studies", "incoming", "conflicts"):
                (self.folder / name).mkdir(exist_ok=True)
            self._hold = Held(self.folder / "incoming" / secrets.token_hex(8))
        except OSError as exc:
            raise MedomniError("MED-C04", exc.strerror or "", where=self.folder) from exc
        self.index = Index(self.folder / "index.sqlite")
        self._lock = threading.Lock()
        self.recover()

    @staticmethod
    def is_one(folder: Path) -> bool:
        """Whether a folder is an inbox already."""
        return all((folder / name).is_dir() for name in ("studies", "incoming", "conflicts"))

    def store(self, content: bytes, *, asked: Asked | None = None) -> Kept:
        """Keep one instance.

        Args:
            content: a DICOM file (PS3.10).
            asked: what was asked for, where something was: anything else is refused.

        Raises:
            MedomniError: MED-N03 for what is no identifiable instance or not what was asked for, MED-C04 where the disk
                is full, MED-N06 where the index was deleted meanwhile.
        """
        sha256 = digest(content)
        part = self._hold.folder / f"{sha256}-{secrets.token_hex(4)}"
        try:
            with open(part, "xb") as handle:  # buffered: a raw file may write less than it is given, and not say so
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            new = identify(part, sha256)
            if asked is not None and not asked.fits(new):
                raise MedomniError("MED-N03", "another instance came than was asked for")
            return self._place(part, new)
        except OSError as exc:
            raise MedomniError("MED-C04", exc.strerror or type(exc).__name__, where=self.folder) from exc
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def study_folder(self, study_key: str) -> Path:
        """Where a study's instances stand."""
        return self.folder / "studies" / study_key

    def recover(self) -> int:
        """Place whole parts, enter files that are not in the index, drop rows whose files are gone.

        A part that does not fit its digest is deleted: its sender was not told of success.

        Returns:
            How many rows changed.
        """
        for folder in (self.folder / "incoming").glob("[!.]*"):
            if folder != self._hold.folder:
                with adopted(folder) as abandoned:
                    if abandoned:
                        self._place_parts(folder)
        known = self.index.keys()
        there = {path.stem: path for path in (self.folder / "studies").glob("*/*.dcm")}
        missing = [key for key in known if key not in there]
        self.index.drop(missing)
        entered = 0
        for key, path in there.items():
            if known.get(key) == path.parent.name:
                continue
            try:
                found = identify(path)
                entered += self.index.add(found.instance_key, found.study_key, found.sha256, path.stat().st_size)
            except (MedomniError, OSError):  # damaged where it lies: out of the way, and kept
                with suppress(OSError):
                    path.rename(self.folder / "conflicts" / f"{key}-damaged.dcm")
        return len(missing) + entered

    def close(self) -> None:
        """Give up the folder's lock and the index."""
        self.index.close()
        self._hold.release()

    def __enter__(self) -> Inbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _place_parts(self, folder: Path) -> None:
        """Whole parts of a process that has ended into their places; then its folder goes."""
        for part in folder.glob("*-*"):
            sha256 = digest(part.read_bytes())
            if part.name.startswith(sha256):
                with suppress(MedomniError):  # whole, and no instance: it would have been refused
                    self._place(part, identify(part, sha256))
        shutil.rmtree(folder, ignore_errors=True)

    def _place(self, part: Path, new: Identity) -> Kept:
        final = self.study_folder(new.study_key) / f"{new.instance_key}.dcm"
        with self._lock:
            known = self.index.digest(new.instance_key)
            if known is not None and known[0] == new.study_key and not final.exists():  # somebody took the file away
                self.index.drop([new.instance_key])
                known = None
            if known is None:
                linked = _link(part, final)
                there = new if linked else identify(final)  # another process has linked it and not entered it yet
                self.index.add(there.instance_key, there.study_key, there.sha256, final.stat().st_size)
                if linked:
                    return Kept("stored", new.study_key)
                known = (there.study_key, there.sha256)
        if known == (new.study_key, new.sha256) or (known[0] == new.study_key and same_image(part, final)):
            return Kept("known", new.study_key)
        _link(part, self.folder / "conflicts" / f"{new.instance_key}-{new.sha256[:16]}.dcm")
        return Kept("conflict", new.study_key)


def _link(part: Path, final: Path) -> bool:
    """Give a written file its name; False where the name is taken.

    The folder is not synced: file systems that journal their names in order (ext4, XFS, Btrfs) keep either this name or
    the part, which was synced, and :meth:`Inbox.recover` finds both.
    """
    final.parent.mkdir(exist_ok=True)
    try:
        os.link(part, final)
    except FileExistsError:
        return False
    return True
