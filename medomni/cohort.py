"""A hospital's studies with their reports to cases that ``medomni train`` reads: one file a study."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medomni.errors import MedomniError, why
from medomni.records import History

if TYPE_CHECKING:
    from medomni.data import SlabSettings

REPORT_NAMES = ("report.txt", "reference.txt")
HISTORY_NAME = "history.json"


@dataclass(frozen=True)
class Built:
    """What a run made of a folder of studies.

    Attributes:
        written, kept: files written now, and files found from an earlier run.
        refused: per study that gave no case, its folder and the error.
    """

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    refused: tuple[tuple[Path, MedomniError], ...]


def study_folders(root: Path) -> tuple[list[tuple[Path, Path]], list[Path]]:
    """(DICOM folder, report file) of every sub-folder of ``root`` that holds ``report.txt`` or ``reference.txt``, and
    the sub-folders that hold neither.

    DICOM files lie in the sub-folder itself or in a folder ``dicom`` in it, as ``medomni phantom`` writes them.

    Raises:
        MedomniError: MED-C08 where there is no such sub-folder.
    """
    if not root.is_dir():
        raise MedomniError("MED-C08", where=root)
    found, bare = [], []
    for folder in sorted(p for p in root.iterdir() if p.is_dir()):
        report = next((folder / name for name in REPORT_NAMES if (folder / name).is_file()), None)
        if report:
            found.append((folder / "dicom" if (folder / "dicom").is_dir() else folder, report))
        else:
            bare.append(folder)
    if not found:
        raise MedomniError("MED-C08", f"no sub-folder with {' or '.join(REPORT_NAMES)}", where=root)
    return found, bare


def build_case_files(root: Path, out: Path, *, site: str = "", slabs: SlabSettings | None = None,
                     scrubbed: bool = False, progress: Callable[[int, int], object] | None = None) -> Built:
    """Read, segment and measure each study and write it with its report to ``out`` as a case.

    ``history.json`` beside the report (a :class:`medomni.records.History`) goes into the prompt; no names, no dates. A
    file is named by the study's keyed hash and the hash of its report, history and view, so a run that was killed goes
    on where it stopped, and a changed report or view makes a new case (the old one goes). A study that cannot be read
    is named with its error and the others go on. The patient's key is a keyed hash of the PatientID (DICOM PS3.3
    C.7.1.1), which keeps a patient's studies in one split.

    Args:
        scrubbed: names, dates and numbers in report and history become placeholders first
            (:func:`medomni.scrub.scrub`), which misses some.

    Raises:
        MedomniError: MED-C08 as :func:`study_folders`, MED-C04 where ``out`` cannot be written.
    """
    from medomni.check.language import detect_language
    from medomni.data import SlabSettings, save_cases
    from medomni.dicom import read_study
    from medomni.dicom.keys import patient_key
    from medomni.pipeline import case_of, measure_volume

    studies, bare = study_folders(root)
    written, kept = [], []
    nothing = f"no {' or '.join(REPORT_NAMES)} in it"
    refused = [(folder, MedomniError("MED-C08", nothing, where=folder)) for folder in bare]
    seen: dict[str, Path] = {}
    for done, (folder, report) in enumerate(studies):
        if progress:
            progress(done, len(studies))
        try:
            text = report.read_bytes().decode("utf-8").strip()
            if not text:
                raise MedomniError("MED-K02", where=report)
            try:
                detect_language(text.lower())
            except MedomniError as exc:
                raise MedomniError(exc.code, exc.detail, where=report) from exc
            volume = read_study(folder)
            key = volume.study.study_key
            if key in seen:
                raise MedomniError("MED-C03", f"the study of {seen[key]} once more: one study has one report",
                                   where=folder)
            history = _history(report.with_name(HISTORY_NAME))
            if scrubbed:
                text, history = without_names(text, history)
            made_of = f"{text}|{history.model_dump_json()}|{(slabs or SlabSettings()).model_dump_json()}"
            name = f"{key}-{hashlib.sha256(made_of.encode()).hexdigest()[:8]}.npz"
            seen[key] = folder
            if (out / name).is_file():
                kept.append(out / name)
                continue
            study = measure_volume(volume, where=folder)
            case = case_of(study, history=history, slabs=slabs, report=text, patient_key=patient_key(folder), site=site)
            written.append(save_cases([case], out / name))
            for old in out.glob(f"{key}-*.npz"):
                if old.name != name:
                    old.unlink()
        except OSError as exc:
            refused.append((folder, MedomniError("MED-C08", exc.strerror or type(exc).__name__, where=report)))
        except UnicodeDecodeError as exc:
            refused.append((folder, MedomniError("MED-K04", f"byte {exc.start} is not UTF-8", where=report)))
        except MedomniError as exc:
            if exc.code == "MED-C04":
                raise
            refused.append((folder, exc))
    if progress:
        progress(len(studies), len(studies))
    return Built(tuple(written), tuple(kept), tuple(refused))


def without_names(text: str, history: History) -> tuple[str, History]:
    """A report and a history, both scrubbed."""
    from medomni.scrub import scrub

    words = {"symptom": scrub(history.symptom).text, "prior": scrub(history.prior).text}
    return scrub(text).text, history.model_copy(update=words)


def _history(path: Path) -> History:
    """The history beside a report, an empty one where there is none; error MED-C07."""
    if not path.is_file():
        return History()
    try:
        return History.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as exc:
        raise MedomniError("MED-C07", why(exc), where=path) from exc
