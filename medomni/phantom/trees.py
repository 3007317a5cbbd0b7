"""Branching trees inside the lungs: vessels and airways grown towards points that fill a lobe.

Each target joins the cheapest node of the tree so far: distance plus a part of the way to the root,
the greedy tree of Cuntz et al. 2010 (PLoS Comput Biol 6:e1000877).
Radii follow Murray's law r0**3 = r1**3 + r2**3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medomni.phantom.anatomy import Anatomy


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes (n, 3) in LPS mm, the parent of each (-1 for the root) and its radius in mm."""

    nodes: NDArray[np.float64]
    parent: NDArray[np.int64]
    radius: NDArray[np.float64]


def hull_points(
    anatomy: Anatomy, side: int, count: int, rng: np.random.Generator, margin: float = 4.0
) -> NDArray[np.float64]:
    """``count`` points (n, 3) spread evenly in the pleural cavity of a side,
    ``margin`` mm away from its surface.
    """
    found: list[NDArray[np.float64]] = []
    have = 0
    lo, hi = anatomy.base_z, anatomy.apex_z
    while have < count:
        u = rng.random((count * 5, 3))
        p = np.stack([side * (4 + 135 * u[:, 0]), -110 + 220 * u[:, 1], lo + (hi - lo) * u[:, 2]], axis=1)
        x, y, z = p.astype(np.float32).T
        p = p[anatomy.hull(x, y, z, side) < -margin]
        found.append(p)
        have += len(p)
    return np.concatenate(found)[:count]


def _grow(
    root: NDArray[np.float64],
    trunk: NDArray[np.float64],
    targets: NDArray[np.float64],
    leaf: float,
    path_cost: float,
    rng: np.random.Generator,
) -> Tree:
    order = np.argsort(np.linalg.norm(targets - root, axis=1))
    size = 3 * len(targets) + len(trunk) + 4
    nodes = np.zeros((size, 3))
    way = np.zeros(size)
    parent = np.full(size, -1, np.int64)
    nodes[0] = root
    n = 1
    for p in trunk:  # main stems, each from the root
        nodes[n], parent[n], way[n] = p, 0, np.linalg.norm(p - root)
        n += 1
    for p in targets[order]:
        d = np.sqrt(((nodes[:n] - p) ** 2).sum(axis=1))
        k = int(np.argmin(d + path_cost * way[:n]))
        start, gap = k, d[k]
        if gap > 16:  # a slightly bent way with nodes that later branches can leave from
            bend = nodes[k] + (p - nodes[k]) * 0.5 + rng.normal(0, 0.06 * gap, 3)
            nodes[n], parent[n], way[n] = bend, start, way[start] + 0.5 * gap
            start, n = n, n + 1
        nodes[n], parent[n] = p, start
        way[n] = way[start] + np.linalg.norm(p - nodes[start])
        n += 1
    cubes = np.zeros(n)
    children = np.bincount(parent[1:n], minlength=n)
    cubes[children == 0] = leaf**3
    for i in np.argsort(-way[:n]):  # a child is always farther along than its parent
        if parent[i] >= 0:
            cubes[parent[i]] += cubes[i]
    return Tree(nodes[:n].copy(), parent[:n].copy(), np.cbrt(cubes))


def vessel_tree(anatomy: Anatomy, side: int, rng: np.random.Generator, leaves: int = 480) -> Tree:
    """Pulmonary vessels of one lung: ``leaves`` ends of 1 mm radius, roots of about 8 mm at the hilum."""
    h = anatomy.height
    root = np.array([side * 28.0, 8.0, -16.0 * h])
    stems = np.array(
        [
            [side * 48.0, 2, 18 * h],
            [side * 48, -18, -24 * h],
            [side * 46, 30, -42 * h],
            [side * 44, 28, 2 * h],
        ]
    )
    return _grow(root, stems, hull_points(anatomy, side, leaves, rng), 1.0, 0.35, rng)


def airway_tree(anatomy: Anatomy, side: int, rng: np.random.Generator, leaves: int = 26) -> Tree:
    """Lobar and segmental airways of one lung, lumen radius 0.9 mm at the ends."""
    h = anatomy.height
    root = np.array([side * 26.0, 12.0, -18.0 * h])
    stems = np.array([[side * 45.0, 6, 12 * h], [side * 42, -8, -30 * h], [side * 40, 30, -46 * h]])
    targets = hull_points(anatomy, side, leaves, rng, margin=18.0)
    reach = root + (targets - root) * 0.75
    return _grow(root, stems, reach, 0.9, 0.5, rng)
