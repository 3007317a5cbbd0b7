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

from medomni.dicom.kinds import STILLS
from medomni.dicom.walk import Files, files_below
from medomni.errors import MedomniError

MOST_FILES = 100_000
MOST_BYTES = 16 << 30
MOST_RATIO = 1000  # a DICOM file of one grey compresses 400 times at most in practice
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_CHUNK, _HEAD = 1 << 20, 1 << 12


@contextmanager
def dicom_files(source: Path) -> Iterator[Files]:
    """The files of a folder (held against a DICOMDIR that lies in it), of one file, of a zip (unpacked for as long as
    the context lasts), or of a DICOMDIR and beside it, with what the record must say of how they were found.

    Raises:
        MedomniError: MED-C08 where there is nothing, MED-C09 where the folder cannot be opened, MED-D21 for a damaged,
            encrypted or hostile zip or DICOMDIR, MED-C04 where there is no room to unpack.
    """
    if not source.exists():
        raise MedomniError("MED-C08", where=source)
    if source.is_file() and zipfile.is_zipfile(source):
        with tempfile.TemporaryDirectory(prefix="medomni-") as folder:
            unpack(source, Path(folder))
            yield files_below(Path(folder))
    elif source.is_file() and source.suffix.lower() == ".zip" and _begins_as_zip(source):
        raise MedomniError("MED-D21", "it ends early: its directory, which comes last, is not there", where=source.name)
    elif source.is_file() and source.name.upper() == "DICOMDIR":
        from medomni.dicom.dicomdir import listed

        yield listed(source)
    else:
        files = files_below(source)
        if any(path.name.upper() == "DICOMDIR" for path in files):
            from medomni.dicom.dicomdir import unmet

            files.notes += tuple(unmet(files))
        yield files


def unpack(source: Path, folder: Path) -> None:
    """Unpack the regular files of a zip into ``folder``, flat, under names made here.

    No name from the zip is ever a path: ``../x``, ``/x``, ``C:\\x`` and links cannot leave the folder. Sizes are
    counted while unpacking, whatever the zip's directory says. Of what is no image by its first bytes these alone are
    written, by which it is told as that.

    Raises:
        MedomniError: MED-D21 for a damaged, encrypted or hostile zip, MED-C04 where there is no room.
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


def _begins_as_zip(source: Path) -> bool:
    try:
        with open(source, "rb") as handle:
            return handle.read(4) == b"PK\x03\x04"
    except OSError as exc:
        raise MedomniError("MED-C09", exc.strerror or "", where=source.name) from exc


def _is_link(member: zipfile.ZipInfo) -> bool:
    return (member.external_attr >> 28) == 0xA


def _name(number: int, name: str) -> str:
    """A file name that keeps the member's own last part, for messages."""
    last = re.split(r"[/\\]", name)[-1]
    return f"{number:06d}-{_UNSAFE.sub('_', last)[-80:]}"


def _copied(archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, most: int, source: Path) -> int:
    from medomni.dicom.parse import may_be_dicom

    done = 0
    with archive.open(member) as packed, open(to, "xb") as out:
        while chunk := packed.read(_CHUNK):
            if not done and to.suffix.lower() not in STILLS and not may_be_dicom(chunk):
                out.write(chunk[:_HEAD])
                return _HEAD
            done += len(chunk)
            if done > most:
                number = to.name.split("-")[0]  # the member's own name may be a patient's
                raise MedomniError("MED-D21", f"member {number} unpacks to more than {most} bytes", where=source.name)
            out.write(chunk)
    return done
