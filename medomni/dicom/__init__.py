"""DICOM in: folders to :class:`medomni.volume.Volume`, in Hounsfield units and LPS millimetres; files to pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from medomni.dicom.read import read_study
from medomni.dicom.scan import Inventory, SeriesSummary, inspect

if TYPE_CHECKING:
    from medomni.picture import Picture

__all__ = ["Inventory", "SeriesSummary", "inspect", "read_image", "read_study"]


def read_image(path: Path | str, *, frame: int = 0, marker: bool = False, left_edge: str | None = None,
               spacing_mm: tuple[float, float] | None = None) -> Picture:
    """As :func:`medomni.dicom.image.read_image`, which loads pydicom when it is first called."""
    from medomni.dicom import image

    return image.read_image(path, frame=frame, marker=marker, left_edge=left_edge, spacing_mm=spacing_mm)
