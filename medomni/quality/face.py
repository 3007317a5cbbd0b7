"""Whether a face is left in a head CT: how far the front lies behind the brow, from the images alone.

An intact face stands at or before the brow down to the chin. Where it was cut off, as ``medomni deidentify --deface``
does, the foremost tissue between eyes and mouth lies centimetres behind it. No original is needed, so that a series
from elsewhere can be looked at too; ``medomni/dicom/deid/face_proof.py`` compares with the original besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.volume import Volume

TISSUE_HU, BONE_HU = -300.0, 250.0
THIN_MM = 2.0
BROW_MM, FACE_MM = (20.0, 70.0), (115.0, 163.0)
"""Below the top of the head: the brow with the forehead, and what lies from the nose to the mouth."""
HALF_MM = 30.0
"""To either side of the head's middle."""
SLAB_MM, GONE_MM = 12.0, 25.0
"""Of six synthetic heads turned by up to 10 degrees, the foremost slab of the face lay at most 11 mm behind the brow,
and at least 38 mm behind it where the face was cut off."""
LEAST_BONE_ML, LEAST_WIDE_MM, MOST_WIDE_MM = 150.0, 90.0, 230.0


@dataclass(frozen=True)
class FaceLook:
    """What was seen.

    Attributes:
        state: ``face`` where one is left or may be, ``none`` where it is gone, ``not_assessed`` where none can be told.
        behind_mm: how far the foremost slab of the face lies behind the brow. reason: begins with its code.
    """

    state: Literal["face", "none", "not_assessed"]
    behind_mm: float | None = None
    reason: str = ""


def face_left(volume: Volume) -> FaceLook:
    """Whether a face surface is left in a head volume; never ``none`` where the face's place is not in view."""
    if volume.study.modality.upper() != "CT":
        return FaceLook("not_assessed", reason="MED-Q10: only CT is looked at")
    axial = volume.axial()
    steps = [max(1, round(THIN_MM / s)) for s in axial.spacing_mm]
    hu = axial.array[:: steps[0], :: steps[1], :: steps[2]]
    dz, dy, dx = (s * t for s, t in zip(axial.spacing_mm, steps, strict=True))
    head = _largest(ndimage.binary_opening(hu > TISSUE_HU))
    area = head.sum(axis=(1, 2)) * dy * dx
    slices = np.flatnonzero(area > 2000.0)
    if not slices.size or slices[-1] == len(hu) - 1 and area[-1] > 6000.0:
        return FaceLook("not_assessed", reason="MED-Q10: the top of a head is not in view")
    below = (slices[-1] - np.arange(len(hu))) * dz
    brow = _between(below, BROW_MM)
    if (hu[brow][head[brow]] > BONE_HU).sum() * dz * dy * dx / 1000 < LEAST_BONE_ML:
        return FaceLook("not_assessed", reason="MED-Q10: no skull is in view")
    columns = np.flatnonzero(head[brow].any(axis=(0, 1)))
    wide = (columns[-1] - columns[0] + 1) * dx
    if not LEAST_WIDE_MM < wide < MOST_WIDE_MM:
        return FaceLook("not_assessed", reason=f"MED-Q10: what lies there is {wide:.0f} mm wide, which no head is")
    if below[0] < FACE_MM[1]:
        return FaceLook("not_assessed", reason="MED-Q10: the view ends above the mouth")
    middle = np.argwhere(head[brow])[:, 2].mean() * dx
    near = np.abs(np.arange(hu.shape[2]) * dx - middle) < HALF_MM
    front = np.where(head.any(axis=1), head.argmax(axis=1) * dy, np.inf)[:, near]  # foremost row, (slices, columns)
    start = float(np.min(front[brow]))
    if start < 2 * dy:
        return FaceLook("not_assessed", reason="MED-Q10: the view cuts the head in front")
    slabs = [front[_between(below, (low, low + SLAB_MM))] for low in np.arange(*FACE_MM, SLAB_MM)]
    behind = min(float(np.median(slab)) for slab in slabs) - start
    behind = min(behind, 999.0)
    return FaceLook("none" if behind > GONE_MM else "face", round(behind, 1))


def _between(below: NDArray[np.float64], limits: tuple[float, float]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (below >= limits[0]) & (below < limits[1])
    return inside


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, n = ndimage.label(mask)
    out: NDArray[np.bool_] = labels == int(np.bincount(labels.ravel())[1:].argmax()) + 1 if n else mask
    return out
