"""Lesions: their parameters, shapes, and the truth measured from their supersampled masks.

Coordinates are LPS millimetres, volumes millilitres. Masks are disjoint: fluid before free air before
consolidation before nodules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.shapes import Array, Ellipsoid, Grid, coverage, rotation
from medomni.phantom.skeleton import Fracture, fracture_point
from medomni.records import Finding, Side, volume_grade

MEASURED_BY = "phantom truth"
GROUND_GLASS_HU = -300.0
"""Below it a nodule hides no vessel (Hansell et al. 2008, Radiology 246:697, who give no value; this one lies between
the means of pure ground-glass and part-solid nodules)."""
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Layer:
    """Fluid or air in a pleural cavity: the crescent between the chest wall and the lung,
    ``depth`` mm at the base.
    """

    kind: str  # "pleural_effusion" or "pneumothorax"
    side: int
    depth: float

    def shape(self, anatomy: Anatomy, x: Array, y: Array, z: Array) -> Array:
        """Signed distance: inside the cavity, but outside it after a shift of ``depth`` towards the wall."""
        h, g = np.float32(anatomy.height), np.float32(anatomy.dependent)
        t = np.float32(self.depth)
        if self.kind == "pleural_effusion":
            # thick at the base, thin at the apex; a curved upper border is the meniscus
            f = t * np.clip((np.float32(30) + 0.9 * t - z / h) / 190, 0, 1.1) ** np.float32(1.3)
            shift = (self.side * np.float32(0.22) * f, g * f, np.float32(-0.55) * f)
        else:
            f = t * np.clip((z / h + 175) / 230, np.float32(0.25), 1.1)
            shift = (self.side * np.float32(0.3) * f, -g * f, np.float32(0.35) * f)
        hull = anatomy.hull(x, y, z, self.side)
        moved = anatomy.chamber(x + shift[0], y + shift[1], z + shift[2], self.side)
        return np.maximum(hull, np.where(f > 0.3, -moved, np.float32(9)))


@dataclass(frozen=True)
class Consolidation:
    """Airspace consolidation of one lobe: a lumpy ellipsoid with a border that fades over ``fade`` mm."""

    side: int
    segment: str
    centre: Point
    semi: Point
    phase: float
    fade: float = 7.0

    def shape(self, anatomy: Anatomy, x: Array, y: Array, z: Array) -> Array:
        """Signed distance, not clipped by the lung."""
        d = Ellipsoid(self.centre, self.semi)(x, y, z)
        p = np.float32(self.phase)
        d = d + np.float32(3.2) * (
            np.sin(x * np.float32(0.17) + p)
            + np.sin(y * np.float32(0.15) + 2 * p)
            + np.sin(z * np.float32(0.13) + 3 * p)
        )
        f = anatomy.oblique_fissure(x, y, z, self.side)
        d = np.maximum(d, f if self.segment == "lower_lobe" else -f)
        if self.side < 0 and self.segment != "lower_lobe":
            m = anatomy.horizontal_fissure(x, y, z)
            d = np.maximum(d, m if self.segment == "middle_lobe" else -m)
        return d


@dataclass(frozen=True)
class Nodule:
    """A nodule or mass: ellipsoid with lobulation; ``site`` is free, juxtapleural or juxtavascular."""

    side: int
    segment: str
    centre: Point
    semi: Point
    yaw: float
    site: str
    hu: float

    @property
    def is_ground_glass(self) -> bool:
        """Whether lung structures show through it."""
        return self.hu < GROUND_GLASS_HU

    @property
    def body(self) -> Ellipsoid:
        """The ellipsoid without lobulation."""
        return Ellipsoid(self.centre, self.semi, rotation(self.yaw, 15.0))

    def shape(self, anatomy: Anatomy, x: Array, y: Array, z: Array) -> Array:
        """Signed distance, not clipped by the pleura."""
        cx, cy, cz = (np.float32(c) for c in self.centre)
        lobes = np.float32(0.06 * min(self.semi))
        k = np.float32(3.0 / min(self.semi))
        return self.body(x, y, z) + lobes * (
            np.sin((x - cx) * k) + np.cos((y - cy) * k + np.float32(self.yaw)) + np.sin((z - cz) * k)
        )


@dataclass(frozen=True)
class Lesions:
    """All that is wrong with a patient. ``big_heart`` is a fact of :class:`Anatomy`,
    named here for the truth.
    """

    layers: tuple[Layer, ...] = ()
    consolidations: tuple[Consolidation, ...] = ()
    nodules: tuple[Nodule, ...] = ()
    fractures: tuple[Fracture, ...] = ()
    big_heart: bool = False


@dataclass(frozen=True, eq=False)
class LungMasks:
    """Coverages (0..1, whole grid) of one side: cavity, aerated lung,
    and each lesion in the order of ``Lesions``.
    """

    cavity: Array
    aerated: Array
    layers: dict[int, Array]
    consolidations: dict[int, Array]
    nodules: dict[int, Array]


def side_window(grid: Grid, side: int) -> tuple[slice, slice, slice]:
    """The half of the grid that holds one lung."""
    x = (-200.0, 12.0) if side < 0 else (-8.0, 200.0)
    return grid.window((x, (-130.0, 130.0), (-400.0, 400.0)))


def lung_masks(anatomy: Anatomy, lesions: Lesions, grid: Grid, side: int) -> LungMasks:
    """Supersampled masks of one lung and its lesions on the window ``side_window(grid, side)``."""
    w = side_window(grid, side)
    cavity = coverage(grid, lambda x, y, z: anatomy.hull(x, y, z, side), w)
    left = cavity.copy()
    layers, solids, nodules = {}, {}, {}
    for kind in ("pleural_effusion", "pneumothorax"):
        for i, layer in enumerate(lesions.layers):
            if layer.side == side and layer.kind == kind:
                c = np.minimum(coverage(grid, partial(layer.shape, anatomy), w), left)
                left -= c
                layers[i] = c
    aerated = left.copy()
    for i, s in enumerate(lesions.consolidations):
        if s.side == side:
            d = s.shape(anatomy, *grid.axes(w))
            c = np.minimum(np.clip(np.float32(0.5) - d * np.float32(1 / s.fade), 0, 1), 1) * left
            solids[i] = c
            left = left - c
    for i, nodule in enumerate(lesions.nodules):
        if nodule.side == side:
            sub = grid.window(nodule.body.box(4.0))
            c = np.zeros_like(left)
            inner = tuple(
                slice(max(a.start, b.start) - b.start, max(min(a.stop, b.stop) - b.start, 0))
                for a, b in zip(sub, w, strict=True)
            )
            merged = tuple(slice(i.start + b.start, i.stop + b.start) for i, b in zip(inner, w, strict=True))
            if all(m.stop > m.start for m in merged):
                c[inner] = np.minimum(coverage(grid, partial(nodule.shape, anatomy), merged), left[inner])  # type: ignore[arg-type]
            nodules[i] = c
            left = left - c
    return LungMasks(cavity, aerated, layers, solids, nodules)


def _side(side: int) -> Side:
    return "right" if side < 0 else "left"


def _centroid(grid: Grid, w: tuple[slice, slice, slice], c: Array) -> Point:
    total = float(c.sum())
    x, y, z = grid.axes(w)
    return tuple(round(float((c * a).sum()) / total, 1) for a in (x, y, z))  # type: ignore[return-value]


def nodule_truth(anatomy: Anatomy, nodule: Nodule) -> tuple[float, float, float, Point]:
    """Longest and perpendicular axial diameter (mm), volume (ml) and centroid of a nodule,
    from a fine local mask.
    """
    step = max(0.5, min(nodule.semi) / 14)
    lines = [np.arange(lo, hi, step, dtype=np.float32) for lo, hi in nodule.body.box(3.0)]
    x, y, z = lines[0][None, None, :], lines[1][None, :, None], lines[2][:, None, None]
    mask = np.maximum(nodule.shape(anatomy, x, y, z), anatomy.hull(x, y, z, nodule.side)) < 0
    k = int(np.argmax(mask.sum(axis=(1, 2))))
    best, short = 0.0, 0.0
    for i in {max(k - 2, 0), k, min(k + 2, len(mask) - 1)}:
        rows, cols = np.nonzero(mask[i])
        if len(rows) < 8:
            continue
        p = np.stack([cols, rows], axis=1) * step
        edge = p[ConvexHull(p).vertices]
        d = float(pdist(edge).max())
        if d > best:
            pairs = edge[:, None] - edge[None]
            a, b = np.unravel_index(np.argmax((pairs**2).sum(axis=2)), (len(edge), len(edge)))
            n = (edge[b] - edge[a]) / max(d, 1e-6)
            across = edge @ np.array([-n[1], n[0]])
            best, short = d, float(across.max() - across.min())
    idx = np.argwhere(mask)
    centre = tuple(round(float(lines[2 - j][idx[:, j]].mean()), 1) for j in (2, 1, 0))
    return best + step, short + step, float(mask.sum() * step**3 / 1000), centre  # type: ignore[return-value]


def measured_truth(anatomy: Anatomy, lesions: Lesions) -> tuple[Finding, ...]:
    """The true findings. Volumes come from the supersampled masks on a 5 mm grid,
    nodule sizes from a fine local one.
    """
    found: list[Finding] = []

    def add(**k: object) -> None:
        found.append(Finding(id=f"p{len(found) + 1}", measured_by=MEASURED_BY, **k))  # type: ignore[arg-type]

    grid = Grid.spanning(anatomy.fov, 8.0, anatomy.z_range(), 76, 5.0)
    for side in (-1, 1):
        sides = {x.side for x in lesions.layers} | {x.side for x in lesions.consolidations}
        if side not in sides:
            continue
        w = side_window(grid, side)
        m = lung_masks(anatomy, replace(lesions, nodules=()), grid, side)
        for i, c in m.layers.items():
            ml = float(c.sum()) * grid.voxel_ml
            kind = lesions.layers[i].kind
            if ml > 0:
                add(
                    finding_id=kind,
                    anatomy_id="pleural_space",
                    side=_side(side),
                    volume_ml=round(ml, 1),
                    severity=volume_grade(ml),
                    centroid_mm=_centroid(grid, w, c),
                    attenuation="fluid" if kind == "pleural_effusion" else "gas",
                )
        for i, c in m.consolidations.items():
            ml = float(c.sum()) * grid.voxel_ml
            if ml > 0:
                add(
                    finding_id="consolidation",
                    anatomy_id="lung",
                    side=_side(side),
                    volume_ml=round(ml, 1),
                    segment=lesions.consolidations[i].segment,
                    centroid_mm=_centroid(grid, w, c),
                    attenuation="solid",
                )
    for n in lesions.nodules:
        longest, short, ml, centre = nodule_truth(anatomy, n)
        add(
            finding_id="ground_glass_nodule" if n.is_ground_glass else "lung_mass" if longest > 30 else "lung_nodule",
            anatomy_id="lung",
            side=_side(n.side),
            segment=n.segment,
            longest_mm=round(longest, 1),
            short_mm=round(short, 1),
            volume_ml=round(ml, 3),
            centroid_mm=centre,
            attenuation="ground_glass" if n.is_ground_glass else "solid",
            count=1,
        )
    if lesions.big_heart:
        add(
            finding_id="cardiomegaly",
            anatomy_id="heart",
            side="midline",
            ratio=round(anatomy.heart_ratio, 3),
            centroid_mm=tuple(round(c, 1) for c in anatomy.heart_parts()[0].centre),
        )
    for f in lesions.fractures:
        add(
            finding_id="rib_fracture",
            anatomy_id="rib",
            side=_side(f.side),
            centroid_mm=tuple(round(c, 1) for c in fracture_point(anatomy, f)),
        )
    return tuple(found)
