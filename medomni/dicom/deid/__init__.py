"""De-identification: PS3.15 Annex E with keyed UIDs, moved dates, blackened text, and a verifier that fails closed."""

from medomni.dicom.deid.keyed import Keyed, keyed
from medomni.dicom.deid.options import Options
from medomni.dicom.deid.run import deidentify

__all__ = ["Keyed", "Options", "deidentify", "keyed"]
