"""A folder, zip or DICOMDIR to a folder of de-identified files: cleaned, held back, verified, then handed over."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from medomni.dicom.archive import dicom_files
from medomni.dicom.deid.evidence import Evidence
from medomni.dicom.deid.face import Faces
from medomni.dicom.deid.face_proof import still_shown
from medomni.dicom.deid.journal import HELD, LOCK, REPORT, Journal
from medomni.dicom.deid.keyed import Keyed
from medomni.dicom.deid.one import Cleaned, clean_file
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.report import report_of
from medomni.dicom.deid.table import profile_digest
from medomni.dicom.deid.verify import Terms, faults
from medomni.dicom.faults import UnreadableError
from medomni.dicom.lock import only_one
from medomni.dicom.parse import read_elements
from medomni.errors import MedomniError
from medomni.files import replacing, unwritable, write_text

Progress = Callable[[int, int], None]


def deidentify(source: Path, out: Path, options: Options, keys: Keyed, progress: Progress | None = None,
               ) -> dict[str, Any]:
    """De-identify every image below ``source``; the report, which is written into ``out`` too.

    A file is in its place only after the verifier found nothing in it. A killed run goes on where it was.

    Args:
        progress: called with (files done, files in all); each file counts twice, cleaned and verified.

    Raises:
        MedomniError: MED-C04, MED-C06, MED-C08, MED-C09, MED-D21, MED-P01, MED-P03, MED-P06, MED-P07.
    """
    _check_apart(source, out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with only_one(out / LOCK) as alone:
            if not alone:
                raise MedomniError("MED-P03", "another run writes there at this moment", where=out)
            try:
                return _run(source, out, options, keys, progress)
            finally:
                (out / LOCK).unlink(missing_ok=True)
                with suppress(OSError):  # not empty, as it should be
                    out.rmdir()
    except OSError as exc:
        if unwritable(exc) is None:
            raise
        raise MedomniError("MED-C04", exc.strerror or "", where=out) from exc


def _run(source: Path, out: Path, options: Options, keys: Keyed, progress: Progress | None) -> dict[str, Any]:
    plan = {"options": options.digest(), "key": keys.name("plan", "medomni"), "table": profile_digest()}
    with dicom_files(source) as files:
        journal = Journal(out, plan)
        faces = Faces(files) if options.deface else None
        tell = progress or (lambda done, total: None)
        cleaned: list[Cleaned] = []
        taken: dict[str, str] = {}
        first: dict[str, int] = {}
        for k, path in enumerate(files):
            try:
                key = keys.name("source", _digest(path) + (faces.members(_series(path)) if faces else ""))
                done = _clean(path, key, out, journal, keys, options, faces)
            except OSError as exc:
                key, done = "", Cleaned(reason=f"the file cannot be read ({type(exc).__name__})")
            if done.name and taken.setdefault(done.name, key) != key:
                done = Cleaned(reason="another file of the same SOP instance UID")
            elif done.name and first.setdefault(key, k) != k:
                done = Cleaned(reason="an exact copy of another file")
            cleaned.append(done)
            tell(k + 1, 2 * len(files))
        withdrawn = _verified(files, cleaned, out, options, tell)
        report = report_of(cleaned, withdrawn, options, _left(out, journal, cleaned), files.notes)
    write_text(out / REPORT, json.dumps(report, indent=2))
    shutil.rmtree(out / HELD, ignore_errors=True)
    return report


def _clean(path: Path, key: str, out: Path, journal: Journal, keys: Keyed, options: Options,
           faces: Faces | None) -> Cleaned:
    known = journal.done.get(key)
    if known and (known.reason or (out / known.name).is_file() or (out / HELD / known.name).is_file()):
        return known
    done, file = clean_file(path, keys, options, faces)
    if file is not None:
        if (out / HELD / done.name).is_file() or (out / done.name).is_file():
            return done  # an instance of the same UID came before; the caller says so
        buffer = io.BytesIO()
        try:
            file.save_as(buffer, enforce_file_format=True)
        except Exception as exc:  # a value that fits no encoding
            done = Cleaned(reason=f"it cannot be written ({type(exc).__name__})")
        else:
            with replacing(out / HELD / done.name) as beside:
                beside.write_bytes(buffer.getbuffer())
    journal.add(key, done)
    return done


def _verified(files: list[Path], cleaned: list[Cleaned], out: Path, options: Options, tell: Progress,
              ) -> dict[int, list[str]]:
    """Hand over what passes; number of the file, from 1, to what was found in those withdrawn."""
    patients: dict[str, list[int]] = defaultdict(list)
    for k, path in enumerate(files):
        patients[_patient(path)].append(k)
    withdrawn: dict[int, list[str]] = {}
    shown = _shown(files, cleaned, out)
    count = 0
    for members in patients.values():
        evidence = Evidence(devices=options.retain_device)
        for k in members:
            evidence.add(files[k])
        terms = Terms(evidence)
        for k in members:
            done = cleaned[k]
            if done.name and not done.reason:
                held, place = _held(done, out), out / done.name
                found = shown.get(str(Path(done.name).parent), []) if done.defaced else []
                found = found or faults(files[k], held, terms, keep_face=options.keep_face)
                if found:
                    withdrawn[k + 1] = found
                    held.unlink(missing_ok=True)
                    _prune(held.parent, out)
                elif held != place:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(held, place)
            count += 1
            tell(len(files) + count, 2 * len(files))
    return withdrawn


def _left(out: Path, journal: Journal, cleaned: list[Cleaned]) -> list[str]:
    """Files that an earlier run wrote and of which the source is no longer there; they are named and not deleted."""
    now = {done.name for done in cleaned}
    return sorted({done.name for done in journal.done.values() if done.name and done.name not in now
                   and (out / done.name).is_file()})


def _shown(files: list[Path], cleaned: list[Cleaned], out: Path) -> dict[str, list[str]]:
    """Series of heads, by their folder, of which a face may still show, and why."""
    heads: dict[str, list[tuple[Path, Path]]] = defaultdict(list)
    for path, done in zip(files, cleaned, strict=True):
        if done.defaced and done.name and not done.reason:
            heads[str(Path(done.name).parent)].append((path, _held(done, out)))
    return {series: [why] for series, pairs in heads.items() if (why := still_shown(pairs))}


def _held(done: Cleaned, out: Path) -> Path:
    """Where a cleaned file lies: held back, or in its place already by a run that was cut."""
    held = out / HELD / done.name
    return held if held.is_file() else out / done.name


def _prune(folder: Path, out: Path) -> None:
    with suppress(OSError):
        while folder != out:
            folder.rmdir()
            folder = folder.parent


def _patient(path: Path) -> str:
    try:
        ds = read_elements(path, ["SOPClassUID", "PatientID", "StudyInstanceUID"])
    except (UnreadableError, OSError):
        return ""
    return str(ds.get("PatientID", "") or "").strip() or str(ds.get("StudyInstanceUID", "") or "")


def _series(path: Path) -> str:
    try:
        return str(read_elements(path, ["SOPClassUID", "SeriesInstanceUID"]).get("SeriesInstanceUID", "") or "")
    except (UnreadableError, OSError):
        return ""


def _digest(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _check_apart(source: Path, out: Path) -> None:
    if not source.exists():
        raise MedomniError("MED-C08", where=source)
    inside, outside = out.resolve(), source.resolve()
    if source.is_file():
        outside = outside.parent if source.name.upper() == "DICOMDIR" else outside
    if inside == outside or inside.is_relative_to(outside) or (source.is_dir() and outside.is_relative_to(inside)):
        raise MedomniError("MED-P07", where=out)
