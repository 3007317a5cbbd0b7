"""What is air, skin and head in the values of a series, as the second look at faces takes it; of CT and of MR.

It shares no code with what cuts: in MR the air ends where a line from the peak of the histogram to its tail is the
farthest above it (the triangle of Zack, Rogers and Latt, J. Histochem. Cytochem. 25:741, 1977).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage

from medomni.dicom.jpeg import pixel_array

SKIN_HU, BONE_HU, AIR_HU = -300.0, 250.0, -900.0
FEWEST_BONE = 20
BINS, EVERY, STRONG, SMOOTH_MM = 200, 7, 0.15, 4.0
SLAB_MM, TOP_SHARE = 8.0, 0.15


@dataclass(frozen=True)
class Scale:
    """Values of a series.

    Attributes:
        air: the highest that what was cut may have.
        skin: above which there is skin; each is looked at.
        inner: above which there is what the skull's top and middle are found by.
        unit: whether values are HU.
    """

    air: float
    skin: tuple[float, ...]
    inner: float
    unit: bool

    def seen(self, values: NDArray[np.float32], place: list[Dataset]) -> NDArray[np.float32]:
        """A frame, (rows, columns), as skin is looked for in it: MR without its speckles."""
        if self.unit:
            return values
        size = [max(int(round(SMOOTH_MM / float(v))), 1) for v in find(place, "PixelSpacing")]
        return np.asarray(ndimage.uniform_filter(values, size), dtype=np.float32)

    def top(self, heights: NDArray[np.float64]) -> float:
        """The top of the skull among heights, (n,): of bone; in MR where the head is :data:`TOP_SHARE` of its widest,
        about a scalp below its top."""
        if self.unit:
            return float(np.sort(heights)[-FEWEST_BONE])
        slabs = np.floor(heights / SLAB_MM).astype(int)
        counts = np.bincount(slabs - slabs.min())
        return float((np.flatnonzero(counts > TOP_SHARE * counts.max())[-1] + slabs.min() + 0.5) * SLAB_MM)


def scale_of(originals: list[Path]) -> Scale:
    """The scale of a series."""
    first = pydicom.dcmread(originals[0], force=True, stop_before_pixels=True)
    if str(first.get("Modality", "")) != "MR":
        return Scale(AIR_HU, (SKIN_HU,), BONE_HU, unit=True)
    some = originals[::max(len(originals) // 40, 1)]
    values = np.concatenate([units(pydicom.dcmread(path, force=True)).ravel()[::EVERY] for path in some])
    counts, edges = np.histogram(values, BINS, range=(float(values.min()), float(np.percentile(values, 99.5))))
    peak = int(np.argmax(counts[:BINS // 2]))
    line = np.interp(np.arange(BINS), [peak, BINS - 1], [counts[peak], counts[-1]])
    end = peak + int(np.argmax((line - counts)[peak:]))
    faint, air = float(edges[end + 1]), float(edges[peak])
    strong = air + STRONG * (float(np.percentile(values, 98)) - air)
    return Scale(max(faint, strong), (faint, strong), strong, unit=False)


def units(ds: Dataset) -> NDArray[np.float32]:
    """HU of CT, rescaled values of MR, (frames, rows, columns)."""
    values = pixel_array(ds).astype(np.float32).reshape(-1, int(ds.Rows), int(ds.Columns))
    default = (1.0, 0.0) if str(ds.get("Modality", "")) == "MR" else (None, None)
    for k, place in enumerate(places(ds)):
        slope, intercept = (find(place, name, missing) for name, missing in zip(
            ("RescaleSlope", "RescaleIntercept"), default, strict=True))
        values[k] = values[k] * float(slope) + float(intercept)
    return values


def places(ds: Dataset) -> Iterator[list[Dataset]]:
    """For each frame, the data sets in which its attributes stand."""
    if "PerFrameFunctionalGroupsSequence" not in ds:
        yield [ds]
        return
    for item in ds.PerFrameFunctionalGroupsSequence:
        held = [*item, *ds.SharedFunctionalGroupsSequence[0]]
        yield [ds, *(group for element in held for group in _item_of(element))]


def _item_of(element: Any) -> list[Dataset]:
    value = getattr(element, "value", None)
    return list(value)[:1] if element.VR == "SQ" and value else []


def find(place: list[Dataset], name: str, missing: Any = None) -> Any:
    """An attribute of a frame; ``missing`` where no data set has it."""
    return next((ds[name].value for ds in place if name in ds), missing)
