"""Names of what the commands write into a study's folder, shared by what writes and what removes them; what an earlier
run left there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medomni.errors import MedomniError

FINDINGS, IMAGES = "findings.json", "images.npz"
REPORT_JSON, REPORT_TEXT, REPORT_PAGE, CHECK = "report.json", "report.txt", "report.html", "check.json"
CONTACT, SEG, VOLUME_NIFTI, LABELS_NIFTI = "contact.png", "seg.dcm", "volume.nii.gz", "labels.nii.gz"
LABELS_TABLE = "labels.csv"
"""What the values of the labels are."""

KNOWN_BY = (IMAGES, FINDINGS)
"""They name the study; the folder of a study is known by them."""

BESIDE = (REPORT_PAGE, REPORT_TEXT, REPORT_JSON, CHECK, CONTACT, SEG, VOLUME_NIFTI, LABELS_NIFTI,
          LABELS_TABLE)
"""What stands beside them; some of it (pictures, NIfTI) names no study."""

DICOM = "dicom"
DICOM_NAMES = ("organs.dcm", "findings.dcm", "measurements.dcm", "picture.dcm", "report.dcm")
"""Folder of a report's DICOM objects, and their names."""


def earlier(folder: Path, alike: Callable[[Path], bool], own: Callable[[Path], bool], *, alone: bool = True
            ) -> list[Path]:
    """What an earlier run of a command wrote into a folder, sorted; nothing where there is no folder.

    Args:
        alike: whether a file is of the kind that the command writes. own: whether the command itself wrote it.
        alone: refuse other files of that kind, beside which a new study's could not be told from them.

    Raises:
        MedomniError: MED-C10 where one of that kind, or a link or folder with such a name, is another's; MED-C04 where
            the folder cannot be read.
    """
    try:
        found = sorted(p for p in folder.iterdir() if alike(p)) if folder.is_dir() else []
        mine = [p for p in found if p.is_file() and not p.is_symlink() and own(p)]
    except OSError as exc:
        raise MedomniError("MED-C04", exc.strerror or type(exc).__name__, where=folder) from exc
    if alone and len(mine) < len(found):
        raise MedomniError("MED-C10", f"of such files {len(found) - len(mine)} were not written by this command",
                           where=folder)
    return mine


def removed(paths: list[Path]) -> None:
    """Remove files of an earlier run, before the first new one is written; error MED-C04."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise MedomniError("MED-C04", exc.strerror or type(exc).__name__, where=path) from exc
