"""Planes of a volume as they are shown: which way up, how wide a pixel is, which letters stand at the edges.

Radiological convention whatever the array's order: the patient's right lies at the image's left in axial and coronal
pictures, the patient's front at the left in sagittal ones. Side comes from the affine alone.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medomni.volume import Volume, axis_alignment

Plane = Literal["axial", "coronal", "sagittal"]
LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))
"""Negative and positive direction of the axes x, y, z of LPS (PS3.3 C.7.6.1.1.1)."""
OBLIQUE = 0.42
"""An edge that points along a second axis by more than this share, 25 degrees, carries its letter too."""
UPRIGHT = {"axial": ("A", "P"), "coronal": ("H", "F"), "sagittal": ("H", "F")}
"""At the upper and the lower edge of a plane's picture."""


def slice_count(volume: Volume, plane: Plane = "axial") -> int:
    """How many slices there are in a plane."""
    order, _ = axis_alignment(volume.affine)
    return volume.array.shape[order[{"axial": 0, "coronal": 1, "sagittal": 2}[plane]]]


def plane_of(
    array: NDArray[np.generic], volume: Volume, plane: Plane, index: int
) -> tuple[NDArray[np.generic], tuple[float, float]]:
    """One plane as (rows down, columns right) for display, and the size of a pixel in millimetres.

    Args:
        array: on the volume's grid. index: as :func:`medomni.draw.slice_image` counts it.

    Raises:
        IndexError: when there is no such slice.
    """
    order, flips = axis_alignment(volume.affine)
    view = array.transpose(order)
    sizes = [float(np.linalg.norm(volume.affine[:3, axis])) for axis in order]
    axis = {"axial": 0, "coronal": 1, "sagittal": 2}[plane]
    n = view.shape[axis]
    if not -n <= index < n:
        raise IndexError(f"{plane} slice {index} of {n}")
    at = index % n
    cut = np.take(view, n - 1 - at if flips[axis] else at, axis=axis)
    rest = [a for a in range(3) if a != axis]
    for position, a in enumerate(rest):
        if flips[a]:
            cut = np.flip(cut, position)
    if plane != "axial":
        cut = np.flip(cut, 0)  # the head is drawn at the top
    return np.ascontiguousarray(cut), (sizes[rest[0]], sizes[rest[1]])


def edge_letters(affine: NDArray[np.float64], plane: Plane) -> tuple[str, str]:
    """What a plane's picture has at its left and right edge: ``R`` and ``L``; of an oblique one ``RA`` and ``LP``."""
    order, flips = axis_alignment(affine)
    axis = 1 if plane == "sagittal" else 2  # of (z, y, x): what runs to the right
    right = affine[:3, order[axis]] * (-1 if flips[axis] else 1)
    right = right / np.linalg.norm(right)
    told = [k for k in np.argsort(-np.abs(right)) if abs(right[k]) > OBLIQUE]
    left_to_right = ["".join(LETTERS[k][int((right[k] > 0) == ahead)] for k in told) for ahead in (False, True)]
    return left_to_right[0], left_to_right[1]
