"""Which objects are not de-identified, and why: they are not written."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import UID

from medomni.dicom.deid.heads import face_in
from medomni.dicom.deid.options import Options

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_KINDS = {
    "88.": "structured report", "11.": "presentation state", "104.": "encapsulated document", "9.": "waveform or audio",
    "481.3": "radiotherapy structures", "481.5": "radiotherapy plan", "481.8": "radiotherapy plan", "66": "raw data",
    "4.2": "spectroscopy", "66.1": "registration", "66.3": "registration",
}
_NO_ANATOMY = frozenset((
    "ADC", "ASL", "CBF", "CBV", "DIFFUSION", "DIFFUSION_ANISO", "DWI", "EADC", "EXP", "FA", "FIELD_MAP", "FMRI", "I",
    "IMAGINARY", "MAXIMUM", "MINIMUM", "MINIP", "MIP", "MNIP", "MTT", "P", "PERFUSION", "PHASE", "PHASE MAP",
    "PHASE_MAP", "PROJECTION IMAGE", "R", "R2 MAP", "R2_STAR MAP", "RCBF", "RCBV", "REAL", "SUBTRACTION", "T1 MAP",
    "T2 MAP", "T2_STAR MAP", "TENSOR", "TRACE", "TRACEW", "TTP", "VELOCITY", "VELOCITY MAP"))
"""Words of Image Type (0008,0008) of MR that is no plain magnitude: maps, projections, parts of complex values,
diffusion and time series (PS3.3 C.8.13.1.1.1, C.8.13.3.1.1, and what vendors write)."""
_DIFFUSION = ("DiffusionBValue", "DiffusionGradientOrientation")


def refusal(ds: Dataset, options: Options) -> str:
    """Why this object is not written; empty where it is."""
    uid = str(ds.get("SOPClassUID", "") or "")
    if not uid or not ds.get("SOPInstanceUID"):
        return "no SOP class or instance UID"
    if uid == "1.2.840.10008.1.3.10":
        return "DICOMDIR: it lists the files by their old names"
    kind = next((what for start, what in _KINDS.items() if uid == _STORAGE + start or (
        start.endswith(".") and uid.startswith(_STORAGE + start))), "")
    if kind:
        return f"{kind}: it cannot be cleaned"
    if "Storage" not in UID(uid).name or not uid.startswith("1.2.840.10008."):
        return "class of object that is not known"
    if not ds.get("Rows") or not any(name in ds for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return "no image: it cannot be cleaned"
    return "" if options.keep_face or face_in(ds) != "possible" else _head(ds, options)


def _head(ds: Dataset, options: Options) -> str:
    if not options.deface:
        return ("head: it may be one, as no part of the body without one is named; --deface cuts the face off CT and "
                "MR, --keep-face writes it as it is")
    modality, words = str(ds.get("Modality", "")), {str(w).upper() for w in ds.get("ImageType") or ()}
    if modality not in ("CT", "MR"):
        return "head: it may be one, and faces are cut off CT and MR alone; --keep-face writes it as it is"
    if {"LOCALIZER", "SCOUT"} & words:
        return "head: a localizer shows the face from the side, which is not cut"
    if modality == "MR" and (words & _NO_ANATOMY or any(name in ds for name in _DIFFUSION)):
        return "head: a map, a projection, a phase or a diffusion image, of which no face is cut"
    return ""
