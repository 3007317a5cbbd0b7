"""Volumes that were read before, by the content of their files: for compressed or resampled series read often."""

from __future__ import annotations

import hashlib
import json
import math
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from medomni.dicom.archive import dicom_files
from medomni.dicom.keys import study_key
from medomni.dicom.read import is_nifti, read_study
from medomni.errors import MedomniError
from medomni.files import DAMAGED, replacing, write_text
from medomni.records import Study
from medomni.volume import Volume

FORMAT = "3"  # changed whenever reading gives other values for the same files
FOLDER, LIMIT_MB = "MEDOMNI_CACHE", "MEDOMNI_CACHE_MB"
DEFAULT_MB = 20_000.0
THREADS = 4


def read_cached(source: Path | str, folder: Path | str, *, limit_mb: float = DEFAULT_MB, series: int | None = None,
                resample: bool = False, modality: str | None = None) -> Volume:
    """As :func:`medomni.dicom.read_study`, from ``folder`` where the same files were read before with the same options.

    A volume stands in ``folder/<study key>/<digest>.npy`` with its record beside it; it holds pixels and SOP instance
    UIDs, so it stays at the site. The digest is over the content of every file, whatever its name, so a changed, added
    or removed file is another volume. Where more than ``limit_mb`` (2^20 bytes) lie there, those used longest ago go. A
    damaged entry is read anew.

    Returns:
        The volume; its array is mapped, copy on write.

    Raises:
        MedomniError: as :func:`medomni.dicom.read_study`; MED-C04 where the cache cannot be written.
    """
    folder = Path(folder)
    options = f"{FORMAT} {series} {resample} {modality} {study_key('cache')}"  # records hold keyed hashes of this site
    key = _digest(Path(source), options)
    for found in folder.glob(f"*/{key}.npy"):
        volume = _load(found)
        if volume is not None:
            return volume
    volume = read_study(source, series=series, resample=resample, modality=modality)
    if _digest(Path(source), options) != key:  # the files have changed while they were read
        return volume
    path = folder / volume.study.study_key / f"{key}.npy"
    with suppress(OSError):
        folder.mkdir(parents=True, mode=0o700)
    with replacing(path) as beside:
        with open(beside, "wb") as handle:
            np.save(handle, volume.array, allow_pickle=False)
        sha256 = _file_digest(beside)
    write_text(path.with_suffix(".json"), json.dumps({
        "study": volume.study.model_dump(mode="json"), "affine": volume.affine.tolist(),
        "slice_uids": volume.slice_uids, "sha256": sha256}))
    _prune(folder, int(limit_mb * 2**20), kept=path)
    return volume


def read_maybe_cached(source: Path | str, *, series: int | None = None, resample: bool = False,
                      modality: str | None = None) -> Volume:
    """:func:`read_cached` where ``MEDOMNI_CACHE`` names a folder (``MEDOMNI_CACHE_MB`` its limit), else ``read_study``.

    Raises:
        MedomniError: as both; MED-C03 where the limit is no number.
    """
    folder = os.environ.get(FOLDER)
    if not folder or is_nifti(source):
        return read_study(source, series=series, resample=resample, modality=modality)
    try:
        limit = float(os.environ.get(LIMIT_MB) or DEFAULT_MB)
    except ValueError as exc:
        raise MedomniError("MED-C03", "a number of megabytes is wanted", where=LIMIT_MB) from exc
    if not 0 <= limit < math.inf:
        raise MedomniError("MED-C03", "a number of megabytes, 0 or more, is wanted", where=LIMIT_MB)
    return read_cached(source, folder, limit_mb=limit, series=series, resample=resample, modality=modality)


def _digest(source: Path, options: str) -> str:
    """Over the files' contents in the order of their own digests, which does not depend on names; and over the notes
    that a DICOMDIR adds to the record."""
    with dicom_files(source) as files, ThreadPoolExecutor(THREADS) as pool:
        each = [*sorted(pool.map(_file_digest, files)), *(note.detail for note in files.notes)]
    return hashlib.sha256("\n".join([options, *each]).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    try:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:  # reading says what is wrong with it
        return f"unreadable {path.name}"


def _load(path: Path) -> Volume | None:
    """An entry, marked as just used; None where it is damaged or half there."""
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        if about["sha256"] != _file_digest(path):
            return None
        array = np.load(path, mmap_mode="c", allow_pickle=False)
        volume = Volume(array, np.array(about["affine"]), Study.model_validate(about["study"]),
                        slice_uids=tuple(about["slice_uids"]))
    except DAMAGED:
        return None
    with suppress(OSError):
        os.utime(path)
    return volume


def _prune(folder: Path, limit: int, kept: Path) -> None:
    entries = sorted(((p.stat().st_mtime, p.stat().st_size, p) for p in folder.glob("*/*.npy")), reverse=True)
    total = 0
    for _, size, path in entries:
        total += size
        if total > limit and path != kept:
            with suppress(OSError):
                path.unlink()
                path.with_suffix(".json").unlink(missing_ok=True)
