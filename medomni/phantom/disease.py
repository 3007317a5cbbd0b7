"""Which lesions a patient gets: sizes, places and volumes that leave each fact decidable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medomni.phantom.anatomy import Anatomy
from medomni.phantom.lesions import Consolidation, Layer, Lesions, Nodule
from medomni.phantom.skeleton import Fracture
from medomni.phantom.trees import Tree, hull_points

_SITES = ("free", "juxtapleural", "juxtavascular")


def _cloud(anatomy: Anatomy, side: int) -> tuple[NDArray[np.float32], float]:
    """Regular points (n, 3) in a pleural cavity, 6 mm apart, and the millilitres each stands for."""
    s = 6.0
    x = np.arange(3, 150, s, dtype=np.float32) * side
    y = np.arange(-115, 118, s, dtype=np.float32)
    z = np.arange(anatomy.base_z - 10, anatomy.apex_z, s, dtype=np.float32)
    inside = anatomy.hull(x[None, None, :], y[None, :, None], z[:, None, None], side) < 0
    k, j, i = np.nonzero(inside)
    return np.stack([x[i], y[j], z[k]]), s**3 / 1000


def _layer(anatomy: Anatomy, kind: str, side: int, volume_ml: float) -> Layer:
    points, ml = _cloud(anatomy, side)
    volume_ml = min(volume_ml, 0.6 * points.shape[1] * ml)
    lo, hi = 1.0, 170.0
    for _ in range(14):
        mid = (lo + hi) / 2
        inside = Layer(kind, side, mid).shape(anatomy, *points) < 0
        if np.count_nonzero(inside) * ml < volume_ml:
            lo = mid
        else:
            hi = mid
    return Layer(kind, side, (lo + hi) / 2)


def _log_uniform(rng: np.random.Generator, lo: float, hi: float) -> float:
    return float(np.exp(rng.uniform(np.log(lo), np.log(hi))))


def _sides(rng: np.random.Generator, both: float) -> list[int]:
    if rng.random() < both:
        return [-1, 1]
    return [-1 if rng.random() < 0.5 else 1]


def _consolidation(
    anatomy: Anatomy, side: int, taken: tuple[Layer, ...], rng: np.random.Generator
) -> Consolidation | None:
    points, ml = _cloud(anatomy, side)
    free = np.ones(points.shape[1], bool)
    for layer in taken:
        if layer.side == side:
            free &= layer.shape(anatomy, *points) > 6
    for _ in range(40):
        segment = str(
            rng.choice(
                ["upper_lobe", "middle_lobe", "lower_lobe"] if side < 0 else ["upper_lobe", "lower_lobe"],
                p=[0.33, 0.2, 0.47] if side < 0 else [0.42, 0.58],
            )
        )
        target = _log_uniform(rng, 40, 250)
        p = hull_points(anatomy, side, 1, rng, margin=14.0)[0]
        centre = (float(p[0]), float(p[1]), float(p[2]))
        if anatomy.lobe_at(centre, side) != segment:
            continue
        ratio = rng.uniform(0.8, 1.25, 3)
        r = (target * 1000 * 0.2387) ** (1 / 3)
        made = Consolidation(
            side, segment, centre, tuple(float(v) for v in r * ratio), float(rng.uniform(0, 6))  # type: ignore[arg-type]
        )
        for _ in range(5):  # the lobe's border cuts some off: grow until the volume is met
            d = made.shape(anatomy, *points)
            got = float((np.clip(0.5 - d / made.fade, 0, 1) * free).sum()) * ml
            grow = float(np.clip((target / max(got, 1)) ** (1 / 3), 0.8, 1.3))
            made = replace(made, semi=tuple(min(s * grow, 60.0) for s in made.semi))  # type: ignore[arg-type]
        d = made.shape(anatomy, *points)
        weight = np.clip(0.5 - d / made.fade, 0, 1)
        got, whole = float((weight * free).sum()) * ml, float(weight.sum()) * ml
        if got >= 30 and got >= 0.75 * whole:
            return made
    return None


def _nodule(
    anatomy: Anatomy,
    side: int,
    longest: float,
    lesions: Lesions,
    vessels: tuple[Tree, Tree],
    rng: np.random.Generator,
) -> Nodule | None:
    site = "free" if longest > 30 else str(rng.choice(_SITES, p=[0.5, 0.25, 0.25]))
    r = longest / 2
    for _ in range(40):
        if site == "juxtavascular":
            tree = vessels[0 if side < 0 else 1]
            k = int(rng.choice(np.flatnonzero(tree.radius > 1.0)))
            p = tree.nodes[k] + rng.normal(0, 0.3 * r, 3)
        else:
            p = hull_points(
                anatomy, side, 1, rng, margin=0.35 * r if site == "juxtapleural" else r * 0.7 + 4
            )[0]
        at = tuple(np.float32(v) for v in p)
        depth = -float(anatomy.hull(at[0], at[1], at[2], side))
        wall = -float(anatomy.chamber(at[0], at[1], at[2], side))
        if site == "juxtapleural" and not (0.3 * r < depth < 0.85 * r and wall < 0.9 * r):
            continue
        if site != "juxtapleural" and depth < min(0.7 * r + 3, 24):
            continue
        if any(c.side == side and c.shape(anatomy, *at) < r + 12 for c in lesions.consolidations):
            continue
        if any(c.side == side and c.shape(anatomy, *at) < r + 4 for c in lesions.layers):
            continue
        if any(np.linalg.norm(np.array(n.centre) - p) < r + max(n.semi) + 12 for n in lesions.nodules):
            continue
        centre = (float(p[0]), float(p[1]), float(p[2]))
        shape = (r, r * float(rng.uniform(0.78, 0.98)), r * float(rng.uniform(0.8, 1.0)))
        return Nodule(
            side,
            anatomy.lobe_at(centre, side),
            centre,
            shape,
            float(rng.uniform(0, 180)),
            site,
            float(rng.uniform(25, 55)),
        )
    return None


def with_nodules(
    anatomy: Anatomy, lesions: Lesions, vessels: tuple[Tree, Tree], sizes: list[float], rng: np.random.Generator
) -> Lesions:
    """Lesions with further solid nodules of these longest diameters (mm), each on either side; one that finds no place
    where it would be decidable is left out.
    """
    for size in sizes:
        nodule = _nodule(anatomy, -1 if rng.random() < 0.5 else 1, size, lesions, vessels, rng)
        if nodule is not None:
            lesions = replace(lesions, nodules=(*lesions.nodules, nodule))
    return lesions


def sampled_lesions(
    anatomy: Anatomy, kinds: tuple[str, ...], vessels: tuple[Tree, Tree], rng: np.random.Generator
) -> Lesions:
    """Lesions of the given kinds. A kind that finds no place where it would be decidable is left out."""
    out = Lesions(big_heart="cardiomegaly" in kinds)
    wet: list[int] = []
    if "pleural_effusion" in kinds:
        wet = _sides(rng, 0.35)
        out = replace(
            out,
            layers=tuple(_layer(anatomy, "pleural_effusion", s, _log_uniform(rng, 130, 1300)) for s in wet),
        )
    if "pneumothorax" in kinds:
        dry = [s for s in (-1, 1) if s not in wet]
        side = int(rng.choice(dry)) if dry and rng.random() < 0.93 else (-1 if rng.random() < 0.5 else 1)
        out = replace(
            out, layers=(*out.layers, _layer(anatomy, "pneumothorax", side, _log_uniform(rng, 170, 1400)))
        )
    full = {x.side for x in out.layers if x.depth > 60}
    if "consolidation" in kinds:
        sides = [s for s in _sides(rng, 0.15) if s not in full] or [s for s in (-1, 1) if s not in full]
        made = [m for s in sides[:2] if (m := _consolidation(anatomy, s, out.layers, rng)) is not None]
        out = replace(out, consolidations=tuple(made))
    sizes = (
        [_log_uniform(rng, 7.5, 27) for _ in range(int(rng.choice([1, 2, 3], p=[0.65, 0.25, 0.1])))]
        if "lung_nodule" in kinds
        else []
    )
    if "lung_mass" in kinds:
        sizes.insert(0, float(rng.uniform(33, 58)))
    out = with_nodules(anatomy, out, vessels, sizes, rng)
    if "rib_fracture" in kinds:
        lateral = rng.random() < 0.6
        out = replace(
            out,
            fractures=(
                Fracture(
                    -1 if rng.random() < 0.5 else 1,
                    int(rng.integers(4, 10)),
                    float(rng.uniform(70, 105) if lateral else rng.uniform(38, 68)),
                    float(rng.uniform(4, 7)),
                    float(rng.uniform(5, 8)),
                ),
            ),
        )
    return out
