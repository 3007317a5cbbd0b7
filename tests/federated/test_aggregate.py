"""Aggregation in product space equals the dense answer; the gate refuses what must not be averaged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("flwr")

from medomni_federated.aggregate import A, B, aggregate_products, average_factors, module_names
from medomni_federated.payload import byte_count, from_record, gate, norm_outliers, schema_hash, to_record

from medomni.errors import MedomniError

pytestmark = pytest.mark.unit


def site(seed: int, rank: int = 3, out: int = 12, into: int = 10) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"m{k}{s}": rng.normal(size=(rank, into) if s == A else (out, rank)).astype(np.float32)
            for k in range(2) for s in (A, B)}


def product(tensors: dict, name: str) -> np.ndarray:
    return tensors[name + B].astype(np.float64) @ tensors[name + A].astype(np.float64)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.lists(st.integers(1, 500), min_size=4, max_size=4))
def test_best_rank_r_of_the_dense_mean(seed: int, sites: int, weights: list[int]) -> None:
    updates = [site(seed + k) for k in range(sites)]
    share = np.array(weights[:sites]) / sum(weights[:sites])
    merged = aggregate_products(updates, weights[:sites])
    lost = total = 0.0
    for name in module_names(updates[0]):
        dense = sum(w * product(u, name) for w, u in zip(share, updates, strict=True))
        u, s, vt = np.linalg.svd(dense)
        best = (u[:, :3] * s[:3]) @ vt[:3]
        assert np.allclose(product(merged.tensors, name), best, atol=1e-4)
        lost, total = lost + (s[3:] ** 2).sum(), total + (s**2).sum()
    assert merged.truncation == pytest.approx(np.sqrt(lost / total), abs=1e-6)


def test_one_site_comes_back_as_it_was_and_equal_inputs_give_equal_bytes() -> None:
    one = site(1)
    merged = aggregate_products([one], [5])
    assert np.allclose(product(merged.tensors, "m0"), product(one, "m0"), atol=1e-5)
    assert merged.truncation == pytest.approx(0, abs=1e-6)
    again = aggregate_products([site(1)], [5])
    assert all(np.array_equal(merged.tensors[n], again.tensors[n]) for n in one)


def test_plain_averaging_is_another_matrix() -> None:
    updates = [site(1), site(2), site(3)]
    dense = sum(product(u, "m0") for u in updates) / 3
    def error(tensors):
        return np.linalg.norm(product(tensors, "m0") - dense)
    assert error(aggregate_products(updates, [1, 1, 1]).tensors) < error(average_factors(updates, [1, 1, 1]))


def test_the_first_round_keeps_a_start() -> None:
    zero = {n: (np.zeros_like(t) if n.endswith(B) else t) for n, t in site(1).items()}
    merged = aggregate_products([zero, zero], [1, 2])
    assert all(np.abs(merged.tensors[n]).max() > 0 for n in zero if n.endswith(A))
    assert all(np.abs(merged.tensors[n]).max() == 0 for n in zero if n.endswith(B))


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="weight"):
        aggregate_products([site(1)], [0])
    with pytest.raises(ValueError, match="weight"):
        aggregate_products([site(1)], [float("nan")])
    with pytest.raises(ValueError, match="pairs"):
        module_names({"m0" + A: np.zeros((1, 1))})
    with pytest.raises(ValueError, match="shapes"):
        aggregate_products([site(1), site(2, rank=4)], [1, 1])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda u: {n: np.where(t == t.max(), np.nan, t) for n, t in u.items()}, "finiteness"),
        (lambda u: {n: np.where(t == t.max(), np.inf, t) for n, t in u.items()}, "finiteness"),
        (lambda u: {n: t[:, :2] for n, t in u.items()}, "schema"),
        (lambda u: {**u, "extra": np.zeros((1, 1))}, "schema"),
        (lambda u: dict(list(u.items())[1:]), "schema"),
    ],
)
def test_gate(spoil, reason: str) -> None:
    gate(site(1), site(2), 10)
    with pytest.raises(MedomniError, match=reason) as info:
        gate(site(1), spoil(site(2)), 10)
    assert info.value.code == "MED-F02"


@pytest.mark.parametrize("count", [0, -3, 10**9, 2.5, float("nan"), None])
def test_gate_on_counts(count) -> None:
    with pytest.raises(MedomniError, match="count"):
        gate(site(1), site(2), count)


def test_outliers_and_wire() -> None:
    big = {n: 100 * t for n, t in site(4).items()}
    assert norm_outliers([site(1), site(2), big, site(3)]) == [2]
    back = from_record(to_record(site(1)))
    assert schema_hash(back) == schema_hash(site(1))
    assert all(np.abs(back[n] - t).max() < 2e-3 for n, t in site(1).items())
    assert byte_count(site(1)) == 2 * sum(t.size for t in site(1).values())
