"""The average brain that is laid over a head of MR.

It is the ICBM 152 average of 2009 (Fonov et al., NeuroImage 54:313, 2011) without its skull, as the package nilearn
carries it: the file alone is read.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.dicom.deid.mr_head import VAULT_MM
from medomni.errors import MedomniError

TEMPLATE = "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
STEP_MM, RIM_MM, SHELL_MM = 4.0, 8.0, 12.0
BELOW_TOP_MM = 60.0


@dataclass(frozen=True, eq=False)
class Template:
    """The average brain.

    Attributes:
        values: (z, y, x), float32, every :data:`STEP_MM`; ``near`` is the brain and :data:`RIM_MM` around it.
        corner: x, y, z of the first voxel of ``values`` and of ``brain``, LPS millimetres.
        brain: (z, y, x), bool, every millimetre.
        surface: (n, 3), x, y, z on the upper surface.
        middle: x, y, z: half way between the sides and between front and back, :data:`BELOW_TOP_MM` below the top.
        size: width and length.
    """

    values: NDArray[np.float32]
    near: NDArray[np.bool_]
    brain: NDArray[np.bool_]
    corner: NDArray[np.float64]
    surface: NDArray[np.float64]
    middle: NDArray[np.float64]
    size: NDArray[np.float64]


@cache
def template() -> Template:
    """The template.

    Raises:
        MedomniError: MED-C06 without nilearn or SimpleITK.
    """
    sitk = simple_itk()
    found = importlib.util.find_spec("nilearn")
    path = Path(found.origin).parent / TEMPLATE if found and found.origin else Path()
    if not path.is_file():
        raise MedomniError("MED-C06", "pip install 'medomni[deid]'", where="nilearn")
    image = sitk.DICOMOrient(sitk.ReadImage(str(path), sitk.sitkFloat32), "LPS")
    pad = 12
    fine = np.pad(sitk.GetArrayFromImage(image), pad)
    corner = np.array(image.GetOrigin(), dtype=np.float64) - pad
    brain = np.asarray(ndimage.binary_fill_holes(fine > 0))
    shape = tuple(int(n // STEP_MM) for n in fine.shape)
    coarse = ndimage.affine_transform(ndimage.gaussian_filter(fine, 1.5), np.full(3, STEP_MM), output_shape=shape,
                                      order=1)
    near = ndimage.distance_transform_edt(~brain) <= RIM_MM
    near = ndimage.affine_transform(near.astype(np.uint8), np.full(3, STEP_MM), output_shape=shape, order=0) > 0
    points = np.argwhere(brain)[:, ::-1] + corner
    low, high = points.min(axis=0), points.max(axis=0)
    surface = np.argwhere(brain & ~ndimage.binary_erosion(brain))[::20, ::-1] + corner
    surface = surface[surface[:, 2] > high[2] - VAULT_MM + SHELL_MM]
    middle = np.array([*((low + high) / 2)[:2], high[2] - BELOW_TOP_MM])
    return Template(coarse.astype(np.float32), near, brain, corner, surface, middle, (high - low)[:2])


def simple_itk() -> Any:
    """SimpleITK, loaded when the first head of MR is met; MED-C06 without it."""
    try:
        import SimpleITK
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[deid]'", where="SimpleITK") from exc
    return SimpleITK


def image_of(array: NDArray[Any], step: NDArray[np.float64], low: NDArray[np.float64]) -> Any:
    """A SimpleITK image of an array (z, y, x), with its step and first voxel (x, y, z) in millimetres."""
    image = simple_itk().GetImageFromArray(np.ascontiguousarray(array, dtype=np.float32))
    image.SetSpacing(np.asarray(step).tolist())
    image.SetOrigin(np.asarray(low).tolist())
    return image
