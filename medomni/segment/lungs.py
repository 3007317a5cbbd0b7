"""Aerated lung, left and right: the large air spaces of the trunk that are neither airway nor bowel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import ndimage

from medomni.segment.grid import Grid, Mask, components, depths, dilated, disk, far, opened, slicewise

AIR_HU = -400.0  # between aerated lung (-850) and soft tissue (40): Hu et al. 2001, IEEE TMI 20(6):490

SKIN_MM = 4.0
DOME_RADIUS_MM, DOME_MM, STANDS = 9.0, 25.0, 0.9
"""The top of the liver or the spleen, enclosed by lung: the least radius of a slice of it (what is narrower is a lesion
on it, or hardly a millimetre high), its height at most (what is higher is airless lung), and the least share of a slice
of it that has tissue under it."""


def air_inside(grid: Grid, body: Mask) -> Mask:
    """Gas and aerated lung inside the trunk, 4 mm away from the skin."""
    return (grid.smooth(grid.hu, 0.8) < AIR_HU) & far(body, SKIN_MM, grid.spacing)


def split_lungs(grid: Grid, air: Mask, airway: Mask, midline: np.ndarray) -> tuple[Mask, Mask]:
    """(right, left) lung, each (slices, rows, columns) bool, closed in-plane by 5 mm over its vessels.

    ``midline`` is the column of the mediastinum per slice. Lungs that touch (anterior or posterior junction line) are
    parted by markers: what survives an erosion and lies on one side of the midline; the rest goes to the marker
    that is nearest. Pieces of gas that belong to neither, such as the stomach's, are left out.
    """
    tube = dilated(airway, grid.pixels(2.5))
    space = air & ~tube
    space = opened(space, 1) if grid.spacing[1] < 2.0 else space
    labels, sizes = components(space)
    keep = np.flatnonzero(sizes * grid.voxel_ml >= 40.0)
    columns = np.arange(air.shape[2])[None, None, :]
    is_right = columns < midline[:, None, None]
    right, left = np.zeros_like(air), np.zeros_like(air)
    for i in keep:
        part = labels == i
        share = float((part & is_right).sum()) / sizes[i]
        if share > 0.93:
            right |= part
        elif share < 0.07:
            left |= part
        else:
            a, b = _parted(grid, part, is_right)
            right |= a
            left |= b
    right, left = _without_bowel(grid, right), _without_bowel(grid, left)
    small = np.flatnonzero((sizes * grid.voxel_ml < 40.0) & (sizes * grid.voxel_ml > 0.3))
    for mask in (right, left):
        _take_neighbours(grid, mask, labels, small, right | left)
    both = right | left
    closed = []
    for mask in (right, left):
        closed.append(_closed(grid, mask) & ~tube & ~(both & ~mask))
    return closed[0], closed[1] & ~closed[0]


def _parted(grid: Grid, part: Mask, is_right: Mask) -> tuple[Mask, Mask]:
    """One air component over both sides, cut where it is thin near the midline."""
    depth = depths(part, grid.spacing)
    for mm in (3.0, 5.0, 8.0, 12.0):
        core = depth > mm
        labels, sizes = components(core)
        share = np.bincount(labels[core & is_right], minlength=sizes.size) / np.maximum(sizes, 1)
        big = sizes * grid.voxel_ml > 5.0
        mixed = big & (share > 0.1) & (share < 0.9)
        if big.any() and not mixed.any():
            r = np.isin(labels, np.flatnonzero(big & (share >= 0.5)))
            l = np.isin(labels, np.flatnonzero(big & (share < 0.5)))
            if r.any() and l.any():
                nearer = _nearer(grid, part, r, l)
                return part & nearer, part & ~nearer
    return part & is_right, part & ~is_right


def _nearer(grid: Grid, part: Mask, core: Mask, other: Mask) -> Mask:
    """Where in the box of ``part`` its piece ``core`` is at least as near in space as ``other``; both at once."""
    box = ndimage.find_objects(part)[0]
    with ThreadPoolExecutor(2) as pool:
        to_core, to_other = pool.map(
            lambda piece: ndimage.distance_transform_edt(~piece[box], sampling=grid.spacing), (core, other))
    out = np.zeros_like(part)
    out[box] = to_core <= to_other
    return out


def _without_bowel(grid: Grid, side: Mask) -> Mask:
    """Only components that can be lung: the largest, and others that do not lie wholly below its middle."""
    labels, sizes = components(side)
    if sizes.size <= 2:
        return side
    main = int(sizes.argmax())
    z = np.arange(side.shape[0])
    area = (labels == main).sum(axis=(1, 2))
    centre = float((z * area).sum() / max(1, area.sum()))
    keep = [main]
    for i, box in enumerate(ndimage.find_objects(labels), start=1):
        if i == main or box is None:
            continue
        part = labels[box] == i
        below = (box[0].start + box[0].stop) / 2 < centre
        gas = float(np.median(grid.hu[box][part])) < -928
        if not (below and gas) and sizes[i] * grid.voxel_ml > 40:
            keep.append(i)
    return np.isin(labels, keep)


def _take_neighbours(grid: Grid, mask: Mask, labels: np.ndarray, small: np.ndarray, both: Mask) -> None:
    """Add small air pieces within 6 mm of a lung (parts cut off by a vessel or a scar), in place."""
    if not small.size or not mask.any():
        return
    halo = dilated(mask, grid.pixels(5.0)) & ~both
    for i in np.intersect1d(np.unique(labels[halo]), small):
        part = labels == i
        if (part & halo).sum() > 0.5 * part.sum():
            mask |= part


def _closed(grid: Grid, mask: Mask) -> Mask:
    """In-plane closing by 5 mm with holes filled: vessels and small nodules belong to the lung, a dome does not."""
    r = grid.pixels(5.0)
    padded = np.pad(mask, ((0, 0), (r, r), (r, r)))
    closed: Mask = slicewise(lambda part: ndimage.binary_closing(part, disk(r))[:, r:-r, r:-r], padded)
    whole: Mask = slicewise(_filled, closed)
    return whole & ~_domes(grid, closed, whole)


def _filled(part: Mask) -> Mask:
    out = part.copy()
    for k in np.flatnonzero(part.any(axis=(1, 2))):
        out[k] = ndimage.binary_fill_holes(part[k])
    return out


def _domes(grid: Grid, closed: Mask, whole: Mask) -> Mask:
    """Holes that are the top of what lies under the lung: a wide island in a slice that stands on tissue outside the
    lung, or on the part of such an island that is not too high by now."""
    out = np.zeros_like(whole)
    height = np.zeros(whole.shape[1:], np.float32)
    islands = opened(whole & ~closed, grid.pixels(DOME_RADIUS_MM))
    for k in np.flatnonzero(islands.any(axis=(1, 2))):
        under = ~whole[max(0, k - 1)] | out[max(0, k - 1)] & (height < DOME_MM)
        labels, n = ndimage.label(islands[k])
        stands = ndimage.mean(under, labels, np.arange(1, n + 1))
        out[k] = np.isin(labels, np.flatnonzero(stands > STANDS) + 1)
        height = np.where(out[k], height + grid.spacing[0], 0).astype(np.float32)
    return out
