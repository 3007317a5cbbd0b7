"""Ways in that are no folder: a zip of DICOM files, or the DICOMDIR of a medium. Both may lie about their paths."""

from __future__ import annotations

import lzma
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medomni.dicom.faults import UnreadableError
from medomni.dicom.walk import files_below
from medomni.errors import MedomniError

MOST_FILES = 100_000
MOST_BYTES = 16 << 30
MOST_RATIO = 1000  # a DICOM file of one grey compresses 400 times at most in practice
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_CHUNK = 1 << 20


@contextmanager
def dicom_files(source: Path) -> Iterator[list[Path]]:
    """The files of a folder, of one file, of a zip (unpacked for as long as the context lasts), or of a DICOMDIR.

    Raises:
        MedomniError: MED-C08 where there is nothing, MED-D21 for a damaged, encrypted or hostile zip or DICOMDIR,
            MED-C04 where there is no room to unpack.
    """
    if not source.exists():
        raise MedomniError("MED-C08", where=source)
    if source.is_file() and zipfile.is_zipfile(source):
        with tempfile.TemporaryDirectory(prefix="medomni-") as folder:
            unpack(source, Path(folder))
            yield files_below(Path(folder))
    elif source.is_file() and source.name.upper() == "DICOMDIR":
        yield listed(source)
    else:
        yield files_below(source)


def unpack(source: Path, folder: Path) -> None:
    """Unpack the regular files of a zip into ``folder``, flat, under names made here.

    No name from the zip is ever a path: ``../x``, ``/x``, ``C:\\x`` and links cannot leave the folder. Sizes are
    counted while unpacking, whatever the zip's directory says.
    """
    room = min(MOST_BYTES, shutil.disk_usage(folder).free)
    try:
        with zipfile.ZipFile(source) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not _is_link(m)]
            if len(members) > MOST_FILES:
                raise MedomniError("MED-D21", f"{len(members)} files", where=source.name)
            for k, member in enumerate(members):
                if member.flag_bits & 1:
                    raise MedomniError("MED-D21", "it is encrypted", where=source.name)
                most = min(room, max(_CHUNK, MOST_RATIO * member.compress_size))
                room -= _copied(archive, member, folder / _name(k, member.filename), most, source)
    except MedomniError:
        raise
    except OSError as exc:
        if exc.errno is None:  # bz2's word for damaged data
            raise MedomniError("MED-D21", f"damaged ({type(exc).__name__})", where=source.name) from exc
        raise MedomniError("MED-C04", type(exc).__name__, where=source.name) from exc
    except NotImplementedError as exc:
        raise MedomniError("MED-D21", "packed in a way that is not supported", where=source.name) from exc
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, KeyError) as exc:
        raise MedomniError("MED-D21", f"damaged ({type(exc).__name__})", where=source.name) from exc


def _is_link(member: zipfile.ZipInfo) -> bool:
    return (member.external_attr >> 28) == 0xA


def _name(number: int, name: str) -> str:
    """A file name that keeps the member's own last part, for messages."""
    last = re.split(r"[/\\]", name)[-1]
    return f"{number:06d}-{_UNSAFE.sub('_', last)[-80:]}"


def _copied(archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, most: int, source: Path) -> int:
    done = 0
    with archive.open(member) as packed, open(to, "xb") as out:
        while chunk := packed.read(_CHUNK):
            done += len(chunk)
            if done > most:
                number = to.name.split("-")[0]  # the member's own name may be a patient's
                raise MedomniError("MED-D21", f"member {number} unpacks to more than {most} bytes", where=source.name)
            out.write(chunk)
    return done


def listed(dicomdir: Path) -> list[Path]:
    """The files that a DICOMDIR (PS3.3 F) names, which must lie in its own folder and be there.

    Raises:
        MedomniError: MED-D21 where it cannot be read, names a place outside, or names what is not there.
    """
    from medomni.dicom.parse import read_elements

    home = dicomdir.resolve().parent
    try:
        records = read_elements(dicomdir, ["DirectoryRecordSequence"]).get("DirectoryRecordSequence") or []
        names = [[str(part) for part in _parts(record.get("ReferencedFileID"))] for record in records]
    except UnreadableError as exc:
        raise MedomniError("MED-D21", str(exc), where=dicomdir.name) from exc
    except Exception as exc:  # its records are decoded only now, and hostile bytes may raise anything
        raise MedomniError("MED-D21", f"damaged ({type(exc).__name__})", where=dicomdir.name) from exc
    files, absent = [], 0
    for parts in filter(None, names):
        if any(not part or part in (".", "..") or re.search(r"[/\\:\0]", part) for part in parts):
            raise MedomniError("MED-D21", "it names a place outside its folder", where=dicomdir.name)
        path = _as_written(home, parts)
        if path is None:
            absent += 1
        elif not path.resolve().is_relative_to(home):
            raise MedomniError("MED-D21", "it names a place outside its folder", where=dicomdir.name)
        else:
            files.append(path)
    if absent:
        raise MedomniError("MED-D21", f"{absent} of {absent + len(files)} files that it names are not there",
                           where=dicomdir.name)
    return sorted(set(files))


def _parts(value: object) -> list[object]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def _as_written(home: Path, parts: list[str]) -> Path | None:
    """The file, by its name in capitals as PS3.10 has it, or in small letters as media are often copied."""
    for names in (parts, [p.lower() for p in parts]):
        path = home.joinpath(*names)
        try:
            if path.is_file():
                return path
        except OSError:  # a name that no file can have
            continue
    return None
