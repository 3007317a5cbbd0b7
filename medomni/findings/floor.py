"""The diaphragm as a smooth surface under the lungs, so that the upper abdomen is not taken for disease."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from medomni.findings.chest import Chest, Mask


def diaphragm(chest: Chest, fluid: Mask | None = None) -> NDArray[np.float32]:
    """Slice index of the diaphragm per column, (rows, columns) float32.

    Both domes share one quadratic in the distance from the midline and in depth, each with its own height, so that
    a side whose base is hidden takes its shape from the other. Columns where the lung (or ``fluid``, which lies on the
    diaphragm like lung) ends far above the surface lose their weight: they rest on the heart or on consolidation.
    """
    height, width = chest.hu.shape[1:]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x = (x - float(np.median(chest.midline))) * chest.spacing[2] / 100
    y = (y - height / 2) * chest.spacing[1] / 100
    u, left = np.abs(x), (x >= 0).astype(np.float32)
    basis = np.stack([1 - left, left, u, y, u * u, u * y, y * y], axis=-1)
    seen, low = np.zeros((height, width), bool), np.zeros((height, width), np.float32)
    for side in ("right", "left"):
        base = chest.masks[f"lung/{side}"] | (fluid & chest.half(side)) if fluid is not None else \
            chest.masks[f"lung/{side}"]
        mine = base.any(axis=0) & ((x < 0) if side == "right" else (x >= 0)) & (u > 0.3)
        low = np.where(mine, base.argmax(axis=0) * np.float32(chest.spacing[0]), low)
        seen |= mine
    if seen.sum() < 80:
        return np.zeros((height, width), np.float32)
    a, b = basis[seen].astype(np.float64), low[seen].astype(np.float64)
    typical = np.array([0, 0, 1.2 * 138, 0.2 * 48, -138.0, 0.0, -50.0])  # mm; a dome 60 mm wide to each side of its top
    trust = np.diag([0, 0, 2e-3, 2e-3, 4e-3, 4e-3, 4e-3]) * len(b) * 0.05
    if not (a[:, 0].any() and a[:, 1].any()):  # a lung is missing: its dome is as high as the other
        trust[:2, :2] += len(b) * 1e-3 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    weight, coefficients = np.ones_like(b), typical
    for _ in range(15):
        w = weight[:, None]
        coefficients = np.linalg.solve(a.T @ (a * w) + trust, a.T @ (b * weight) + trust @ typical)
        rest = b - a @ coefficients
        weight = np.where(rest > 0, 1 / (1 + (rest / 6.0) ** 2) ** 1.5, 1 / (1 + (rest / 25.0) ** 2))
    return np.clip(basis @ coefficients / chest.spacing[0], -1, chest.hu.shape[0]).astype(np.float32)
