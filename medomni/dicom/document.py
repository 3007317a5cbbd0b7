"""A PDF beside the images that it speaks of, as DICOM Encapsulated PDF (PS3.3 A.45.1)."""

from __future__ import annotations

from pathlib import Path

import pydicom

from medomni.dicom.capture import NOTE
from medomni.dicom.concepts import own_concept
from medomni.dicom.source import quoting_nothing, source_images
from medomni.errors import MedomniError
from medomni.files import replacing
from medomni.volume import Volume

SERIES_NUMBER = 904
_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"


def write_document(pdf: bytes, volume: Volume, source: Path | str, path: Path | str) -> Path:
    """Write a PDF into the study of the images that it speaks of, and read it back (extra ``segment``).

    Args:
        pdf: the document; with nothing of the patient's in it.
        volume: as :func:`medomni.dicom.read_study` read it.
        source: the folder or zip of its images.

    Returns:
        ``path``.

    Raises:
        MedomniError: MED-C06 without highdicom, MED-D20 where ``pdf`` is none, the images do not fit or the file, read
            back, holds another document, MED-C04.
    """
    try:
        import highdicom as hd
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="Encapsulated PDF") from exc
    path = Path(path)
    if not pdf.startswith(b"%PDF-"):
        raise MedomniError("MED-D20", "the document is no PDF", where=path.name)
    images = source_images(volume, Path(source))
    with quoting_nothing(path):
        first = images[0]
        made = hd.base.SOPClass(
            study_instance_uid=first.StudyInstanceUID, series_instance_uid=hd.UID(), series_number=SERIES_NUMBER,
            sop_instance_uid=hd.UID(), sop_class_uid=_CLASS, instance_number=1, modality="DOC", manufacturer="medomni",
            transfer_syntax_uid=pydicom.uid.ExplicitVRLittleEndian, series_description="medomni report, research only")
        made.copy_patient_and_study_information(first)
        made.ConversionType = "WSD"
        made.BurnedInAnnotation, made.AcquisitionDateTime = "NO", ""  # 2: when the document was made, not the images
        made.DocumentTitle = NOTE
        title = own_concept("report")
        made.ConceptNameCodeSequence = [title]
        made.SourceInstanceSequence = [_reference(image) for image in images]
        made.MIMETypeOfEncapsulatedDocument = "application/pdf"
        made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
        made.EncapsulatedDocumentLength = len(pdf)
    with replacing(path) as beside, quoting_nothing(path):
        made.save_as(beside)
        held = pydicom.dcmread(beside)
        if held.EncapsulatedDocument[:held.EncapsulatedDocumentLength] != pdf:
            raise MedomniError("MED-D20", "the document differs after writing", where=path.name)
    return path


def _reference(image: pydicom.Dataset) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    return item
