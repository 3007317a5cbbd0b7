"""The brain in MR of any contrast: a template laid over it by mutual information, and refused where it does not fit.

Where it starts is told by the header (front, top, left) and by the head's outline; then it is
turned, and last stretched (affine), until the mutual information (Mattes et al., IEEE TMI 22:120, 2003) of its values
and the series' is the highest. That needs no contrast in particular.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.dicom.deid.mr_head import VAULT_MM, MrHead
from medomni.dicom.deid.mr_template import BELOW_TOP_MM, SHELL_MM, STEP_MM, Template, image_of, simple_itk, template
from medomni.dicom.deid.shear import AHEAD_MM, AIR_ML, BESIDE, BRAIN_ML, GRID_MM
from medomni.dicom.faults import UnreadableError

PITCHES_DEG = (-14.0, 0.0, 14.0)
BINS = 32
TURNS, STRETCHES = 25, 60
GROWN_MM = 1.0
STRETCH = 0.16
FACE_MM, SKULL_MM = (90.0, 160.0), 14.0
"""The air of the face: so far below the top of the head, farther from the brain than its skull is thick."""
DEPTH_MM, SPREAD_MM = (7.0, 25.0), 15.0
OUTSIDE, TURNED_DEG = 0.005, 24.0


def brain_in_mr(head: MrHead) -> NDArray[np.bool_]:
    """The brain, grown by :data:`GROWN_MM`, (z, y, x) on the head's grid.

    Raises:
        UnreadableError: where the template does not fit: the reason.
        MedomniError: MED-C06.
    """
    known = template()
    size, middle = _outline(head)
    if size[1] < size[0]:
        raise UnreadableError("head: its face does not lie where the header has its front")
    start = (size - 2 * SHELL_MM) / known.size
    scale = np.array([*start, start.mean()])
    for matrix, offset in _placed(head, known, scale, middle):
        brain = _mapped(head, known, matrix, offset)
        if _fits(head, known, matrix, offset, brain, scale):
            if not _looks_ahead(head, brain):
                raise UnreadableError("head: its face does not lie where the header has its front")
            return brain
    raise UnreadableError("head: the brain that is sought does not fit it, so that its face cannot be told from it")


def _outline(head: MrHead) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Width and length of the vault, and the middle between its sides, its ends and below its top (x, y, z), mm."""
    first = max(head.top - int(VAULT_MM / GRID_MM), 0)
    at = np.argwhere(head.mask[first:head.top + 1])[:, :0:-1] * GRID_MM
    low, high = np.percentile(at, [0.2, 99.8], axis=0)
    return high - low, np.array([*((low + high) / 2), head.top * GRID_MM - SHELL_MM])


def _placed(head: MrHead, known: Template, scale: NDArray[np.float64], middle: NDArray[np.float64],
            ) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The template laid over a head, stretched and not: matrix and offset that take a point of it, from its middle, to
    x, y, z in mm from the grid's first voxel. Refused where it fits better facing the back."""
    sitk = simple_itk()
    first, step = scale * (known.corner - known.middle), STEP_MM * scale
    last = -(first + step * (np.array(known.values.shape[::-1]) - 1))
    moving = image_of(head.smooth, np.full(3, GRID_MM), np.zeros(3))
    place = middle - (0, 0, BELOW_TOP_MM * scale[2])
    found = {}
    for back in (True, False):
        way = -1 if back else 1  # facing the back, by its voxels: half a turn is where a versor ends
        low = np.array([*(last if back else first)[:2], first[2]])
        fixed = image_of(known.values[:, ::way, ::way], step, low)
        near = sitk.Cast(image_of(known.near[:, ::way, ::way], step, low), sitk.sitkUInt8)
        tried = []
        for pitch in PITCHES_DEG:
            turn = sitk.VersorRigid3DTransform()
            turn.SetRotation((1.0, 0.0, 0.0), float(np.radians(pitch)))
            turn.SetTranslation(place.tolist())
            tried.append((_registered(fixed, near, moving, turn, 2.0, TURNS), turn))
        found[back] = max(tried, key=lambda f: f[0])
    worth, turn = found[False]
    if worth < found[True][0]:
        raise UnreadableError("head: its face does not lie where the header has its front")
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(turn.GetMatrix())
    affine.SetTranslation(turn.GetTranslation())
    _registered(fixed, near, moving, affine, 0.5, STRETCHES)
    return [(np.array(t.GetMatrix()).reshape(3, 3) * scale, np.array(t.GetTranslation())) for t in (affine, turn)]


def _registered(fixed: Any, near: Any, moving: Any, transform: Any, step: float, most: int) -> float:
    """Change a transform until the mutual information is the highest, which is returned. One thread: the order of sums
    would else differ from run to run."""
    sitk = simple_itk()
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricSamplingStrategy(method.NONE)
    method.SetMetricFixedMask(near)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(step, 0.02, most, relaxationFactor=0.6,
                                                    gradientMagnitudeTolerance=1e-6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(fixed, moving)
    except RuntimeError as exc:  # too few of the template's points lie in the series
        raise UnreadableError("head: no brain is found in it, so that its face cannot be told from it") from exc
    return -float(method.GetMetricValue())


def _mapped(head: MrHead, known: Template, matrix: NDArray[np.float64], offset: NDArray[np.float64],
            ) -> NDArray[np.bool_]:
    """The template's brain on the head's grid, grown by :data:`GROWN_MM`; outside the head too where it lies there."""
    back = np.linalg.inv(matrix)
    first = back @ -offset + known.middle - known.corner
    brain = ndimage.affine_transform(known.brain.astype(np.float32), back[::-1, ::-1] * GRID_MM, first[::-1],
                                     output_shape=head.mask.shape, order=1) > 0.5
    return np.asarray(ndimage.distance_transform_edt(~brain, sampling=GRID_MM) <= GROWN_MM)


def _fits(head: MrHead, known: Template, matrix: NDArray[np.float64], offset: NDArray[np.float64],
          brain: NDArray[np.bool_], scale: NDArray[np.float64]) -> bool:
    """False for a brain that is bent, turned far, of no brain's size, or not under scalp and skull all around."""
    u, stretch, v = np.linalg.svd(matrix / scale)
    turned = np.degrees(np.arccos(np.clip((np.trace(u @ v) - 1) / 2, -1, 1)))
    size = known.brain.sum() * abs(np.linalg.det(matrix)) / 1000
    places = ((known.surface - known.middle) @ matrix.T + offset)[:, ::-1] / GRID_MM
    depth = ndimage.distance_transform_edt(np.pad(head.mask, 1), sampling=GRID_MM)[1:-1, 1:-1, 1:-1]
    thin, usual, thick = np.percentile(ndimage.map_coordinates(depth, places.T, order=1), [3, 50, 97])
    outside = float((brain & ~head.mask).sum() / max(brain.sum(), 1))
    return bool(BRAIN_ML[0] <= size <= BRAIN_ML[1] and turned <= TURNED_DEG and np.abs(np.log(stretch)).max() <= STRETCH
                and outside <= OUTSIDE and DEPTH_MM[0] <= usual <= DEPTH_MM[1] and thick - thin <= SPREAD_MM)


def _looks_ahead(head: MrHead, brain: NDArray[np.bool_]) -> bool:
    """Whether the face lies to the front, as the header has it: there is the air of nose, sinuses and throat, which is
    dark in every contrast. False where there is too little of it to tell."""
    low, high = (max(head.top - int(mm / GRID_MM), 0) for mm in (FACE_MM[1], FACE_MM[0]))
    dark = head.mask & (head.smooth < head.edge)
    dark &= ndimage.distance_transform_edt(~brain, sampling=GRID_MM) > SKULL_MM
    air = np.argwhere(dark[low:high]) + (low, 0, 0)
    if len(air) * GRID_MM**3 / 1000 < AIR_ML:
        return False
    up, back, left = (air.mean(axis=0) - np.argwhere(brain).mean(axis=0)) * GRID_MM
    return bool(back < -AHEAD_MM and abs(left) < -BESIDE * back and up < 0)
