"""Where nodules may be: bright blobs in and on the lung.

Candidates are maxima of the difference of two Gaussian-smoothed lungs at four scales (Lowe 2004, IJCV 60:91); a tube
(vessel) has one direction along which the brightness does not fall off, a blob has none, which the eigenvalues of the
Hessian tell (Frangi et al. 1998, MICCAI; Li, Sone, Doi 2003, Med Phys 30:2040).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask

SCALES_MM = (2.0, 3.0, 4.5, 6.8)
LUNG_HU, BRIGHT_HU = -850.0, 80.0
LEAST_STRENGTH, LEAST_BLOB, LEAST_FLAT = 50.0, 0.25, 0.35
APART_MM = 3.0
PLEURA_MM, MIDDLE_MM, DIAPHRAGM_MM = 1.5, 20.0, 3.0
MEDIASTINAL_MM = 8.0


@dataclass(frozen=True)
class Candidate:
    """One blob: ``index`` (slice, row, column) on the chest's grid, ``scale`` in mm, ``strength`` the weakest curvature
    times the scale squared in HU, ``blob`` and ``flat`` the weakest and the middle curvature by the strongest."""

    index: tuple[int, int, int]
    scale: float
    strength: float
    blob: float
    flat: float


def envelope(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> Mask:
    """Lung with what may sit in or on it: inside the ribs, above the diaphragm, and the mediastinum's border, also
    between the lungs, where they nearly meet behind the breastbone."""
    z = np.arange(chest.hu.shape[0], dtype=np.float32)[:, None, None]
    beside = chest.depth > PLEURA_MM
    beside &= z > floor[None] + DIAPHRAGM_MM / chest.spacing[0]
    beside &= chest.cage & ~chest.masks["heart"] & ~chest.masks["liver"]
    middle = chest.masks["mediastinum"]
    if middle.any():
        lung = ndimage.binary_dilation(chest.lung, np.ones((1, 3, 3), bool), iterations=chest.px(MEDIASTINAL_MM))
        beside &= lung | ~middle & (np.abs(chest.x) > MIDDLE_MM)
    return (chest.lung | beside) & ~taken & ~chest.masks["airway"]


def candidates(chest: Chest, space: Mask) -> list[Candidate]:
    """Blobs within ``space``, strongest first, none nearer than 3 mm to a stronger one."""
    image = np.where(space, np.clip(chest.hu, LUNG_HU, BRIGHT_HU), LUNG_HU).astype(np.float32)
    size = [2 * max(1, round(2.5 / s)) + 1 for s in chest.spacing]
    rows: list[NDArray[np.float64]] = []
    with ThreadPoolExecutor(2) as pool:
        smoothed = list(pool.map(lambda mm: ndimage.gaussian_filter(image, chest.sigma(mm), truncate=3.0),
                                 (*SCALES_MM, 1.5 * SCALES_MM[-1])))
    for scale, smooth, wider in zip(SCALES_MM, smoothed, smoothed[1:], strict=False):
        bulge = smooth - wider  # a nodule on a vessel is no maximum of brightness, but one of this
        peak = (ndimage.maximum_filter(bulge, size=size) == bulge) & (smooth > LUNG_HU + 60) & space
        at = np.argwhere(peak)
        at = at[np.all((at > 0) & (at < np.array(peak.shape) - 1), axis=1)]
        if not len(at):
            continue
        e = _curvatures(smooth, at, chest.spacing) * scale**2
        strongest = np.minimum(e[:, 0], -1e-6)
        kept = (-e[:, 2] > LEAST_STRENGTH) & (e[:, 2] / strongest > LEAST_BLOB) & (e[:, 1] / strongest > LEAST_FLAT)
        shape = (-e[:, 2], e[:, 2] / strongest, e[:, 1] / strongest)
        rows.append(np.column_stack([at, np.full(len(at), scale), *shape])[kept])
    found = np.concatenate(rows) if rows else np.zeros((0, 7))
    found = found[np.argsort(-found[:, 4])]
    spacing = np.array(chest.spacing)
    kept_at = np.zeros((0, 3))
    out = []
    for row in found:
        if len(kept_at) and np.min(np.linalg.norm((kept_at - row[:3]) * spacing, axis=1)) <= APART_MM:
            continue
        kept_at = np.vstack([kept_at, row[:3]])
        out.append(Candidate(tuple(int(v) for v in row[:3]), *(float(v) for v in row[3:])))  # type: ignore[arg-type]
    return out


def _curvatures(smooth: NDArray[np.float32], at: NDArray[np.int64], spacing: tuple[float, float, float],
                ) -> NDArray[np.float64]:
    """(n, 3) eigenvalues of the Hessian in HU/mm2 at voxels, most negative first."""
    def shifted(step: tuple[int, int, int]) -> NDArray[np.float64]:
        return smooth[at[:, 0] + step[0], at[:, 1] + step[1], at[:, 2] + step[2]].astype(np.float64)

    unit = np.eye(3, dtype=int)
    centre = shifted((0, 0, 0))
    hessian = np.empty((len(at), 3, 3))
    for a in range(3):
        hessian[:, a, a] = (shifted(tuple(unit[a])) - 2 * centre + shifted(tuple(-unit[a]))) / spacing[a] ** 2
        for b in range(a):
            mixed = sum(p * q * shifted(tuple(p * unit[a] + q * unit[b])) for p in (1, -1) for q in (1, -1))
            hessian[:, a, b] = hessian[:, b, a] = mixed / (4 * spacing[a] * spacing[b])
    return np.linalg.eigvalsh(hessian)
