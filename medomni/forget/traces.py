"""Traces of a study in folders: a search of names and raw bytes that knows nothing of how medomni writes its files."""

from __future__ import annotations

import gzip
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHUNK, _OVERLAP, _DEEPEST = 1 << 24, 512, 3
_NIFTI_HEAD = 348
_UID = re.compile(rb"[0-9]+(?:\.[0-9]+){3,}")
_HEX = re.compile(rb"[0-9a-f]{16,}")


@dataclass(frozen=True)
class Needles:
    """What must not be found any more.

    Attributes:
        exact: strings looked for anywhere: the study's key, its StudyInstanceUID where it is known.
        parts: UIDs of its series and instances, and keyed hashes (16 hexadecimal digits) of them; many.
    """

    exact: tuple[str, ...]
    parts: frozenset[str] = frozenset()

    def count(self, data: bytes) -> int:
        """How many of them stand in the bytes, as ASCII or in two or four bytes a letter."""
        found = 0
        for body in (data, data.replace(b"\0", b"")) if b"\0" in data else (data,):
            found = max(found, self._in(body))
        return found

    def _in(self, data: bytes) -> int:
        hits = {n for n in self.exact if n.encode() in data or n.upper().encode() in data}
        if self.parts:
            hits |= {u for m in _UID.finditer(data) if (u := m.group().decode()) in self.parts}
            for m in _HEX.finditer(data):
                run = m.group().decode()
                hits |= {run[k:k + 16] for k in range(len(run) - 15) if run[k:k + 16] in self.parts}
        return len(hits)


@dataclass(frozen=True)
class Searched:
    """What a search saw.

    Attributes:
        files, bytes: how much was read, packed members included.
        traces: places where something was found, as paths (with the member of an archive).
        unread: files that could not be read: nothing is known of them.
        nameless: NIfTI files: they hold images and name no study, so that nobody can tell whose they are.
    """

    files: int
    bytes: int
    traces: tuple[str, ...]
    unread: tuple[str, ...]
    nameless: tuple[str, ...] = ()


def search(roots: Iterable[Path], needles: Needles) -> Searched:
    """Search every name and every byte under ``roots``, hidden files too; links are looked at, not followed.

    Members of zip and npz archives and of gzip files are unpacked, three deep. Pixels are compared as bytes: what is
    written into a picture as letters is not read.
    """
    files, size, traces = 0, 0, []
    unread: list[str] = []
    nameless: list[str] = []
    for path in _entries(roots, unread):
        if needles.count(os.fsencode(path.name)):
            traces.append(f"{path} (name)")
        if path.is_symlink():
            if needles.count(os.fsencode(os.readlink(path))):
                traces.append(f"{path} (link)")
            continue
        if path.is_dir():
            continue
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                continue
            files += 1
            with open(path, "rb") as handle:
                for place, read, hit, nifti in _opened(handle, str(path), needles, 0):
                    size += read
                    if nifti:
                        nameless.append(place.removesuffix(":"))
                    if hit and place not in traces:
                        traces.append(place)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            unread.append(str(path))
    return Searched(files, size, tuple(traces), tuple(unread), tuple(nameless))


def _entries(roots: Iterable[Path], unread: list[str]) -> Iterator[Path]:
    """Everything below the roots once; folders that cannot be listed are added to ``unread``."""
    seen: set[Path] = set()
    for root in roots:
        if root.is_file():
            inside: Iterable[Path] = [root]
        else:
            tree = os.walk(root, onerror=lambda exc: unread.append(str(exc.filename)))
            inside = (Path(folder) / name for folder, folders, names in tree for name in [*folders, *names])
        for path in inside:
            if path not in seen:
                seen.add(path)
                yield path


def _opened(handle: IO[bytes], place: str, needles: Needles, depth: int) -> Iterator[tuple[str, int, bool, bool]]:
    """(place, bytes read, found, begins as NIfTI does) of a file as it lies and of what is packed in it."""
    head = handle.read(_NIFTI_HEAD)
    handle.seek(0)
    before, nifti = b"", _is_nifti(head)
    while chunk := handle.read(_CHUNK):
        yield place, len(chunk), bool(needles.count(before + chunk)), nifti and not before
        before = chunk[-_OVERLAP:]
    handle.seek(0)
    if depth == _DEEPEST:
        return
    if head[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(handle) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from _opened(member, f"{place}:{name}", needles, depth + 1)
    elif head[:2] == b"\x1f\x8b":
        with gzip.open(handle) as member:
            yield from _opened(member, f"{place}:", needles, depth + 1)  # type: ignore[arg-type]


def _is_nifti(head: bytes) -> bool:
    """By the magic of NIfTI-1, or of NIfTI-2, behind the length of the header in either byte order."""
    return head[344:348] in (b"n+1\0", b"ni1\0") or (
        head[:4] in (b"\x1c\x02\0\0", b"\0\0\x02\x1c") and head[4:8] in (b"n+2\0", b"ni2\0"))
