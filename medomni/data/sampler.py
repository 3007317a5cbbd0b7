"""Which cases make up step k: a pure function of seed and step, so that a resumed run sees the same batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np


class BatchPlan:
    """Length-bucketed batches without state.

    Each epoch shuffles the cases, sorts windows of ``window`` batches by length, and shuffles the batches. The
    last batch of an epoch may be smaller.

    Args:
        lengths: token count per case.
        size: cases a batch.
        seed: of the order.
        window: batches that are sorted together (1 = no bucketing).
    """

    def __init__(self, lengths: Sequence[int], size: int, *, seed: int = 0, window: int = 8) -> None:
        if not len(lengths):
            raise ValueError("no cases to batch")
        self.lengths, self.size, self.seed, self.window = np.asarray(lengths), size, seed, window
        self.per_epoch = -(-len(self.lengths) // size)
        self._epoch = lru_cache(maxsize=2)(self._ordered)

    def step(self, k: int) -> list[int]:
        """Indices of the cases of step ``k`` (0-based)."""
        return self._epoch(k // self.per_epoch)[k % self.per_epoch]

    def epoch_of(self, k: int) -> int:
        """The epoch that step ``k`` belongs to."""
        return k // self.per_epoch

    def _ordered(self, epoch: int) -> list[list[int]]:
        rng = np.random.default_rng([self.seed, epoch])
        order = rng.permutation(len(self.lengths))
        span = self.size * self.window
        batches: list[list[int]] = []
        for start in range(0, len(order), span):
            block = order[start:start + span]
            block = block[np.argsort(self.lengths[block], kind="stable")]
            batches += [block[k:k + self.size].tolist() for k in range(0, len(block), self.size)]
        return [batches[k] for k in rng.permutation(len(batches))]

    def with_facts(self, k: int, share: float) -> list[bool]:
        """For each case of step ``k``: does its prompt carry the facts? Drawn per epoch and case."""
        epoch = self.epoch_of(k)
        return [bool(np.random.default_rng([self.seed, epoch, i, 7]).random() < share) for i in self.step(k)]
