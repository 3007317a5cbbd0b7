"""The DICOMDIR of a medium (PS3.3 F): what it lists, held against its own links and the files that lie below it.

A directory that lost records would give a shorter volume. So the DICOM files below it that it does not list are read
too where they are of its patients, and the record says how many; what it lists must be there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from medomni.dicom.faults import CutHeaderError, UnreadableError
from medomni.dicom.walk import Files, files_below
from medomni.errors import MedomniError
from medomni.records import Warned

RECORDS = "DirectoryRecordSequence"
FIRST = "OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity"
LAST = "OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity"
NEXT, LOWER = "OffsetOfTheNextDirectoryRecord", "OffsetOfReferencedLowerLevelDirectoryEntity"
INACTIVE = 0  # of Record In-use Flag (0004,1410), retired


def listed(dicomdir: Path) -> Files:
    """The files that a DICOMDIR names, which must lie in its own folder and be there, and the DICOM files below that
    folder that it does not name; MED-D14 notes say how many, and whether its records are whole.

    Raises:
        MedomniError: MED-D21 where it cannot be read, names a place outside, or names what is not there.
    """
    from medomni.dicom.parse import read_elements

    home = dicomdir.resolve().parent
    try:
        ds = read_elements(dicomdir, [FIRST, LAST, RECORDS])
        records = list(ds.get(RECORDS) or [])
        names = _file_ids(records)
        nameless = sum(record.get("DirectoryRecordType") == "IMAGE" and not name
                       for record, name in zip(records, names, strict=True))
        loose = _loose(ds, records)
    except UnreadableError as exc:
        raise MedomniError("MED-D21", str(exc), where=dicomdir.name) from exc
    except Exception as exc:  # its records are decoded only now, and hostile bytes may raise anything
        raise MedomniError("MED-D21", f"damaged ({type(exc).__name__})", where=dicomdir.name) from exc
    named = _named(dicomdir, home, names)
    below = files_below(home)
    beside, outside = _beside(below, home, set(named))
    beside, others = _of_the_patients(named, beside)
    twice = sum(count > 1 for count in Counter(named).values())
    said = [
        (loose, f"the DICOMDIR is damaged: {loose} of the links of its {len(records)} records do not fit, so it may "
                f"have named more than the {len(set(named))} files that were found in it"),
        (nameless, f"{nameless} images of the DICOMDIR have no file"),
        (twice, f"{twice} files are named more than once by the DICOMDIR"),
        (len(beside), f"{len(beside)} DICOM files beside the {len(set(named))} that the DICOMDIR names were read too"),
        (others, f"{others} DICOM files beside the DICOMDIR are of patients that it does not hold and were left out"),
        (outside, f"{outside} files beside the DICOMDIR are links to a place outside its folder and were left out"),
    ]
    return Files(sorted({*named, *beside}), [*below.notes, *(Warned(code="MED-D14", detail=text)
                                                             for count, text in said if count)])


def unmet(below: Files) -> list[Warned]:
    """MED-D14 for each DICOMDIR among a folder's files that names files which are not there: of a folder that is read
    as it lies, the last slices would be missing without a word. One that cannot be read is no part of the study."""
    from medomni.dicom.parse import read_elements

    said = []
    for path in (p for p in below if p.name.upper() == "DICOMDIR"):
        try:
            names = _file_ids(read_elements(path, [RECORDS]).get(RECORDS) or [])
        except Exception:  # damaged records raise anything when they are decoded
            continue
        absent = sum(_as_written(path.parent, parts) is None for parts in names if parts and _is_safe(parts))
        if absent:
            said.append(Warned(code="MED-D14", detail=f"{absent} of {sum(map(bool, names))} files that a DICOMDIR in "
                                                      "the folder names are not there"))
    return said


def _is_safe(parts: list[str]) -> bool:
    """Whether a file ID (PS3.10 8.5) can only name a file below the directory's folder."""
    return not any(not part or part in (".", "..") or re.search(r"[/\\:\0]", part) for part in parts)


def _named(dicomdir: Path, home: Path, names: list[list[str]]) -> list[Path]:
    files, absent = [], 0
    for parts in filter(None, names):
        if not _is_safe(parts):
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
    return files


def _loose(ds: Dataset, records: list[Dataset]) -> int:
    """How many links lead to no record or to one that was met before, and records that no link leads to (PS3.3 F.2.2).

    A directory that states no link at all is not held against them: some programs leave them out.
    """
    at = {int(getattr(record, "seq_item_tell", None) or 0): record for record in records}
    links = [int(r.get(n) or 0) for r in records for n in (NEXT, LOWER)]
    if not any((*links, ds.get(FIRST), ds.get(LAST))):
        return 0
    wrong, met, waiting = 0, set(), [int(ds.get(FIRST) or 0)]
    while waiting:
        link = waiting.pop()
        if not link:
            continue
        if link not in at or link in met:
            wrong += 1
            continue
        met.add(link)
        waiting += [int(at[link].get(name) or 0) for name in (NEXT, LOWER)]
    last = int(ds.get(LAST) or 0)
    wrong += bool(last and last not in met)
    return wrong + sum(offset not in met and record.get("RecordInUseFlag") != INACTIVE
                       for offset, record in at.items())


def _beside(below: Files, home: Path, named: set[Path]) -> tuple[list[Path], int]:
    """The DICOM files below a folder that are not among those named, and how many links lead out of it."""
    known = {path.resolve() for path in named}
    found, outside = [], 0
    for path in below:
        if path in named or path.name.upper() == "DICOMDIR" or not _is_dicom(path):
            continue
        if not path.resolve().is_relative_to(home):
            outside += 1
        elif path.resolve() not in known:
            found.append(path)
    return found, outside


def _of_the_patients(named: list[Path], beside: list[Path]) -> tuple[list[Path], int]:
    """Of the files beside a directory, those of the patients whose files it names, and how many are of others: a medium
    may lie among other downloads. By the files' headers, since the directory's own records may be what is damaged."""
    if not named or not beside:
        return beside, 0
    known = {patient for path in named for patient in _patients(path)}
    mine = [path for path in beside if not (of := _patients(path)) or of & known]
    return mine, len(beside) - len(mine)


def _patients(path: Path) -> set[tuple[str, str]]:
    """Whose images a file holds; nobody's where it holds none or cannot be read."""
    from medomni.dicom.headers import read_headers

    try:
        return {(h.text("PatientID"), h.text("PatientName")) for h in read_headers(path)}
    except (CutHeaderError, UnreadableError, OSError):
        return set()


def _is_dicom(path: Path) -> bool:
    """By its preamble, as files of a medium have it, or because its header can be read."""
    from medomni.dicom.headers import read_headers

    try:
        with open(path, "rb") as handle:
            if handle.read(132)[128:] == b"DICM":
                return True
        read_headers(path)
    except CutHeaderError:
        return True
    except (UnreadableError, OSError):
        return False
    return True


def _file_ids(records: Iterable[Dataset]) -> list[list[str]]:
    """The parts of each record's file ID (PS3.3 F.3.2.2), none where it names no file."""
    return [[str(part) for part in _parts(record.get("ReferencedFileID"))] for record in records]


def _parts(value: object) -> Sequence[object]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload,no-any-return]


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
