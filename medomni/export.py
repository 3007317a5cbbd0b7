"""A measured study as DICOM beside its images, for a PACS: masks, measurements, a picture, the report."""

from __future__ import annotations

from pathlib import Path

from medomni.pipeline import MeasuredStudy


def export_dicom(study: MeasuredStudy, source: Path | str, out: Path, *, document: Path | None = None) -> list[Path]:
    """Write organs and findings as SEG, measurements as SR, a picture as secondary capture, the report as PDF.

    Args:
        source: the folder or zip of the images.
        document: the folder of the finished study, whose page becomes the PDF; without it there is none.

    Returns:
        The paths: ``organs.dcm``, ``findings.dcm`` (only where there is one with an outline), ``measurements.dcm``,
        ``picture.dcm``, ``report.dcm``.

    Raises:
        MedomniError: as :func:`medomni.dicom.seg.write_segmentation`; nothing is written where the first fails. MED-C06
            without reportlab.
    """
    import numpy as np

    from medomni.dicom.capture import write_capture
    from medomni.dicom.document import write_document
    from medomni.dicom.seg import write_segmentation
    from medomni.dicom.sr import write_measurements
    from medomni.draw import sheet_image
    from medomni.review.document import study_pdf

    pdf = study_pdf(document) if document else None
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
