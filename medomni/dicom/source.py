"""The images that a volume was read from, as objects beside them need their headers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom

from medomni.dicom.archive import dicom_files
from medomni.dicom.faults import CutHeaderError, UnreadableError
from medomni.dicom.headers import read_headers
from medomni.errors import MedomniError
from medomni.volume import Volume

TYPE_2 = ("AccessionNumber", "StudyID", "ReferringPhysicianName", "PatientName", "PatientID", "PatientBirthDate",
          "PatientSex", "StudyDate", "StudyTime")
"""Must be there and may be empty (PS3.5 7.4.3); de-identified images often lack them."""

REFERENCES = ("ReferencedStudySequence", "ReferencedPatientSequence")


def source_images(volume: Volume, source: Path) -> list[pydicom.Dataset]:
    """The headers, without pixels, of the files that a volume's slices came from, in the volume's order.

    Args:
        source: the folder, zip or DICOMDIR that the volume was read from.

    Returns:
        A dataset a slice; one dataset alone where all slices are frames of one enhanced multi-frame file.

    Raises:
        MedomniError: MED-D20 where the slices are no images of their own (resampled, resliced), are frames of several
            files or of one without functional groups, are not all in ``source``, or state no frame of reference.
    """
    if not volume.slice_uids or "" in volume.slice_uids:
        raise MedomniError("MED-D20", "the volume was resampled or resliced: its slices are not the images' slices",
                           where=source.name)
    wanted, found = set(volume.slice_uids), {}
    with dicom_files(source) as files:
        for file in files:
            try:
                headers = read_headers(file)
            except (UnreadableError, CutHeaderError, OSError):  # whatever else lies there is no image of this volume
                continue
            found.update({h.text("SOPInstanceUID"): file for h in headers if h.text("SOPInstanceUID") in wanted})
        if len(found) < len(wanted):
            raise MedomniError("MED-D20", f"{len(wanted) - len(found)} of {len(wanted)} images are not in the folder",
                               where=source.name)
        held = {u: pydicom.dcmread(file, stop_before_pixels=True) for u, file in found.items()}
    if len(held) == 1 and "PerFrameFunctionalGroupsSequence" in (alone := next(iter(held.values()))):
        images: list[pydicom.Dataset] = [alone]
    else:
        images = [held[u] for u in volume.slice_uids]
        if any(int(ds.get("NumberOfFrames", 1)) > 1 for ds in images):
            raise MedomniError("MED-D20", "the slices are frames of several files, or of one without functional groups",
                               where=source.name)
        if len(wanted) < len(volume.slice_uids):
            raise MedomniError("MED-D20", "several slices have one SOP instance UID", where=source.name)
    for ds in images:
        for name in TYPE_2:
            if name not in ds:
                setattr(ds, name, "")
        if "SpecificCharacterSet" in ds and not ds.SpecificCharacterSet:
            del ds.SpecificCharacterSet  # empty is the default repertoire, and is refused by what copies it
        for name in REFERENCES:
            if any("ReferencedSOPClassUID" not in item for item in ds.get(name) or ()):
                delattr(ds, name)  # not valid, and would be copied into the object
    if "FrameOfReferenceUID" not in images[0]:
        raise MedomniError("MED-D20", "the images state no frame of reference", where=source.name)
    return images


def frame_group(image: pydicom.Dataset, frame: int, name: str) -> pydicom.Dataset:
    """A functional group's item of a frame, its own or the shared one (PS3.3 C.7.6.16); KeyError where it has none."""
    for groups in (image.PerFrameFunctionalGroupsSequence[frame], *image.get("SharedFunctionalGroupsSequence", ())):
        if groups.get(name):
            item: pydicom.Dataset = groups[name].value[0]
            return item
    raise KeyError(name)


@contextmanager
def quoting_nothing(path: Path) -> Iterator[None]:
    """For work with images' headers: highdicom and pydicom quote what is odd there, a patient's name too.

    Raises:
        MedomniError: MED-D20, naming ``path`` and the kind of the error alone, for any error but those of the system.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (MedomniError, OSError):
            raise
        except Exception as exc:
            raise MedomniError("MED-D20", f"the images' headers are not valid ({type(exc).__name__})",
                               where=path.name) from None
