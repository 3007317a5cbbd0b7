"""A measured study as DICOM beside its images, for a PACS: masks, measurements, a picture, the report."""

from __future__ import annotations

from pathlib import Path

from medomni.outputs import DICOM_NAMES, earlier, removed
from medomni.pipeline import MeasuredStudy

MAKER = "medomni"


def export_dicom(study: MeasuredStudy, source: Path | str, out: Path, *, document: Path | None = None) -> list[Path]:
    """Write organs and findings as SEG, measurements as SR, a picture as secondary capture, the report as PDF.

    Args:
        source: the folder or zip of the images.
        document: the folder of the finished study, whose page becomes the PDF; without it there is none.

    Returns:
        The paths: ``organs.dcm``, ``findings.dcm`` (only where there is one with an outline), ``measurements.dcm``,
        ``picture.dcm``, ``report.dcm``. Those of an earlier run are removed first.

    Raises:
        MedomniError: as :func:`medomni.dicom.seg.write_segmentation`; nothing is written where the first fails. MED-C06
            without reportlab, MED-C10 where other DICOM files lie in ``out``.
    """
    import numpy as np

    from medomni.dicom.capture import write_capture
    from medomni.dicom.document import write_document
    from medomni.dicom.seg import write_segmentation
    from medomni.dicom.sr import write_measurements
    from medomni.draw import sheet_image
    from medomni.review.document import study_pdf

    before = earlier_objects(out)
    pdf = study_pdf(document) if document else None
    removed(before)
    masks = study.measured.masks
    paths = [write_segmentation(study.segmentation, study.volume, source, out / "organs.dcm")]
    outlined = masks.labels.any()
    if outlined:
        paths.append(write_segmentation(masks, study.volume, source, out / "findings.dcm",
                                        study.findings.findings))
    paths.append(write_measurements(study.findings, study.volume, source, out / "measurements.dcm",
                                    paths[-1] if outlined else None))
    picture = np.asarray(sheet_image(study.volume, outlines=masks if outlined else study.segmentation).convert("RGB"))
    paths.append(write_capture(picture, study.volume, source, out / "picture.dcm"))
    if pdf:
        paths.append(write_document(pdf, study.volume, source, out / "report.dcm"))
    return paths


def earlier_objects(out: Path, *, alone: bool = True) -> list[Path]:
    """The objects that an earlier :func:`export_dicom` wrote to ``out``, known by name and maker.

    Args:
        alone: refuse other DICOM files there.

    Raises:
        MedomniError: MED-C10, MED-C04 as :func:`medomni.outputs.earlier`.
    """
    return earlier(out, _is_dicom, _is_ours, alone=alone)


def _is_dicom(path: Path) -> bool:
    """By name, or by the prefix of PS3.10 7.1; not what a killed writer left half beside its file."""
    if path.name.startswith(".") and path.name.endswith(".part"):
        return False
    if path.name in DICOM_NAMES or path.suffix.lower() == ".dcm":
        return True
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(132)[128:] == b"DICM"


def _is_ours(path: Path) -> bool:
    import pydicom

    if path.name not in DICOM_NAMES:
        return False
    try:
        return str(pydicom.dcmread(path, specific_tags=["Manufacturer"], stop_before_pixels=True)
                   .get("Manufacturer", "")) == MAKER
    except Exception:  # damaged bytes make pydicom raise anything
        return False
