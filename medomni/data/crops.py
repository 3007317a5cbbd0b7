"""Where a chest and its findings lie in millimetres, and squares cut out of axial slices."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from medomni.data.slabs import AIR_HU
from medomni.volume import Segmentation, Volume, axis_alignment, reorient

Interval = tuple[float, float]
MARGIN_MM = 10.0


class Chest:
    """The places that a choice needs, all in LPS millimetres of the axial volume: none depends on the array's order.

    Attributes:
        axial: the volume, slices to the head. levels: LPS z of each slice at the middle of its plane.
        lung: True where lungs were segmented; else the whole volume stands for them.
    """

    def __init__(self, volume: Volume, segmentation: Segmentation) -> None:
        self.axial = volume.axial()
        labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
        shape = self.axial.array.shape
        middle = np.array([[k, (shape[1] - 1) / 2, (shape[2] - 1) / 2] for k in range(shape[0])])
        self.levels = np.round(self.axial.to_lps(middle)[:, 2], 3)
        lung = np.isin(labels, _values(segmentation, ("lung",)))
        self.lung = bool(lung.any())
        rows = [0, shape[1] - 1, 0, shape[2] - 1]
        self.slices = _ends(lung.any(axis=(1, 2))) if self.lung else (0, shape[0] - 1)
        named = _values(segmentation, ("body",))
        inside = labels[self.slices[0]:self.slices[1] + 1] > 0 if named else lung
        self.lung_box = self._square(_box(lung.any(axis=0), rows) if self.lung else rows, MARGIN_MM)
        self.body_box = self._square(_box(inside.any(axis=0), rows) if inside.any() else rows, 0.0)

    def at(self, z_mm: float) -> int:
        """The axial slice (from the feet) that lies nearest to a level; of two that do, the lower."""
        away = np.round(np.abs(self.levels - z_mm), 3)
        return int(np.flatnonzero(away == away.min())[0])

    def _square(self, box: list[int], margin: float) -> tuple[Interval, Interval]:
        """((x, x), (y, y)) of the square about a box of (first row, last row, first column, last column)."""
        k = (self.slices[0] + self.slices[1]) / 2
        corners = self.axial.to_lps(np.array([[k, box[0] - 0.5, box[2] - 0.5], [k, box[1] + 0.5, box[3] + 0.5]]))
        x, y = sorted(corners[:, 0]), sorted(corners[:, 1])
        side = max(x[1] - x[0], y[1] - y[0]) + 2 * margin
        return square((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, side)


def square(x_mm: float, y_mm: float, side_mm: float) -> tuple[Interval, Interval]:
    """((x, x), (y, y)) of a square about a point, to a tenth of a millimetre."""
    x0, y0, side = round(x_mm - side_mm / 2, 1), round(y_mm - side_mm / 2, 1), round(side_mm, 1)
    return (x0, round(x0 + side, 1)), (y0, round(y0 + side, 1))


def crop_edges(axial: Volume, index: int, x_mm: Interval, y_mm: Interval) -> tuple[float, float, float, float]:
    """(first row, end row, first column, end column), fractional, of a rectangle in a slice of an axial volume."""
    z = float(axial.to_lps(np.array([index, (axial.array.shape[1] - 1) / 2, (axial.array.shape[2] - 1) / 2]))[2])
    at = axial.to_index(np.array([[x_mm[0], y_mm[0], z], [x_mm[1], y_mm[1], z]])) + 0.5
    return float(at[0, 1]), float(at[1, 1]), float(at[0, 2]), float(at[1, 2])


def cropped(axial: Volume, index: int, x_mm: Interval, y_mm: Interval, size: int) -> NDArray[np.int16]:
    """A rectangle of an axial slice as (size, size) int16 HU, each pixel the mean of what lies in it; air outside."""
    r0, r1, c0, c1 = (round(v) for v in crop_edges(axial, index, x_mm, y_mm))
    plane = axial.array[index]
    inside = plane[max(r0, 0):max(r1, 0), max(c0, 0):max(c1, 0)]
    pad = ((max(-r0, 0), max(r1 - plane.shape[0], 0)), (max(-c0, 0), max(c1 - plane.shape[1], 0)))
    region = np.pad(inside, pad, constant_values=AIR_HU)
    tensor = torch.from_numpy(np.ascontiguousarray(region, dtype=np.float32))[None, None]
    out = torch.nn.functional.interpolate(tensor, (size, size), mode="area")[0, 0].numpy()
    return out.round().clip(-32768, 32767).astype(np.int16)


def _values(segmentation: Segmentation, names: Iterable[str]) -> list[int]:
    return [v for v, row in segmentation.table.items() if row.anatomy_id in names]


def _ends(line: NDArray[np.bool_]) -> tuple[int, int]:
    at = np.flatnonzero(line)
    return int(at[0]), int(at[-1])


def _box(mask: NDArray[np.bool_], whole: list[int]) -> list[int]:
    """(first row, last row, first column, last column) of what is set; ``whole`` where nothing is."""
    return [*_ends(mask.any(axis=1)), *_ends(mask.any(axis=0))] if mask.any() else whole
