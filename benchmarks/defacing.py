"""How much of the face the shear cuts, and of the brain, on synthetic CT heads turned by up to 10 degrees: `python -m
benchmarks.defacing`. Arrays alone are measured here, no files: the shear is not part of `medomni deidentify` yet.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from medomni.dicom.deid.shear import GRID_MM, brain_in_ct, shear_of
from medomni.phantom.head import LOW, VALUES, VOXEL_MM, Head, synthetic_head

FIRST_SEED, HEADS = 200, 24
ORIGIN, SHAPE = np.array([-140.0, -160.0, -190.0]), (165, 160, 140)  # x, y, z; (z, y, x)


class Measured(NamedTuple):
    """Of one head, shares of voxels: face's and ears' skin cut, brain kept; and whether all landmarks were cut."""

    face: float
    ears: float
    brain: float
    landmarks: bool


def scanned(head: Head, turn: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """HU with noise, and the true brain, (z, y, x), of a head turned by a rotation matrix."""
    rng = np.random.default_rng([seed, 7402])
    grid = np.stack(np.meshgrid(*(np.arange(n) * GRID_MM for n in SHAPE), indexing="ij"), -1)[..., ::-1] + ORIGIN
    own = (grid @ turn - LOW) / VOXEL_MM
    index = [own[..., 2], own[..., 1], own[..., 0]]
    values = np.array(VALUES["CT"], dtype=np.float32)[head.tissue]
    hu = ndimage.map_coordinates(values, index, order=1, cval=-1000.0) + rng.normal(0, 8, SHAPE)
    return hu.astype(np.float32), ndimage.map_coordinates(head.brain.astype(np.uint8), index, order=0) > 0


def measured(seed: int) -> Measured | None:
    """One head; None where its brain was not found."""
    head = synthetic_head(seed)
    turn = Rotation.from_euler("xyz", np.random.default_rng([seed, 7403]).uniform(-10, 10, 3), degrees=True).as_matrix()
    values, brain = scanned(head, turn, seed)
    found = brain_in_ct(values)
    if found is None:
        return None
    shear = shear_of(found, ORIGIN)
    marks = np.stack(list(head.landmarks.values()))
    return Measured(float(shear.cuts(head.face @ turn.T).mean()), float(shear.cuts(head.ears @ turn.T).mean()),
                    float(1 - shear.cuts(np.argwhere(brain)[:, ::-1] * GRID_MM + ORIGIN).mean()),
                    bool(shear.cuts(marks @ turn.T).all()))


def run(heads: int = HEADS, first: int = FIRST_SEED) -> str:
    """The figures as one line."""
    each = [measured(seed) for seed in range(first, first + heads)]
    done = [m for m in each if m is not None]
    if not done:
        return f"{heads} heads: every one refused"
    face, ears, brain = (np.array([m[k] for m in done]) for k in range(3))
    return (f"{heads} heads, {heads - len(done)} refused; face's skin cut: mean {face.mean():.4f}, least "
            f"{face.min():.4f}; ears' skin cut: mean {ears.mean():.4f}; brain kept: least {brain.min():.5f}; all of "
            f"eyes, nose, mouth and chin cut in {sum(m.landmarks for m in done)} of {len(done)}")


if __name__ == "__main__":
    print(run(*(int(a) for a in sys.argv[1:])))
