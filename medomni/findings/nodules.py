"""Solid lung nodules: bright blobs in and on the lung that are neither vessels nor folds.

Candidates (:mod:`medomni.findings.nodule_candidates`) are outlined in a small cube at full resolution
(:mod:`medomni.findings.nodule_shape`); a logistic score over their shape and surroundings, fitted on phantoms, decides,
and its value is the confidence. Thin and thick slices have their own weights: where a nodule shows in one or two
slices, its height says nothing. Ground-glass nodules are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.axes import axial_axes
from medomni.findings.base import Base
from medomni.findings.chest import SIDES, Chest, Mask, chest_of
from medomni.findings.hit import Hit
from medomni.findings.lobes import lobe_of
from medomni.findings.nodule_box import Box, Scene
from medomni.findings.nodule_candidates import Candidate, candidates, envelope
from medomni.findings.nodule_score import Place, probability, promising
from medomni.findings.nodule_shape import Shape, shape_of
from medomni.findings.sensitivity import METHODS
from medomni.volume import Segmentation, Volume

LEAST_MM, LEAST_PROBABILITY = 5.0, 0.25
HALF_MM, ISO_MM = 17.0, 1.0
FINE_MM = 1.5
"""Pixels and slices of the grid that candidates are sought on, where the volume has them."""
CALCIFIED_HU = 250.0
SHARED = 0.5
FAT_HU, FAT_MM = -40.0, 4.5
SIDE_MM = 3.0
LEAST_AIR = 0.2
"""Share of a nodule's surroundings that is lung: less lies in the wall or the diaphragm."""


def nodules(volume: Volume, segmentation: Segmentation, chest: Chest, taken: Mask, gas: Mask,
            floor: NDArray[np.float32]) -> list[Hit]:
    """Nodules of about 5 mm and more, most probable first; those below a probability of 0.5 are *uncertain*.

    Args:
        volume, segmentation: what ``chest`` was made of. taken: fluid and airless lung, gas: free air, on its grid.
        floor: the diaphragm (:func:`medomni.findings.floor.diaphragm`).
    """
    hits: list[Hit] = []
    for one in outlined(volume, segmentation, chest, taken, gas, floor):
        p = probability(one.shape, one.found, one.place, one.spacing)
        if p < LEAST_PROBABILITY:
            continue
        longest, short = axial_axes(one.shape.mask, (ISO_MM,) * 3)
        if longest >= LEAST_MM:
            hits.append(_hit(chest, one.box, one.shape, p, longest, min(short, longest)))
    return _told_apart(hits)


@dataclass(frozen=True, eq=False)
class Outlined:
    """A candidate with its outline, before its score; ``spacing`` is the images' own in millimetres."""

    found: Candidate
    place: Place
    box: Box
    shape: Shape
    spacing: tuple[float, float, float]


def outlined(volume: Volume, segmentation: Segmentation, chest: Chest, taken: Mask, gas: Mask,
             floor: NDArray[np.float32]) -> Iterator[Outlined]:
    """Every candidate worth outlining, strongest first; arguments as of :func:`nodules`. The weights of the score are
    fitted on what comes out here (``python -m benchmarks.nodule_fit``)."""
    fine = chest_of(volume, segmentation, FINE_MM, FINE_MM)
    below = np.arange(chest.hu.shape[0], dtype=np.float32)[:, None, None] < floor  # what lies on it would run into it
    scene = Scene.of(volume, segmentation, chest, taken | gas | below & ~chest.lung)
    free, surface = replace(scene, taken=taken | gas), Base.of(chest, scene.spacing)
    fluid, base = _brought(taken, chest, fine), _floor(floor, chest, fine)
    top = int(np.flatnonzero(fine.lung.any(axis=(1, 2)))[-1])
    for found in candidates(fine, envelope(fine, fluid, base)):
        k, j, i = found.index
        place = Place(float(fine.depth[k, j, i]), float(fine.x[k, 0, i]), (top - k) * fine.spacing[0],
                      float(k - base[j, i]) * fine.spacing[0], fine.noise)
        if not promising(found, place, scene.spacing):
            continue
        box = Box.around(scene, scene.axial_index(np.array(found.index), fine), HALF_MM, ISO_MM)
        box = surface.cut(box, free)
        shape = shape_of(box)
        if shape is None:
            continue
        if _is_fat(shape) or shape.features["air"] < LEAST_AIR:
            continue
        yield Outlined(found, place, box, shape, scene.spacing)


def _is_fat(shape: Shape) -> bool:
    """Fat beside the heart and on the diaphragm bulges into the lung as a lesion does; small lesions are as dense by
    their mixed voxels alone."""
    return shape.radius_mm > FAT_MM and shape.features["top"] < FAT_HU


def _hit(chest: Chest, box: Box, shape: Shape, p: float, longest: float, short: float) -> Hit:
    mask = box.on_grid(shape.mask, chest)
    middle = box.axial(np.argwhere(shape.mask).mean(axis=0))
    index = (middle - chest.origin - (np.array(chest.steps) - 1) / 2) / chest.steps
    near = tuple(int(np.clip(round(float(v)), 0, n - 1)) for v, n in zip(index, mask.shape, strict=True))
    mask[near] = True
    side = _side(chest, mask, "right" if chest.x[near[0], 0, near[2]] < 0 else "left")
    return Hit("lung_nodule", "lung", side, mask, p,
               METHODS["lung_nodule"].method, {
        "longest_mm": longest, "short_mm": short, "volume_ml": shape.features["ml"],
        "hu_mean": shape.features["mean"], "count": 1,
        "attenuation": "calcified" if float(chest.hu[near]) > CALCIFIED_HU else "solid",
        "segment": lobe_of(chest, tuple(index), side),  # type: ignore[arg-type]
        "uncertainty_mm": chest.spacing[1] + 0.2 * chest.spacing[0]})


def _side(chest: Chest, mask: Mask, otherwise: str) -> str:
    """The lung that a mask lies in or on: lungs reach over the midline, before the heart and behind it."""
    around = tuple(slice(max(0, int(np.flatnonzero(line)[0]) - n), int(np.flatnonzero(line)[-1]) + n + 1)
                   for line, n in ((mask.any(axis=tuple({0, 1, 2} - {a})), 1 + round(SIDE_MM / chest.spacing[a]))
                                   for a in range(3)))
    near = ndimage.distance_transform_edt(~mask[around], sampling=chest.spacing) <= SIDE_MM
    right, left = (int((chest.masks[f"lung/{side}"][around] & near).sum()) for side in SIDES)
    return otherwise if right == left else "right" if right > left else "left"


def _told_apart(hits: list[Hit]) -> list[Hit]:
    """Most probable first; one of several hits that share half of the smaller one's voxels."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: -h.confidence):
        here = hit.mask
        assert here is not None
        shared = (int((here & other.mask).sum()) / max(1, min(int(here.sum()), int(other.mask.sum())))
                  for other in kept if other.mask is not None)
        if all(s < SHARED for s in shared):
            kept.append(hit)
    return kept


def _brought(mask: Mask, chest: Chest, fine: Chest) -> Mask:
    """A mask of the chest's grid on another grid of the same volume (nearest)."""
    out: Mask = mask[np.ix_(*_indices(chest, fine, mask.shape, (0, 1, 2)))]
    return out


def _floor(floor: NDArray[np.float32], chest: Chest, fine: Chest) -> NDArray[np.float32]:
    """The diaphragm's slice index per column on another grid of the same volume."""
    there = floor[np.ix_(*_indices(chest, fine, floor.shape, (1, 2)))]
    return ((there * chest.steps[0] + chest.origin[0] - fine.origin[0]) / fine.steps[0]).astype(np.float32)


def _indices(chest: Chest, fine: Chest, shape: tuple[int, ...], axes: tuple[int, ...]) -> list[NDArray[np.int64]]:
    """Per axis, which index of the chest's grid lies at each of the fine grid's."""
    out = []
    for axis, size in zip(axes, shape, strict=True):
        centre = np.arange(fine.hu.shape[axis]) * fine.steps[axis] + fine.origin[axis] + (fine.steps[axis] - 1) / 2
        there = np.floor((centre - chest.origin[axis]) / chest.steps[axis]).astype(int)
        out.append(np.clip(there, 0, size - 1))
    return out
