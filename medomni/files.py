"""Files that are there whole or not at all: written beside their place and renamed; archives of plain arrays; texts."""

from __future__ import annotations

import errno
import json
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from medomni.errors import MedomniError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAMAGED = (ValueError, KeyError, IndexError, TypeError, OSError, EOFError, SyntaxError, RuntimeError, BadZipFile,
           zlib.error, TokenError)
"""What numpy and zipfile raise on changed bytes, from the directory of the archive down to the header of an array."""

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR,
              errno.EEXIST, errno.ENAMETOOLONG)


def unwritable(exc: BaseException | None) -> OSError | None:
    """The full disk or refused target behind an error; libraries wrap it in one that has lost its number."""
    while exc is not None:
        if isinstance(exc, OSError) and exc.errno in UNWRITABLE:
            return exc
        exc = exc.__cause__
    return None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; renamed to ``path`` at the end, gone where anything failed.

    The folder is made if it does not exist. A kill leaves the old file, and a hidden ``.part`` file at most.

    Raises:
        MedomniError: MED-C04 for any error of the operating system, for a folder (``.``, which is also what an empty
            name becomes), and for a pipe or device, naming ``path``.
    """
    if not path.name or path.name == "..":
        raise MedomniError("MED-C04", "it is a folder, and a file is to be written", where=path)
    path = path.resolve() if os.path.islink(path) else path  # a link stays one, and its target is replaced
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):  # a pipe or a device would be gone
        raise MedomniError("MED-C04", "it is no regular file, and would be replaced by one", where=path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        os.replace(beside, path)
    except Exception as exc:
        from safetensors import SafetensorError  # what its writer raises where the disk is full

        if not isinstance(exc, OSError | SafetensorError):
            raise
        raise MedomniError("MED-C04", getattr(exc, "strerror", None) or str(exc), where=path) from exc
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text beside and rename; errors as :func:`replacing`."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return path


def save_arrays(path: Path, about: Any, **arrays: NDArray[Any]) -> Path:
    """Write arrays and one JSON text, ``about``, as .npz; errors as :func:`replacing`."""
    import numpy as np  # not at the head: the command line reads this module before it knows what is asked

    text = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    # not np.savez: where the disk is full it leaves an archive behind that complains later, on its own
    with replacing(path) as beside, ZipFile(beside, "w", ZIP_DEFLATED) as archive:
        for name, array in {"about": text, **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return path


@contextmanager
def reading_arrays(path: Path) -> Iterator[tuple[dict[str, NDArray[Any]], Any]]:
    """(arrays by name, ``about``) of :func:`save_arrays`; what fails inside the block is a damaged file.

    Raises:
        MedomniError: MED-C08 where there is no file, MED-C07 where it is damaged or its content does not fit.
    """
    import numpy as np

    if not path.is_file():
        raise MedomniError("MED-C08", where=path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        yield arrays, json.loads(arrays.pop("about").tobytes())
    except DAMAGED as exc:
        raise MedomniError("MED-C07", type(exc).__name__, where=path) from exc


def read_report(path: Path | None) -> str:
    """The text of a report file, or of standard input; errors MED-C08, MED-K04 where it is no UTF-8."""
    if path is None:
        raw = sys.stdin.buffer.read()
    elif not path.is_file():
        raise MedomniError("MED-C08", where=path)
    else:
        raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")  # Windows puts a mark before the first heading
    except UnicodeDecodeError as exc:
        raise MedomniError("MED-K04", f"byte {exc.start} is not UTF-8", where=path or "standard input") from exc
