"""Soft tissue where lung should be: where to look for it, and what tells its kinds apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import parts

LINE_MM = 26.0
"""From the midline: nearer to it soft tissue is the middle's."""
BULGE_MM, BULGE_CONTACT = 25.0, 0.2


def soft_space(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> Mask:
    """Soft tissue inside the ribs, above the diaphragm, that is neither heart, mediastinum, liver nor fluid."""
    smooth = ndimage.gaussian_filter(chest.hu, chest.sigma(1.5, along_z=False))
    soft = chest.cage & (smooth > -250) & (chest.depth > 5.0)
    z = np.arange(chest.hu.shape[0], dtype=np.float32)[:, None, None]
    above = z > floor[None] + 4.0 / chest.spacing[0]
    near = ndimage.binary_dilation(taken, iterations=chest.px(4.0))
    out = soft & above & ~near & (np.abs(chest.x) > LINE_MM)
    for name in ("heart", "liver", "airway"):
        out &= ~chest.masks[name]
    return out


def large_parts(chest: Chest, mask: Mask, ml: float) -> Mask:
    """The components of a mask that hold at least ``ml``."""
    labels, sizes = parts(mask)
    return (sizes * chest.voxel_ml >= ml)[labels]


def without_bulges(chest: Chest, core: Mask) -> Mask:
    """Soft tissue without the pieces of a slice that hug the middle: hila, great vessels, the heart's border and fat.

    Their outline runs smoothly on from the heart or the mediastinum, whose labels end at a fixed distance from the
    midline; in a single slice they touch it broadly and nowhere reach far beyond it, as airless lung and masses do.
    """
    out = core.copy()
    plane = np.ones((3, 3), bool)
    rim = chest.px(4.0)
    for k in np.flatnonzero(core.any(axis=(1, 2))):
        middle = chest.masks["heart"][k] | chest.masks["mediastinum"][k]
        if not middle.any():
            continue
        away = ndimage.distance_transform_edt(~middle, sampling=chest.spacing[1:])
        labels, _ = ndimage.label(core[k])
        for i, box in enumerate(ndimage.find_objects(labels), start=1):
            if away[labels == i].max() >= BULGE_MM:
                continue
            around = tuple(slice(max(0, b.start - rim - 1), b.stop + rim + 1) for b in box)
            part = labels[around] == i
            ring = ndimage.binary_dilation(part, plane, iterations=rim) & ~part
            if (ring & middle[around]).sum() > BULGE_CONTACT * ring.sum():
                out[k][around] &= ~part
    return out


def features(
    chest: Chest, part: Mask, box: tuple[slice, ...], side: str, floor: NDArray[np.float32]
) -> dict[str, float]:
    """Size, density, border and surroundings of an opacity.

    ``high`` is the median height in millimetres over the diaphragm, ``under`` the share of its columns that go on as
    soft tissue below it.
    """
    around = tuple(slice(max(0, b.start - 6), min(n, b.stop + 6)) for b, n in zip(box, chest.hu.shape, strict=True))
    wide = np.zeros(tuple(a.stop - a.start for a in around), bool)
    wide[tuple(slice(b.start - a.start, b.stop - a.start) for a, b in zip(around, box, strict=True))] = part
    hu = chest.hu[around]
    inner = ndimage.binary_erosion(wide)
    ring1 = ndimage.binary_dilation(wide, iterations=chest.px(6.0))
    ring = ring1 & ~ndimage.binary_dilation(wide, iterations=1)
    lung = chest.masks[f"lung/{side}"][around]
    x = np.abs(np.broadcast_to(chest.x, chest.hu.shape)[box][part])
    other = np.zeros_like(wide)
    for name in ("heart", "mediastinum", "liver"):
        other |= chest.masks[name][around]
    area = part.sum(axis=(1, 2)).max() * chest.spacing[1] * chest.spacing[2]
    z, y, x_at = np.nonzero(part)
    columns = np.nonzero(part.any(axis=0))
    lowest = part.argmax(axis=0)[columns] + box[0].start
    below = np.maximum(lowest - 1, 0), columns[0] + box[1].start, columns[1] + box[2].start
    height = (z + box[0].start - floor[y + box[1].start, x_at + box[2].start]) * chest.spacing[0]
    values = hu[inner] if inner.any() else hu[wide]
    ringed = hu[ring & chest.cage[around]]
    return {
        "ml": float(part.sum() * chest.voxel_ml), "hu": float(np.median(values)),
        "fade": float(((ringed > -650) & (ringed < -150)).mean()) if ringed.size else 1.0,
        "lung": float((lung & ring).sum() / max(1, ring.sum())),
        "other": float((other & ring).sum() / max(1, ring.sum())),
        "x": float(np.median(x)), "depth": float(np.median(chest.depth[box][part])), "area": float(area / 100),
        "high": float(np.median(height)), "under": float(((chest.hu[below] > -250) & (lowest > 0)).mean()),
        "tall": float(part.shape[0] * chest.spacing[0]),
        "wide": float(max(part.shape[1] * chest.spacing[1], part.shape[2] * chest.spacing[2])),
    }
