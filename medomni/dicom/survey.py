"""Every study of a folder, of one patient or of many: its series, what would be refused and why, a picture each."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.archive import dicom_files
from medomni.dicom.fill import LongWay
from medomni.dicom.grouping import Group
from medomni.dicom.headers import SliceHeader
from medomni.dicom.keys import study_key
from medomni.dicom.read import is_nifti, refusal
from medomni.dicom.scan import SeriesSummary, inventory_of, look
from medomni.errors import MedomniError
from medomni.records import Warned

SOFT = (40.0, 400.0)
SMALL = 128


@dataclass(frozen=True, eq=False)
class Listed:
    """One series as a table shows it.

    Attributes:
        summary: its number is that of ``--series`` where the source holds one patient.
        refused: a code and what it names, where reading would refuse it; else empty.
        small: (rows, columns) of at most 128, uint8, the middle image as it is stored; None where it cannot be decoded.
    """

    summary: SeriesSummary
    refused: str
    small: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class Survey:
    """One study: its key is the keyed hash that stands for it in records."""

    study_key: str
    series: list[Listed]


def survey(source: Path | str, *, pictures: bool = False) -> tuple[list[Survey], list[Warned], int]:
    """Look at every file of a source; unlike :func:`medomni.dicom.scan.scan`, of many patients too.

    Returns:
        The studies in the order of their keys; what is wrong with single files; the number of files.

    Raises:
        MedomniError: as :func:`medomni.dicom.scan.scan`, except MED-D04.
    """
    if is_nifti(source):
        return [_nifti(Path(source), pictures)], [], 1
    with dicom_files(Path(source)) as paths:
        looked = look(paths, Path(source))
        apart: dict[tuple[str, str, str], list[SliceHeader]] = defaultdict(list)
        one = len({(h.text("PatientID"), h.text("PatientName")) for h in looked.headers}) == 1
        for h in looked.headers:
            apart[("", "", "") if one else (h.text("PatientID"), h.text("PatientName"),
                                            h.text("StudyInstanceUID"))].append(h)
        found, warnings = [], []
        for headers in apart.values():
            inventory = inventory_of(replace(looked, headers=headers))
            warnings = inventory.warnings
            listed = [Listed(s, refusal(inventory, s.number), small_picture(g) if pictures else None)
                      for s, g in zip(inventory.series, inventory.groups, strict=True)]
            first = inventory.groups[0][0]
            key = study_key(first.text("StudyInstanceUID") or first.text("SeriesInstanceUID"))
            found.append(Survey(key, listed))
        return sorted(found, key=lambda s: s.study_key), warnings, looked.files


def _nifti(path: Path, pictures: bool) -> Survey:
    """A NIfTI file, which holds one volume and cannot say of what."""
    from medomni.dicom.nifti import read_nifti

    volume = read_nifti(path)
    slices, rows, columns = volume.array.shape
    summary = SeriesSummary(0, "?", slices, rows, columns, None, True)
    small = _grey(_smaller(volume.array[slices // 2]), None) if pictures else None
    return Survey(volume.study.study_key, [Listed(summary, "", small)])


def survey_json(studies: list[Survey], warnings: list[Warned], files: int) -> str:
    """The same for machines: every series, whether it is usable, and why not."""
    series = [{**asdict(s.summary), "study_key": study.study_key, "usable": not s.refused, "reason": s.refused}
              for study in studies for s in study.series]
    return json.dumps({"files": files, "series": series, "warnings": [w.model_dump() for w in warnings]})


def small_picture(group: Group) -> NDArray[np.uint8] | None:
    """The middle image of a group by position, in the soft-tissue window for CT, else between its 1st and 99th
    percentile; an image without a position as :func:`medomni.dicom.image.read_image` shows it."""
    placed = sorted(group, key=lambda h: float(h.normal @ h.position)
                    if h.position is not None and h.orientation is not None else 0.0)
    header = placed[len(placed) // 2]
    try:
        if header.position is None:
            from medomni.dicom.image import read_image

            return np.rint(_smaller(read_image(header.path).shown)).astype(np.uint8)
        values = _smaller(LongWay()(header)[0])
    except MedomniError:
        return None
    return _grey(values, SOFT if header.text("Modality") == "CT" else None)


def _grey(values: NDArray[np.float64], window: tuple[float, float] | None) -> NDArray[np.uint8]:
    low, high = (window[0] - window[1] / 2, window[0] + window[1] / 2) if window else (
        float(np.percentile(values, 1)), float(np.percentile(values, 99)))
    return np.rint(255 * np.clip((values - low) / max(high - low, 1e-9), 0, 1)).astype(np.uint8)


def _smaller(values: NDArray[Any]) -> NDArray[np.float64]:
    """Means of square blocks, so that the longer side has at most 128."""
    step = -(-max(values.shape) // SMALL)
    rows, columns = (max(n // step, 1) for n in values.shape)
    cut = values[:rows * step, :columns * step].astype(np.float64)
    if cut.shape != (rows * step, columns * step):  # thinner than one block
        return cut[::step, ::step]
    return np.asarray(cut.reshape(rows, step, columns, step).mean(axis=(1, 3)))
