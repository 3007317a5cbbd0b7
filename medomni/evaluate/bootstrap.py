"""Bootstrap intervals over cases (Efron and Tibshirani 1993, percentile method), paired where two are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.int64] | None], float]


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def interval(statistic: Statistic, cases: int, *, seed: int = 0, draws: int = 1000) -> Interval:
    """Percentile interval of ``statistic(index)`` over resampled cases."""
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(0, cases, cases)) for _ in range(draws)] if cases else [float("nan")]
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(statistic(None), float(low), float(high))


def paired_interval(a: Statistic, b: Statistic, cases: int, *, seed: int = 0, draws: int = 1000) -> Interval:
    """Interval of ``a - b`` on the same resampled cases."""
    return interval(lambda index: a(index) - b(index), cases, seed=seed, draws=draws)
