"""A training or test case, and files of cases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medomni.errors import MedomniError
from medomni.files import reading_arrays, save_arrays
from medomni.records import Findings, History


@dataclass(frozen=True, eq=False)
class Case:
    """One study as the model meets it.

    Attributes:
        hu: slabs (slices, size, size), int16 HU, see :class:`medomni.data.slabs.Slabs`.
        pair_mm: distance between slab pairs, millimetres.
        findings: as measured by the product; the facts of the prompt.
        history: symptom and prior as the request states them.
        report: reference report, or None for a case to be reported.
        truth: the answer a test compares with (phantom truth); None where unknown.
        patient_key: keyed hash that keeps a patient in one split.
        site: hospital name, for mixtures and tables.
        weight: what the case's loss is multiplied by in training, in (0, 1]: that of its images' quality.
        places: where the measured findings lie in the slabs, see :func:`medomni.data.places.finding_places`; None
            where no masks were kept.
    """

    hu: NDArray[np.int16]
    pair_mm: float
    findings: Findings
    history: History = History()
    report: str | None = None
    truth: Findings | None = None
    patient_key: str = ""
    site: str = ""
    places: NDArray[np.uint16] | None = None
    weight: float = 1.0


def save_cases(cases: Sequence[Case], path: Path) -> Path:
    """Write cases to ``path`` (.npz: arrays and one JSON text); error MED-C04."""
    places = [np.zeros(c.hu.shape, np.uint16) if c.places is None else c.places for c in cases]
    return save_arrays(path, [_row(c) for c in cases], hu=np.stack([c.hu for c in cases]), places=np.stack(places))


def load_cases(path: Path) -> list[Case]:
    """Read a file of :func:`save_cases`, or all ``*.npz`` of a folder in the order of their names.

    Raises:
        MedomniError: MED-C08 where there is none, MED-C07 for a damaged one.
    """
    if path.is_dir() and (files := sorted(path.glob("*.npz"))):
        return [case for file in files for case in load_cases(file)]
    with reading_arrays(path) as (arrays, rows):
        hu, places = arrays["hu"], arrays["places"]
        return [Case(hu[k], r["pair_mm"], Findings.model_validate(r["findings"]),
                     History.model_validate(r["history"]), r["report"],
                     None if r["truth"] is None else Findings.model_validate(r["truth"]), r["patient_key"], r["site"],
                     places[k] if r["placed"] else None, r.get("weight", 1.0))
                for k, r in enumerate(rows)]


def _row(c: Case) -> dict[str, Any]:
    """All of a case but its arrays."""
    return {"pair_mm": c.pair_mm, "findings": c.findings.model_dump(mode="json"),
            "history": c.history.model_dump(mode="json"), "report": c.report,
            "truth": None if c.truth is None else c.truth.model_dump(mode="json"),
            "patient_key": c.patient_key, "site": c.site, "placed": c.places is not None, "weight": c.weight}


def cases_hash(cases: Iterable[Case]) -> str:
    """SHA-256 over all that training reads of the cases: the data hash that stands beside a metric."""
    digest = hashlib.sha256()
    for c in cases:
        digest.update(np.ascontiguousarray(c.hu).tobytes())
        if c.places is not None:
            digest.update(np.ascontiguousarray(c.places).tobytes())
        row = _row(c)
        for record in (row["findings"], row["truth"] or row["findings"]):
            record["study"].pop("windows", None)  # not read in training, and in no case of before they were recorded
            record.pop("quality", None)  # nor this: training reads the weight
        if c.weight == 1.0:
            del row["weight"]  # as in cases of before there was one
        digest.update(json.dumps(row, sort_keys=True).encode())
    return digest.hexdigest()


def split_by_patient(train: Sequence[Case], test: Sequence[Case]) -> None:
    """Refuse splits that share a patient.

    Raises:
        MedomniError: MED-M09 with the number of patients in both.
    """
    both = {c.patient_key for c in train if c.patient_key} & {c.patient_key for c in test}
    if both:
        raise MedomniError("MED-M09", f"{len(both)} patients")
