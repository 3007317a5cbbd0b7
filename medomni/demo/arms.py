"""The four models that the demo and the bars compare: base, local, federated and pooled."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medomni.errors import MedomniError

if TYPE_CHECKING:
    from medomni.data import Case
    from medomni.evaluate import FactCounts, Interval
    from medomni.model import Bundle
    from medomni.train import Recipe

Say = Callable[[str], Any]


@dataclass
class Arm:
    """One way of training.

    Attributes:
        name: ``base``, ``local A``, ``federated``, ``pooled``.
        reports: test site to generated reports, facts withheld.
        seconds: training time; ``bytes`` that left hospitals; ``rounds`` rows of a federation.
    """

    name: str
    reports: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0
    rounds: list[dict[str, Any]] = field(default_factory=list)

    def counts(self, test: Mapping[str, Sequence[Case]], sites: Sequence[str] | None = None) -> FactCounts:
        """Fact counts over the test cases of ``sites`` (all by default), in site order."""
        from medomni.evaluate import count_facts

        names = list(sites or test)
        truths = [c.truth or c.findings for n in names for c in test[n]]
        return count_facts([r for n in names for r in self.reports[n]], truths)

    def f1(self, test: Mapping[str, Sequence[Case]], sites: Sequence[str] | None = None) -> Interval:
        """Fact F1 with its 95 % interval."""
        from medomni.evaluate import interval

        counts = self.counts(test, sites)
        return interval(counts.f1, len(counts.tp))


def base_arm(test: Mapping[str, Sequence[Case]], *, model: str | None = None) -> Arm:
    """The model before any adaptation."""
    from medomni.model import load_bundle

    return _reported(Arm("base"), load_bundle(model), test)


def trained_arm(name: str, recipe: Recipe, cases: Sequence[Case], test: Mapping[str, Sequence[Case]], out: Path, *,
                model: str | None = None, progress: Any = None) -> Arm:
    """An adapter trained on ``cases`` in one place: a hospital's own, or all pooled."""
    from medomni.data import split_by_patient
    from medomni.model import load_bundle
    from medomni.train.command import run_recipe

    split_by_patient(cases, [c for rows in test.values() for c in rows])
    begun = time.perf_counter()
    bundle, _ = run_recipe(recipe, cases, out, bundle=load_bundle(model), progress=progress)
    return _reported(Arm(name, seconds=time.perf_counter() - begun), bundle, test)


def federated_arm(recipe: Path, cases: Mapping[str, Path], test: Mapping[str, Sequence[Case]], out: Path, *,
                  rounds: int, model: str | None = None, trace: bool = False, progress: Any = None) -> tuple[Arm, Any]:
    """Rounds between real processes, through the wheel medomni-federated.

    Returns:
        The arm and the rounds' record (time, memory, rows).

    Raises:
        MedomniError: MED-F01 where the wheel is not installed, else as its ``run_rounds``.
    """
    from medomni.model import load_adapter, load_bundle

    found = [e for e in entry_points(group="medomni.rounds") if e.name == "flower"]
    if not found:
        raise MedomniError("MED-F01")
    done = found[0].load()(recipe, cases, out, rounds=rounds, model=model, trace=trace, progress=progress)
    arm = Arm("federated", seconds=done.seconds, rounds=done.rows,
              bytes=sum(r["bytes_up"] for r in done.rows))
    return _reported(arm, load_adapter(load_bundle(model), done.adapter), test), done


def _reported(arm: Arm, bundle: Bundle, test: Mapping[str, Sequence[Case]]) -> Arm:
    from medomni.generate import decode

    texts = iter(decode(bundle, [c for cases in test.values() for c in cases], facts=False))  # fuller batches
    arm.reports = {site: [next(texts) for _ in cases] for site, cases in test.items()}
    return arm
