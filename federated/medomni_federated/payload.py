"""What travels: named adapter tensors as fp16, a schema both ends agree on, and the gate that refuses the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
from flwr.app import Array, ArrayRecord
from numpy.typing import NDArray

from medomni.errors import MedomniError

WIRE = np.float16
Tensors = Mapping[str, NDArray[np.floating]]


def to_record(tensors: Tensors) -> ArrayRecord:
    """Adapter tensors as fp16 arrays by name."""
    return ArrayRecord({n: Array(np.ascontiguousarray(tensors[n], dtype=WIRE)) for n in sorted(tensors)})


def from_record(record: ArrayRecord) -> dict[str, NDArray[np.float32]]:
    """Arrays of a record as float32 by name; object arrays are refused by Flower's decoder (no pickle)."""
    return {n: a.numpy().astype(np.float32) for n, a in record.items()}


def schema_hash(tensors: Tensors) -> str:
    """SHA-256 of sorted names and shapes: what a site may send, and nothing else."""
    rows = [[n, list(tensors[n].shape)] for n in sorted(tensors)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def byte_count(tensors: Tensors) -> int:
    """Bytes of one transfer in one direction."""
    return sum(int(np.prod(t.shape)) * np.dtype(WIRE).itemsize for t in tensors.values())


def gate(reference: Tensors, update: Tensors, cases: object, *, most_cases: int = 1_000_000) -> None:
    """Refuse an update before it is looked at.

    Raises:
        MedomniError: MED-F02 with the reason: schema, count, or finiteness.
    """
    if schema_hash(reference) != schema_hash(update):
        raise MedomniError("MED-F02", "schema: names or shapes differ from the adapter that was sent")
    if not isinstance(cases, int) or not 0 < cases <= most_cases:
        raise MedomniError("MED-F02", "count: the number of cases is not between 1 and the agreed maximum")
    if not all(np.isfinite(t).all() for t in update.values()):
        raise MedomniError("MED-F02", "finiteness: the update holds NaN or infinity")


def norm_outliers(updates: Sequence[Tensors], *, factor: float = 10.0) -> list[int]:
    """Indices of updates whose norm exceeds ``factor`` times the median of all."""
    norms = [float(np.sqrt(sum((np.asarray(t, dtype=np.float64) ** 2).sum() for t in u.values()))) for u in updates]
    limit = factor * float(np.median(norms)) if norms else 0.0
    return [k for k, n in enumerate(norms) if n > limit]
