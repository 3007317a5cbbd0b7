"""An earlier CT brought into the place of a later one, by SimpleITK: rigid, then affine, on thinned grids and lungs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.errors import MedomniError
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

THIN_MM = 4.0
MASK_MM = 8.0
LEAST_OVERLAP, LEAST_LIKENESS = 0.75, 0.35
"""Dice of the lungs, and correlation of HU inside both, below which two studies do not lie on one another."""
MOST_TURN_DEG, STRETCH = 40.0, (0.6, 1.6)
ITERATIONS = 120


@dataclass(frozen=True, eq=False)
class Motion:
    """From the later study's LPS millimetres to the earlier one's.

    Attributes:
        matrix: 4x4. moved_mm: how far the lungs' middle moved. turned_deg: angle of the rotation.
        overlap: Dice of the lungs. likeness: correlation of HU inside both.
    """

    matrix: NDArray[np.float64]
    moved_mm: float
    turned_deg: float
    overlap: float
    likeness: float

    def forth(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places in the earlier study, (..., 3), of those in the later one."""
        out: NDArray[np.float64] = np.asarray(lps, float) @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return out

    def back(self, lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places in the later study of those in the earlier one."""
        inverse = np.linalg.inv(self.matrix)
        out: NDArray[np.float64] = np.asarray(lps, float) @ inverse[:3, :3].T + inverse[:3, 3]
        return out


@dataclass(frozen=True, eq=False)
class Thin:
    """A study on a thinned axial grid: HU and lungs (slices, rows, columns), and their affine."""

    hu: NDArray[np.float32]
    lung: NDArray[np.float32]
    affine: NDArray[np.float64]


def motion_between(now: tuple[Volume, Segmentation], before: tuple[Volume, Segmentation]) -> Motion:
    """The motion from the later to the earlier study; each is a volume with labels in which lungs are.

    Raises:
        MedomniError: MED-S30 where they cannot be brought into one another's place: no lungs, a tilted gantry, or too
            little overlap or likeness after it was tried. MED-C06 without SimpleITK.
    """
    sitk = simple_itk()
    later, earlier = _thin(*now), _thin(*before)
    for thin in (later, earlier):
        axes = thin.affine[:3, :3] / np.linalg.norm(thin.affine[:3, :3], axis=0)
        if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-3:
            raise MedomniError("MED-S30", "the slices of one of them are tilted: read it with resampling")
        if thin.lung.sum() < 100:
            raise MedomniError("MED-S30", "one of them shows no lungs")
    fixed, moving = _image(sitk, later.hu, later.affine), _image(sitk, earlier.hu, earlier.affine)
    near = ndimage.distance_transform_edt(later.lung < 0.5, sampling=_spacing(later.affine)) < MASK_MM
    mask = _image(sitk, near.astype(np.float32), later.affine)
    middles = [_middle(thin) for thin in (later, earlier)]
    rigid = sitk.Euler3DTransform()
    rigid.SetCenter(middles[0].tolist())
    rigid.SetTranslation((middles[1] - middles[0]).tolist())
    try:
        rigid = _optimised(sitk, fixed, moving, mask, rigid)
        affine = sitk.AffineTransform(3)
        affine.SetCenter(rigid.GetCenter())
        affine.SetMatrix(rigid.GetMatrix())
        affine.SetTranslation(rigid.GetTranslation())
        affine = _optimised(sitk, fixed, moving, mask, affine)
    except RuntimeError as exc:  # SimpleITK's own: all samples outside, a singular step
        raise MedomniError("MED-S30", "the registration failed: they show too little in common") from exc
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(affine.GetMatrix()).reshape(3, 3)
    matrix[:3, 3] = np.array(affine.TransformPoint((0.0, 0.0, 0.0)))
    return _judged(matrix, later, earlier, middles[0])


def _judged(matrix: NDArray[np.float64], later: Thin, earlier: Thin, middle: NDArray[np.float64]) -> Motion:
    """The motion, where what it brings together is alike."""
    index = np.linalg.inv(earlier.affine) @ matrix @ later.affine
    there = [ndimage.affine_transform(a, index[:3, :3], index[:3, 3], output_shape=later.hu.shape, order=1, cval=c)
             for a, c in ((earlier.lung, 0.0), (earlier.hu, -1000.0))]
    lungs, same = (later.lung >= 0.5, there[0] >= 0.5), (later.lung >= 0.9) & (there[0] >= 0.9)
    overlap = 2.0 * float((lungs[0] & lungs[1]).sum()) / max(1, int(lungs[0].sum()) + int(lungs[1].sum()))
    likeness = float(np.corrcoef(later.hu[same], there[1][same])[0, 1]) if same.sum() > 100 else 0.0
    u, stretch, v = np.linalg.svd(matrix[:3, :3])
    turn = float(np.degrees(np.arccos(np.clip((np.trace(u @ v) - 1) / 2, -1, 1))))
    moved = float(np.linalg.norm(matrix[:3, :3] @ middle + matrix[:3, 3] - middle))
    if (overlap < LEAST_OVERLAP or likeness < LEAST_LIKENESS or turn > MOST_TURN_DEG
            or not STRETCH[0] < stretch.min() <= stretch.max() < STRETCH[1]):
        raise MedomniError("MED-S30", f"the lungs overlap by {overlap:.2f} with a likeness of {likeness:.2f}")
    return Motion(matrix, moved, turn, overlap, likeness)


def simple_itk() -> Any:
    """SimpleITK, loaded when two studies are first compared; MED-C06 without it."""
    try:
        import SimpleITK
    except ImportError as exc:
        raise MedomniError("MED-C06", "pip install 'medomni[segment]'", where="SimpleITK") from exc
    return SimpleITK


def _thin(volume: Volume, segmentation: Segmentation) -> Thin:
    axial = volume.axial()
    lung, _ = reorient(segmentation.mask("lung"), volume.affine, *axis_alignment(volume.affine))
    steps = [max(1, round(THIN_MM / s)) for s in axial.spacing_mm]
    hu, share = axial.array, lung
    shape = [n // s * s for n, s in zip(hu.shape, steps, strict=True)]
    hu, share = hu[: shape[0], : shape[1], : shape[2]], share[: shape[0], : shape[1], : shape[2]]
    blocks = [v for n, s in zip(shape, steps, strict=True) for v in (n // s, s)]
    affine = axial.affine.copy()
    affine[:3, 3] = axial.to_lps((np.array(steps) - 1) / 2)
    affine[:3, :3] = affine[:3, :3] * steps
    mean = [a.reshape(blocks).mean(axis=(1, 3, 5), dtype=np.float32) for a in (hu, share)]
    return Thin(np.clip(mean[0], -1000, 200), mean[1], affine)


def _spacing(affine: NDArray[np.float64]) -> tuple[float, float, float]:
    return tuple(float(v) for v in np.linalg.norm(affine[:3, :3], axis=0))  # type: ignore[return-value]


def _middle(thin: Thin) -> NDArray[np.float64]:
    at = np.argwhere(thin.lung >= 0.5).mean(axis=0)
    out: NDArray[np.float64] = thin.affine[:3, :3] @ at + thin.affine[:3, 3]
    return out


def _image(sitk: Any, array: NDArray[np.float32], affine: NDArray[np.float64]) -> Any:
    """SimpleITK's image: its axes run column, row, slice; its space is LPS as ours."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    spacing = np.array(_spacing(affine))
    image.SetSpacing(spacing[::-1].tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((affine[:3, :3] / spacing)[:, ::-1].ravel().tolist())
    return image


def _optimised(sitk: Any, fixed: Any, moving: Any, mask: Any, start: Any) -> Any:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetMetricFixedMask(sitk.Cast(mask > 0.5, sitk.sitkUInt8))
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(0.3)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=0.01, numberOfIterations=ITERATIONS, relaxationFactor=0.6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([3, 1])
    method.SetSmoothingSigmasPerLevel([6.0, 0.0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(start, inPlace=True)
    method.Execute(fixed, moving)
    return start
