"""DICOM in: folders to :class:`medomni.volume.Volume`, in Hounsfield units and LPS millimetres."""

from medomni.dicom.read import read_study
from medomni.dicom.scan import Inventory, SeriesSummary, inspect

__all__ = ["Inventory", "SeriesSummary", "inspect", "read_study"]
