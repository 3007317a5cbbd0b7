"""Every study of a folder, of one patient or of many: its series, what would be refused and why, a picture each."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.dicom.archive import dicom_files
from medomni.dicom.fill import filled
from medomni.dicom.grouping import Group
from medomni.dicom.headers import SliceHeader
from medomni.dicom.keys import study_key
from medomni.dicom.kinds import PROJECTIONS, STILLS, is_object
from medomni.dicom.names import shown_name
from medomni.dicom.read import foretold, is_nifti
from medomni.dicom.scan import Inventory, Looked, SeriesSummary, inventory_of, look
from medomni.dicom.still import read_still
from medomni.dicom.walk import Files
from medomni.errors import MedomniError
from medomni.records import Warned

SOFT = (40.0, 400.0)
SMALL = 128
NO_VOLUME = frozenset(("MED-D08", "MED-D09", "MED-D12"))
"""Codes of what is refused as a volume for its kind, not for damage."""
JUDGED_BY = "Judged by the headers: damage inside compressed pixels shows only when the series is read."


@dataclass(frozen=True, eq=False)
class Listed:
    """One series as a table shows it.

    Attributes:
        summary: its number is that of ``--series`` where the source holds one patient.
        refused: a code and what it names, where reading would refuse it; else empty. Damage inside compressed pixels
            shows only when they are read, see :mod:`medomni.dicom.foreseen`; of the middle image with its picture.
        image: no volume, but radiographs, ultrasound, grey images of another kind or pictures, which
            :func:`medomni.dicom.read_image` reads one by one; ``refused`` is then empty.
        small: (rows, columns) of at most 128, uint8, the middle image as it is stored; None where it cannot be decoded.
        folder: where its files lie, as :attr:`Survey.folder`.
        notes: what the record of a readable series will say of its geometry and values.
    """

    summary: SeriesSummary
    refused: str
    small: NDArray[np.uint8] | None
    image: bool = False
    folder: str = ""
    notes: tuple[Warned, ...] = ()


@dataclass(frozen=True, eq=False)
class Survey:
    """One study: its key is the keyed hash that stands for it in records; empty for pictures, which are of no study.

    Attributes:
        files: how many of the source's files hold its images.
        folder: where they lie in the source, the common part of their folders, as
            :func:`medomni.dicom.names.shown_name` shows it; ``.`` for the source itself, empty in a zip, for a NIfTI
            file and for pictures.
    """

    study_key: str
    series: list[Listed]
    files: int
    folder: str = ""


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
        stills = [p for p in paths if p.suffix.lower() in STILLS]
        drawn = [_stills(stills, pictures)] if stills else []
        try:
            looked = look(Files([p for p in paths if p not in set(stills)], paths.notes), Path(source))
        except MedomniError as exc:
            if exc.code != "MED-D01" or not stills:
                raise
            return drawn, [], len(paths)
        apart: dict[tuple[str, str, str], list[SliceHeader]] = defaultdict(list)
        one = len({(h.text("PatientID"), h.text("PatientName")) for h in looked.headers}) == 1
        for h in looked.headers:
            apart[("", "", "") if one else (h.text("PatientID"), h.text("PatientName"),
                                            h.text("StudyInstanceUID"))].append(h)
        found, warnings = [], []
        for headers in apart.values():
            inventory = inventory_of(replace(looked, headers=headers))
            warnings = inventory.warnings
            listed = [replace(_listed(inventory, s, g, pictures), folder=_folder({h.path for h in g}, looked))
                      for s, g in zip(inventory.series, inventory.groups, strict=True)]
            first = inventory.groups[0][0]
            key = study_key(first.text("StudyInstanceUID") or first.text("SeriesInstanceUID"))
            files = {h.path for h in headers}
            found.append(Survey(key, listed, len(files), _folder(files, looked)))
        return [*sorted(found, key=lambda s: s.study_key), *drawn], warnings, len(paths)


def _folder(files: set[Path], looked: Looked) -> str:
    """The common folder of some files, as records may show it."""
    base = Path(os.path.abspath(looked.folder if looked.folder.is_dir() else looked.folder.parent))
    common = Path(os.path.commonpath([os.path.abspath(path.parent) for path in files]))
    if not common.is_relative_to(base):  # unpacked from a zip, flat
        return ""
    shown = shown_name(str(common.relative_to(base)), looked.hidden)
    return "".join(c if c.isprintable() else "?" for c in shown)


def _listed(inventory: Inventory, summary: SeriesSummary, group: Group, pictures: bool) -> Listed:
    (refused, notes), small = foretold(inventory, summary.number), None
    image = refused.partition(" ")[0] in NO_VOLUME and _is_image(group[0])
    if pictures:
        try:
            small = small_picture(group)
        except MedomniError as exc:
            return Listed(summary, refused if refused and not image else f"{exc.code} {exc.detail}".rstrip(), None)
    return Listed(summary, "" if image else refused, small, image, notes=tuple(notes))


def _is_image(first: SliceHeader) -> bool:
    """A radiograph or ultrasound by its modality, or a grey image of another kind, such as a scanned film: a capture in
    colours is a screenshot or a report as often."""
    modality = first.text("Modality")
    grey = modality == "OT" and first.text("PhotometricInterpretation").startswith("MONOCHROME")
    return (grey or modality in (*PROJECTIONS, "US", "IVUS")) and not is_object(first)


def _stills(paths: list[Path], pictures: bool) -> Survey:
    """PNG, JPEG and WebP files, one a line."""
    from PIL import Image

    listed = []
    for k, path in enumerate(paths):
        columns, rows, refused, small = 0, 0, "", None
        try:
            with Image.open(path) as opened:
                columns, rows = opened.size
            if pictures:
                small = np.rint(_smaller(read_still(path).shown)).astype(np.uint8)
        except MedomniError as exc:
            refused = f"{exc.code} {exc.detail}".rstrip()
        except Exception as exc:  # damaged or hostile
            refused = f"MED-D10 {type(exc).__name__}"
        listed.append(Listed(SeriesSummary(k, "?", 1, rows, columns, None, not refused), refused, small, not refused))
    return Survey("", listed, len(paths))


def _nifti(path: Path, pictures: bool) -> Survey:
    """A NIfTI file, which holds one volume and cannot say of what."""
    from medomni.dicom.nifti import read_nifti

    volume = read_nifti(path)
    slices, rows, columns = volume.array.shape
    summary = SeriesSummary(0, "?", slices, rows, columns, None, True)
    small = _grey(_smaller(volume.array[slices // 2]), None) if pictures else None
    return Survey(volume.study.study_key, [Listed(summary, "", small)], 1)


def survey_json(studies: list[Survey], warnings: list[Warned], files: int) -> str:
    """The same for machines: every series, whether it is usable, as a volume or as images, and why not."""
    series = [{**asdict(s.summary), "study_key": study.study_key, "usable": not s.refused,
               "use": "" if s.refused else "image" if s.image else "volume", "reason": s.refused, "folder": s.folder,
               "warnings": [w.model_dump() for w in s.notes]}
              for study in studies for s in study.series]
    return json.dumps({"files": files, "studies": [{"study_key": s.study_key, "files": s.files, "folder": s.folder}
                                                    for s in studies],
                       "series": series, "judged_by": JUDGED_BY, "warnings": [w.model_dump() for w in warnings]})


def small_picture(group: Group) -> NDArray[np.uint8]:
    """The middle image of a group by position, in the soft-tissue window for CT, else between its 1st and 99th
    percentile; an image without a position, or in colours, as :func:`medomni.dicom.image.read_image` shows it. Errors
    as reading has them: it is read the same way, short or long."""
    placed = sorted(group, key=lambda h: float(h.normal @ h.position)
                    if h.position is not None and h.orientation is not None else 0.0)
    header = placed[len(placed) // 2]
    if header.position is None or header.is_colour_or_capture:
        from medomni.dicom.image import read_image

        return np.rint(_smaller(read_image(header.path, frame=header.frame or 0).shown)).astype(np.uint8)
    values = _smaller(filled([header], threads=1)[0][0])
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
