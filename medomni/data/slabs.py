"""Which part of a volume the model sees: slabs over the chest, in a fixed physical field of view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from medomni.config import Config
from medomni.volume import Segmentation, Volume

AIR_HU = -1024
CHEST = ("lung", "hemithorax", "pleural_space")


class SlabSettings(Config):
    """Size of the model's view: ``slices`` slabs of ``size`` x ``size`` pixels over ``field_mm`` millimetres.

    ``size`` must be a multiple of the family's patch x merge (32 for Qwen3-Omni, 28 for Qwen2.5-Omni).
    """

    slices: Annotated[int, Field(ge=2)] = 16
    size: Annotated[int, Field(ge=28)] = 96
    field_mm: Annotated[float, Field(gt=0)] = 336.0


@dataclass(frozen=True, eq=False)
class Slabs:
    """What the model sees.

    Attributes:
        hu: (slices, size, size), int16 Hounsfield units; slabs run from the feet to the head, rows to the back,
            columns to the patient's left (column 0 is the patient's right).
        pair_mm: distance between two slab pairs along the body axis.
        centres_mm: LPS z of each slab's centre, (slices,).
        source: ``chest`` where a segmentation gave the box, ``whole`` where the whole volume was used.
    """

    hu: NDArray[np.int16]
    pair_mm: float
    centres_mm: tuple[float, ...]
    source: str


@dataclass(frozen=True)
class Frame:
    """Where the slabs lie in an axial volume: slices ``z``, and a square of rows and columns (may leave the volume).

    Attributes:
        source: as in :class:`Slabs`.
    """

    z: tuple[int, int]
    rows: tuple[float, float]
    columns: tuple[float, float]
    source: str

    def resampled(self, array: NDArray[Any], settings: SlabSettings, outside: float) -> NDArray[np.float32]:
        """Mean of an axial (slices, rows, columns) array in each pixel of each slab; ``outside`` fills the rest."""
        region = _padded(array[self.z[0]:self.z[1]], *self.rows, *self.columns, outside)
        tensor = torch.from_numpy(np.ascontiguousarray(region, dtype=np.float32))[None, None]
        size = (settings.slices, settings.size, settings.size)
        return torch.nn.functional.interpolate(tensor, size, mode="area")[0, 0].numpy()


def chest_frame(volume: Volume, segmentation: Segmentation | None, settings: SlabSettings) -> Frame:
    """The box of lungs and pleura, or the whole volume without one.

    The box is centred on the chest and has a fixed size in millimetres, so that sizes keep their scale.
    """
    upright = volume.axial()
    box = _chest_box(volume, upright, segmentation)
    depth, rows, columns = upright.array.shape
    _, dr, dc = (float(np.linalg.norm(upright.affine[:3, k])) for k in range(3))
    centre_r = (box[1][0] + box[1][1]) / 2 if box else rows / 2
    centre_c = (box[2][0] + box[2][1]) / 2 if box else columns / 2
    half_r, half_c = settings.field_mm / 2 / dr, settings.field_mm / 2 / dc
    return Frame((box[0][0], box[0][1]) if box else (0, depth), (centre_r - half_r, centre_r + half_r),
                 (centre_c - half_c, centre_c + half_c), "chest" if box else "whole")


def chest_slabs(volume: Volume, segmentation: Segmentation | None, settings: SlabSettings) -> Slabs:
    """Average the volume to slabs over its :func:`chest_frame`.

    Each slab is the mean of all voxels in it (area resampling), so nothing between two slices is skipped.
    """
    upright = volume.axial()
    frame = chest_frame(volume, segmentation, settings)
    hu = frame.resampled(upright.array, settings, AIR_HU).round().clip(-32768, 32767).astype(np.int16)
    z0, z1 = frame.z
    step = (z1 - z0) / settings.slices
    index = np.zeros((settings.slices, 3))
    index[:, 0] = z0 + (np.arange(settings.slices) + 0.5) * step - 0.5
    dz = float(np.linalg.norm(upright.affine[:3, 0]))
    centres = tuple(float(z) for z in upright.to_lps(index)[:, 2])
    return Slabs(hu, 2 * step * dz, centres, frame.source)


def _chest_box(
    volume: Volume, upright: Volume, segmentation: Segmentation | None
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None:
    if segmentation is None:
        return None
    values = [v for v, row in segmentation.table.items() if row.anatomy_id in CHEST]
    mask = np.isin(segmentation.labels, values)
    if not mask.any():
        return None
    grid = Volume(mask.astype(np.int16), volume.affine, volume.study).axial()
    assert grid.array.shape == upright.array.shape
    spans = []
    for axis in range(3):
        line = np.flatnonzero(grid.array.any(axis=tuple(k for k in range(3) if k != axis)))
        spans.append((int(line[0]), int(line[-1]) + 1))
    return spans[0], spans[1], spans[2]


def _padded(array: NDArray[Any], r0: float, r1: float, c0: float, c1: float, outside: float) -> NDArray[Any]:
    a, b, c, d = round(r0), round(r1), round(c0), round(c1)
    inside = array[:, max(a, 0):max(b, 0), max(c, 0):max(d, 0)]
    pad = ((0, 0), (max(-a, 0), max(b - array.shape[1], 0)), (max(-c, 0), max(d - array.shape[2], 0)))
    return np.pad(inside, pad, constant_values=outside)
