"""What the measuring functions see: axial HU and the organ masks, cropped to the cage at working resolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.records import Point
from medomni.volume import Segmentation, Volume, among, axis_alignment, block_means, reorient, thinning

Mask = NDArray[np.bool_]
SIDES = ("right", "left")


@dataclass(frozen=True, eq=False)
class Chest:
    """A chest ready to be measured.

    Attributes:
        hu: (slices, rows, columns) float32, axial: slices run to the head, rows to the back, columns to the left.
        spacing: millimetres between slices, rows, columns.
        masks: organ masks of the same shape: ``lung/right``, ``hemithorax/left``, ``heart`` and so on.
        midline: column of the spine per slice.
        origin, steps: index in the axial volume of voxel (0, 0, 0), and axial voxels per voxel.
        axial: the axial volume's affine. shape: the axial volume's shape.
        situs_inversus: whether the liver lies on the left; lungs have their lobes mirrored then.
    """

    hu: NDArray[np.float32]
    spacing: tuple[float, float, float]
    masks: Mapping[str, Mask]
    midline: NDArray[np.float64]
    origin: tuple[int, int, int]
    steps: tuple[int, int, int]
    axial: NDArray[np.float64]
    shape: tuple[int, int, int]
    situs_inversus: bool = False

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in millilitres."""
        return self.spacing[0] * self.spacing[1] * self.spacing[2] / 1000.0

    def ml(self, mask: Mask) -> float:
        """Volume of a mask in millilitres."""
        return float(np.count_nonzero(mask)) * self.voxel_ml

    def px(self, mm: float) -> int:
        """In-plane pixels of a length, at least one."""
        return max(1, round(mm / self.spacing[1]))

    def sigma(self, mm: float, along_z: bool = True) -> tuple[float, float, float]:
        """Gaussian standard deviation in voxels of a length in millimetres."""
        return (mm / self.spacing[0] if along_z else 0.0, mm / self.spacing[1], mm / self.spacing[2])

    def point(self, index: NDArray[np.float64]) -> Point:
        """LPS millimetres of a (slice, row, column) index of ``hu``."""
        at = np.asarray(index, float) * self.steps + self.origin + (np.array(self.steps) - 1) / 2
        lps = at @ self.axial[:3, :3].T + self.axial[:3, 3]
        return tuple(round(float(v), 1) for v in lps)  # type: ignore[return-value]

    @cached_property
    def lung(self) -> Mask:
        """Both lungs."""
        return self.masks["lung/right"] | self.masks["lung/left"]

    @cached_property
    def cage(self) -> Mask:
        """Inside of the ribs: lungs, mediastinum, fluid, and the upper abdomen."""
        names = ("airway", "heart", "mediastinum", "liver", "hemithorax/right", "hemithorax/left")
        out = self.lung.copy()
        for name in names:
            out |= self.masks[name]
        return out

    @cached_property
    def depth(self) -> NDArray[np.float32]:
        """In-plane distance in millimetres from the inside of the ribs, 0 outside the cage."""
        out = np.zeros(self.hu.shape, np.float32)
        for k in np.flatnonzero(self.cage.any(axis=(1, 2))):
            out[k] = ndimage.distance_transform_edt(self.cage[k], sampling=self.spacing[1:])
        return out

    @cached_property
    def x(self) -> NDArray[np.float32]:
        """Millimetres to the left of the midline, shape (slices, 1, columns)."""
        columns = np.arange(self.hu.shape[2])[None, None, :]
        return ((columns - self.midline[:, None, None]) * self.spacing[2]).astype(np.float32)

    def half(self, side: str) -> Mask:
        """Everything on one side of the midline."""
        return np.broadcast_to(self.x < 0 if side == "right" else self.x >= 0, self.hu.shape)

    @cached_property
    def floor(self) -> NDArray[np.float32]:
        """Slice index of the diaphragm per column, (rows, columns), from the lungs alone."""
        from medomni.findings.floor import diaphragm

        return diaphragm(self)

    @cached_property
    def noise(self) -> float:
        """Noise in HU: median local standard deviation in soft tissue."""
        soft = self.cage & (self.local_mean > -20) & (self.local_mean < 250)
        return float(np.median(self.local_sd[soft])) if soft.sum() > 50 else 15.0

    @cached_property
    def local_mean(self) -> NDArray[np.float32]:
        """Mean HU over about 5 mm in the slice."""
        return ndimage.gaussian_filter(self.hu, self.sigma(2.6, along_z=False), truncate=2.0)

    @cached_property
    def local_sd(self) -> NDArray[np.float32]:
        """Standard deviation of HU over about 5 mm in the slice."""
        clipped = np.clip(self.hu, -400, 400)
        s = self.sigma(2.6, along_z=False)
        m = ndimage.gaussian_filter(clipped, s, truncate=2.0)
        return np.sqrt(np.maximum(ndimage.gaussian_filter(clipped * clipped, s, truncate=2.0) - m * m, 0))


def chest_of(volume: Volume, segmentation: Segmentation, in_plane_mm: float = 1.5, slice_mm: float = 2.5) -> Chest:
    """The chest of a volume that was segmented; the caller has seen that the lungs are there."""
    axial = volume.axial()
    labels, _ = reorient(segmentation.labels, volume.affine, *axis_alignment(volume.affine))
    sz, sy, sx = axial.spacing_mm
    steps = thinning(axial.spacing_mm, in_plane_mm, slice_mm)
    value = {(r.anatomy_id, r.side): v for v, r in segmentation.table.items()}
    inside = among(labels, [v for (name, _), v in value.items() if name in
                            ("lung", "hemithorax", "heart", "rib", "spleen", "aorta")])
    box = []
    for axis, step in enumerate(steps):
        at = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
        pad = round(8.0 / axial.spacing_mm[axis]) if axis else 0
        lo, hi = max(0, int(at[0]) - pad), min(labels.shape[axis], int(at[-1]) + 1 + pad)
        box.append(slice(lo - lo % step, hi))
    hu = block_means(axial.array[tuple(box)], steps)
    small = labels[tuple(box)][tuple(slice(step // 2 if n > step // 2 else 0, None, step) for step, n in
                                     zip(steps, labels.shape, strict=True))]
    if small.shape != hu.shape:  # the last block was cut short
        small = np.pad(small, [(0, h - s) for h, s in zip(hu.shape, small.shape, strict=True)], mode="edge")
    names = {f"{name}/{side}" if side in SIDES and name != "liver" else name: v for (name, side), v in value.items()}
    masks = {name: small == v for name, v in names.items()}
    for part, whole in (("aorta", "mediastinum"), ("spleen/left", "hemithorax/left"),
                        ("spleen/right", "hemithorax/right")):  # these are measured as a whole
        if part in masks and whole in masks:
            masks[whole] |= masks[part]
    for name in ("lung/right", "lung/left", "hemithorax/right", "hemithorax/left", "airway", "heart", "mediastinum",
                 "liver", "spine", "rib/right", "rib/left"):
        masks.setdefault(name, np.zeros(small.shape, bool))
    spacing = (sz * steps[0], sy * steps[1], sx * steps[2])
    origin = tuple(b.start for b in box)
    return Chest(np.ascontiguousarray(np.clip(hu, -1024, 3071)), spacing, masks, _midline(masks), origin, steps,  # type: ignore[arg-type]
                 axial.affine, axial.array.shape, segmentation.situs_inversus)  # type: ignore[arg-type]


def _midline(masks: Mapping[str, Mask]) -> NDArray[np.float64]:
    """Column of the spine per slice; half-way between the lungs where there is none."""
    spine, right, left = masks["spine"], masks["lung/right"], masks["lung/left"]
    columns = np.arange(spine.shape[2])
    out = np.full(spine.shape[0], np.nan)
    for k in range(spine.shape[0]):
        rows = np.flatnonzero(spine[k].any(axis=1))  # the back half: an aorta full of contrast lies in front of it
        profile = spine[k, (rows[0] + rows[-1]) // 2 :].sum(axis=0) if rows.size else np.zeros(1)
        if profile.sum() >= 10:
            out[k] = float((profile * columns).sum() / profile.sum())
        elif right[k].any() and left[k].any():
            out[k] = (np.flatnonzero(right[k].any(axis=0))[-1] + np.flatnonzero(left[k].any(axis=0))[0]) / 2
    known = np.isfinite(out)
    if not known.any():
        return np.full(out.shape, spine.shape[2] / 2.0)
    out = np.interp(np.arange(out.size), np.flatnonzero(known), out[known])
    return ndimage.median_filter(out, 5, mode="nearest")
