"""What a de-identified file says of itself (PS3.15 E.1.1; PS3.3 C.12.1.1), and its new file meta information."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from medomni import __version__
from medomni.dicom.deid.heads import Face
from medomni.dicom.deid.keyed import Keyed
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.table import EDITION

IMPLEMENTATION = "2.25.153416183026838227064281937441012547681"


def mark(ds: Dataset, number: str, keys: Keyed, options: Options, *, looked: bool, face: Face,
         defaced: bool) -> None:
    """Write the pseudonym and the required marks into a cleaned data set.

    Args:
        looked: the pixels were searched for text; else it stays open whether there is any.
        face: whether one may be in the original; of what nobody knows nothing is said.
        defaced: it was cut.
    """
    pseudonym = keys.patient(number)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = f"ANON^{pseudonym}", pseudonym, ""
    if "PatientSex" not in ds:
        ds.PatientSex = ""
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = f"medomni {__version__}, PS3.15 {EDITION} table E.1-1"
    ds.DeidentificationMethodCodeSequence = Sequence([_code(*c) for c in options.codes(
        looked=looked, defaced=defaced, private=any(e.tag.is_private for e in ds.iterall()))])
    ds.LongitudinalTemporalInformationModified = "MODIFIED" if options.dates == "shift" else "REMOVED"
    if looked:
        ds.BurnedInAnnotation = "NO"
    elif str(ds.get("BurnedInAnnotation", "")) != "NO" and "BurnedInAnnotation" in ds:
        del ds.BurnedInAnnotation
    if defaced or face != "open":
        ds.RecognizableVisualFeatures = "NO" if defaced or face == "none" else "YES"
    elif "RecognizableVisualFeatures" in ds:
        del ds.RecognizableVisualFeatures


def new_meta(ds: Dataset, syntax: str) -> FileMetaDataset:
    """File meta information (PS3.10 7.1) of which nothing is carried over but the transfer syntax."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION)
    meta.ImplementationVersionName = "MEDOMNI"
    return meta


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code
