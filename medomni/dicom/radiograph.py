"""One radiograph of a folder as a flat :class:`Volume`, so that it goes the way of every study."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medomni.dicom.archive import dicom_files
from medomni.dicom.codes import BODY_PARTS
from medomni.dicom.image import read_image
from medomni.dicom.keys import study_key
from medomni.dicom.parse import read_elements
from medomni.errors import MedomniError
from medomni.picture import Picture
from medomni.records import Acquisition, Patient, Study, Warned
from medomni.volume import Volume

RADIOGRAPHS = ("CR", "DX")
ABOUT = ("Modality", "BodyPartExamined", "ViewPosition", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
         "Manufacturer", "PatientSex", "SOPClassUID")


def read_radiograph(source: Path | str) -> Volume | None:
    """The radiograph of a file, folder or zip; PA before AP before others; None where there is none.

    Returns:
        (1, rows, columns) float32 in the values as stored, turned where needed so that bright is dense. Rows run to the
        feet; columns to the patient's left or right as the header says (:mod:`medomni.dicom.side`). Where it does not,
        ``acquisition.side_known`` is False and the affine's x says nothing. Millimetres are those at the patient where
        known, else 1 with ``study.spacing_mm`` None.

    Raises:
        MedomniError: as :func:`medomni.dicom.read_image`.
    """
    with dicom_files(Path(source)) as files:
        found = []
        for path in files:
            try:
                ds = read_elements(path, list(ABOUT))
            except Exception:  # what is no DICOM was named when the series were looked for
                continue
            if str(ds.get("Modality") or "") in RADIOGRAPHS:
                view = str(ds.get("ViewPosition") or "").upper()
                order = {"PA": 0, "AP": 1, "": 2}.get(view, 3)
                found.append((order, str(ds.get("SOPInstanceUID") or ""), path, ds))
        if not found:
            return None
        _, uid, path, about = min(found, key=lambda row: row[:2])
        picture = read_image(path)
        if picture.array.ndim != 2:
            return None
        return _volume(picture, about, uid, len(found))


def _volume(picture: Picture, about: object, uid: str, count: int) -> Volume:
    def text(name: str) -> str:
        return str(getattr(about, name, "") or "").strip()

    values = picture.array.astype(np.float32)
    if picture.inverted:
        values = values.max() - values
    if picture.padding is not None:
        values[picture.padding] = values[~picture.padding].min() if (~picture.padding).any() else 0.0
    rows, columns = picture.spacing_mm or (1.0, 1.0)
    toward_left = -1.0 if picture.left_edge == "left" else 1.0
    affine = np.array([[0, 0, toward_left * columns, 0], [1, 0, 0, 0], [0, -rows, 0, 0], [0, 0, 0, 1]], float)
    part = text("BodyPartExamined").upper()
    synthetic = "SYNTHETIC" in text("Manufacturer").upper()
    warnings = [Warned(code="MED-D14", detail=f"{count - 1} other radiographs in the folder")] if count > 1 else []
    study = Study(
        study_key=study_key(text("StudyInstanceUID") or text("SeriesInstanceUID")), modality=picture.modality,
        body_part=part if part in BODY_PARTS else None,
        patient=Patient(sex={"F": "female", "M": "male", "O": "other"}.get(  # type: ignore[arg-type]
            text("PatientSex").upper(), "unknown")),
        spacing_mm=(1.0, rows, columns) if picture.spacing_mm else None, orientation="projection",
        acquisition=Acquisition(view=picture.view, side_known=picture.left_edge is not None,
                                side_reason=picture.side_reason),
        source="phantom" if synthetic else "dicom", synthetic=synthetic, warnings=tuple(warnings))
    return Volume(values[None], affine, study, slice_uids=(uid,))


def or_radiograph(error: MedomniError, source: Path | str) -> Volume:
    """The radiograph of a source whose series were refused with ``error`` for having no place in space; else that error
    again."""
    if error.code in ("MED-D09", "MED-D12"):
        found = read_radiograph(source)
        if found is not None:
            return found
    raise error
