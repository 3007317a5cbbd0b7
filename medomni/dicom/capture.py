"""A drawn picture as a DICOM secondary capture (PS3.3 A.8.1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from medomni.dicom.source import quoting_nothing, source_images
from medomni.errors import MedomniError
from medomni.files import replacing
from medomni.volume import Volume

SERIES_NUMBER = 903
NOTE = "Research only, not a medical device, not a diagnosis."


def write_capture(picture: NDArray[np.uint8], volume: Volume, source: Path | str, path: Path | str) -> Path:
    """Write a picture beside the images that it was drawn from (extra ``segment``).

    Args:
        picture: (rows, columns, 3), uint8, RGB; with nothing of the patient's in it.
        volume: as :func:`medomni.dicom.read_study` read it.
        source: the folder or zip of its images.

    Returns:
        ``path``.

    Raises:
        MedomniError: MED-C06 without highdicom, MED-D20 where the images do not fit or the file, read back, has other
            pixels, MED-C04.
    """
    try:
        import highdicom as hd
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="secondary capture") from exc
    path = Path(path)
    image = source_images(volume, Path(source))[0]
    with quoting_nothing(path):
        made = hd.sc.SCImage.from_ref_dataset(
            image, pixel_array=picture, photometric_interpretation="RGB", bits_allocated=8,
            coordinate_system="PATIENT", series_instance_uid=hd.UID(), series_number=SERIES_NUMBER,
            sop_instance_uid=hd.UID(), instance_number=1, manufacturer="medomni", patient_orientation=("L", "P"),
            transfer_syntax_uid=pydicom.uid.ExplicitVRLittleEndian,
            series_description="medomni picture, research only")
    made.BurnedInAnnotation, made.ImageComments = "NO", NOTE
    if "Laterality" not in made:
        made.Laterality = ""  # type 2C: unknown, the picture shows both sides
    with replacing(path) as beside, quoting_nothing(path):
        made.save_as(beside)
        if not np.array_equal(pydicom.dcmread(beside).pixel_array, picture):
            raise MedomniError("MED-D20", "the pixels differ after writing", where=path.name)
    return path
