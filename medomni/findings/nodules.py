"""Solid lung nodules: bright blobs in the lung that are not tubes.

Candidates are maxima of the Gaussian-smoothed lung at three scales; a tube (vessel) has one direction along which the
brightness does not fall off, a nodule has none, which the eigenvalues of the Hessian tell (Frangi et al. 1998, MICCAI;
Li, Sone, Doi 2003, Med Phys 30:2040). A logistic score over a few such features, fitted on phantoms, decides; its
probability is the confidence. Ground-glass nodules are not looked for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medomni.findings.axes import axes_mm
from medomni.findings.chest import Chest, Mask
from medomni.findings.hit import Hit
from medomni.findings.lobes import lobe_of
from medomni.findings.sensitivity import METHODS

SCALES_MM = (2.6, 4.2, 6.8)
LUNG_HU = -850.0
LEAST_MM = 6.0
LEAST_STRENGTH, LEAST_BLOB = 55.0, 0.36

WEIGHTS = {  # fitted on 660 phantoms of three hospitals (239 nodules); at 0.5 one in 40 studies holds a false one
    "intercept": -45.326, "blob": 0.156, "flat": 7.216, "log_strength": 6.846, "log_mass": 0.329,
    "log_ring": -1.732, "central": -0.231, "bright": -2.52, "log_clutter": 0.304, "shallow": -0.05,
    "core": -0.12, "mass_blob": 3.668, "alone": 0.351, "length": -4.132, "log_ml": -0.9, "round": 3.754,
    "upright": -1.281, "hu": -0.5, "scale": 0.154, "length_ml": -1.581,
}


def envelope(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> Mask:
    """Lung with what may sit in or on it: 4.5 mm inside the ribs, above the diaphragm, beside the mediastinum."""
    z = np.arange(chest.hu.shape[0], dtype=np.float32)[:, None, None]
    outside = (chest.depth > 4.5) & (np.abs(chest.x) > 34) & (z > floor[None] + 5.0 / chest.spacing[0])
    outside &= z < np.flatnonzero(chest.lung.any(axis=(1, 2)))[-1] - 45.0 / chest.spacing[0]  # first ribs bulge in
    outside &= chest.cage & ~chest.masks["heart"] & ~chest.masks["liver"] & ~chest.masks["airway"]
    near = ndimage.binary_dilation(taken, iterations=1) if taken.any() else taken
    return (chest.lung | outside) & ~near


def candidates(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> list[dict[str, float]]:
    """Blob candidates with their features; ``k``, ``j``, ``i`` are the (slice, row, column) indices."""
    space = envelope(chest, taken, floor)
    image = np.where(space, np.clip(chest.hu, LUNG_HU, 80.0), LUNG_HU).astype(np.float32)
    found: list[dict[str, float]] = []
    smoothed = [ndimage.gaussian_filter(image, chest.sigma(s), truncate=3.0) for s in SCALES_MM]
    foot = np.ones((3, 2 * chest.px(3.0) + 1, 2 * chest.px(3.0) + 1), bool)
    z = np.arange(chest.hu.shape[0])[:, None, None]
    top = np.flatnonzero(chest.lung.any(axis=(1, 2)))[-1] - 12.0 / chest.spacing[0]
    central = (np.abs(chest.x) > 29) & (z < top)  # neither the great veins beside the trachea nor the apical cap
    for s, g in zip(SCALES_MM, smoothed, strict=True):
        peak = (ndimage.maximum_filter(g, footprint=foot) == g) & (g > LUNG_HU + 130) & space & central
        for k, j, i in np.argwhere(peak):
            f = _features(chest, image, g, (int(k), int(j), int(i)), s)
            if f is not None:
                found.append(f)
    found.sort(key=lambda f: -f["rank"])
    kept: list[dict[str, float]] = []
    for f in found:
        if all(_distance(chest, f, o) > max(5.0, 0.6 * o["diameter"]) for o in kept):
            kept.append(f)
    return kept


def _distance(chest: Chest, a: dict[str, float], b: dict[str, float]) -> float:
    return float(np.sqrt(sum(((a[n] - b[n]) * s) ** 2 for n, s in zip("kji", chest.spacing, strict=True))))


def _features(
    chest: Chest, image: NDArray[np.float32], g: NDArray[np.float32], at: tuple[int, int, int], scale: float
) -> dict[str, float] | None:
    k, j, i = at
    if min(k, j, i) < 1 or any(v + 2 > n for v, n in zip(at, g.shape, strict=True)):
        return None
    c = g[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].astype(np.float64)
    s = np.array(chest.spacing)
    hessian = np.empty((3, 3))
    for a in range(3):
        lo, hi = [1, 1, 1], [1, 1, 1]
        lo[a], hi[a] = 0, 2
        hessian[a, a] = (c[tuple(lo)] - 2 * c[1, 1, 1] + c[tuple(hi)]) / s[a] ** 2
        for b in range(a):
            q = [[1, 1, 1] for _ in range(4)]
            for n, (u, v) in enumerate(((0, 0), (0, 2), (2, 0), (2, 2))):
                q[n][a], q[n][b] = u, v
            mixed = (c[tuple(q[0])] - c[tuple(q[1])] - c[tuple(q[2])] + c[tuple(q[3])]) / (4 * s[a] * s[b])
            hessian[a, b] = hessian[b, a] = mixed
    e = np.sort(np.linalg.eigvalsh(hessian)) * scale**2  # from most to least negative
    if e[2] > -LEAST_STRENGTH or e[2] / e[0] < LEAST_BLOB or e[1] / e[0] < 0.55:
        return None
    box = tuple(slice(max(0, v - round(16 / m)), v + round(16 / m) + 1) for v, m in zip(at, chest.spacing, strict=True))
    local = image[box]
    centre = [v - b.start for v, b in zip(at, box, strict=True)]
    axes = [(np.arange(n) - o) * m for n, o, m in zip(local.shape, centre, chest.spacing, strict=True)]
    r = np.sqrt(axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2)
    excess = np.clip(local - (LUNG_HU + 60), 0, None)
    weight = excess / 870.0
    inside = weight[r <= 16]
    core = local[r <= max(3.2, scale)]
    # the radius at which the mean brightness of a shell falls to half of the centre's
    shells = [float(weight[(r >= q - 1.5) & (r < q + 1.5)].mean()) if ((r >= q - 1.5) & (r < q + 1.5)).any() else 0.0
              for q in (0.0, 3.0, 6.0, 9.0, 12.0, 15.0)]
    top = max(shells[0], shells[1], 0.05)
    half = next((q for q, v in zip((3.0, 6.0, 9.0, 12.0, 15.0), shells[1:], strict=True) if v < 0.5 * top), 15.0)
    near_sum = float(weight[r <= half + 1.5].sum()) * chest.voxel_ml
    shell = (r > half + 1.5) & (r <= half + 7.5)
    ring = weight[shell]
    if float(chest.lung[box][shell].mean()) < 0.3:  # in the wall or the diaphragm, not in the lung
        return None
    return {
        "k": k, "j": j, "i": i, "scale": scale, "blob": float(e[2] / e[0]), "flat": float(e[1] / e[0]),
        "strength": float(-e[2]), "peak": float(local[tuple(centre)]), "core": float(core.mean()),
        "mass": near_sum, "half": float(half), "ring": float(ring.mean()) if ring.size else 0.0,
        "clutter": float(inside.sum() * chest.voxel_ml), "rank": float(-e[2]),
        "diameter": float(2 * (0.2387 * near_sum * 1000) ** (1 / 3)),
        "x": float(abs(chest.x[k, 0, i])), "depth": float(chest.depth[k, j, i]), "hu": float(chest.hu[k, j, i]),
        "noise": chest.noise,
    }


def nodules(chest: Chest, taken: Mask, floor: NDArray[np.float32]) -> list[Hit]:
    """Nodules of 6 mm and more, most probable first; those below a probability of 0.5 are *uncertain*."""
    hits = []
    for f in candidates(chest, taken, floor):
        box, blob = _blob(chest, f, taken)
        longest, short = axes_mm(chest, blob)
        f |= {"longest": longest, "short": short, "ml": chest.ml(blob),
              "tall": float(np.count_nonzero(blob.any(axis=(1, 2)))) * chest.spacing[0]}
        probability = nodule_probability(f)
        if probability < 0.3 or longest < LEAST_MM:
            continue
        mask = np.zeros(chest.hu.shape, bool)
        mask[box] = blob
        index = (float(f["k"]), float(f["j"]), float(f["i"]))
        side = "right" if chest.x[int(f["k"]), 0, int(f["i"])] < 0 else "left"
        hits.append(Hit("lung_nodule" if longest <= 30 else "lung_mass", "lung", side, mask, probability,
                        METHODS["lung_nodule"].method, {
            "longest_mm": longest, "short_mm": min(short, longest), "volume_ml": f["mass"], "hu_mean": f["core"],
            "attenuation": "calcified" if f["hu"] > 250 else "solid", "count": 1,
            "segment": lobe_of(chest, index, side), "uncertainty_mm": chest.spacing[1] + 0.2 * chest.spacing[0]}))
    return sorted(hits, key=lambda h: -h.confidence)


def nodule_probability(f: dict[str, float]) -> float:
    """Probability of a nodule from a candidate's features, by the logistic weights fitted on phantoms."""
    values = terms(f)
    z = WEIGHTS["intercept"] + sum(w * values[name] for name, w in WEIGHTS.items() if name != "intercept")
    return float(1.0 / (1.0 + np.exp(-np.clip(z, -30, 30))))


def terms(f: dict[str, float]) -> dict[str, float]:
    """The terms of the logistic score: brightness and shape at the centre, then the outline's size and length."""
    log_mass, log_ml = float(np.log(f["mass"] + 0.02)), float(np.log(f["ml"] + 0.02))
    sphere = 2 * (0.2387 * f["ml"] * 1000) ** (1 / 3)
    length = float(np.log((f["longest"] + 1) / (sphere + 1)))
    return {
        "blob": f["blob"], "flat": f["flat"], "log_strength": float(np.log(f["strength"])), "log_mass": log_mass,
        "log_ring": float(np.log(f["ring"] + 0.005)), "central": float(f["x"] < 48),
        "bright": max(0.0, f["hu"] - 90) / 100, "log_clutter": float(np.log(f["clutter"] + 0.05)),
        "shallow": min(f["depth"], 20.0) / 10, "core": f["core"] / 100, "mass_blob": log_mass * f["blob"],
        "alone": float(np.log(f["mass"] / (f["clutter"] + 0.05) + 0.02)), "length": length, "log_ml": log_ml,
        "round": f["short"] / (f["longest"] + 1), "upright": f["tall"] / (f["longest"] + 3), "hu": f["hu"] / 100,
        "scale": f["scale"], "length_ml": length * log_ml,
    }


def _blob(chest: Chest, f: dict[str, float], taken: Mask) -> tuple[tuple[slice, ...], Mask]:
    """A box, and in it the voxels above half of the candidate's brightness that hang together within its radius."""
    reach = f["half"] + 3.0
    at = (int(f["k"]), int(f["j"]), int(f["i"]))
    box = tuple(slice(max(0, v - round(reach / s) - 1), min(n, v + round(reach / s) + 2))
                for v, n, s in zip(at, chest.hu.shape, chest.spacing, strict=True))
    axes = [(np.arange(b.start, b.stop) - v) * s for b, v, s in zip(box, at, chest.spacing, strict=True)]
    r2 = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
    threshold = min(-350.0, (max(f["hu"], f["core"]) + LUNG_HU) / 2)
    labels, _ = ndimage.label((chest.hu[box] > threshold) & (r2 <= reach**2) & ~taken[box])
    centre = tuple(v - b.start for v, b in zip(at, box, strict=True))
    if labels[centre]:
        return box, labels == labels[centre]
    alone = np.zeros(labels.shape, bool)
    alone[centre] = True
    return box, alone
