"""A damaged file by the other ways in: received from a PACS, looked through by ``ingest``, de-identified.

What they make of it is held against what is known apart from them. A share of the files goes each way, so that the run
stays short; pictures in which de-identification would look for burnt-in text are left out, because that takes seconds
each (``ocr left out`` counts them; B6 shows that search).
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pydicom
from pydicom.encaps import generate_frames

from medomni.dicom.encapsulated import stated
from medomni.errors import MedomniError

EVERY = {"received": 3, "surveyed": 3, "de-identified": 6}
"""Of so many files one goes each way."""
LEFT_OUT = "ocr left out"
IDENTIFYING = ("PatientName", "PatientID", "StudyInstanceUID", "SOPInstanceUID")
DEFLATED = b"1.2.840.10008.1.2.1.99"
META = 400
"""Bytes in which the preamble and the file meta information of the sources lie, which may be damaged."""
LARGEST = 1 << 16
"""Pixels of a frame that are compared."""
SHORT = 6
"""Letters of a value that may stand in a file by chance."""


class Ways:
    """The other ways in, for one worker.

    Args:
        place: below which everything is written; it is as it was when the worker ends.
        sources: the files undamaged; those that are DICOM are in the inbox before.
    """

    def __init__(self, place: Path, sources: Mapping[str, bytes]) -> None:
        from medomni.dicom.deid.keyed import Keyed
        from medomni.dicom.pacs.inbox import Inbox

        self._inbox, self._out, self._keys = Inbox(place / "inbox"), place / "clean", Keyed(b"k" * 32)
        for name, data in sorted(sources.items()):
            if name.endswith(".dcm"):
                self._inbox.store(data)

    def close(self) -> None:
        """Remove what was written."""
        self._inbox.close()
        shutil.rmtree(self._inbox.folder)

    def tried(self, path: Path, k: int, read: bool) -> tuple[dict[str, str], float]:
        """What became of the file by the ways whose turn it is, and the seconds of the slowest.

        Args:
            read: whether it was read as a volume.
        """
        ways = {"received": lambda: self._received(path), "surveyed": lambda: self._surveyed(path, k, read),
                "de-identified": lambda: self._deidentified(path)}
        outcomes, slowest = {}, 0.0
        for shift, (name, way) in enumerate(ways.items()):
            if (k + shift) % EVERY[name] or path.suffix != ".dcm" and name != "surveyed":
                continue
            begun = time.perf_counter()
            try:
                outcomes[name] = way()
            except MedomniError as exc:
                outcomes[name] = exc.code
            except BaseException as exc:
                outcomes[name] = f"wrong: {name}: {type(exc).__name__}: {exc}"[:200]
            slowest = max(slowest, time.perf_counter() - begun)
        return outcomes, slowest

    def _received(self, path: Path) -> str:
        """As the C-STORE receiver calls it; a copy must be one by pydicom, and all else is kept byte by byte, but for
        the file meta information, which each sender writes its own."""
        data = path.read_bytes()
        kept = self._inbox.store(data)
        studies, aside = (self._inbox.folder / name for name in ("studies", "conflicts"))
        found = sorted([*(studies / kept.study_key).glob("*.dcm"), *aside.glob("*.dcm")], key=os.path.getmtime)
        if kept.outcome == "known":
            uid = pydicom.dcmread(path).SOPInstanceUID
            there = next((p for p in found if pydicom.dcmread(p, stop_before_pixels=True).SOPInstanceUID == uid), None)
            if there is None:
                return "wrong: known, and it is not there"
            same = there.read_bytes()[META - len(data):] == data[META:] or np.array_equal(
                pydicom.dcmread(there).pixel_array, pydicom.dcmread(path).pixel_array)
            return "known" if same else "wrong: taken as a copy of other pixels"
        if not any(p.read_bytes().endswith(_data_set(data)) for p in reversed(found)):
            return f"wrong: {kept.outcome}, and it is not there"
        return kept.outcome

    def _surveyed(self, path: Path, k: int, read: bool) -> str:
        """As ``ingest`` lists it, with a small picture of every second one: what was read must not be refused."""
        from medomni.dicom.survey import survey, survey_json

        studies, warnings, files = survey(path, pictures=bool(k // EVERY["surveyed"] % 2))
        json.loads(survey_json(studies, warnings, files))
        usable = any(not series.refused for study in studies for series in study.series)
        return "wrong: refused by the survey, and read" if read and not usable else "listed"

    def _deidentified(self, path: Path) -> str:
        """Cleaned and verified as the command does: without the patient's identifiers, and with the same pixels."""
        from medomni.dicom.deid import Options, deidentify
        from medomni.dicom.deid.one import read_whole
        from medomni.dicom.deid.risk import at_risk
        from medomni.dicom.faults import UnreadableError

        try:
            before = read_whole(path)
            if at_risk(before):
                return LEFT_OUT
        except UnreadableError:
            before = pydicom.Dataset()
        except Exception:  # damaged elements raise anything: what de-identification says to them is asked next
            before = pydicom.Dataset()
        try:
            deidentify(path, self._out, Options(keep_face=True), self._keys)  # the phantoms may be heads
            written = list(self._out.rglob("*.dcm"))
            for file in written:
                content = _inflated(file.read_bytes())
                for name in IDENTIFYING:
                    value = str(before.get(name, "") or "").strip()
                    if len(value) >= SHORT and value.encode("utf-8", "replace") in content:
                        return f"wrong: {name} is in the cleaned file"
                if not _same_pixels(path, file):
                    return "wrong: other pixels than the file's"
            return "cleaned" if written else "refused"
        finally:
            shutil.rmtree(self._out, ignore_errors=True)


def _data_set(content: bytes) -> bytes:
    """What follows the file meta information, by its group length (PS3.10 7.1)."""
    start = 144 + int.from_bytes(content[140:144], "little")
    return content[start:] if content[128:136] == b"DICM\2\0\0\0" and start < len(content) else content


def _inflated(content: bytes) -> bytes:
    return zlib.decompress(_data_set(content), -zlib.MAX_WBITS) if DEFLATED in content[:1024] else content


def _same_pixels(one: Path, other: Path) -> bool:
    """In the bits stored, by pydicom, where it can read the first, and the first does not state a size for which it
    takes minutes; what a spoilt codestream gives above these bits is cleared as a text there would be."""
    try:
        first, second = pydicom.dcmread(one), pydicom.dcmread(other)
        if first.Rows * first.Columns > LARGEST or not all(_fits(first, data) for data in _frames(first)):
            return True
        pixels, kept = first.pixel_array, (1 << first.BitsStored) - 1
    except Exception:
        return True
    if pixels.dtype.kind == "f":
        return np.array_equal(pixels, second.pixel_array)
    return pixels.shape == second.pixel_array.shape and not ((pixels ^ second.pixel_array) & kept).any()


def _frames(ds: pydicom.Dataset) -> Iterator[bytes]:
    if ds.file_meta.TransferSyntaxUID.is_encapsulated:
        yield from generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames") or 1))


def _fits(ds: pydicom.Dataset, data: bytes) -> bool:
    size = stated(data)
    return size is None or (size.rows, size.columns) == (ds.Rows, ds.Columns)
