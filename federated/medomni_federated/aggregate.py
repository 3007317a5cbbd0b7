"""Aggregate LoRA adapters in product space: the weighted sum of B·A, re-factored to the rank that travels.

mean(B)·mean(A) is not mean(B·A) (arXiv:2410.09432, arXiv:2409.05976); averaging factors adds cross terms that grow
with local steps. The sum of K products has rank K·r at most, so QR of the stacked factors and an SVD of a
(K·r x K·r) core give the best rank-r product without ever forming the d x d matrix (Eckart-Young).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.floating]]
A, B = ".lora_A.default.weight", ".lora_B.default.weight"


@dataclass(frozen=True)
class Aggregate:
    """Outcome of a round.

    Attributes:
        tensors: adapter tensors by name, float32.
        truncation: share of the summed update's Frobenius norm that the rank cut away, over all modules; 0 where
            the sites agree on a subspace. It measures how different the hospitals are.
    """

    tensors: dict[str, NDArray[np.float32]]
    truncation: float


def module_names(tensors: Tensors) -> list[str]:
    """Adapted modules, sorted.

    Raises:
        ValueError: where a tensor is no LoRA factor or its partner is missing.
    """
    names = {n.removesuffix(A) for n in tensors if n.endswith(A)}
    if {n + s for n in names for s in (A, B)} != set(tensors):
        raise ValueError("tensors are not pairs of lora_A and lora_B")
    return sorted(names)


def aggregate_products(sites: Sequence[Tensors], weights: Sequence[float]) -> Aggregate:
    """Weighted mean of the sites' B·A, re-factored as B = U·sqrt(S), A = sqrt(S)·Vt to the sites' common rank.

    Args:
        sites: per site, its adapter tensors: A (rank, in) and B (out, rank) for each module.
        weights: per site, its weight; normalised here.

    Raises:
        ValueError: without sites, with weights that are not positive, or where names or shapes differ.
    """
    if not sites or len(sites) != len(weights) or min(weights) <= 0 or not np.isfinite(weights).all():
        raise ValueError("one positive finite weight a site is needed")
    modules = module_names(sites[0])
    share = np.asarray(weights, dtype=np.float64) / float(np.sum(weights))
    tensors: dict[str, NDArray[np.float32]] = {}
    lost = total = 0.0
    for name in modules:
        downs = [np.asarray(s[name + A], dtype=np.float64) for s in sites]
        ups = [np.asarray(s[name + B], dtype=np.float64) for s in sites]
        if len({d.shape for d in downs}) > 1 or len({u.shape for u in ups}) > 1:
            raise ValueError(f"shapes differ between sites for {name}")
        a, b, cut, norm = refactor(np.concatenate([w * u for w, u in zip(share, ups, strict=True)], axis=1),
                                   np.concatenate(downs, axis=0), downs[0].shape[0])
        tensors[name + A], tensors[name + B] = a, b
        lost, total = lost + cut, total + norm
    return Aggregate(tensors, float(np.sqrt(lost / total)) if total > 0 else 0.0)


def refactor(
    up: NDArray[np.float64], down: NDArray[np.float64], rank: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], float, float]:
    """Best rank-``rank`` factors of ``up @ down``.

    A zero product (the first round, B = 0) keeps the first site's A, so that training can start.

    Args:
        up: (out, k).
        down: (k, in).

    Returns:
        A (rank, in), B (out, rank), squared norm that was cut, squared norm of the product. Signs are fixed: the
        largest element of each column of B is positive, so that equal inputs give equal bytes.
    """
    q_up, r_up = np.linalg.qr(up)
    q_down, r_down = np.linalg.qr(down.T)
    u, s, vt = np.linalg.svd(r_up @ r_down.T)
    norm = float((s**2).sum())
    if norm < 1e-20:
        return down[:rank].astype(np.float32), np.zeros((up.shape[0], rank), np.float32), 0.0, 0.0
    keep = min(rank, len(s))
    left, right = q_up @ u[:, :keep], vt[:keep] @ q_down.T
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(keep)])
    root = np.sqrt(s[:keep])
    b, a = left * (signs * root), (signs * root)[:, None] * right
    if keep < rank:
        b = np.pad(b, ((0, 0), (0, rank - keep)))
        a = np.pad(a, ((0, rank - keep), (0, 0)))
    return a.astype(np.float32), b.astype(np.float32), float((s[keep:] ** 2).sum()), norm


def average_factors(sites: Sequence[Tensors], weights: Sequence[float]) -> dict[str, NDArray[np.float32]]:
    """Plain weighted mean of A and of B, for comparison only."""
    share = np.asarray(weights, dtype=np.float64) / float(np.sum(weights))
    return {n: sum(w * np.asarray(s[n], dtype=np.float64) for w, s in zip(share, sites, strict=True)).astype(np.float32)
            for n in sites[0]}
